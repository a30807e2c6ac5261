//! Draws what is kept by its definition: views, routines, triggers and the rest.

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{Index, IndexPart, Object, ObjectKey, ObjectKind, Schema, Table};

use crate::generate::Draw;
use crate::partitions::{is_partition, is_partitioned};

impl Draw {
    /// Adds an object of a kind that the dialect has.
    pub(crate) fn add_object(&mut self, schema: &mut Schema) {
        let Some((key, object)) = self.object(schema) else {
            return;
        };
        if key.kind == ObjectKind::Policy {
            let table = key
                .table
                .as_ref()
                .and_then(|name| schema.tables.get_mut(name));
            table.unwrap().options.flag("row_security");
        }
        schema.objects.insert(key, object);
    }

    fn object(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let choice = self.random.below(19);
        match self.dialect {
            DialectName::Sqlite => match choice {
                0..=5 => Some(self.view(schema)),
                6..=9 => self.sqlite_trigger(schema),
                10 | 11 => self.instead_of(schema),
                _ => Some(self.virtual_table()),
            },
            DialectName::Mysql => match choice {
                0..=4 => Some(self.view(schema)),
                _ => self.program(schema),
            },
            DialectName::Postgres => match choice {
                0..=2 => Some(self.view(schema)),
                3 => Some(self.materialized_view(schema)),
                4 => Some(self.postgres_function(schema)),
                5 => self.postgres_procedure(schema),
                6 | 7 => self.postgres_trigger(schema),
                8 | 9 => self.policy(schema),
                10 => self.rule(schema),
                11 => self.statistics(schema),
                12 | 17 | 18 => self.privileges(schema),
                13 | 14 => self.event_trigger(schema),
                _ => self.rare(schema),
            },
        }
    }

    /// Another definition for the same object, where one can be told.
    pub(crate) fn redefined(&mut self, definition: &str) -> String {
        let number = self.number();
        for word in ["> -", "id = -", "0 * 0.", "'body "] {
            if let Some((before, after)) = definition.split_once(word) {
                let rest = after.trim_start_matches(|one: char| one.is_ascii_digit());
                return format!("{before}{word}{number}{rest}");
            }
        }
        definition.to_owned()
    }

    pub(crate) fn plain(
        &mut self,
        kind: ObjectKind,
        name: &str,
        definition: String,
    ) -> (ObjectKey, Object) {
        let has_comment = self.is(DialectName::Postgres) && kind != ObjectKind::Privileges;
        let object = Object {
            definition,
            comment: if has_comment { self.comment() } else { None },
            ..Object::default()
        };
        (ObjectKey::new(kind, Name::new(name)), object)
    }

    pub(crate) fn on_table(
        &mut self,
        kind: ObjectKind,
        table: &Name,
        name: &str,
        definition: String,
    ) -> (ObjectKey, Object) {
        let (key, object) = self.plain(kind, name, definition);
        (ObjectKey::on(kind, table.clone(), key.name), object)
    }

