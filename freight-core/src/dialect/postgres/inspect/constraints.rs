//! Keys, checks and exclusion constraints of tables.
//!
//! The kinds are named one by one: a newer server has more of them (`n` since PostgreSQL 18), and
//! what is not known is named as such.

use super::catalog::{Catalog, put_settings};
use super::expression::canonical;
use super::row::Row;
use super::sequences::usual_name;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{
    Action, Check, Deferrable, Exclusion, Expression, ForeignKey, IndexPart, Options, PrimaryKey,
    Subject, Unique,
};

/// Reads `pg_constraint`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let Some(subject) = catalog.relation_subject(row.oid(0)) else {
            continue;
        };
        let kind = row.text(2).to_owned();
        let name = row.text(1).to_owned();
        if !matches!(kind.as_str(), "p" | "u" | "f" | "c" | "x" | "n")
            || catalog.table(row.oid(0)).is_none()
        {
            // A domain's and a constraint trigger's are read with those.
            if kind != "t" && kind != "n" {
                let what = format!("constraint `{name}`: `{}`", row.text(16));
                catalog.note(subject, what);
            }
            continue;
        }
        put(catalog, &row, &kind, name);
    }
    Ok(())
}

fn query(catalog: &Catalog<'_>) -> String {
    let since = |major: u32, text: &str| match catalog.version.major >= major {
        true => text.to_owned(),
        false => "NULL".to_owned(),
    };
    let names = |numbers: &str, relation: &str| {
        format!(
            "(SELECT json_agg(ka.attname ORDER BY k.place)::text \
             FROM unnest({numbers}) WITH ORDINALITY k (number, place) JOIN pg_attribute ka \
             ON ka.attrelid = {relation} AND ka.attnum = k.number)"
        )
    };
    format!(
        "SELECT con.conrelid::text, con.conname::text, con.contype::text, \
         con.condeferrable::text, con.condeferred::text, con.convalidated::text, \
         con.connoinherit::text, {columns}, {target}::text, {target_columns}, \
         con.confupdtype::text, con.confdeltype::text, con.confmatchtype::text, {delete_columns}, \
         CASE WHEN con.contype = 'c' THEN pg_get_expr(con.conbin, con.conrelid) END, \
         obj_description(con.oid, 'pg_constraint'), \
         CASE WHEN con.contype NOT IN ('f', 'n') THEN pg_get_constraintdef(con.oid) END, \
         (SELECT json_agg(ta.attname ORDER BY ia.attnum)::text FROM pg_attribute ia \
          JOIN pg_attribute ta ON ta.attrelid = con.conrelid \
          AND ta.attnum = i.indkey[ia.attnum - 1] \
          WHERE ia.attrelid = con.conindid AND ia.attnum > i.indnkeyatts), \
         array_to_json(ic.reloptions)::text, ts.spcname::text, i.indisclustered::text, \
         {nulls}, {enforced}, {period} \
         FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid \
         LEFT JOIN pg_class f ON f.oid = con.confrelid \
         LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace \
         LEFT JOIN pg_index i ON i.indexrelid = con.conindid AND con.contype IN ('p', 'u', 'x') \
         LEFT JOIN pg_class ic ON ic.oid = i.indexrelid \
         LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace \
         WHERE c.relpersistence <> 't' AND c.relnamespace IN ({namespaces}) \
         AND con.conparentid = 0 AND con.conislocal AND con.contype <> 't' \
         ORDER BY con.conrelid, con.conname, con.oid",
        columns = names("con.conkey", "con.conrelid"),
        target = catalog.pair("fn.nspname", "f.relname"),
        target_columns = names("con.confkey", "con.confrelid"),
        delete_columns = since(15, &names("con.confdelsetcols", "con.conrelid")),
        nulls = since(15, "i.indnullsnotdistinct::text"),
        enforced = since(18, "con.conenforced::text"),
        period = since(18, "con.conperiod::text"),
        namespaces = catalog.namespace_list(),
    )
}

fn put(catalog: &mut Catalog<'_>, row: &Row, kind: &str, name: String) {
    let Some(relation) = catalog.relations.get(&row.oid(0)) else {
        return;
    };
    let table_name = relation.name.clone();
    let Some(table) = catalog.table(row.oid(0)) else {
        return;
    };
    let comment = row.owned(15);
    match kind {
        "p" => {
            table.primary_key = Some(PrimaryKey {
                name: Some(name),
                parts: parts(row),
                include: row.texts(17),
                deferrable: deferrable(row),
                comment,
                options: index_options(row),
            });
        }
        "u" => table.uniques.push(Unique {
            name: Some(name),
            parts: parts(row),
            nulls_not_distinct: row.is(21),
            include: row.texts(17),
            deferrable: deferrable(row),
            comment,
            options: index_options(row),
        }),
        "f" => table.foreign_keys.push(foreign_key(row, name, comment)),
        "c" => table.checks.push(Check {
            name: Some(name),
            expression: Expression::new(canonical(row.text(14))),
            column: None,
            not_valid: !row.is(5) && row.optional(22) != Some("false"),
            not_enforced: row.optional(22) == Some("false"),
            no_inherit: row.is(6),
            comment,
        }),
        "x" => {
            let definition = row.text(16).to_owned();
            table.exclusions.push(Exclusion {
                name: name.clone(),
                definition,
                comment,
            });
            if row.is(20) {
                let what = format!("the table is clustered on the constraint `{name}`");
                catalog.note(Subject::Table(table_name), what);
            }
        }
        _ => not_null(catalog, row, &table_name, &name),
    }
}

/// A NOT NULL with a name, as PostgreSQL has them since 18.
fn not_null(catalog: &mut Catalog<'_>, row: &Row, table_name: &Name, name: &str) {
    let columns = row.texts(7);
    let (no_inherit, not_valid) = (row.is(6), !row.is(5));
    let Some((table, column)) = catalog.table(row.oid(0)).zip(columns.first()) else {
        return;
    };
    let Some(column) = table.columns.iter_mut().find(|one| one.name == *column) else {
        return;
    };
    if usual_name(&table_name.name, &column.name, "not_null") != name {
        column.options.set("not_null_name", name);
    }
    if no_inherit {
        column.options.flag("not_null_no_inherit");
    }
    if not_valid {
        column.options.flag("not_null_not_valid");
    }
}

fn foreign_key(row: &Row, name: String, comment: Option<String>) -> ForeignKey {
    ForeignKey {
        name: Some(name),
        columns: row.texts(7),
        target: row.name(8).unwrap_or_default(),
        target_columns: row.texts(9),
        on_update: action(row.text(10)),
        on_delete: action(row.text(11)),
        delete_columns: row.texts(13),
        match_full: row.text(12) == "f",
        deferrable: deferrable(row),
        not_valid: !row.is(5) && row.optional(22) != Some("false"),
        not_enforced: row.optional(22) == Some("false"),
        comment,
    }
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn deferrable(row: &Row) -> Deferrable {
    match (row.is(3), row.is(4)) {
        (false, _) => Deferrable::No,
        (true, false) => Deferrable::Immediate,
        (true, true) => Deferrable::Deferred,
    }
}

fn parts(row: &Row) -> Vec<IndexPart> {
    row.texts(7).into_iter().map(IndexPart::column).collect()
}

fn index_options(row: &Row) -> Options {
    let mut options = Options::new();
    put_settings(&mut options, "with.", &row.texts(18));
    if let Some(tablespace) = row.optional(19) {
        options.set("tablespace", tablespace);
    }
    if row.is(20) {
        options.flag("clustered");
    }
    if row.is(23) {
        options.flag("without_overlaps");
    }
    options
}
