//! Draws rights of PostgreSQL: on tables, views and columns, sequences, functions, types, servers
//! and namespaces.
//! <https://www.postgresql.org/docs/current/ddl-priv.html>

use freight_core::ident::Name;
use freight_core::schema::{Object, ObjectKey, ObjectKind, Schema};

use crate::generate::Draw;

/// Roles that every server has, and everybody.
const ROLES: &[&str] = &["pg_read_all_data", "pg_monitor", "PUBLIC"];

/// Something that rights can be given on.
struct Target {
    name: Name,
    /// What tells its rights from those of others with the name.
    signature: String,
    /// How GRANT calls it.
    words: String,
    /// What can be given, in the order in which the catalog is read.
    rights: &'static [&'static str],
    /// Everybody has these from the beginning.
    usual: Option<&'static str>,
    /// The columns of a table.
    columns: Vec<String>,
}

impl Draw {
    /// Rights on something that has none so far.
    pub(crate) fn privileges(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let targets = self.targets(schema);
        let place = self.random.below(targets.len());
        let target = targets.get(place)?;
        let key = ObjectKey {
            signature: Some(target.signature.clone()),
            ..ObjectKey::new(ObjectKind::Privileges, target.name.clone())
        };
        let object = Object {
            definition: self.lines(target)?,
            ..Object::default()
        };
        (!schema.objects.contains_key(&key)).then_some((key, object))
    }

    /// Other rights on the same thing.
    pub(crate) fn other_rights(&mut self, schema: &Schema, key: &ObjectKey) -> Option<String> {
        let signature = key.signature.as_deref().unwrap_or_default();
        let targets = self.targets(schema);
        let is_it = |target: &&Target| target.name == key.name && target.signature == signature;
        let target = targets.iter().find(is_it)?;
        self.lines(target)
    }

    /// One statement a line, sorted.
    fn lines(&mut self, target: &Target) -> Option<String> {
        let mut lines = Vec::new();
        if let Some(usual) = target.usual.filter(|_| self.random.chance(50)) {
            lines.push(format!("REVOKE {usual} ON {} FROM PUBLIC", target.words));
        }
        for role in ROLES {
            if self.chance(50) || (target.usual.is_some() && *role == "PUBLIC") {
                continue;
            }
            let may_pass_on = *role != "PUBLIC" && self.chance(20);
            let tail = if may_pass_on {
                " WITH GRANT OPTION"
            } else {
                ""
            };
            let to = format!("ON {} TO {role}{tail}", target.words);
            lines.extend(
                self.some_of(target.rights, "")
                    .map(|what| format!("GRANT {what} {to}")),
            );
            if !target.columns.is_empty() && self.chance(40) {
                let column = self.random.pick(&target.columns).clone();
                let column = format!(" ({})", self.quote(&column));
                let what = self.some_of(&["INSERT", "SELECT", "UPDATE"], &column);
                lines.extend(what.map(|what| format!("GRANT {what} {to}")));
            }
        }
        lines.sort();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn some_of(&mut self, rights: &[&str], column: &str) -> Option<String> {
        let mut some = Vec::new();
        for right in rights {
            if self.chance(40) {
                some.push(format!("{right}{column}"));
            }
        }
        (!some.is_empty()).then(|| some.join(", "))
    }

    fn targets(&self, schema: &Schema) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut add = |name: &Name, signature: &str, words: &str, rights, usual| {
            targets.push(Target {
                name: name.clone(),
                signature: signature.to_owned(),
                words: words.to_owned(),
                rights,
                usual,
                columns: Vec::new(),
            });
        };
        for name in schema.sequences.keys() {
            let words = format!("SEQUENCE {}", self.quote_name(name));
            add(
                name,
                "sequence",
                &words,
                &["SELECT", "UPDATE", "USAGE"],
                None,
            );
        }
        let types = schema.enums.keys().chain(schema.domains.keys());
        for name in types.chain(schema.composites.keys()) {
            let words = format!("TYPE {}", self.quote_name(name));
            add(name, "type", &words, &["USAGE"], Some("USAGE"));
        }
        for name in schema.namespaces.keys() {
            let words = format!("SCHEMA {}", self.quote(name));
            let name = Name::new(name);
            add(&name, "schema", &words, &["CREATE", "USAGE"], None);
        }
        for key in schema.objects.keys() {
            let name = self.quote_name(&key.name);
            let arguments = key.signature.as_deref().unwrap_or_default();
            let word = match key.kind {
                ObjectKind::Function | ObjectKind::Aggregate => "FUNCTION",
                ObjectKind::Procedure => "PROCEDURE",
                ObjectKind::Foreign if arguments == "server" => {
                    let words = format!("FOREIGN SERVER {name}");
                    add(&key.name, "server", &words, &["USAGE"], None);
                    continue;
                }
                ObjectKind::View | ObjectKind::MaterializedView => {
                    let words = format!("TABLE {name}");
                    add(&key.name, "table", &words, &["INSERT", "SELECT"], None);
                    continue;
                }
                _ => continue,
            };
            // An aggregate of rows takes none.
            let words = format!("{word} {name}({arguments})");
            let signature = format!("function({arguments})");
            add(&key.name, &signature, &words, &["EXECUTE"], Some("EXECUTE"));
        }
        for (name, table) in &schema.tables {
            targets.push(Target {
                name: name.clone(),
                signature: "table".to_owned(),
                words: format!("TABLE {}", self.quote_name(name)),
                rights: &["INSERT", "SELECT", "UPDATE", "DELETE", "TRIGGER"],
                usual: None,
                columns: table.columns.iter().map(|one| one.name.clone()).collect(),
            });
        }
        targets
    }

    /// Gives the rights on something that gets another name, or other arguments, with it.
    pub(crate) fn move_rights(
        &self,
        schema: &mut Schema,
        (old, new): (&Name, &Name),
        (old_signature, new_signature): (&str, &str),
    ) {
        let key = |name: &Name, signature: &str| ObjectKey {
            signature: Some(signature.to_owned()),
            ..ObjectKey::new(ObjectKind::Privileges, name.clone())
        };
        let Some(mut object) = schema.objects.remove(&key(old, old_signature)) else {
            return;
        };
        let arguments = |signature: &str| {
            let arguments = signature.strip_prefix("function").unwrap_or_default();
            arguments.to_owned()
        };
        let before = self.quote_name(old) + &arguments(old_signature);
        let after = self.quote_name(new) + &arguments(new_signature);
        object.definition = object.definition.replace(&before, &after);
        schema.objects.insert(key(new, new_signature), object);
    }

    /// Gives the rights on a column its new name, or takes them away with it.
    pub(crate) fn move_column_rights(
        &self,
        schema: &mut Schema,
        table: &Name,
        (old, new): (&str, Option<&str>),
    ) {
        let key = ObjectKey {
            signature: Some("table".to_owned()),
            ..ObjectKey::new(ObjectKind::Privileges, table.clone())
        };
        let Some(object) = schema.objects.get_mut(&key) else {
            return;
        };
        let before = format!(" ({})", self.quote(old));
        let after = new.map(|new| format!(" ({})", self.quote(new)));
        let lines = object.definition.lines();
        let mut lines: Vec<String> = lines
            .filter(|line| after.is_some() || !line.contains(&before))
            .map(|line| line.replace(&before, after.as_deref().unwrap_or_default()))
            .collect();
        lines.sort();
        object.definition = lines.join("\n");
        if lines.is_empty() {
            schema.objects.remove(&key);
        }
    }
}
