//! How our own statements find and name what can be read like a table.
//!
//! Nothing here is looked up by name: each function, operator, type and table is with its schema, and no construct is
//! used that looks one up silently, as `IN`, `LIKE`, `CASE x WHEN`, `IS DISTINCT FROM`, `NULLIF`, `BETWEEN` and `USING` do.

use crate::database::Connection;
use crate::problem::ProblemBody;
use http::StatusCode;
use tokio_postgres::error::SqlState;

/// What can be read like a table, of all relations `c`.
pub(super) const LIKE_TABLES: &str =
    "c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[])";

/// Where what is said of relations is kept.
pub(super) const OF_RELATIONS: &str = "'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid";

/// That the schema `n` is not the system's.
pub(super) const OF_USERS: &str = "n.nspname OPERATOR(pg_catalog.!~) '^pg_'::pg_catalog.text
    AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'::pg_catalog.name";

/// The size of the relation `c` on disk, without waiting for whoever has locked it.
pub(super) const SIZE: &str = "CASE WHEN NOT (c.oid OPERATOR(pg_catalog.=) ANY (SELECT l.relation FROM pg_catalog.pg_locks AS l
                WHERE l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'::pg_catalog.text AND l.relation IS NOT NULL))
            THEN pg_catalog.pg_total_relation_size(c.oid) END";

/// The comment on the relation `c`.
pub(super) fn comment() -> String {
    format!(
        "(SELECT m.description FROM pg_catalog.pg_description AS m
            WHERE m.objoid OPERATOR(pg_catalog.=) c.oid AND m.classoid OPERATOR(pg_catalog.=) {OF_RELATIONS}
                AND m.objsubid OPERATOR(pg_catalog.=) 0::pg_catalog.int4)"
    )
}

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
            ELSE {qualified} END",
        found = found(&format!("{class}.relname")),
        qualified = qualified(class, schema)
    )
}

/// The same, always with its schema.
pub(super) fn qualified(class: &str, schema: &str) -> String {
    format!(
        "pg_catalog.quote_ident({schema}.nspname::pg_catalog.text) OPERATOR(pg_catalog.||) '.'::pg_catalog.text
            OPERATOR(pg_catalog.||) pg_catalog.quote_ident({class}.relname::pg_catalog.text)"
    )
}

/// Whether [`found_table`] finds the table by its bare name, since SQL would read nothing else in it.
pub(super) fn unquoted(name: &str, reference: &str) -> bool {
    let is_in_identifiers = |character: char| character.is_alphanumeric() || "_$.".contains(character);
    reference == format!("\"{name}\"")
        && name.trim() == name
        && !name.contains('"')
        && !name.chars().all(is_in_identifiers)
}

/// A table that was named.
pub(super) struct FoundTable {
    pub(super) id: u32,
    pub(super) schema: String,
    pub(super) name: String,
    /// Its name and its schema, as a statement has them.
    pub(super) quoted: String,
    /// What it is, in the catalog's letter.
    pub(super) kind: u8,
    /// The schemas in which the caller's statements find what they name.
    pub(super) schemas: Vec<String>,
}

/// The table that is named `table`, as in SQL. The connection is one for statements of our own.
pub(super) async fn found_table(connection: &Connection, table: &str) -> Result<FoundTable, ProblemBody> {
    let schemas = connection.their_schemas().await?;
    let client = connection.client();
    let is_name = "SELECT pg_catalog.parse_ident($1::pg_catalog.text)";
    client.batch_execute("SAVEPOINT named").await.map_err(ProblemBody::from_own_statement)?;
    let parts = match client.query_one(is_name, &[&table]).await.and_then(|row| row.try_get(0)) {
        Ok(parts) => parts,
        Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => {
            // `Weird Name` is not an identifier of SQL, so that it can only be a name as it is.
            client
                .batch_execute("ROLLBACK TO SAVEPOINT named")
                .await
                .map_err(ProblemBody::from_own_statement)?;
            Vec::<String>::new()
        }
        Err(error) => return Err(ProblemBody::from_own_statement(error)),
    };
    let exactly = [table.to_owned()];
    let named = match parts.as_slice() {
        [name] => (schemas.clone(), name),
        [schema, name] => (vec![schema.clone()], name),
        _ => (schemas.clone(), &exactly[0]),
    };
    let sql = format!(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, {qualified}
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.oid OPERATOR(pg_catalog.=) {} AND {LIKE_TABLES}",
        found("$2::pg_catalog.name"),
        qualified = qualified("c", "n")
    );
    let row = client.query_opt(&sql, &[&named.0, named.1]).await.map_err(ProblemBody::from_own_statement)?;
    let missing =
        || ProblemBody::new(StatusCode::NOT_FOUND, format!("table `{}` not found", table.escape_debug()));
    let Some(row) = row else { return Err(missing().hint(hint(connection, table).await)) };
    let get = || {
        let kind: i8 = row.try_get(3)?;
        Ok(FoundTable {
            id: row.try_get(0)?,
            schema: row.try_get(1)?,
            name: row.try_get(2)?,
            quoted: row.try_get(4)?,
            kind: kind.cast_unsigned(),
            schemas,
        })
    };
    get().map_err(ProblemBody::from_own_statement)
}

/// What may have been meant by a name that names nothing: SQL reads `Orders` as `orders`.
async fn hint(connection: &Connection, table: &str) -> String {
    let sql = format!(
        "SELECT pg_catalog.quote_ident(c.relname::pg_catalog.text) FROM pg_catalog.pg_class AS c
        WHERE pg_catalog.lower(c.relname::pg_catalog.text) OPERATOR(pg_catalog.=) pg_catalog.lower($1::pg_catalog.text)
            AND {LIKE_TABLES} ORDER BY 1 LIMIT 1"
    );
    let bare = table.trim_matches('"');
    match connection
        .client()
        .query_opt(&sql, &[&bare])
        .await
        .ok()
        .flatten()
        .and_then(|row| row.try_get::<_, String>(0).ok())
    {
        Some(quoted) => format!("quote the name as in SQL: '{quoted}'"),
        None => "use `sql tables` to list tables".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn a_bare_name_is_one_that_sql_would_read_as_nothing_else() {
        for name in ["Weird Name", "my-table", "a.b c", "naïve table"] {
            assert!(unquoted(name, &format!("\"{name}\"")), "{name}");
        }
        for name in ["Orders", "a.b", " x y", "x y ", "a\" b"] {
            assert!(!unquoted(name, &format!("\"{name}\"")), "{name}");
        }
        assert!(!unquoted("orders", "orders") && !unquoted("a b", "sales.\"a b\""));
    }
}
