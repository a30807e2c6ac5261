//! The kinds of object that few schemas have: collations, casts, operators, text
//! search, foreign servers and tables, event triggers, publications.

use super::catalog::{Catalog, is_own};
use super::expression::canonical;
use super::relations::settings_text;
use super::row::{Row, name_of, text_at};
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, ObjectKind};

/// Reads those that the database uses.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    for (catalogs, read) in READERS {
        if catalogs.iter().any(|name| catalog.uses(name)) {
            read(catalog)?;
        }
    }
    Ok(())
}

/// What reads the catalogs that are seldom used.
type Reader = fn(&mut Catalog<'_>) -> Result<()>;

const READERS: &[(&[&str], Reader)] = &[
    (&["pg_collation"], collations),
    (&["pg_cast"], casts),
    (&["pg_operator"], operators),
    (&["pg_ts_dict", "pg_ts_config"], text_search),
    (&["pg_foreign_server"], foreign),
    (&["pg_event_trigger"], event_triggers),
    (&["pg_publication"], publications),
];

fn lines(first: String, lines: Vec<String>) -> String {
    format!("{first} (\n    {}\n)", lines.join(",\n    "))
}

/// <https://www.postgresql.org/docs/current/sql-createcollation.html>
fn collations(catalog: &mut Catalog<'_>) -> Result<()> {
    let (locale, rules) = match catalog.version.major {
        17.. => ("c.colllocale", "c.collicurules"),
        16 => ("c.colliculocale", "c.collicurules"),
        15 => ("c.colliculocale", "NULL"),
        _ => ("NULL", "NULL"),
    };
    let sql = format!(
        "SELECT c.oid::text, c.collnamespace::text, c.collname::text, c.collprovider::text, \
         c.collisdeterministic::text, c.collcollate::text, c.collctype::text, {locale}::text, \
         {rules}::text, obj_description(c.oid, 'pg_collation') FROM pg_collation c \
         WHERE c.collnamespace IN ({}) AND {} ORDER BY c.oid",
        catalog.namespace_list(),
        is_own("pg_collation", "c.oid"),
    );
    for row in catalog.rows(&sql)? {
        let name = catalog.named(row.oid(1), row.text(2));
        let mut facts = Vec::new();
        match row.text(3) {
            "i" => facts.push("provider = icu".to_owned()),
            "b" => facts.push("provider = builtin".to_owned()),
            _ => {}
        }
        // Up to PostgreSQL 14, that of ICU stands in both of the other fields.
        match (row.optional(7), row.optional(5)) {
            (Some(locale), _) => facts.push(format!("locale = {}", quote::string(locale))),
            (None, Some(collate)) if row.optional(6) == Some(collate) => {
                facts.push(format!("locale = {}", quote::string(collate)));
            }
            (None, collate) => {
                let collate = collate.unwrap_or_default();
                facts.push(format!("lc_collate = {}", quote::string(collate)));
                facts.push(format!("lc_ctype = {}", quote::string(row.text(6))));
            }
        }
        if !row.is(4) {
            facts.push("deterministic = false".to_owned());
        }
        if let Some(rules) = row.optional(8) {
            facts.push(format!("rules = {}", quote::string(rules)));
        }
        let object = Object {
            definition: lines(
                format!("CREATE COLLATION {}", quote::qualified(&name)),
                facts,
            ),
            comment: row.owned(9),
            ..Object::default()
        };
        let key = ObjectKey::new(ObjectKind::Collation, name);
        catalog.add("pg_collation", row.oid(0), key, object);
    }
    Ok(())
}

/// Casts are in no namespace. Those that a user made are the ones with a large number.
/// <https://www.postgresql.org/docs/current/sql-createcast.html>
fn casts(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT c.oid::text, format_type(c.castsource, NULL), format_type(c.casttarget, NULL), \
         nullif(c.castfunc, 0)::regprocedure::text, c.castcontext::text, c.castmethod::text, \
         obj_description(c.oid, 'pg_cast') FROM pg_cast c WHERE c.oid >= 16384 AND {} \
         AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass \
         AND i.objid = c.oid AND i.deptype = 'i') ORDER BY c.oid",
        is_own("pg_cast", "c.oid"),
    );
    for row in catalog.rows(&sql)? {
        let pair = format!("{} AS {}", row.text(1), row.text(2));
        let how = match (row.text(5), row.optional(3)) {
            ("i", _) => "WITH INOUT".to_owned(),
            (_, Some(function)) => format!("WITH FUNCTION {function}"),
            _ => "WITHOUT FUNCTION".to_owned(),
        };
        let context = match row.text(4) {
            "i" => " AS IMPLICIT",
            "a" => " AS ASSIGNMENT",
            _ => "",
        };
        let object = Object {
            definition: format!("CREATE CAST ({pair})\n    {how}{context}"),
            drop: Some(format!("DROP CAST ({pair})")),
            comment: row.owned(6),
            ..Object::default()
        };
        let key = ObjectKey::new(ObjectKind::Cast, Name::new(pair));
        catalog.add("pg_cast", row.oid(0), key, object);
    }
    Ok(())
}

