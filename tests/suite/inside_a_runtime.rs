//! Drivers inside a host's asynchronous runtime, where blocking on a second one panics: the same
//! cases as elsewhere, called from a task.

use freight_core::DialectName;

use crate::support::TestDatabase;
use crate::{errors, statements, transactions};

type Case = fn(&TestDatabase);

const CASES: &[Case] = &[
    statements::a_bound_value_comes_back::run,
    statements::a_sink_that_has_enough_stops_the_query::run,
    statements::many_statements_run_one_after_the_other::run,
    statements::a_kept_statement_sees_the_table_as_it_is_now::run,
    statements::a_connection_answers_until_it_is_closed::run,
    transactions::what_is_committed_stays_and_what_is_rolled_back_goes::run,
    transactions::an_error_inside_a_savepoint_leaves_the_outer_transaction_alone::run,
    transactions::an_open_transaction_dies_with_its_connection::run,
    errors::a_violated_unique_constraint_is_named::run,
    errors::a_statement_that_takes_too_long_is_stopped::run,
];

fn run_cases(runtime: &tokio::runtime::Runtime) {
    for dialect in DialectName::ALL {
        for case in CASES {
            let task = runtime.spawn(async move {
                if let Some(database) = TestDatabase::create(*dialect) {
                    case(&database);
                }
            });
            // A second task of the same runtime goes on meanwhile, or nothing here would end.
            runtime.block_on(task).unwrap();
        }
    }
}

#[test]
fn drivers_work_on_a_worker_of_a_runtime_with_many_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    run_cases(&runtime);
}

#[test]
fn drivers_work_in_a_runtime_of_one_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    run_cases(&runtime);
}
