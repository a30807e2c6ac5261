//! Draws what only MariaDB has: programs with their modes and definers, the order of triggers,
//! packages, and what a view says of itself.

use freight_core::ident::Name;
use freight_core::schema::{Column, Object, ObjectKey, ObjectKind, Schema};

use crate::generate::Draw;

/// Modes that a program is made with, other than the connection's.
const MODES: &[&str] = &[
    "ANSI_QUOTES,STRICT_ALL_TABLES",
    "NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,STRICT_TRANS_TABLES",
    "NO_UNSIGNED_SUBTRACTION",
];

/// What `sql_mode = 'ORACLE'` stands for, without which no package is read.
/// <https://mariadb.com/kb/en/sql_modeoracle/>
const ORACLE: &str = "ANSI_QUOTES,IGNORE_SPACE,NO_AUTO_CREATE_USER,NO_FIELD_OPTIONS,\
                      NO_KEY_OPTIONS,NO_TABLE_OPTIONS,ORACLE,PIPES_AS_CONCAT,\
                      SIMULTANEOUS_ASSIGNMENT";

/// An account that every server has, and that may do nothing.
const OTHER_ACCOUNT: &str = "mariadb.sys@localhost";

/// The words by which a trigger says where it stands among others.
const ORDERS: &[&str] = &["FOLLOWS", "PRECEDES"];

/// Types of places.
pub(crate) const SPATIAL: &[&str] = &["point", "geometry"];

/// True for a column of places.
pub(crate) fn is_spatial(column: &Column) -> bool {
    SPATIAL.contains(&column.column_type.as_str())
}

impl Draw {
    /// Says of a column of places in which system they are, or no longer.
    pub(crate) fn refer(&mut self, column: &mut Column) {
        match self.random.below(4) {
            0 => column.options.set("ref_system_id", "4326"),
            1 => column.options.set("ref_system_id", "101"),
            2 => drop(column.options.remove("ref_system_id")),
            _ => {}
        }
    }

    /// Something that is run: a trigger, a function, a procedure, an event, a package.
    pub(crate) fn program(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let (key, mut object) = match self.random.below(12) {
            0..=3 => self.mariadb_trigger(schema),
            4 => self.mariadb_function(),
            5 | 6 => self.mariadb_procedure(schema),
            7 | 8 => self.package(schema),
            _ => self.event(schema),
        };
        self.change_program(&key, &mut object);
        Some((key, object))
    }

    /// Gives a program other modes or another definer, or takes them away.
    pub(crate) fn change_program(&mut self, key: &ObjectKey, object: &mut Object) {
        let options = &mut object.options;
        let has_modes = !matches!(key.kind, ObjectKind::View | ObjectKind::Package);
        match self.random.below(12) {
            0 if has_modes => options.set("sql_mode", *self.random.pick(MODES)),
            1 | 2 if has_modes => drop(options.remove("sql_mode")),
            // A trigger would be run, and a view be looked into, with the rights of that account.
            3 if !matches!(key.kind, ObjectKind::Trigger | ObjectKind::View) => {
                options.set("definer", OTHER_ACCOUNT);
            }
            4 => drop(options.remove("definer")),
            _ => {}
        }
    }

    fn mariadb_trigger(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        // Often on a table that has one, so that there is an order.
        let triggers = schema.objects_of(ObjectKind::Trigger);
        let tables: Vec<&Name> = triggers.filter_map(|(key, _)| key.table.as_ref()).collect();
        let table = match !tables.is_empty() && self.chance(60) {
            true => *self.random.pick(&tables),
            false => self.table(schema).0,
        };
        let name = format!("trigger {}", self.number());
        let event = *self.random.pick(&["BEFORE INSERT", "BEFORE UPDATE"]);
        let body = match self.chance(50) {
            true => "SET NEW.num = NEW.num + 0 * 0.".to_owned() + &self.number().to_string(),
            false => format!(
                "BEGIN\n  IF NEW.num > -{} THEN\n    SET NEW.num = NEW.num;\n  END IF;\nEND",
                self.number()
            ),
        };
        let when = format!("{event} ON {} FOR EACH ROW", self.quote_name(table));
        let order = self.order(schema, &when);
        let definition = format!("CREATE TRIGGER {} {when}{order} {body}", self.quote(&name));
        self.on_table(ObjectKind::Trigger, table, &name, definition)
    }

    /// Where a trigger stands among those that fire with it, sometimes.
    fn order(&mut self, schema: &Schema, when: &str) -> String {
        let triggers = schema.objects_of(ObjectKind::Trigger);
        let triggers = triggers.filter(|(_, object)| object.definition.contains(when));
        let names: Vec<String> = triggers.map(|(key, _)| key.name.name.clone()).collect();
        if names.is_empty() || self.chance(40) {
            return String::new();
        }
        let other = self.random.pick(&names).clone();
        format!(" {} {}", self.random.pick(ORDERS), self.quote(&other))
    }