/// <https://www.postgresql.org/docs/current/sql-createoperator.html>
fn operators(catalog: &mut Catalog<'_>) -> Result<()> {
    let operator = |column: &str| {
        format!(
            "(SELECT format('OPERATOR(%I.%s)', n.nspname, x.oprname) FROM pg_operator x \
             JOIN pg_namespace n ON n.oid = x.oprnamespace WHERE x.oid = {column} AND x.oprcode <> 0)"
        )
    };
    let sql = format!(
        "SELECT o.oid::text, o.oprnamespace::text, o.oprname::text, \
         CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END, \
         CASE WHEN o.oprright <> 0 THEN format_type(o.oprright, NULL) END, \
         o.oprcode::regproc::text, {commutator}, {negator}, nullif(o.oprrest::oid, 0)::regproc::text, \
         nullif(o.oprjoin::oid, 0)::regproc::text, o.oprcanhash::text, o.oprcanmerge::text, \
         obj_description(o.oid, 'pg_operator') FROM pg_operator o \
         WHERE o.oprcode <> 0 AND o.oprnamespace IN ({namespaces}) AND {is_own} ORDER BY o.oid",
        commutator = operator("o.oprcom"),
        negator = operator("o.oprnegate"),
        namespaces = catalog.namespace_list(),
        is_own = is_own("pg_operator", "o.oid"),
    );
    let own = format!("OPERATOR({}.", catalog.own_quoted());
    for row in catalog.rows(&sql)? {
        let name = catalog.named(row.oid(1), row.text(2));
        let sides = format!(
            "{}, {}",
            row.optional(3).unwrap_or("NONE"),
            row.optional(4).unwrap_or("NONE")
        );
        // An operator of the own namespace is named without it.
        let other = |index: usize| {
            let text = row.optional(index)?;
            let bare = text
                .strip_prefix(&own)
                .and_then(|rest| rest.strip_suffix(')'));
            Some(bare.unwrap_or(text).to_owned())
        };
        let flag = |index: usize| row.is(index).then(String::new);
        let facts = [
            ("FUNCTION", row.owned(5)),
            ("LEFTARG", row.owned(3)),
            ("RIGHTARG", row.owned(4)),
            ("COMMUTATOR", other(6)),
            ("NEGATOR", other(7)),
            ("RESTRICT", row.owned(8)),
            ("JOIN", row.owned(9)),
            ("HASHES", flag(10)),
            ("MERGES", flag(11)),
        ]
        .into_iter()
        .filter_map(|(word, value)| match value? {
            value if value.is_empty() => Some(word.to_owned()),
            value => Some(format!("{word} = {value}")),
        })
        .collect();
        let prefix = match &name.namespace {
            Some(namespace) => format!("{}.", quote::identifier(namespace)),
            None => String::new(),
        };
        let object = Object {
            definition: lines(format!("CREATE OPERATOR {prefix}{}", name.name), facts),
            drop: Some(format!("DROP OPERATOR {prefix}{} ({sides})", name.name)),
            comment: row.owned(12),
            ..Object::default()
        };
        let key = ObjectKey {
            signature: Some(sides),
            ..ObjectKey::new(ObjectKind::Operator, name)
        };
        catalog.add("pg_operator", row.oid(0), key, object);
    }
    Ok(())
}

