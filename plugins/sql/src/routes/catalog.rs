//! What there is: instances, databases, schemas, tables.

use super::SqlExplorer;
use super::details::kind_of;
use super::relation::{LIKE_TABLES, OF_USERS, SIZE, comment, qualified, reference, unquoted};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::target::{self, StatementTarget};
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

/// A list.
#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogList<T> {
    pub(super) items: Vec<T>,
}

/// Selects instances.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceFilter {
    /// Only instances in this namespace
    namespace: Option<String>,
    /// OpenEverest cluster
    k8s_cluster: Option<String>,
}

/// List PostgreSQL instances
#[utoipa::path(get, path = "/api/instances", operation_id = "listInstances", params(InstanceFilter),
    responses((status = 200, description = "The instances", body = CatalogList<target::InstanceRow>)))]
pub(crate) async fn instances(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(wanted): Query<InstanceFilter>,
) -> Result<Json<CatalogList<target::InstanceRow>>, ProblemBody> {
    let (cluster, namespace) = (wanted.k8s_cluster.as_deref(), wanted.namespace.as_deref());
    let items = target::instances(&plugin.everest, &caller, cluster, namespace).await?;
    Ok(Json(CatalogList { items }))
}

/// A database.
#[derive(Serialize, ToSchema)]
pub(crate) struct Database {
    /// Name of the database.
    name: String,
    /// The role that owns it.
    owner: String,
    /// Encoding of text.
    encoding: String,
    /// Size in bytes; empty if you may not connect to it.
    size: Option<i64>,
}

/// List the databases of an instance
#[utoipa::path(get, path = "/api/databases", operation_id = "listDatabases", params(StatementTarget),
    responses((status = 200, description = "The databases", body = CatalogList<Database>)))]
pub(crate) async fn databases(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
) -> Result<Json<CatalogList<Database>>, ProblemBody> {
    // Who asks for the list may not know one yet: the one that every server has, as `psql --list` does.
    let database = target.database.filter(|name| !name.is_empty()).or_else(|| Some("postgres".to_owned()));
    let target = StatementTarget { database, ..target };
    let sql = "SELECT d.datname, pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text,
            pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text,
            CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT'::pg_catalog.text)
                THEN pg_catalog.pg_database_size(d.oid) END
        FROM pg_catalog.pg_database AS d WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.datname";
    list(&plugin, &caller, &target, sql, |row| {
        Ok(Database {
            name: row.try_get(0)?,
            owner: row.try_get(1)?,
            encoding: row.try_get(2)?,
            size: row.try_get(3)?,
        })
    })
    .await
}

/// A schema.
#[derive(Serialize, ToSchema)]
pub(crate) struct Schema {
    /// Name of the schema.
    name: String,
    /// The role that owns it.
    owner: String,
    /// Number of tables and views.
    tables: i64,
}

/// List the schemas of a database
#[utoipa::path(get, path = "/api/schemas", operation_id = "listSchemas", params(StatementTarget),
    responses((status = 200, description = "The schemas", body = CatalogList<Schema>)))]
pub(crate) async fn schemas(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
) -> Result<Json<CatalogList<Schema>>, ProblemBody> {
    let sql = format!(
        "SELECT n.nspname, pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text,
            (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class AS c
                WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND {LIKE_TABLES})
        FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast|temp)'::pg_catalog.text ORDER BY n.nspname"
    );
    list(&plugin, &caller, &target, &sql, |row| {
        Ok(Schema { name: row.try_get(0)?, owner: row.try_get(1)?, tables: row.try_get(2)? })
    })
    .await
}

/// Selects tables.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Within {
    /// Only tables of this schema [default: all except system schemas]
    schema: Option<String>,
}

/// A table, or what can be read like one.
#[derive(Serialize, ToSchema)]
pub(crate) struct TableSummary {
    /// Schema of the table.
    schema: String,
    /// Name of the table.
    name: String,
    /// As a statement names it: `orders`, `sales."Orders"`.
    reference: String,
    /// The same, always with its schema.
    qualified: String,
    /// Its name without quotes, where that cannot mean anything else.
    unquoted: Option<String>,
    /// Kind: table, partitioned table, view, materialized view, foreign table.
    kind: String,
    /// Number of rows, as estimated by the server.
    rows: Option<i64>,
    /// Size with indexes, in bytes; empty while the table is locked by another session.
    size: Option<i64>,
    /// Comment on the table.
    comment: Option<String>,
}

/// List the tables of a database
#[utoipa::path(get, path = "/api/tables", operation_id = "listTables", params(StatementTarget, Within),
    responses((status = 200, description = "The tables", body = CatalogList<TableSummary>)))]
pub(crate) async fn tables(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
    Query(within): Query<Within>,
) -> Result<Json<CatalogList<TableSummary>>, ProblemBody> {
    let sql = format!(
        "SELECT n.nspname, c.relname, c.relkind, c.reltuples::pg_catalog.int8,
            {SIZE}, {comment},
            {reference}, {qualified}
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE {LIKE_TABLES} AND CASE WHEN $2::pg_catalog.text IS NULL
            THEN {OF_USERS}
            ELSE n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $2::pg_catalog.text END
        ORDER BY n.nspname, c.relname",
        comment = comment(),
        reference = reference("c", "n"),
        qualified = qualified("c", "n")
    );
    let mut connection = plugin.look(&caller, &target).await?;
    let schemas = connection.their_schemas().await?;
    let rows = connection
        .client()
        .query(&sql, &[&schemas, &within.schema])
        .await
        .map_err(ProblemBody::from_own_statement)?;
    connection.rest();
    let table = |row: &Row| {
        let kind: i8 = row.try_get(2)?;
        let kind = kind.cast_unsigned();
        let is_counted = matches!(kind, b'r' | b'm');
        let (name, reference): (String, String) = (row.try_get(1)?, row.try_get(6)?);
        Ok(TableSummary {
            schema: row.try_get(0)?,
            unquoted: unquoted(&name, &reference).then(|| name.clone()),
            name,
            kind: kind_of(kind).to_owned(),
            // Of a table that was never looked at, it is -1.
            rows: Some(row.try_get(3)?).filter(|rows| is_counted && *rows >= 0),
            size: row.try_get(4)?,
            comment: row.try_get(5)?,
            reference,
            qualified: row.try_get(7)?,
        })
    };
    Ok(Json(CatalogList {
        items: rows.iter().map(table).collect::<Result<_, _>>().map_err(ProblemBody::from_own_statement)?,
    }))
}

/// Runs one of our own statements and maps its rows.
pub(super) async fn list<T>(
    plugin: &SqlExplorer,
    caller: &CallerToken,
    target: &StatementTarget,
    sql: &str,
    item: fn(&Row) -> Result<T, tokio_postgres::Error>,
) -> Result<Json<CatalogList<T>>, ProblemBody> {
    let mut connection = plugin.look(caller, target).await?;
    let rows = connection.client().query(sql, &[]).await.map_err(ProblemBody::from_own_statement)?;
    connection.rest();
    Ok(Json(CatalogList {
        items: rows.iter().map(item).collect::<Result<_, _>>().map_err(ProblemBody::from_own_statement)?,
    }))
}
