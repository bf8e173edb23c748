//! What there is: instances, databases, schemas, tables, and what a table consists of.

use super::Plugin;
use crate::everest::Caller;
use crate::problem::Problem;
use crate::target::{self, Target};
use axum::Json;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::{IntoParams, ToSchema};

/// A list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    items: Vec<T>,
}

/// Which instances are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wanted {
    /// Only those of this namespace
    namespace: Option<String>,
    /// Their cluster
    k8s_cluster: Option<String>,
}

/// List the instances of PostgreSQL that you may see
#[utoipa::path(get, path = "/api/instances", operation_id = "listInstances", params(Wanted),
    responses((status = 200, description = "The instances", body = List<target::Row>)))]
pub(crate) async fn instances(
    State(plugin): State<Plugin>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<List<target::Row>>, Problem> {
    let (cluster, namespace) = (wanted.k8s_cluster.as_deref(), wanted.namespace.as_deref());
    let items = target::instances(&plugin.everest, &caller, cluster, namespace).await?;
    Ok(Json(List { items }))
}

/// A database.
#[derive(Serialize, ToSchema)]
pub(crate) struct Database {
    /// Its name.
    name: String,
    /// The role that owns it.
    owner: String,
    /// How it encodes text.
    encoding: String,
    /// How large it is, in bytes; nothing where you may not connect to it.
    size: Option<i64>,
}

/// List the databases of an instance
#[utoipa::path(get, path = "/api/databases", operation_id = "listDatabases", params(Target),
    responses((status = 200, description = "The databases", body = List<Database>)))]
pub(crate) async fn databases(
    State(plugin): State<Plugin>,
    caller: Caller,
    Query(target): Query<Target>,
) -> Result<Json<List<Database>>, Problem> {
    // Who asks for the list may not know one yet: the one that every server has, as `psql --list` does.
    let database = target.database.filter(|name| !name.is_empty()).or_else(|| Some("postgres".to_owned()));
    let target = Target { database, ..target };
    let sql = "SELECT datname, pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text,
            CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END
        FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname";
    list(&plugin, &caller, &target, sql, &[], |row| {
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
    /// Its name.
    name: String,
    /// The role that owns it.
    owner: String,
    /// How many tables and views it has.
    tables: i64,
}

/// List the schemas of a database
#[utoipa::path(get, path = "/api/schemas", operation_id = "listSchemas", params(Target),
    responses((status = 200, description = "The schemas", body = List<Schema>)))]
pub(crate) async fn schemas(
    State(plugin): State<Plugin>,
    caller: Caller,
    Query(target): Query<Target>,
) -> Result<Json<List<Schema>>, Problem> {
    let sql = "SELECT nspname, pg_get_userbyid(nspowner)::text,
            (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
        FROM pg_namespace n WHERE nspname !~ '^pg_(toast|temp)' ORDER BY nspname";
    list(&plugin, &caller, &target, sql, &[], |row| {
        Ok(Schema { name: row.try_get(0)?, owner: row.try_get(1)?, tables: row.try_get(2)? })
    })
    .await
}

/// Which tables are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Within {
    /// Only those of this schema; without it all but the system's own
    schema: Option<String>,
}

/// A table, or what can be read like one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Table {
    /// Its schema.
    schema: String,
    /// Its name.
    name: String,
    /// As a statement names it: `orders`, `sales."Orders"`.
    reference: String,
    /// What it is: table, partitioned table, view, materialized view, foreign table.
    kind: String,
    /// How many rows it has, as far as the server knows.
    rows: Option<i64>,
    /// How large it is with its indexes, in bytes; nothing while somebody has locked it, who would be waited for.
    size: Option<i64>,
    /// What is said of it.
    comment: Option<String>,
}

/// List the tables of a database
#[utoipa::path(get, path = "/api/tables", operation_id = "listTables", params(Target, Within),
    responses((status = 200, description = "The tables", body = List<Table>)))]
pub(crate) async fn tables(
    State(plugin): State<Plugin>,
    caller: Caller,
    Query(target): Query<Target>,
    Query(within): Query<Within>,
) -> Result<Json<List<Table>>, Problem> {
    let sql = "SELECT n.nspname, c.relname,
            CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
            CASE WHEN c.reltuples >= 0 AND c.relkind IN ('r', 'm') THEN c.reltuples::int8 END,
            CASE WHEN c.oid NOT IN (SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL)
                THEN pg_total_relation_size(c.oid) END, obj_description(c.oid, 'pg_class'), c.oid::regclass::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND CASE WHEN $1::text IS NULL THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                ELSE n.nspname = $1 END
        ORDER BY 1, 2";
    list(&plugin, &caller, &target, sql, &[&within.schema], |row| {
        Ok(Table {
            schema: row.try_get(0)?,
            name: row.try_get(1)?,
            kind: row.try_get(2)?,
            rows: row.try_get(3)?,
            size: row.try_get(4)?,
            comment: row.try_get(5)?,
            reference: row.try_get(6)?,
        })
    })
    .await
}