    /// Gives a trigger that others name another name there, or none: they stand anywhere then.
    pub(crate) fn rename_in_order(&self, schema: &mut Schema, old: &str, new: Option<&str>) {
        for object in schema.objects.values_mut() {
            for word in ORDERS {
                let before = format!(" {word} {}", self.quote(old));
                let after = new.map(|new| format!(" {word} {}", self.quote(new)));
                let text = object
                    .definition
                    .replace(&before, &after.unwrap_or_default());
                object.definition = text;
            }
        }
    }

    fn mariadb_function(&mut self) -> (ObjectKey, Object) {
        let name = format!("function {}", self.number());
        let definition = format!(
            "CREATE FUNCTION {}(x bigint) RETURNS bigint DETERMINISTIC RETURN x > -{}",
            self.quote(&name),
            self.number()
        );
        self.plain(ObjectKind::Function, &name, definition)
    }

    fn mariadb_procedure(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let (table, _) = self.table(schema);
        let name = format!("procedure {}", self.number());
        let definition = format!(
            "CREATE PROCEDURE {}(IN a bigint) DELETE FROM {} WHERE id = -{}",
            self.quote(&name),
            self.quote_name(table),
            self.number()
        );
        self.plain(ObjectKind::Procedure, &name, definition)
    }

    fn event(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let (table, _) = self.table(schema);
        let name = format!("event {}", self.number());
        let when = *self.random.pick(&[
            "EVERY 1 DAY",
            "EVERY 2 HOUR STARTS '2036-01-01 00:00:00'",
            "AT '2037-01-01 00:00:00'",
        ]);
        let definition = format!(
            "CREATE EVENT {} ON SCHEDULE {when} DO DELETE FROM {} WHERE id = -{}",
            self.quote(&name),
            self.quote_name(table),
            self.number()
        );
        self.plain(ObjectKind::Event, &name, definition)
    }

    /// A package, or the body of one that has none.
    fn package(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let packages = schema.objects_of(ObjectKind::Package);
        let has_body = |name: &Name| {
            let mut bodies = schema.objects_of(ObjectKind::Package);
            bodies.any(|(key, _)| key.name == *name && key.signature.is_some())
        };
        let heads: Vec<String> = packages
            .filter(|(key, _)| !has_body(&key.name))
            .map(|(key, _)| key.name.name.clone())
            .collect();
        let number = self.number();
        let (name, signature, definition) = match heads.is_empty() || self.chance(20) {
            true => {
                let name = format!("package {number}");
                let text = format!(
                    "CREATE PACKAGE \"{name}\" COMMENT 'body {number}' AS \
                     FUNCTION more(x bigint) RETURN bigint; PROCEDURE none; END"
                );
                (name, None, text)
            }
            false => {
                let name = self.random.pick(&heads).clone();
                let text = format!(
                    "CREATE PACKAGE BODY \"{name}\" AS kept int := 3; \
                     FUNCTION more(x bigint) RETURN bigint AS BEGIN RETURN x > -{number}; END; \
                     PROCEDURE none AS BEGIN kept := 5; END; \
                     BEGIN kept := 4; END"
                );
                (name, Some("body".to_owned()), text)
            }
        };
        let (mut key, mut object) = self.plain(ObjectKind::Package, &name, definition);
        key.signature = signature;
        object.options.set("sql_mode", ORACLE);
        (key, object)
    }

    /// How a view is worked out, with whose rights, and whether rows that it does not show can be
    /// written through it.
    pub(crate) fn dress_mariadb_view(&mut self, schema: &Schema, object: &mut Object) {
        let text = &object.definition;
        let (_, rest) = text.split_once("VIEW ").unwrap();
        let query = rest.split(" WITH ").next().unwrap();
        let algorithm =
            *self
                .random
                .pick(&["", "", "", "ALGORITHM = MERGE ", "ALGORITHM = TEMPTABLE "]);
        let security = *self.random.pick(&["", "", "SQL SECURITY INVOKER "]);
        let may_be_written = self.is_of_table(schema, text) && !algorithm.contains("TEMP");
        let check = match may_be_written {
            true => *self.random.pick(&[
                "",
                "",
                " WITH LOCAL CHECK OPTION",
                " WITH CASCADED CHECK OPTION",
            ]),
            false => "",
        };
        object.definition = format!("CREATE {algorithm}{security}VIEW {query}{check}");
    }
}
