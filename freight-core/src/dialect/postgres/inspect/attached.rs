//! What belongs to a table or view: triggers, rules, policies; and statistics over columns.

use super::catalog::{Catalog, is_own};
use super::expression::{canonical, stable, unqualify_first};
use super::row::Row;
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, ObjectKind};

/// Reads all of them.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    triggers(catalog)?;
    rules(catalog)?;
    if catalog.uses("pg_policy") {
        policies(catalog)?;
    }
    if catalog.uses("pg_statistic_ext") {
        statistics(catalog)?;
    }
    Ok(())
}

/// The name of the relation of a row, and its namespace as definitions write it.
fn relation(catalog: &Catalog<'_>, oid: u32) -> Option<(Name, String)> {
    let name = catalog.relations.get(&oid)?.name.clone();
    let namespace = match &name.namespace {
        None => catalog.own_quoted(),
        Some(_) => String::new(),
    };
    Some((name, namespace))
}

fn with_state(mut object: Object, letter: &str) -> Object {
    match letter {
        "D" => object.options.set("enabled", "disabled"),
        "R" => object.options.set("enabled", "replica"),
        "A" => object.options.set("enabled", "always"),
        _ => {}
    }
    object
}

/// Those of a partition that come with the partitioned table are no triggers of its own.
fn triggers(catalog: &mut Catalog<'_>) -> Result<()> {
    let inherited = match catalog.version.major >= 13 {
        true => "t.tgparentid = 0",
        false => {
            "NOT EXISTS (SELECT FROM pg_depend pd WHERE pd.classid = 'pg_trigger'::regclass \
             AND pd.objid = t.oid AND pd.refclassid = 'pg_trigger'::regclass)"
        }
    };
    let sql = format!(
        "SELECT t.oid::text, t.tgrelid::text, t.tgname::text, pg_get_triggerdef(t.oid, false), \
         t.tgenabled::text, obj_description(t.oid, 'pg_trigger') \
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
         WHERE NOT t.tgisinternal AND {inherited} AND c.relnamespace IN ({}) AND {} ORDER BY t.oid",
        catalog.namespace_list(),
        is_own("pg_trigger", "t.oid"),
    );
    for row in catalog.rows(&sql)? {
        let Some((table, namespace)) = relation(catalog, row.oid(1)) else {
            continue;
        };
        let key = ObjectKey::on(ObjectKind::Trigger, table, Name::new(row.text(2)));
        let text = unqualify_first(row.text(3), &namespace);
        let object = Object {
            definition: trigger_lines(&stable(&text)),
            comment: row.owned(5),
            ..Object::default()
        };
        catalog.add(
            "pg_trigger",
            row.oid(0),
            key,
            with_state(object, row.text(4)),
        );
    }
    Ok(())
}

/// One clause a line, as people write it. What stands in quotes is left alone.
fn trigger_lines(text: &str) -> String {
    use crate::sql::{Lexicon, significant};
    let tokens: Vec<_> = significant(text, &Lexicon::POSTGRES).collect();
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text(text));
    // After the name of the trigger come when, on what, for each of what, and what is done. An
    // expression behind WHEN may have any words, but not these outside of its parentheses.
    let mut depth = 0_usize;
    let mut lines = String::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate().skip(3) {
        match word(index) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "BEFORE" | "AFTER" | "INSTEAD" | "ON" | "FOR" | "EXECUTE" | "WHEN" | "REFERENCING"
                if depth == 0 && word(index - 1) != "INSTEAD" =>
            {
                let line = text.get(start..token.start).unwrap_or_default().trim_end();
                lines.push_str(line);
                lines.push_str("\n    ");
                start = token.start;
            }
            _ => {}
        }
    }
    lines + text.get(start..).unwrap_or_default()
}

fn rules(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT r.oid::text, r.ev_class::text, r.rulename::text, pg_get_ruledef(r.oid), \
         r.ev_enabled::text, obj_description(r.oid, 'pg_rewrite') \
         FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
         WHERE r.rulename <> '_RETURN' AND c.relnamespace IN ({}) AND {} ORDER BY r.oid",
        catalog.namespace_list(),
        is_own("pg_rewrite", "r.oid"),
    );
    for row in catalog.rows(&sql)? {
        let Some((table, namespace)) = relation(catalog, row.oid(1)) else {
            continue;
        };
        let key = ObjectKey::on(ObjectKind::Rule, table, Name::new(row.text(2)));
        let text = row.text(3).trim_end().trim_end_matches(';');
        let object = Object {
            definition: stable(&unqualify_first(text, &namespace)),
            comment: row.owned(5),
            ..Object::default()
        };
        catalog.add(
            "pg_rewrite",
            row.oid(0),
            key,
            with_state(object, row.text(4)),
        );
    }
    Ok(())
}

