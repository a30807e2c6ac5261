//! Exact SQL of plans; the circle on a real server is in `tests/diff/`.

use super::*;
use crate::dialect::mysql::rules::Rules;
use crate::diff::{RenameHints, diff};
use crate::ident::Name;
use crate::plan::plan;
use crate::schema::{Column, Schema, Table};

fn schema(tables: &[(&str, Table)]) -> Schema {
    let mut schema = Schema::default();
    for (name, table) in tables {
        schema.tables.insert(Name::new(*name), table.clone());
    }
    schema
}

fn planned(from: &Schema, to: &Schema) -> Result<Vec<String>> {
    let difference = diff(from, to, &Rules, &RenameHints::default());
    let plan = plan(&difference, from, to, &Planner, &Rules)?;
    Ok(plan.statements().map(str::to_owned).collect())
}

fn columns(columns: &[(&str, &str)]) -> Table {
    Table {
        columns: columns
            .iter()
            .map(|(name, column_type)| Column::new(*name, *column_type))
            .collect(),
        ..Table::default()
    }
}

#[test]
fn my_20_a_table_changes_in_one_statement() {
    let from = schema(&[(
        "t",
        columns(&[("id", "int"), ("gone", "int"), ("a", "int")]),
    )]);
    let to = schema(&[(
        "t",
        columns(&[("id", "bigint"), ("a", "int"), ("new", "date")]),
    )]);
    assert_eq!(
        planned(&from, &to).unwrap(),
        [
            "ALTER TABLE t\n  DROP COLUMN gone,\n  ADD COLUMN new date NOT NULL,\n  \
             MODIFY COLUMN id bigint NOT NULL,\n  \
             ADD CONSTRAINT t_new_needs_a_value CHECK (new IS NULL)",
            "ALTER TABLE t DROP CONSTRAINT t_new_needs_a_value"
        ]
    );
}

