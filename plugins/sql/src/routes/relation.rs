//! How our own statements find and name what can be read like a table.
//!
//! Nothing here is looked up by name: each function, operator, type and table is with its schema, and no construct is
//! used that looks one up silently, as `IN`, `LIKE`, `CASE x WHEN`, `IS DISTINCT FROM`, `NULLIF`, `BETWEEN` and `USING` do.

/// What can be read like a table, of all relations `c`.
pub(super) const LIKE_TABLES: &str =
    "c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[])";

/// Where what is said of relations is kept.
pub(super) const OF_RELATIONS: &str = "'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid";

/// What is named so, a value of the type `name`, in the first of the schemas `$1` that has something of that name: an
/// expression for its number.
pub(super) fn found(name: &str) -> String {
    format!(
        "(SELECT o.oid FROM pg_catalog.unnest($1::pg_catalog.name[]) WITH ORDINALITY AS p(schema, place)
            JOIN pg_catalog.pg_namespace AS s ON s.nspname OPERATOR(pg_catalog.=) p.schema
            JOIN pg_catalog.pg_class AS o ON o.relnamespace OPERATOR(pg_catalog.=) s.oid
                AND o.relname OPERATOR(pg_catalog.=) {name}
            ORDER BY p.place LIMIT 1)"
    )
}

/// The relation `class` in `schema` as a statement names it that looks into the schemas `$1`: an expression for a text.
pub(super) fn reference(class: &str, schema: &str) -> String {
    format!(
        "CASE WHEN {class}.oid OPERATOR(pg_catalog.=) {found}
            THEN pg_catalog.quote_ident({class}.relname::pg_catalog.text)
            ELSE pg_catalog.quote_ident({schema}.nspname::pg_catalog.text) OPERATOR(pg_catalog.||) '.'::pg_catalog.text
                OPERATOR(pg_catalog.||) pg_catalog.quote_ident({class}.relname::pg_catalog.text) END",
        found = found(&format!("{class}.relname"))
    )
}