/// Dictionaries and configurations.
/// <https://www.postgresql.org/docs/current/sql-createtsconfig.html>
fn text_search(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT 'd', d.oid::text, d.dictnamespace::text, d.dictname::text, {template}::text, \
         d.dictinitoption, obj_description(d.oid, 'pg_ts_dict') \
         FROM pg_ts_dict d JOIN pg_ts_template t ON t.oid = d.dicttemplate \
         JOIN pg_namespace n ON n.oid = t.tmplnamespace \
         WHERE d.dictnamespace IN ({namespaces}) AND {own_dictionary} \
         UNION ALL SELECT 'c', c.oid::text, c.cfgnamespace::text, c.cfgname::text, \
         {parser}::text, (SELECT json_agg(json_build_array(m.alias, m.dictionaries) \
         ORDER BY m.alias)::text FROM (SELECT tt.alias, \
         json_agg(m.mapdict::regdictionary::text ORDER BY m.mapseqno) AS dictionaries \
         FROM pg_ts_config_map m JOIN LATERAL ts_token_type(c.cfgparser) tt \
         ON tt.tokid = m.maptokentype WHERE m.mapcfg = c.oid GROUP BY tt.alias) m), \
         obj_description(c.oid, 'pg_ts_config') \
         FROM pg_ts_config c JOIN pg_ts_parser p ON p.oid = c.cfgparser \
         JOIN pg_namespace n ON n.oid = p.prsnamespace \
         WHERE c.cfgnamespace IN ({namespaces}) AND {own_configuration} ORDER BY 1 DESC, 3, 4",
        template = catalog.pair("n.nspname", "t.tmplname"),
        parser = catalog.pair("n.nspname", "p.prsname"),
        namespaces = catalog.namespace_list(),
        own_dictionary = is_own("pg_ts_dict", "d.oid"),
        own_configuration = is_own("pg_ts_config", "c.oid"),
    );
    for row in catalog.rows(&sql)? {
        let name = catalog.named(row.oid(2), row.text(3));
        let quoted = quote::qualified(&name);
        let source = row
            .name(4)
            .map(|name| quote::qualified(&name))
            .unwrap_or_default();
        let (word, table, definition) = if row.text(0) == "d" {
            let mut facts = vec![format!("TEMPLATE = {source}")];
            facts.extend(row.owned(5));
            let first = format!("CREATE TEXT SEARCH DICTIONARY {quoted}");
            ("DICTIONARY", "pg_ts_dict", lines(first, facts))
        } else {
            let first = format!("CREATE TEXT SEARCH CONFIGURATION {quoted} (PARSER = {source})");
            (
                "CONFIGURATION",
                "pg_ts_config",
                configuration(first, &quoted, &row),
            )
        };
        let object = Object {
            definition,
            drop: Some(format!("DROP TEXT SEARCH {word} {quoted}")),
            comment: row.owned(6),
            ..Object::default()
        };
        let key = ObjectKey {
            signature: Some(word.to_lowercase()),
            ..ObjectKey::new(ObjectKind::TextSearch, name)
        };
        catalog.add(table, row.oid(1), key, object);
    }
    Ok(())
}

/// Several statements, with a semicolon and a line end between them.
fn configuration(first: String, name: &str, row: &Row) -> String {
    let mut statements = vec![first];
    for mapping in row.list(5) {
        let kind = text_at(&mapping, 0).unwrap_or_default();
        let dictionaries = mapping.get(1).and_then(|list| list.as_array());
        let dictionaries: Vec<_> = dictionaries
            .into_iter()
            .flatten()
            .filter_map(|dictionary| dictionary.as_str())
            .collect();
        statements.push(format!(
            "ALTER TEXT SEARCH CONFIGURATION {name}\n    ADD MAPPING FOR {} WITH {}",
            quote::identifier(&kind),
            dictionaries.join(", ")
        ));
    }
    statements.join(";\n")
}

