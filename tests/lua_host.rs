//! A program in Rust that has a runtime of tokio and a Lua: scripts use databases from every place
//! that such a program may run them in, and what runs beside them goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use freight_core::DialectName;
use support::TestDatabase;
use tokio::runtime::{Builder, Runtime};

const SCRIPT: &str = r#"
local freight = require("freight")
local db = freight.open(...)
db:exec("CREATE TABLE IF NOT EXISTS log (id bigint PRIMARY KEY, word varchar(40))")
db:exec("DELETE FROM log")
local sum = db:transaction(function()
  for id = 1, 20 do
    db:execute("INSERT INTO log VALUES (?, ?)", id, "word " .. id)
  end
  return db:query_value("SELECT sum(id) FROM log")
end)
local seen = 0
for row in db:rows("SELECT * FROM log ORDER BY id") do
  seen = seen + row.id
end
local done, err = freight.try(db.execute, db, "INSERT INTO log VALUES (1, 'again')")
assert(not done and err:is("unique_violation"))
-- A coroutine of the script, in a transaction that it does not end.
coroutine.wrap(function()
  db:begin()
  db:execute("DELETE FROM log")
end)()
assert(db:query_value("SELECT count(*) FROM log") == 20)
db:close()
return seen + sum
"#;

/// Runs the script in a Lua of its own, as any function of Rust may.
fn run(url: &str) -> i64 {
    let lua = mlua::Lua::new();
    freight_lua::install(&lua).unwrap();
    lua.load(SCRIPT).call(url).unwrap()
}

fn many_threads() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Does something with a database of each kind that is there.
fn on_each(work: impl Fn(Arc<TestDatabase>)) {
    for dialect in DialectName::ALL {
        if let Some(test) = TestDatabase::create(*dialect) {
            work(Arc::new(test));
        }
    }
}

#[test]
fn a_script_runs_in_the_main_future() {
    for runtime in [many_threads(), one_thread()] {
        on_each(|test| {
            let sum = runtime.block_on(async {
                tokio::task::yield_now().await;
                let first = run(&test.url);
                tokio::time::sleep(Duration::from_millis(1)).await;
                first + run(&test.url)
            });
            assert_eq!(sum, 840, "{}", test.dialect);
        });
    }
}

#[test]
fn a_script_runs_in_a_task() {
    for runtime in [many_threads(), one_thread()] {
        on_each(|test| {
            let url = test.url.clone();
            let task = runtime.spawn(async move { run(&url) });
            assert_eq!(runtime.block_on(task).unwrap(), 420, "{}", test.dialect);
        });
    }
}

#[test]
fn a_script_runs_where_blocking_is_allowed() {
    for runtime in [many_threads(), one_thread()] {
        on_each(|test| {
            let ticks = Arc::new(AtomicU32::new(0));
            let is_over = Arc::new(AtomicBool::new(false));
            let url = test.url.clone();
            let sum = runtime.block_on(async {
                let (count, end) = (Arc::clone(&ticks), Arc::clone(&is_over));
                let script = tokio::task::spawn_blocking(move || {
                    let sum = run(&url);
                    // The other task must come by while this thread is not free.
                    while count.load(Ordering::SeqCst) < 3 {
                        std::thread::yield_now();
                    }
                    end.store(true, Ordering::SeqCst);
                    sum
                });
                while !is_over.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    ticks.fetch_add(1, Ordering::SeqCst);
                }
                script.await.unwrap()
            });
            assert_eq!(sum, 420, "{}", test.dialect);
        });
    }
}

#[test]
fn a_lua_that_stays_serves_one_request_after_the_other() {
    on_each(|test| {
        let runtime = one_thread();
        let lua = mlua::Lua::new();
        freight_lua::install_globals(&lua).unwrap();
        lua.globals().set("url", test.url.as_str()).unwrap();
        lua.load("db = freight.open(url, { pool = 2 })")
            .exec()
            .unwrap();
        let answer: mlua::Function = lua
            .load("return function(n) return db:query_value('SELECT ? + 1', n) end")
            .eval()
            .unwrap();
        // It is not `Send`: tasks that stay on this thread share it.
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let tasks: Vec<_> = (0..20_i64)
                .map(|number| {
                    let answer = answer.clone();
                    tokio::task::spawn_local(async move {
                        tokio::task::yield_now().await;
                        answer.call::<i64>(number).unwrap()
                    })
                })
                .collect();
            for (number, task) in (0..).zip(tasks) {
                assert_eq!(task.await.unwrap(), number + 1, "{}", test.dialect);
            }
        });
    });
}
