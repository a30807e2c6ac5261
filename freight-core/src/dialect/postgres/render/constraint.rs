//! Constraints as they stand in `CREATE TABLE` and after `ADD`.

use super::{quote, settings};
use crate::ident::Name;
use crate::schema::{
    Check, Deferrable, Exclusion, ForeignKey, IndexPart, Options, PrimaryKey, Unique,
};

/// `CONSTRAINT users_pkey PRIMARY KEY (id)`.
pub(in crate::dialect::postgres) fn primary_key(key: &PrimaryKey) -> String {
    let mut text = named(key.name.as_deref());
    text.push_str("PRIMARY KEY ");
    text.push_str(&columns(&key.parts, &key.options));
    text + &tail(&key.include, &key.options, key.deferrable)
}

/// `CONSTRAINT users_email_key UNIQUE (email)`.
pub(in crate::dialect::postgres) fn unique(unique: &Unique) -> String {
    let mut text = named(unique.name.as_deref());
    text.push_str("UNIQUE ");
    if unique.nulls_not_distinct {
        text.push_str("NULLS NOT DISTINCT ");
    }
    text.push_str(&columns(&unique.parts, &unique.options));
    text + &tail(&unique.include, &unique.options, unique.deferrable)
}

/// `CONSTRAINT users_email_key UNIQUE USING INDEX users_email`.
pub(in crate::dialect::postgres) fn unique_using(unique: &Unique, index: &str) -> String {
    let name = named(unique.name.as_deref());
    let index = quote::identifier(index);
    format!(
        "{name}UNIQUE USING INDEX {index}{}",
        when(unique.deferrable)
    )
}

fn named(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("CONSTRAINT {} ", quote::identifier(name)),
        None => String::new(),
    }
}

fn columns(parts: &[IndexPart], options: &Options) -> String {
    let names: Vec<_> = parts.iter().filter_map(IndexPart::column_name).collect();
    let period = match options.has("without_overlaps") {
        true => " WITHOUT OVERLAPS",
        false => "",
    };
    format!("({}{period})", quote::list(&names))
}

fn tail(include: &[String], options: &Options, deferrable: Deferrable) -> String {
    let mut text = String::new();
    if !include.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", quote::list(include)));
    }
    let with = settings(options, "with.");
    if !with.is_empty() {
        text.push_str(&format!(" WITH ({})", with.join(", ")));
    }
    if let Some(tablespace) = options.get("tablespace") {
        let name = quote::identifier(tablespace);
        text.push_str(&format!(" USING INDEX TABLESPACE {name}"));
    }
    text + &when(deferrable)
}

fn when(deferrable: Deferrable) -> String {
    match deferrable.as_sql() {
        "" => String::new(),
        clause => format!(" {clause}"),
    }
}

/// `CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id)`.
pub(in crate::dialect::postgres) fn foreign_key(key: &ForeignKey) -> String {
    let mut text = named(key.name.as_deref());
    text.push_str(&format!(
        "FOREIGN KEY ({}) REFERENCES {}",
        quote::list(&key.columns),
        quote::qualified(&key.target)
    ));
    if !key.target_columns.is_empty() {
        text.push_str(&format!(" ({})", quote::list(&key.target_columns)));
    }
    if key.match_full {
        text.push_str(" MATCH FULL");
    }
    let default = crate::schema::Action::NoAction;
    if key.on_update != default {
        text.push_str(&format!(" ON UPDATE {}", key.on_update.as_sql()));
    }
    if key.on_delete != default {
        text.push_str(&format!(" ON DELETE {}", key.on_delete.as_sql()));
        if !key.delete_columns.is_empty() {
            text.push_str(&format!(" ({})", quote::list(&key.delete_columns)));
        }
    }
    text.push_str(&when(key.deferrable));
    if key.not_enforced {
        text.push_str(" NOT ENFORCED");
    }
    text
}

/// `CONSTRAINT positive CHECK (price > 0)`.
pub(in crate::dialect::postgres) fn check(check: &Check) -> String {
    let mut text = named(check.name.as_deref());
    text.push_str(&format!("CHECK ({})", check.expression));
    if check.no_inherit {
        text.push_str(" NO INHERIT");
    }
    if check.not_enforced {
        text.push_str(" NOT ENFORCED");
    }
    text
}

/// `CONSTRAINT no_overlap EXCLUDE USING gist (…)`.
pub(in crate::dialect::postgres) fn exclusion(exclusion: &Exclusion) -> String {
    format!("{}{}", named(Some(&exclusion.name)), exclusion.definition)
}

/// `ALTER TABLE … ADD …`, with NOT VALID where rows that are there are not to be checked.
pub(in crate::dialect::postgres) fn add(table: &Name, constraint: &str, not_valid: bool) -> String {
    let not_valid = if not_valid { " NOT VALID" } else { "" };
    format!(
        "ALTER TABLE {} ADD {constraint}{not_valid}",
        quote::qualified(table)
    )
}