/// `name=value` settings of foreign objects, which are always strings.
pub(super) fn foreign_options(settings: &[String]) -> String {
    let one = |setting: &String| {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        format!("{} {}", quote::identifier(name), quote::string(value))
    };
    settings.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Servers; and foreign tables, whose columns have been read.
fn foreign(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT 'server', s.oid::text, s.srvname::text, array_to_json(s.srvoptions)::text, \
         w.fdwname::text, s.srvtype, s.srvversion, obj_description(s.oid, 'pg_foreign_server') \
         FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE {} \
         UNION ALL SELECT 'table', f.ftrelid::text, s.srvname::text, \
         array_to_json(f.ftoptions)::text, NULL, NULL, NULL, NULL \
         FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver ORDER BY 1, 2",
        is_own("pg_foreign_server", "s.oid"),
    );
    for row in catalog.rows(&sql)? {
        match row.text(0) {
            "server" => server(catalog, &row),
            _ => foreign_table(catalog, &row),
        }
    }
    Ok(())
}

/// <https://www.postgresql.org/docs/current/sql-createserver.html>
fn server(catalog: &mut Catalog<'_>, row: &Row) {
    let name = quote::identifier(row.text(2));
    let mut parts = vec![format!("CREATE SERVER {name}")];
    let kind = row.optional(5);
    parts.extend(kind.map(|kind| format!("TYPE {}", quote::string(kind))));
    let version = row.optional(6);
    parts.extend(version.map(|version| format!("VERSION {}", quote::string(version))));
    let wrapper = quote::identifier(row.text(4));
    parts.push(format!("FOREIGN DATA WRAPPER {wrapper}"));
    let settings = row.texts(3);
    if !settings.is_empty() {
        parts.push(format!("OPTIONS ({})", foreign_options(&settings)));
    }
    let object = Object {
        definition: parts.join("\n    "),
        drop: Some(format!("DROP SERVER {name}")),
        comment: row.owned(7),
        ..Object::default()
    };
    let key = ObjectKey {
        signature: Some("server".to_owned()),
        ..ObjectKey::new(ObjectKind::Foreign, Name::new(row.text(2)))
    };
    catalog.add("pg_foreign_server", row.oid(1), key, object);
}

fn foreign_table(catalog: &mut Catalog<'_>, row: &Row) {
    let Some(relation) = catalog.relations.get(&row.oid(1)) else {
        return;
    };
    let key = ObjectKey::new(ObjectKind::Foreign, relation.name.clone());
    let name = quote::qualified(&relation.name);
    let Some(object) = catalog.schema.objects.get_mut(&key) else {
        return;
    };
    let settings = match row.texts(3) {
        settings if settings.is_empty() => String::new(),
        settings => format!("\nOPTIONS ({})", foreign_options(&settings)),
    };
    let columns = match object.definition.is_empty() {
        true => "()".to_owned(),
        false => format!("(\n{}\n)", object.definition),
    };
    object.definition = format!(
        "CREATE FOREIGN TABLE {name} {columns}\nSERVER {}{settings}",
        quote::identifier(row.text(2))
    );
    object.drop = Some(format!("DROP FOREIGN TABLE {name}"));
}

/// Event triggers are the database's, in no namespace.
/// <https://www.postgresql.org/docs/current/sql-createeventtrigger.html>
fn event_triggers(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT e.oid::text, e.evtname::text, e.evtevent::text, e.evtfoid::regproc::text, \
         array_to_json(e.evttags)::text, e.evtenabled::text, obj_description(e.oid, 'pg_event_trigger') \
         FROM pg_event_trigger e WHERE {} ORDER BY e.oid",
        is_own("pg_event_trigger", "e.oid"),
    );
    for row in catalog.rows(&sql)? {
        let mut parts = vec![format!(
            "CREATE EVENT TRIGGER {} ON {}",
            quote::identifier(row.text(1)),
            row.text(2)
        )];
        let tags: Vec<_> = row.texts(4).iter().map(|tag| quote::string(tag)).collect();
        if !tags.is_empty() {
            parts.push(format!("WHEN TAG IN ({})", tags.join(", ")));
        }
        parts.push(format!("EXECUTE FUNCTION {}()", row.text(3)));
        let mut object = Object {
            definition: parts.join("\n    "),
            comment: row.owned(6),
            ..Object::default()
        };
        match row.text(5) {
            "D" => object.options.set("enabled", "disabled"),
            "R" => object.options.set("enabled", "replica"),
            "A" => object.options.set("enabled", "always"),
            _ => {}
        }
        let key = ObjectKey::new(ObjectKind::EventTrigger, Name::new(row.text(1)));
        catalog.add("pg_event_trigger", row.oid(0), key, object);
    }
    Ok(())
}

