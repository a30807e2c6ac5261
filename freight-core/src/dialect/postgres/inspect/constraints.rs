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
    format!(
        "SELECT con.conrelid::text, con.conname::text, con.contype::text, \
         con.condeferrable::text, con.condeferred::text, con.convalidated::text, \
         con.connoinherit::text, con.conkey::text, \
         CASE WHEN con.contype = 'f' THEN (SELECT {target}::text FROM pg_namespace fn \
         WHERE fn.oid = f.relnamespace) END, \
         CASE WHEN con.contype = 'f' AND {outside} THEN (SELECT json_agg(ka.attname ORDER BY k.place)::text \
         FROM unnest(con.confkey) WITH ORDINALITY k (number, place) JOIN pg_attribute ka \
         ON ka.attrelid = con.confrelid AND ka.attnum = k.number) END, \
         con.confupdtype::text, con.confdeltype::text, con.confmatchtype::text, {delete_columns}, \
         CASE WHEN con.contype = 'c' THEN pg_get_expr(con.conbin, con.conrelid) END, \
         con.oid::text, \
         CASE WHEN con.contype NOT IN ('p', 'u', 'f', 'c', 'n') OR c.relkind NOT IN ('r', 'p') \
         THEN pg_get_constraintdef(con.oid) END, i.indkey::text, \
         array_to_json(ic.reloptions)::text, \
         CASE WHEN ic.reltablespace <> 0 THEN (SELECT ts.spcname::text FROM pg_tablespace ts \
         WHERE ts.oid = ic.reltablespace) END, i.indisclustered::text, \
         {nulls}, {enforced}, {period}, i.indnkeyatts::text, \
         con.confrelid::text, con.confkey::text, (up.oid IS NOT NULL)::text \
         FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid \
         LEFT JOIN pg_constraint up ON up.oid = con.conparentid AND up.conrelid <> con.conrelid \
         AND con.contype IN ('p', 'u', 'f') \
         LEFT JOIN pg_class f ON f.oid = con.confrelid \
         LEFT JOIN pg_index i ON i.indexrelid = con.conindid AND con.contype IN ('p', 'u', 'x') \
         LEFT JOIN pg_class ic ON ic.oid = i.indexrelid \
         WHERE c.relpersistence <> 't' AND c.relnamespace IN ({namespaces}) \
         AND (con.conparentid = 0 AND con.conislocal OR up.oid IS NOT NULL) \
         AND con.contype <> 't' \
         ORDER BY con.conrelid, con.conname, con.oid",
        target = catalog.pair("fn.nspname", "f.relname"),
        delete_columns = since(15, "con.confdelsetcols::text"),
        outside = catalog.is_outside("f"),
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
    let columns = catalog.column_names(row.oid(0), &row.numbers(7));
    let include = catalog.column_names(row.oid(0), &included(row));
    let delete_columns = catalog.column_names(row.oid(0), &row.numbers(13));
    let target_columns = match row.optional(9) {
        Some(_) => row.texts(9),
        None => catalog.column_names(row.oid(25), &row.numbers(26)),
    };
    let comment = catalog.comment("pg_constraint", row.oid(15), 0);
    let Some(table) = catalog.table(row.oid(0)) else {
        return;
    };
    let (primary_key, uniques, foreign_keys) = match row.is(27) {
        true => {
            let inherited = &mut table.inherited;
            (
                &mut inherited.primary_key,
                &mut inherited.uniques,
                &mut inherited.foreign_keys,
            )
        }
        false => (
            &mut table.primary_key,
            &mut table.uniques,
            &mut table.foreign_keys,
        ),
    };
    match kind {
        "p" => {
            *primary_key = Some(PrimaryKey {
                name: Some(name),
                parts: parts(columns),
                include,
                deferrable: deferrable(row),
                comment,
                options: index_options(row),
            });
        }
        "u" => uniques.push(Unique {
            name: Some(name),
            parts: parts(columns),
            nulls_not_distinct: row.is(21),
            include,
            deferrable: deferrable(row),
            comment,
            options: index_options(row),
        }),
        "f" => foreign_keys.push(ForeignKey {
            columns,
            target_columns,
            delete_columns,
            ..foreign_key(row, name, comment)
        }),
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
        _ => not_null(catalog, row, &table_name, columns.first(), &name),
    }
}

/// A NOT NULL with a name, as PostgreSQL has them since 18.
fn not_null(
    catalog: &mut Catalog<'_>,
    row: &Row,
    table_name: &Name,
    column: Option<&String>,
    name: &str,
) {
    let (no_inherit, not_valid) = (row.is(6), !row.is(5));
    let Some((table, column)) = catalog.table(row.oid(0)).zip(column) else {
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
        target: row.name(8).unwrap_or_default(),
        on_update: action(row.text(10)),
        on_delete: action(row.text(11)),
        match_full: row.text(12) == "f",
        deferrable: deferrable(row),
        not_valid: !row.is(5) && row.optional(22) != Some("false"),
        not_enforced: row.optional(22) == Some("false"),
        comment,
        ..ForeignKey::default()
    }
}

/// The numbers of the columns that an index holds beside its key.
fn included(row: &Row) -> Vec<i64> {
    let keys = usize::try_from(row.number(24)).unwrap_or_default();
    row.numbers(17).into_iter().skip(keys).collect()
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

fn parts(columns: Vec<String>) -> Vec<IndexPart> {
    columns.into_iter().map(IndexPart::column).collect()
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
