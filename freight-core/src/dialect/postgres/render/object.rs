//! What is kept by its definition.

use super::{comment, index, quote};
use crate::schema::{Object, ObjectKey, ObjectKind};

/// The statements that make an object and all that is said of it.
pub(in crate::dialect::postgres) fn create(key: &ObjectKey, object: &Object) -> Vec<String> {
    let mut statements = definition(key, object);
    statements.extend(object.indexes.iter().flat_map(|one| {
        let mut made = vec![index::create(one, &key.name)];
        made.extend(index::after(one, &key.name));
        made
    }));
    statements.extend(after(key, object));
    statements
}

/// The statement of an object; several for rights, and for a text search configuration.
fn definition(key: &ObjectKey, object: &Object) -> Vec<String> {
    match key.kind {
        ObjectKind::Privileges => object.definition.lines().map(str::to_owned).collect(),
        ObjectKind::TextSearch => object.definition.split(";\n").map(str::to_owned).collect(),
        _ => vec![object.definition.clone()],
    }
}

/// State and comments.
pub(in crate::dialect::postgres) fn after(key: &ObjectKey, object: &Object) -> Vec<String> {
    let mut statements = Vec::new();
    if let Some(state) = object.options.get("enabled") {
        statements.extend(set_state(key, Some(state)));
    }
    if let Some(target) = object.options.get("statistics") {
        statements.push(set_target(key, Some(target)));
    }
    for (option, value) in object.options.iter() {
        statements.extend(set_column_option(key, option, Some(value)));
    }
    if let Some(text) = &object.comment {
        statements.push(set_comment(key, object, Some(text)));
    }
    for one in &object.indexes {
        if one.options.has("clustered") {
            statements.push(format!(
                "ALTER MATERIALIZED VIEW {} CLUSTER ON {}",
                quote::qualified(&key.name),
                quote::identifier(&one.name)
            ));
        }
    }
    statements
}

/// How much is kept of extended statistics.
pub(in crate::dialect::postgres) fn set_target(key: &ObjectKey, target: Option<&str>) -> String {
    format!(
        "ALTER STATISTICS {} SET STATISTICS {}",
        quote::qualified(&key.name),
        target.unwrap_or("-1")
    )
}

/// Sets or takes away what an option says of a column.
pub(in crate::dialect::postgres) fn set_column_option(
    key: &ObjectKey,
    option: &str,
    value: Option<&str>,
) -> Option<String> {
    let (what, column) = option.split_once('.')?;
    let table = quote::qualified(&key.name);
    let alter = match key.kind {
        ObjectKind::MaterializedView => "ALTER MATERIALIZED VIEW",
        ObjectKind::Foreign => "ALTER FOREIGN TABLE",
        _ => "ALTER VIEW",
    };
    let name = quote::identifier(column);
    match (what, value) {
        ("comment", text) => Some(comment::on_column(&key.name, column, text)),
        ("default", Some(expression)) => Some(format!(
            "{alter} {table} ALTER COLUMN {name} SET DEFAULT {expression}"
        )),
        ("default", None) => Some(format!("{alter} {table} ALTER COLUMN {name} DROP DEFAULT")),
        ("statistics", target) => Some(format!(
            "{alter} {table} ALTER COLUMN {name} SET STATISTICS {}",
            target.unwrap_or("-1")
        )),
        _ => None,
    }
}

/// Switches a trigger, rule or event trigger on or off.
pub(in crate::dialect::postgres) fn set_state(
    key: &ObjectKey,
    state: Option<&str>,
) -> Option<String> {
    let word = match state {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some(_) => "ENABLE ALWAYS",
    };
    let name = quote::identifier(&key.name.name);
    match (key.kind, &key.table) {
        (ObjectKind::EventTrigger, _) => Some(format!("ALTER EVENT TRIGGER {name} {word}")),
        (ObjectKind::Trigger, Some(table)) => Some(format!(
            "ALTER TABLE {} {word} TRIGGER {name}",
            quote::qualified(table)
        )),
        (ObjectKind::Rule, Some(table)) => Some(format!(
            "ALTER TABLE {} {word} RULE {name}",
            quote::qualified(table)
        )),
        _ => None,
    }
}

/// The comment of an object.
pub(in crate::dialect::postgres) fn set_comment(
    key: &ObjectKey,
    object: &Object,
    text: Option<&str>,
) -> String {
    let drop = drop_one(key, object);
    comment::on(drop.strip_prefix("DROP ").unwrap_or(&drop), text)
}

/// The statements that drop an object.
pub(in crate::dialect::postgres) fn drop(key: &ObjectKey, object: &Object) -> Vec<String> {
    match key.kind {
        ObjectKind::Privileges => object.definition.lines().filter_map(taken_back).collect(),
        _ => vec![drop_one(key, object)],
    }
}

fn drop_one(key: &ObjectKey, object: &Object) -> String {
    if let Some(drop) = &object.drop {
        return drop.clone();
    }
    let word = key.kind.as_str().replace('_', " ").to_uppercase();
    let name = match &key.table {
        Some(table) => format!(
            "{} ON {}",
            quote::identifier(&key.name.name),
            quote::qualified(table)
        ),
        None => quote::qualified(&key.name),
    };
    match &key.signature {
        Some(arguments) => format!("DROP {word} {name}({arguments})"),
        None => format!("DROP {word} {name}"),
    }
}

/// The opposite of a GRANT or REVOKE, as the inspection writes them.
pub(in crate::dialect::postgres) fn taken_back(line: &str) -> Option<String> {
    if let Some((what, who)) = given(line) {
        return Some(format!("REVOKE {what} FROM {who}"));
    }
    let (what, who) = line.strip_prefix("REVOKE ")?.rsplit_once(" FROM ")?;
    Some(format!("GRANT {what} TO {who}"))
}

/// Who has the rights that a GRANT gives.
pub(in crate::dialect::postgres) fn receiver(line: &str) -> Option<&str> {
    given(line).map(|(_, who)| who)
}

/// What a GRANT gives, and to whom.
fn given(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("GRANT ")?;
    let rest = rest.strip_suffix(" WITH GRANT OPTION").unwrap_or(rest);
    rest.rsplit_once(" TO ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::Name;

    #[test]
    fn rights_are_taken_back() {
        let cases = [
            (
                "GRANT SELECT ON TABLE t TO reader WITH GRANT OPTION",
                "REVOKE SELECT ON TABLE t FROM reader",
            ),
            (
                "REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC",
                "GRANT EXECUTE ON FUNCTION f() TO PUBLIC",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(taken_back(line).as_deref(), Some(expected));
        }
        assert_eq!(taken_back("nonsense"), None);
    }

    #[test]
    fn what_drops_a_thing_names_it_for_a_comment() {
        let key = ObjectKey {
            signature: Some("integer, text".to_owned()),
            ..ObjectKey::new(ObjectKind::Function, Name::within("a", "F"))
        };
        let object = Object::default();
        assert_eq!(
            drop(&key, &object),
            ["DROP FUNCTION a.\"F\"(integer, text)"]
        );
        assert_eq!(
            set_comment(&key, &object, Some("it's")),
            "COMMENT ON FUNCTION a.\"F\"(integer, text) IS 'it''s'"
        );
        let key = ObjectKey::on(ObjectKind::Trigger, Name::new("t"), Name::new("x y"));
        assert_eq!(drop(&key, &object), ["DROP TRIGGER \"x y\" ON t"]);
    }
}