/// Which table is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// The table, as a statement names it: `orders`, `sales.orders`, `"Orders"`
    table: String,
}

/// What a table consists of.
#[derive(Serialize, ToSchema)]
pub(crate) struct Description {
    /// Its schema.
    schema: String,
    /// Its name.
    name: String,
    /// Its columns.
    columns: Vec<Part>,
    /// Its indexes, as the statements that make them.
    indexes: Vec<String>,
    /// What the server checks of its rows, as the statements that add it.
    constraints: Vec<String>,
}

/// A column of a table.
#[derive(Serialize, ToSchema)]
pub(crate) struct Part {
    /// Its name.
    name: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: String,
    /// Whether it may be NULL.
    nullable: bool,
    /// What it is when nothing is said.
    default: Option<String>,
    /// The constraints and unique indexes that it is part of.
    key: Option<String>,
    /// What is said of it.
    comment: Option<String>,
}

/// Show what a table consists of
#[utoipa::path(get, path = "/api/table", operation_id = "describeTable", params(Named, Target),
    responses((status = 200, description = "The table", body = Description),
        (status = 404, description = "There is no such table", body = Problem)))]
pub(crate) async fn describe(
    State(plugin): State<Plugin>,
    caller: Caller,
    Query(target): Query<Target>,
    Query(Named { table }): Query<Named>,
) -> Result<Json<Description>, Problem> {
    let mut connection = plugin.look(&caller, &target).await?;
    let client = connection.client();
    let failed = |error: tokio_postgres::Error| Problem::of_statement(&error, "", 0);
    let names =
        "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let Some(found) = client.query_opt(names, &[&table]).await.map_err(failed)? else {
        let missing = format!("there is no table `{}`", table.escape_debug());
        return Err(Problem::new(StatusCode::NOT_FOUND, missing).hint("`sql tables` shows their names"));
    };
    let id: u32 = found.try_get(0).map_err(failed)?;
    let columns = "SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum),
            (SELECT string_agg(what, ', ' ORDER BY what) FROM (
                SELECT CASE contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f'
                    THEN 'references ' || confrelid::regclass ELSE 'check' END
                FROM pg_constraint WHERE conrelid = a.attrelid AND a.attnum = ANY (conkey)
                    AND contype IN ('p', 'u', 'f', 'c')) AS k(what))
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    let part = |row: &Row| {
        Ok(Part {
            name: row.try_get(0)?,
            kind: row.try_get(1)?,
            nullable: row.try_get(2)?,
            default: row.try_get(3)?,
            comment: row.try_get(4)?,
            key: row.try_get(5)?,
        })
    };
    let columns = client.query(columns, &[&id]).await.map_err(failed)?;
    let columns = columns.iter().map(part).collect::<Result<_, _>>().map_err(failed)?;
    let texts = async |sql: &str| {
        let rows = client.query(sql, &[&id]).await?;
        rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()
    };
    let indexes = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1 ORDER BY 1";
    let constraints = "SELECT 'CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE conrelid = $1 ORDER BY 1";
    let described = Description {
        schema: found.try_get(1).map_err(failed)?,
        name: found.try_get(2).map_err(failed)?,
        columns,
        indexes: texts(indexes).await.map_err(failed)?,
        constraints: texts(constraints).await.map_err(failed)?,
    };
    connection.rest();
    Ok(Json(described))
}

/// What the rows of one of our own statements are.
async fn list<T>(
    plugin: &Plugin,
    caller: &Caller,
    target: &Target,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
    item: fn(&Row) -> Result<T, tokio_postgres::Error>,
) -> Result<Json<List<T>>, Problem> {
    let mut connection = plugin.look(caller, target).await?;
    let failed = |error: tokio_postgres::Error| Problem::of_statement(&error, "", 0);
    let rows = connection.client().query(sql, values).await.map_err(failed)?;
    connection.rest();
    Ok(Json(List { items: rows.iter().map(item).collect::<Result<_, _>>().map_err(failed)? }))
}