#[test]
fn partitions_are_not_changed() {
    let with = |partitions: Option<&str>| {
        let mut table = columns(&[("id", "int")]);
        if let Some(partitions) = partitions {
            table.options.set("partition_by", partitions);
        }
        schema(&[("t", table)])
    };
    let error = planned(&with(None), &with(Some("HASH (id)"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table `t` cannot be changed so: its partitions differ"
    );
}

#[test]
fn what_these_servers_do_not_have_is_refused() {
    let mut table = columns(&[("id", "int")]);
    table.indexes.push(crate::schema::Index {
        name: "i".to_owned(),
        parts: vec![crate::schema::IndexPart::column("id")],
        predicate: Some(crate::schema::Expression::new("id > 0")),
        ..crate::schema::Index::default()
    });
    let error = planned(&Schema::default(), &schema(&[("t", table)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the WHERE of the index `i` on table `t` is not supported by MySQL and MariaDB"
    );
}

#[test]
fn a_versioned_table_changes_with_its_history() {
    let with = |types: &[(&str, &str)]| {
        let mut table = columns(types);
        table.options.flag("system_versioned");
        schema(&[("t", table)])
    };
    assert_eq!(
        planned(&with(&[("a", "int")]), &with(&[("a", "bigint")])).unwrap(),
        [
            "SET STATEMENT system_versioning_alter_history = 'KEEP' FOR ALTER TABLE t MODIFY COLUMN a bigint NOT NULL"
        ]
    );
}

fn referring(own: &str, theirs: &str, change: impl FnOnce(&mut Table)) -> Result<Vec<String>> {
    let target = columns(&[("id", theirs)]);
    let mut table = columns(&[("a", own)]);
    table.foreign_keys.push(crate::schema::ForeignKey {
        name: Some("fk".to_owned()),
        columns: vec!["a".to_owned()],
        target: Name::new("p"),
        target_columns: vec!["id".to_owned()],
        ..crate::schema::ForeignKey::default()
    });
    change(&mut table);
    planned(&Schema::default(), &schema(&[("p", target), ("t", table)]))
}

#[test]
fn my_12_columns_of_a_foreign_key_that_do_not_fit_are_refused() {
    for (own, theirs, problem) in [
        ("int", "bigint", Some("int and bigint")),
        ("int", "int unsigned", Some("int and int unsigned")),
        ("int", "varchar(9)", Some("int and varchar(9)")),
        ("int(5) zerofill", "int unsigned", None),
        ("varchar(9)", "varchar(20)", None),
        ("char(9)", "varchar(20)", None),
    ] {
        let error = referring(own, theirs, |_| {})
            .err()
            .map(|it| it.to_string());
        let expected = problem.map(|problem| {
            format!("foreign key `fk` of table `t`: `a` and `p.id` do not fit: {problem}")
        });
        assert_eq!(error, expected, "{own} to {theirs}");
    }
}

#[test]
fn my_12_letters_and_engines_have_to_fit_too() {
    let other_letters = referring("varchar(9)", "varchar(9)", |table| {
        table.options.set("collation", "utf8mb4_bin");
    });
    assert_eq!(
        other_letters.unwrap_err().to_string(),
        "foreign key `fk` of table `t`: `a` and `p.id` do not fit: utf8mb4_bin and the database's own collation"
    );
    let other_engine = referring("int", "int", |table| table.options.set("engine", "MyISAM"));
    assert_eq!(
        other_engine.unwrap_err().to_string(),
        "foreign key `fk` of table `t`: `t` has the engine MyISAM, which has no foreign keys"
    );
}

#[test]
fn my_08_a_value_is_asked_for_and_never_invented() {
    let from = schema(&[("t", columns(&[("id", "int")]))]);
    let to = schema(&[("t", columns(&[("id", "int"), ("a", "int")]))]);
    let difference = diff(&from, &to, &Rules, &RenameHints::default());
    let plan = plan(&difference, &from, &to, &Planner, &Rules).unwrap();
    assert_eq!(
        plan.script(),
        "-- may-fail: `t.a` is NOT NULL without a default: it fails when the table has rows\n\
         ALTER TABLE t\n  ADD COLUMN a int NOT NULL,\n  \
         ADD CONSTRAINT t_a_needs_a_value CHECK (a IS NULL);\n\
         ALTER TABLE t DROP CONSTRAINT t_a_needs_a_value;\n"
    );
}

#[test]
fn my_21_what_is_written_again_is_told() {
    let safety = |before: &str, after: &str| {
        let from = schema(&[("t", columns(&[("a", before)]))]);
        let to = schema(&[("t", columns(&[("a", after)]))]);
        let difference = diff(&from, &to, &Rules, &RenameHints::default());
        plan(&difference, &from, &to, &Planner, &Rules)
            .unwrap()
            .steps[0]
            .safety()
    };
    use crate::diff::Safety::{Blocks, LosesData, Safe};
    assert_eq!(safety("varchar(10)", "varchar(20)"), Safe);
    assert_eq!(safety("varchar(20)", "varchar(200)"), Blocks);
    assert_eq!(safety("enum('a')", "enum('a','b')"), Safe);
    assert_eq!(safety("int", "bigint"), Blocks);
    assert_eq!(safety("decimal(5,2)", "decimal(5,1)"), LosesData);
}

#[test]
fn a_dropped_history_is_told() {
    let with = |versioned: bool| {
        let mut table = columns(&[("a", "int")]);
        if versioned {
            table.options.flag("system_versioned");
        }
        schema(&[("t", table)])
    };
    let (from, to) = (with(true), with(false));
    let difference = diff(&from, &to, &Rules, &RenameHints::default());
    let plan = plan(&difference, &from, &to, &Planner, &Rules).unwrap();
    assert_eq!(plan.steps[0].safety(), crate::diff::Safety::LosesData);
}

#[test]
fn versions_whose_times_are_told_by_other_columns_begin_anew() {
    let with = |names: [&str; 2]| {
        let mut table = columns(&[("a", "int")]);
        for (name, option) in names.iter().zip(["row_start", "row_end"]) {
            let mut column = Column::new(*name, "timestamp(6)");
            column.options.flag(option);
            table.columns.push(column);
        }
        table.options.flag("system_versioned");
        table.options.set("period.system_time", names.join(", "));
        schema(&[("t", table)])
    };
    let (from, to) = (with(["b", "c"]), with(["d", "e"]));
    let difference = diff(&from, &to, &Rules, &RenameHints::default());
    let plan = plan(&difference, &from, &to, &Planner, &Rules).unwrap();
    let hazards = plan.steps.iter().flat_map(|step| &step.hazards);
    let allowed: Vec<&str> = hazards.map(|hazard| hazard.allow.as_str()).collect();
    assert!(allowed.contains(&"drop_history:t"), "{allowed:?}");
    let error = planned(&with(["b", "c"]), &with(["b", "e"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table `t` cannot be changed so: its period `system_time` keeps one of its columns"
    );
}