/// <https://www.postgresql.org/docs/current/sql-createpublication.html>
fn publications(catalog: &mut Catalog<'_>) -> Result<()> {
    let via_root = match catalog.version.major >= 13 {
        true => "p.pubviaroot::text",
        false => "NULL",
    };
    let (tables, namespaces) = match catalog.version.major >= 15 {
        true => (
            "json_build_array(%, (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a \
             WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), \
             pg_get_expr(r.prqual, r.prrelid))",
            "(SELECT json_agg(n.nspname ORDER BY n.nspname)::text FROM pg_publication_namespace x \
             JOIN pg_namespace n ON n.oid = x.pnnspid WHERE x.pnpubid = p.oid)",
        ),
        false => ("json_build_array(%, NULL, NULL)", "NULL"),
    };
    let tables = tables.replace('%', &catalog.pair("n.nspname", "c.relname"));
    let sql = format!(
        "SELECT p.oid::text, p.pubname::text, p.puballtables::text, p.pubinsert::text, \
         p.pubupdate::text, p.pubdelete::text, p.pubtruncate::text, {via_root}, \
         (SELECT json_agg({tables} ORDER BY n.nspname, c.relname)::text FROM pg_publication_rel r \
          JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
          WHERE r.prpubid = p.oid), {namespaces}, obj_description(p.oid, 'pg_publication') \
         FROM pg_publication p WHERE {} ORDER BY p.oid",
        is_own("pg_publication", "p.oid"),
    );
    for row in catalog.rows(&sql)? {
        let object = Object {
            definition: publication(&row, &catalog.own_quoted()),
            comment: row.owned(10),
            ..Object::default()
        };
        let key = ObjectKey::new(ObjectKind::Publication, Name::new(row.text(1)));
        catalog.add("pg_publication", row.oid(0), key, object);
    }
    Ok(())
}

fn publication(row: &Row, own: &str) -> String {
    let mut parts = vec![format!(
        "CREATE PUBLICATION {}",
        quote::identifier(row.text(1))
    )];
    let mut members: Vec<String> = row
        .list(8)
        .iter()
        .map(|table| {
            let name = table.get(0).and_then(name_of).unwrap_or_default();
            let columns = table.get(1).and_then(|columns| columns.as_array());
            let columns = columns.map(|columns| {
                let columns: Vec<_> = columns.iter().filter_map(|one| one.as_str()).collect();
                format!(" ({})", quote::list(&columns))
            });
            let filter = text_at(table, 2).map(|filter| format!(" WHERE ({})", canonical(&filter)));
            format!(
                "TABLE {}{}{}",
                quote::qualified(&name),
                columns.unwrap_or_default(),
                filter.unwrap_or_default()
            )
        })
        .collect();
    members.extend(row.texts(9).iter().map(|namespace| {
        let quoted = quote::identifier(namespace);
        match quoted == own {
            true => "TABLES IN SCHEMA CURRENT_SCHEMA".to_owned(),
            false => format!("TABLES IN SCHEMA {quoted}"),
        }
    }));
    if row.is(2) {
        parts.push("FOR ALL TABLES".to_owned());
    } else if !members.is_empty() {
        parts.push(format!("FOR {}", members.join(", ")));
    }
    let kinds: Vec<_> = [(3, "insert"), (4, "update"), (5, "delete"), (6, "truncate")]
        .into_iter()
        .filter(|(index, _)| row.is(*index))
        .map(|(_, word)| word)
        .collect();
    let mut settings = Vec::new();
    if kinds.len() < 4 {
        settings.push(format!("publish={}", kinds.join(", ")));
    }
    if row.is(7) {
        settings.push("publish_via_partition_root=true".to_owned());
    }
    if !settings.is_empty() {
        parts.push(format!("WITH ({})", settings_text(&settings)));
    }
    parts.join("\n    ")
}
