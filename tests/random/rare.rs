//! Draws what few databases have: event triggers, operators, casts, text search, foreign tables…

use freight_core::ident::Name;
use freight_core::schema::{Deferrable, Object, ObjectKey, ObjectKind, Schema};

use crate::generate::Draw;
use crate::kinds::type_text;

/// What an event trigger can be told to look at.
const EVENTS: &[&str] = &[
    "ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP TABLE')",
    "ddl_command_start",
    "ddl_command_end WHEN TAG IN ('CREATE VIEW')",
    "ddl_command_end",
    "sql_drop",
    "table_rewrite",
];

/// Names of operators.
const OPERATORS: &[&str] = &["<#>", "@#", "|##|", "~!@#%^&|+"];

impl Draw {
    /// An event trigger, or the function that one needs. Both are the database's: a round has a
    /// database of its own.
    pub(crate) fn event_trigger(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let functions: Vec<String> = schema
            .objects_of(ObjectKind::Function)
            .filter(|(_, object)| object.definition.contains("RETURNS event_trigger"))
            .map(|(key, _)| key.name.name.clone())
            .collect();
        let number = self.number();
        if functions.is_empty() {
            let name = format!("watch{number}");
            let definition = format!(
                "CREATE FUNCTION {name}() RETURNS event_trigger LANGUAGE plpgsql \
                 AS $$BEGIN PERFORM 'body {number}'; END$$"
            );
            let (mut key, object) = self.plain(ObjectKind::Function, &name, definition);
            key.signature = Some(String::new());
            return Some((key, object));
        }
        let function = self.random.pick(&functions).clone();
        let name = format!("it's watched {number}");
        let definition = format!(
            "CREATE EVENT TRIGGER {} ON {} EXECUTE FUNCTION {function}()",
            self.quote(&name),
            self.random.pick(EVENTS)
        );
        let (key, mut object) = self.plain(ObjectKind::EventTrigger, &name, definition);
        self.switch(&mut object);
        Some((key, object))
    }

    /// Another event for an event trigger.
    pub(crate) fn with_other_event(&mut self, definition: &str) -> String {
        let event = *self.random.pick(EVENTS);
        let (head, rest) = definition.split_once(" ON ").unwrap();
        let (_, tail) = rest.split_once(" EXECUTE ").unwrap();
        format!("{head} ON {event} EXECUTE {tail}")
    }

    /// Lets a trigger or rule be on or off.
    pub(crate) fn switch(&mut self, object: &mut Object) {
        match self.random.below(8) {
            0 => object.options.set("enabled", "disabled"),
            1 => object.options.set("enabled", "replica"),
            2 => object.options.set("enabled", "always"),
            _ => drop(object.options.remove("enabled")),
        }
    }

    /// What few databases have.
    pub(crate) fn rare(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        Some(match self.random.below(10) {
            0 => self.collation(),
            1 => {
                let name = format!("span{}", self.number());
                let definition = format!("CREATE TYPE {name} AS RANGE (subtype = float8)");
                self.plain(ObjectKind::Type, &name, definition)
            }
            2 | 3 => self.publication(schema),
            4 => self.aggregate(),
            5 => self.operator(),
            6 => return self.cast(schema),
            7 => self.dictionary(),
            8 => return self.text_search(schema),
            _ => return self.foreign(schema),
        })
    }

    fn collation(&mut self) -> (ObjectKey, Object) {
        let name = format!("by letter {}", self.number());
        let definition = format!(
            "CREATE COLLATION {} (provider = icu, locale = 'de-DE')",
            self.quote(&name)
        );
        self.plain(ObjectKind::Collation, &name, definition)
    }

    fn publication(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let name = format!("news{}", self.number());
        let (table, how) = self.table(schema);
        // What is not logged cannot be told to others, nor a change of a row without a key; and
        // those that inherit from the table are told with it.
        let is_told = !how.options.has("unlogged")
            && how
                .primary_key
                .as_ref()
                .is_some_and(|key| key.deferrable == Deferrable::No)
            && !how.options.has("replica_identity")
            && self.heirs(schema, table).is_empty();
        let what = match is_told {
            false => String::new(),
            true => format!(" FOR TABLE {}", self.quote_name(table)),
        };
        let definition = format!("CREATE PUBLICATION {name}{what}");
        self.plain(ObjectKind::Publication, &name, definition)
    }

