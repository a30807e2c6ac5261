//! Functions, procedures and aggregates.

use super::catalog::{Body, Catalog, is_own};
use super::expression::unqualify_first;
use super::row::Row;
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, ObjectKind};

/// Reads `pg_proc`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let name = catalog.named(row.oid(1), row.text(2));
        let kind = match row.text(3) {
            "a" => ObjectKind::Aggregate,
            "p" => ObjectKind::Procedure,
            _ => ObjectKind::Function,
        };
        let key = ObjectKey {
            signature: Some(row.text(4).to_owned()),
            ..ObjectKey::new(kind, name.clone())
        };
        let mut object = Object {
            comment: row.owned(6),
            ..Object::default()
        };
        if kind == ObjectKind::Aggregate {
            object.definition = aggregate(&row, &name);
            let arguments = if row.text(9).is_empty() {
                "*"
            } else {
                row.text(9)
            };
            object.drop = Some(format!(
                "DROP AGGREGATE {}({arguments})",
                quote::qualified(&name)
            ));
        } else {
            let namespace = match &name.namespace {
                None => catalog.own_quoted(),
                Some(_) => String::new(),
            };
            object.definition = unqualify_first(row.text(5).trim_end(), &namespace);
        }
        // The text of a `BEGIN ATOMIC` function is not a string, and what it needs is known.
        if row.optional(8).is_some() {
            let body = Body {
                language: row.text(7).to_owned(),
                source: row.text(8).to_owned(),
            };
            catalog.bodies.push((key.clone(), body));
        }
        catalog.add("pg_proc", row.oid(0), key, object);
    }
    Ok(())
}

fn query(catalog: &Catalog<'_>) -> String {
    let body = match catalog.version.major >= 14 {
        true => "CASE WHEN p.prosqlbody IS NULL THEN p.prosrc END",
        false => "p.prosrc",
    };
    let regproc = |column: &str| format!("nullif({column}::oid, 0)::regproc::text");
    format!(
        "SELECT p.oid::text, p.pronamespace::text, p.proname::text, p.prokind::text, \
         coalesce((SELECT string_agg(format_type(ty.oid, NULL), ', ' ORDER BY ty.place) \
          FROM unnest(p.proargtypes) WITH ORDINALITY ty (oid, place)), ''), \
         CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, \
         obj_description(p.oid, 'pg_proc'), l.lanname::text, \
         CASE WHEN l.lanname IN ('sql', 'plpgsql') AND p.prokind <> 'a' THEN {body} END, \
         pg_get_function_identity_arguments(p.oid), pg_get_function_arguments(p.oid), \
         {sfunc}, format_type(a.aggtranstype, NULL), nullif(a.aggtransspace, 0)::text, {ffunc}, \
         a.aggfinalextra::text, a.aggfinalmodify::text, {combine}, {serial}, {deserial}, \
         a.agginitval, {msfunc}, {minv}, \
         CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END, \
         nullif(a.aggmtransspace, 0)::text, {mffunc}, a.aggmfinalextra::text, \
         a.aggmfinalmodify::text, a.aggminitval, \
         CASE WHEN a.aggsortop <> 0 THEN (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) \
          FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace \
          WHERE o.oid = a.aggsortop) END, \
         p.proparallel::text, a.aggkind::text \
         FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
         LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid \
         WHERE p.pronamespace IN ({namespaces}) AND {is_own} \
         AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass \
         AND i.objid = p.oid AND i.deptype = 'i') ORDER BY p.oid",
        sfunc = regproc("a.aggtransfn"),
        ffunc = regproc("a.aggfinalfn"),
        combine = regproc("a.aggcombinefn"),
        serial = regproc("a.aggserialfn"),
        deserial = regproc("a.aggdeserialfn"),
        msfunc = regproc("a.aggmtransfn"),
        minv = regproc("a.aggminvtransfn"),
        mffunc = regproc("a.aggmfinalfn"),
        namespaces = catalog.namespace_list(),
        is_own = is_own("pg_proc", "p.oid"),
    )
}

/// No function of the server prints an aggregate.
/// <https://www.postgresql.org/docs/current/sql-createaggregate.html>
fn aggregate(row: &Row, name: &Name) -> String {
    let is_ordered = row.text(31) != "n";
    let modify = |index: usize| match row.text(index) {
        // Reading the state only is usual for plain aggregates, and not for ordered sets.
        "r" if is_ordered => Some("READ_ONLY"),
        "s" => Some("SHAREABLE"),
        "w" if !is_ordered => Some("READ_WRITE"),
        _ => None,
    };
    let owned = |index: usize| row.owned(index);
    let flag = |index: usize| row.is(index).then(String::new);
    let final_function = row.optional(14).is_some();
    let moving_final = row.optional(25).is_some();
    let parallel = match row.text(30) {
        "s" => Some("SAFE".to_owned()),
        "r" => Some("RESTRICTED".to_owned()),
        _ => None,
    };
    let lines: Vec<String> = [
        ("SFUNC", owned(11)),
        ("STYPE", owned(12)),
        ("SSPACE", owned(13)),
        ("FINALFUNC", owned(14)),
        ("FINALFUNC_EXTRA", flag(15)),
        (
            "FINALFUNC_MODIFY",
            modify(16).filter(|_| final_function).map(str::to_owned),
        ),
        ("COMBINEFUNC", owned(17)),
        ("SERIALFUNC", owned(18)),
        ("DESERIALFUNC", owned(19)),
        ("INITCOND", row.optional(20).map(quote::string)),
        ("MSFUNC", owned(21)),
        ("MINVFUNC", owned(22)),
        ("MSTYPE", owned(23)),
        ("MSSPACE", owned(24)),
        ("MFINALFUNC", owned(25)),
        ("MFINALFUNC_EXTRA", flag(26)),
        (
            "MFINALFUNC_MODIFY",
            modify(27).filter(|_| moving_final).map(str::to_owned),
        ),
        ("MINITCOND", row.optional(28).map(quote::string)),
        ("SORTOP", owned(29)),
        ("PARALLEL", parallel),
        ("HYPOTHETICAL", (row.text(31) == "h").then(String::new)),
    ]
    .into_iter()
    .filter_map(|(word, value)| {
        Some(match value? {
            value if value.is_empty() => format!("    {word}"),
            value => format!("    {word} = {value}"),
        })
    })
    .collect();
    let arguments = if row.text(10).is_empty() {
        "*"
    } else {
        row.text(10)
    };
    format!(
        "CREATE AGGREGATE {}({arguments}) (\n{}\n)",
        quote::qualified(name),
        lines.join(",\n")
    )
}