fn policies(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT p.oid::text, p.polrelid::text, p.polname::text, p.polpermissive::text, \
         p.polcmd::text, (SELECT json_agg(r.rolname ORDER BY r.rolname)::text FROM pg_roles r \
         WHERE r.oid = ANY (p.polroles)), pg_get_expr(p.polqual, p.polrelid), \
         pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy') \
         FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid \
         WHERE c.relnamespace IN ({}) ORDER BY p.oid",
        catalog.namespace_list(),
    );
    for row in catalog.rows(&sql)? {
        let Some((table, _)) = relation(catalog, row.oid(1)) else {
            continue;
        };
        let key = ObjectKey::on(ObjectKind::Policy, table.clone(), Name::new(row.text(2)));
        let object = Object {
            definition: policy(&row, &table),
            comment: row.owned(8),
            ..Object::default()
        };
        catalog.add("pg_policy", row.oid(0), key, object);
    }
    Ok(())
}

/// No function of the server prints a policy.
/// <https://www.postgresql.org/docs/current/sql-createpolicy.html>
fn policy(row: &Row, table: &Name) -> String {
    let mut lines = vec![format!(
        "CREATE POLICY {} ON {}",
        quote::identifier(row.text(2)),
        quote::qualified(table)
    )];
    if !row.is(3) {
        lines.push("AS RESTRICTIVE".to_owned());
    }
    let command = match row.text(4) {
        "r" => Some("SELECT"),
        "a" => Some("INSERT"),
        "w" => Some("UPDATE"),
        "d" => Some("DELETE"),
        _ => None,
    };
    lines.extend(command.map(|command| format!("FOR {command}")));
    let roles = row.texts(5);
    if !roles.is_empty() {
        lines.push(format!("TO {}", quote::list(&roles)));
    }
    if let Some(using) = row.optional(6) {
        lines.push(format!("USING ({})", canonical(using)));
    }
    if let Some(check) = row.optional(7) {
        lines.push(format!("WITH CHECK ({})", canonical(check)));
    }
    lines.join("\n    ")
}

fn statistics(catalog: &mut Catalog<'_>) -> Result<()> {
    let target = match catalog.version.major >= 13 {
        true => "nullif(coalesce(s.stxstattarget, -1), -1)::text",
        false => "NULL",
    };
    let columns = |order: &str| {
        format!(
            "(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.{order}) FROM pg_attribute a \
             WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[]))"
        )
    };
    // The server prints columns in the order of the table, which says nothing about statistics.
    let (by_place, by_name) = (columns("attnum"), columns("attname"));
    let sql = format!(
        "SELECT s.oid::text, s.stxrelid::text, s.stxnamespace::text, s.stxname::text, \
         pg_get_statisticsobjdef(s.oid), {target}, obj_description(s.oid, 'pg_statistic_ext'), \
         {by_place}, {by_name} FROM pg_statistic_ext s WHERE s.stxnamespace IN ({}) AND {} ORDER BY s.oid",
        catalog.namespace_list(),
        is_own("pg_statistic_ext", "s.oid"),
    );
    for row in catalog.rows(&sql)? {
        if !catalog.relations.contains_key(&row.oid(1)) {
            continue;
        }
        let name = catalog.named(row.oid(2), row.text(3));
        let namespace = match &name.namespace {
            None => catalog.own_quoted(),
            Some(_) => String::new(),
        };
        let definition = match (row.optional(7), row.optional(8)) {
            (Some(by_place), Some(by_name)) => {
                let (by_place, by_name) = (format!(" ON {by_place}"), format!(" ON {by_name}"));
                row.text(4).replacen(&by_place, &by_name, 1)
            }
            _ => row.text(4).to_owned(),
        };
        let mut object = Object {
            definition: unqualify_first(&definition, &namespace),
            comment: row.owned(6),
            ..Object::default()
        };
        if let Some(target) = row.optional(5) {
            object.options.set("statistics", target);
        }
        let key = ObjectKey::new(ObjectKind::Statistics, name);
        catalog.add("pg_statistic_ext", row.oid(0), key, object);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_laid_out_without_changing_it() {
        assert_eq!(
            trigger_lines(
                "CREATE TRIGGER \"ON x\" BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW \
                 WHEN ((new.a = 'FOR'::text)) EXECUTE FUNCTION f('ON  x')"
            ),
            "CREATE TRIGGER \"ON x\"\n    BEFORE INSERT OR UPDATE OF a\n    ON t\n    FOR EACH ROW\n    \
             WHEN ((new.a = 'FOR'::text))\n    EXECUTE FUNCTION f('ON  x')"
        );
        assert_eq!(
            trigger_lines(
                "CREATE TRIGGER t INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()"
            ),
            "CREATE TRIGGER t\n    INSTEAD OF INSERT\n    ON v\n    FOR EACH ROW\n    EXECUTE FUNCTION f()"
        );
        assert_eq!(trigger_lines(""), "");
    }
}
