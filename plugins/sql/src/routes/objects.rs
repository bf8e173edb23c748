//! What there is beside tables: columns by their names, functions, roles.

use super::SqlExplorer;
use super::catalog::{CatalogList, list};
use super::relation::{LIKE_TABLES, OF_USERS};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::target::StatementTarget;
use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;
use utoipa::ToSchema;

/// A column of a table.
#[derive(Serialize, ToSchema)]
pub(crate) struct ColumnName {
    /// Name of the column, as a statement has it.
    name: String,
    /// The tables that have it.
    tables: String,
}

/// List the columns of all tables
#[utoipa::path(get, path = "/api/columns", operation_id = "listColumns", params(StatementTarget),
    responses((status = 200, description = "The columns", body = CatalogList<ColumnName>)))]
pub(crate) async fn columns(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
) -> Result<Json<CatalogList<ColumnName>>, ProblemBody> {
    let sql = format!(
        "SELECT pg_catalog.quote_ident(a.attname::pg_catalog.text),
            pg_catalog.string_agg(c.relname::pg_catalog.text, ', '::pg_catalog.text ORDER BY c.relname::pg_catalog.text)
        FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
            JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE {OF_USERS} AND {LIKE_TABLES} AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped
        GROUP BY 1 ORDER BY 1 LIMIT 5000"
    );
    list(&plugin, &caller, &target, &sql, |row| {
        Ok(ColumnName { name: row.try_get(0)?, tables: row.try_get(1)? })
    })
    .await
}

/// A function or procedure.
#[derive(Serialize, ToSchema)]
pub(crate) struct Function {
    /// Schema of the function.
    schema: String,
    /// Name of the function.
    name: String,
    /// What it returns.
    result: Option<String>,
    /// What it takes.
    arguments: String,
    /// Kind: function, procedure, aggregate, window.
    kind: String,
    /// Language that it is written in.
    language: String,
}

/// List functions and procedures
#[utoipa::path(get, path = "/api/functions", operation_id = "listFunctions", params(StatementTarget),
    responses((status = 200, description = "The functions", body = CatalogList<Function>)))]
pub(crate) async fn functions(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
) -> Result<Json<CatalogList<Function>>, ProblemBody> {
    let sql = format!(
        "SELECT n.nspname, p.proname, pg_catalog.pg_get_function_result(p.oid),
            pg_catalog.pg_get_function_arguments(p.oid),
            CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'p'::pg_catalog.\"char\" THEN 'procedure'::pg_catalog.text
                WHEN p.prokind OPERATOR(pg_catalog.=) 'a'::pg_catalog.\"char\" THEN 'aggregate'::pg_catalog.text
                WHEN p.prokind OPERATOR(pg_catalog.=) 'w'::pg_catalog.\"char\" THEN 'window'::pg_catalog.text
                ELSE 'function'::pg_catalog.text END,
            l.lanname::pg_catalog.text
        FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
            JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang
        WHERE {OF_USERS} ORDER BY n.nspname, p.proname, 4"
    );
    list(&plugin, &caller, &target, &sql, |row| {
        Ok(Function {
            schema: row.try_get(0)?,
            name: row.try_get(1)?,
            result: row.try_get(2)?,
            arguments: row.try_get(3)?,
            kind: row.try_get(4)?,
            language: row.try_get(5)?,
        })
    })
    .await
}

/// A role.
#[derive(Serialize, ToSchema)]
pub(crate) struct Role {
    /// Name of the role.
    name: String,
    /// What it may do.
    attributes: String,
    /// The roles that it is a member of.
    member_of: String,
}

/// List roles
#[utoipa::path(get, path = "/api/roles", operation_id = "listRoles", params(StatementTarget),
    responses((status = 200, description = "The roles", body = CatalogList<Role>)))]
pub(crate) async fn roles(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
) -> Result<Json<CatalogList<Role>>, ProblemBody> {
    let sql = "SELECT r.rolname, pg_catalog.concat_ws(', '::pg_catalog.text,
            CASE WHEN r.rolsuper THEN 'superuser'::pg_catalog.text END,
            CASE WHEN r.rolcreaterole THEN 'create role'::pg_catalog.text END,
            CASE WHEN r.rolcreatedb THEN 'create database'::pg_catalog.text END,
            CASE WHEN NOT r.rolcanlogin THEN 'cannot login'::pg_catalog.text END,
            CASE WHEN r.rolreplication THEN 'replication'::pg_catalog.text END,
            CASE WHEN r.rolbypassrls THEN 'bypass row security'::pg_catalog.text END),
            COALESCE((SELECT pg_catalog.string_agg(g.rolname::pg_catalog.text, ', '::pg_catalog.text ORDER BY g.rolname::pg_catalog.text)
                FROM pg_catalog.pg_auth_members AS m
                    JOIN pg_catalog.pg_roles AS g ON g.oid OPERATOR(pg_catalog.=) m.roleid
                WHERE m.member OPERATOR(pg_catalog.=) r.oid), ''::pg_catalog.text)
        FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.!~) '^pg_'::pg_catalog.text ORDER BY r.rolname";
    list(&plugin, &caller, &target, sql, |row| {
        Ok(Role { name: row.try_get(0)?, attributes: row.try_get(1)?, member_of: row.try_get(2)? })
    })
    .await
}