    fn aggregate(&mut self) -> (ObjectKey, Object) {
        let name = format!("tally{}", self.number());
        let definition =
            format!("CREATE AGGREGATE {name}(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0')");
        let (mut key, mut object) = self.plain(ObjectKind::Aggregate, &name, definition);
        key.signature = Some(String::new());
        object.drop = Some(format!("DROP AGGREGATE {name}(*)"));
        (key, object)
    }

    fn operator(&mut self) -> (ObjectKey, Object) {
        let name = *self.random.pick(OPERATORS);
        let function = *self.random.pick(&["int8pl", "int8mi"]);
        let definition = format!(
            "CREATE OPERATOR {name} (FUNCTION = {function}, LEFTARG = bigint, RIGHTARG = bigint)"
        );
        let (mut key, mut object) = self.plain(ObjectKind::Operator, name, definition);
        key.signature = Some("bigint, bigint".to_owned());
        object.drop = Some(format!("DROP OPERATOR {name} (bigint, bigint)"));
        (key, object)
    }

    fn cast(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let enums: Vec<Name> = schema.enums.keys().cloned().collect();
        if enums.is_empty() {
            return None;
        }
        let source = type_text(self.random.pick(&enums));
        let context = *self.random.pick(&["", " AS ASSIGNMENT"]);
        let pair = format!("{source} AS integer");
        let definition = format!("CREATE CAST ({pair}) WITH INOUT{context}");
        let (key, mut object) = self.plain(ObjectKind::Cast, &pair, definition);
        object.drop = Some(format!("DROP CAST ({pair})"));
        Some((key, object))
    }

    fn dictionary(&mut self) -> (ObjectKey, Object) {
        let name = format!("words{}", self.number());
        let language = *self.random.pick(&["english", "german"]);
        let definition = format!(
            "CREATE TEXT SEARCH DICTIONARY {name} \
             (TEMPLATE = pg_catalog.snowball, language = '{language}')"
        );
        let (mut key, mut object) = self.plain(ObjectKind::TextSearch, &name, definition);
        key.signature = Some("dictionary".to_owned());
        object.drop = Some(format!("DROP TEXT SEARCH DICTIONARY {name}"));
        (key, object)
    }

    fn text_search(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let dictionaries = schema.objects_of(ObjectKind::TextSearch);
        let dictionaries: Vec<String> = dictionaries
            .filter(|(key, _)| key.signature.as_deref() == Some("dictionary"))
            .map(|(key, _)| key.name.name.clone())
            .collect();
        if dictionaries.is_empty() {
            return None;
        }
        let dictionary = self.random.pick(&dictionaries).clone();
        let name = format!("search {}", self.number());
        let quoted = self.quote(&name);
        let kind = *self.random.pick(&["word", "asciiword"]);
        let definition = format!(
            "CREATE TEXT SEARCH CONFIGURATION {quoted} (PARSER = pg_catalog.\"default\");\n\
             ALTER TEXT SEARCH CONFIGURATION {quoted} ADD MAPPING FOR {kind} WITH {dictionary}"
        );
        let (mut key, mut object) = self.plain(ObjectKind::TextSearch, &name, definition);
        key.signature = Some("configuration".to_owned());
        object.drop = Some(format!("DROP TEXT SEARCH CONFIGURATION {quoted}"));
        Some((key, object))
    }

    /// A server, or a table that is there.
    fn foreign(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        if !schema.extensions.contains_key("postgres_fdw") {
            return None;
        }
        let servers = schema.objects_of(ObjectKind::Foreign);
        let servers: Vec<String> = servers
            .filter(|(key, _)| key.signature.is_some())
            .map(|(key, _)| key.name.name.clone())
            .collect();
        let number = self.number();
        if servers.is_empty() {
            let name = format!("far{number}");
            let definition = format!(
                "CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw \
                 OPTIONS (host 'there', port '{number}')"
            );
            let (mut key, mut object) = self.plain(ObjectKind::Foreign, &name, definition);
            key.signature = Some("server".to_owned());
            object.drop = Some(format!("DROP SERVER {name}"));
            return Some((key, object));
        }
        let server = self.random.pick(&servers).clone();
        let name = format!("far table {number}");
        let quoted = self.quote(&name);
        let definition = format!(
            "CREATE FOREIGN TABLE {quoted} (id bigint NOT NULL, \"it's\" text DEFAULT 'x') \
             SERVER {server} OPTIONS (table_name 't')"
        );
        let (key, mut object) = self.plain(ObjectKind::Foreign, &name, definition);
        object.drop = Some(format!("DROP FOREIGN TABLE {quoted}"));
        Some((key, object))
    }
}
