//! What a schema does not hold, by name: it is printed, so that nobody takes it for absent.

use super::catalog::{Catalog, is_own};
use crate::error::Result;
use crate::schema::Subject;

/// Reads the names.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let relation = catalog.relation_subject(row.oid(1));
        let subject = match (row.oid(1), relation) {
            (0, _) => Subject::Database,
            (_, Some(subject)) => subject,
            // It belongs to a table that is left out.
            (_, None) => continue,
        };
        catalog.note(subject, row.text(0));
    }
    Ok(())
}

/// A text and the relation that it is about, 0 for none.
fn query(catalog: &Catalog<'_>) -> String {
    let namespaces = catalog.namespace_list();
    let by_namespace = |what: &str, table: &str, name: &str, namespace: &str| {
        format!(
            "SELECT '{what} `' || {name} || '`', '0' FROM {table} o \
             WHERE o.{namespace} IN ({namespaces}) AND {}",
            is_own(table, "o.oid")
        )
    };
    let by_number = |what: &str, table: &str, name: &str| {
        format!(
            "SELECT '{what} `' || {name} || '`', '0' FROM {table} o WHERE o.oid >= 16384 AND {}",
            is_own(table, "o.oid")
        )
    };
    let parts = [
        by_namespace("operator class", "pg_opclass", "opcname", "opcnamespace"),
        by_namespace("operator family", "pg_opfamily", "opfname", "opfnamespace"),
        by_namespace("conversion", "pg_conversion", "conname", "connamespace"),
        by_namespace(
            "text search parser",
            "pg_ts_parser",
            "prsname",
            "prsnamespace",
        ),
        by_namespace(
            "text search template",
            "pg_ts_template",
            "tmplname",
            "tmplnamespace",
        ),
        by_number("language", "pg_language", "lanname"),
        by_number("access method", "pg_am", "amname"),
        by_number("foreign data wrapper", "pg_foreign_data_wrapper", "fdwname"),
        by_number(
            "transform for",
            "pg_transform",
            "format_type(trftype, NULL) || ' in ' || (SELECT lanname FROM pg_language l WHERE l.oid = trflang)",
        ),
        "SELECT 'subscription `' || subname || '`', '0' FROM pg_subscription WHERE subdbid = \
         (SELECT oid FROM pg_database WHERE datname = current_database())"
            .to_owned(),
        "SELECT 'user mapping for `' || usename || '` on the server `' || srvname || '`', '0' \
         FROM pg_user_mappings"
            .to_owned(),
        format!(
            "SELECT 'default privileges of `' || pg_get_userbyid(d.defaclrole) || '` for ' || \
             CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' \
             WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END || \
             ': ' || d.defaclacl::text, '0' FROM pg_default_acl d \
             WHERE d.defaclnamespace IN (0, {namespaces})"
        ),
        "SELECT 'security label of `' || provider || '`: ' || label, objoid::text \
         FROM pg_seclabel WHERE classoid = 'pg_class'::regclass"
            .to_owned(),
        "SELECT 'security label of `' || provider || '` on ' || \
         pg_describe_object(classoid, objoid, objsubid) || ': ' || label, '0' \
         FROM pg_seclabel WHERE classoid <> 'pg_class'::regclass"
            .to_owned(),
        format!(
            "SELECT 'comment on the attribute `' || a.attname || '` of the type `' || c.relname \
             || '`: ' || col_description(c.oid, a.attnum), '0' FROM pg_attribute a \
             JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'c' AND a.attnum > 0 \
             AND c.relnamespace IN ({namespaces}) AND col_description(c.oid, a.attnum) IS NOT NULL"
        ),
        format!(
            "SELECT 'rights on the schema `' || o.nspname || '`: ' || o.nspacl::text, '0' \
             FROM pg_namespace o LEFT JOIN pg_init_privs p ON p.classoid = 'pg_namespace'::regclass \
             AND p.objoid = o.oid WHERE o.nspname = current_schema() AND o.nspacl IS NOT NULL \
             AND o.oid IN ({namespaces}) AND o.nspacl IS DISTINCT FROM p.initprivs"
        ),
    ];
    format!("{} ORDER BY 1, 2", parts.join(" UNION ALL "))
}