    /// A table that is no part of another one.
    pub(crate) fn table<'s>(&mut self, schema: &'s Schema) -> (&'s Name, &'s Table) {
        let whole = |(_, table): &(&Name, &Table)| !is_partition(table);
        let tables: Vec<_> = schema.tables.iter().filter(whole).collect();
        *self.random.pick(&tables)
    }

    /// What a view selects from, and a column of it beside `id` and `num`.
    fn source(&mut self, schema: &Schema) -> (String, Option<String>) {
        let views: Vec<Name> = schema
            .objects
            .keys()
            .filter(|key| matches!(key.kind, ObjectKind::View | ObjectKind::MaterializedView))
            .map(|key| key.name.clone())
            .collect();
        if !views.is_empty() && self.chance(40) {
            let view = self.random.pick(&views).clone();
            return (self.quote_name(&view), None);
        }
        let (name, table) = self.table(schema);
        let column = self.random.pick(&table.columns).name.clone();
        let more = !["id", "num"].contains(&column.as_str()) && self.chance(60);
        (self.quote_name(name), more.then(|| self.quote(&column)))
    }

    fn query(&mut self, schema: &Schema) -> String {
        let (source, more) = self.source(schema);
        let more = more.map_or_else(String::new, |column| format!(", x.{column} AS more"));
        format!(
            "SELECT x.id, x.num{more} FROM {source} x WHERE x.id > -{}",
            1 + self.random.below(9)
        )
    }

    fn view(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let name = format!("view {}", self.number());
        let name = self.placed(schema, name);
        let quoted = self.quote_name(&name);
        let query = self.query(schema);
        let definition = format!("CREATE VIEW {quoted} AS {query}");
        let (mut key, mut object) = self.plain(ObjectKind::View, &name.name, definition);
        key.name = name;
        self.dress_view(schema, &mut object);
        (key, object)
    }

    /// Says of a view what its dialect can, or no longer.
    pub(crate) fn dress_view(&mut self, schema: &Schema, object: &mut Object) {
        match self.dialect {
            DialectName::Sqlite => {}
            DialectName::Postgres => self.dress_postgres_view(schema, object),
            DialectName::Mysql => self.dress_mariadb_view(schema, object),
        }
    }

    fn dress_postgres_view(&mut self, schema: &Schema, object: &mut Object) {
        let text = &object.definition;
        let (name, query) = text.split_once(" AS SELECT ").unwrap();
        let name = name.split(" WITH (").next().unwrap();
        let may_be_written = self.is_of_table(schema, text);
        let said = match self.random.below(16) {
            0 => " WITH (security_barrier=true)",
            1 => " WITH (security_invoker=true)",
            2 if may_be_written => " WITH (check_option=cascaded)",
            3 if may_be_written => " WITH (security_barrier=true, check_option=local)",
            _ => "",
        };
        object.definition = format!("{name}{said} AS SELECT {query}");
    }

    /// True for a view of a table, whose rows can be written through it.
    pub(crate) fn is_of_table(&self, schema: &Schema, view: &str) -> bool {
        let is_source = |name: &Name| view.contains(&format!("FROM {} x", self.quote_name(name)));
        schema.tables.keys().any(is_source)
    }

    fn materialized_view(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let name = format!("kept {}", self.number());
        let placed = self.placed(schema, name.clone());
        let query = self.query(schema);
        let quoted = self.quote_name(&placed);
        let definition = format!("CREATE MATERIALIZED VIEW {quoted} AS {query}");
        let (mut key, mut object) = self.plain(ObjectKind::MaterializedView, &name, definition);
        key.name = placed;
        if self.chance(50) {
            object.indexes.push(Index {
                name: format!("{name} index"),
                parts: vec![IndexPart::column("num"), IndexPart::expression("id + 1")],
                comment: self.comment(),
                ..Index::default()
            });
        }
        (key, object)
    }

    fn sqlite_trigger(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let (table, _) = self.table(schema);
        let name = format!("trigger {}", self.number());
        let on = self.quote_name(table);
        let event = *self
            .random
            .pick(&["AFTER UPDATE OF num", "BEFORE INSERT", "AFTER DELETE"]);
        let definition = format!(
            "CREATE TRIGGER {} {event} ON {on} BEGIN UPDATE {on} SET num = 1 WHERE id = -{}; END",
            self.quote(&name),
            self.number()
        );
        Some(self.on_table(ObjectKind::Trigger, table, &name, definition))
    }

    fn instead_of(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let views = schema.objects_of(ObjectKind::View);
        let views: Vec<Name> = views.map(|(key, _)| key.name.clone()).collect();
        if views.is_empty() {
            return None;
        }
        let view = self.random.pick(&views).clone();
        let name = format!("instead {}", self.number());
        let definition = format!(
            "CREATE TRIGGER {} INSTEAD OF INSERT ON {} BEGIN SELECT new.id > -{}; END",
            self.quote(&name),
            self.quote_name(&view),
            self.number()
        );
        Some(self.on_table(ObjectKind::Trigger, &view, &name, definition))
    }

    fn virtual_table(&mut self) -> (ObjectKey, Object) {
        let name = format!("search{}", self.number());
        let module = *self
            .random
            .pick(&["fts5(title, body)", "rtree(id, low, high)"]);
        let definition = format!("CREATE VIRTUAL TABLE {name} USING {module}");
        self.plain(ObjectKind::VirtualTable, &name, definition)
    }

    fn postgres_function(&mut self, schema: &Schema) -> (ObjectKey, Object) {
        let number = self.number();
        let (name, signature, definition) = match self.random.below(3) {
            0 => {
                let name = format!("function {number}");
                let (table, _) = self.table(schema);
                let body = format!(
                    "SELECT count(*) FROM {} WHERE id > -{number}",
                    self.quote_name(table)
                );
                let head = format!("CREATE FUNCTION {}()", self.quote(&name));
                let text = format!("{head} RETURNS bigint LANGUAGE sql STABLE AS $${body}$$");
                (name, "", text)
            }
            // Several have one name.
            1 => {
                let kind = *self.random.pick(&["bigint", "text", "integer"]);
                let text = format!(
                    "CREATE FUNCTION many(a {kind}, b integer DEFAULT 5) RETURNS text \
                     LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 'body {number}'; END$$"
                );
                let signature = match kind {
                    "bigint" => "bigint, integer",
                    "text" => "text, integer",
                    _ => "integer, integer",
                };
                ("many".to_owned(), signature, text)
            }
            _ => {
                let name = format!("fire{number}");
                let text = format!(
                    "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql \
                     AS $$BEGIN PERFORM 'body {number}'; RETURN NEW; END$$"
                );
                (name, "", text)
            }
        };
        let (mut key, object) = self.plain(ObjectKind::Function, &name, definition);
        key.signature = Some(signature.to_owned());
        (key, object)
    }

    fn postgres_procedure(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let (table, _) = self.table(schema);
        let name = format!("procedure {}", self.number());
        let definition = format!(
            "CREATE PROCEDURE {}(a bigint) LANGUAGE plpgsql \
             AS $$BEGIN DELETE FROM {} WHERE id = -{}; END$$",
            self.quote(&name),
            self.quote_name(table),
            self.number()
        );
        let (mut key, object) = self.plain(ObjectKind::Procedure, &name, definition);
        key.signature = Some("bigint".to_owned());
        Some((key, object))
    }

    fn postgres_trigger(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let functions: Vec<String> = schema
            .objects_of(ObjectKind::Function)
            .filter(|(_, object)| object.definition.contains("RETURNS trigger"))
            .map(|(key, _)| key.name.name.clone())
            .collect();
        if functions.is_empty() {
            return None;
        }
        let function = self.random.pick(&functions).clone();
        let (table, parts) = self.table(schema);
        let name = format!("trigger {}", self.number());
        let when = match self.chance(40) {
            true => format!(" WHEN (new.id > -{})", self.number()),
            false => String::new(),
        };
        let event = *self
            .random
            .pick(&["BEFORE INSERT OR UPDATE", "AFTER UPDATE OF num"]);
        let definition = format!(
            "CREATE TRIGGER {} {event} ON {} FOR EACH ROW{when} EXECUTE FUNCTION {function}()",
            self.quote(&name),
            self.quote_name(table),
        );
        let (key, mut object) = self.on_table(ObjectKind::Trigger, table, &name, definition);
        if self.chance(15) && !is_partitioned(parts) {
            object.options.set("enabled", "disabled");
        }
        Some((key, object))
    }

    fn policy(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let (table, _) = self.table(schema);
        let name = format!("policy {}", self.number());
        let what = *self
            .random
            .pick(&["", " AS RESTRICTIVE FOR SELECT", " FOR DELETE"]);
        let definition = format!(
            "CREATE POLICY {} ON {}{what} USING (id > -{})",
            self.quote(&name),
            self.quote_name(table),
            self.number()
        );
        Some(self.on_table(ObjectKind::Policy, table, &name, definition))
    }

    fn rule(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let (table, _) = self.table(schema);
        let name = format!("rule {}", self.number());
        let definition = format!(
            "CREATE RULE {} AS ON UPDATE TO {} WHERE new.id = -{} DO INSTEAD NOTHING",
            self.quote(&name),
            self.quote_name(table),
            self.number()
        );
        Some(self.on_table(ObjectKind::Rule, table, &name, definition))
    }

    fn statistics(&mut self, schema: &Schema) -> Option<(ObjectKey, Object)> {
        let (table, _) = self.table(schema);
        let name = format!("statistics {}", self.number());
        let definition = format!(
            "CREATE STATISTICS {} ON id, num FROM {}",
            self.quote(&name),
            self.quote_name(table)
        );
        Some(self.plain(ObjectKind::Statistics, &name, definition))
    }
}
