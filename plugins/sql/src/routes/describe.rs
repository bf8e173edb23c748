//! What a table consists of.

use super::SqlExplorer;
use super::relation::{LIKE_TABLES, OF_RELATIONS, found, reference};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::target::StatementTarget;
use axum::Json;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use utoipa::{IntoParams, ToSchema};

/// Selects the table.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TableName {
    /// Table name as in SQL: `orders`, `sales.orders`, `"Orders"`
    table: String,
}

/// A table with its columns, keys, indexes and constraints.
#[derive(Serialize, ToSchema)]
pub(crate) struct Description {
    /// Schema of the table.
    schema: String,
    /// Name of the table.
    name: String,
    /// Columns, in the order of the table.
    columns: Vec<ColumnDescription>,
    /// Its indexes, as the statements that make them.
    indexes: Vec<String>,
    /// What the server checks of its rows, as the statements that add it.
    constraints: Vec<String>,
}

/// A column of a table.
#[derive(Serialize, ToSchema)]
pub(crate) struct ColumnDescription {
    /// Name of the column.
    name: String,
    /// Type of the column, as in SQL.
    #[serde(rename = "type")]
    kind: String,
    /// Whether it may be NULL.
    nullable: bool,
    /// Default value.
    default: Option<String>,
    /// The constraints and unique indexes that it is part of.
    key: Option<String>,
    /// Comment on the column.
    comment: Option<String>,
}

/// Describe a table
#[utoipa::path(get, path = "/api/table", operation_id = "describeTable", params(TableName, StatementTarget),
    responses((status = 200, description = "The table", body = Description),
        (status = 404, description = "No such table", body = ProblemBody)))]
pub(crate) async fn describe(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
    Query(TableName { table }): Query<TableName>,
) -> Result<Json<Description>, ProblemBody> {
    let mut connection = plugin.look(&caller, &target).await?;
    let schemas = connection.their_schemas().await?;
    let client = connection.client();
    let parts = "SELECT pg_catalog.parse_ident($1::pg_catalog.text)";
    let parts = match client.query_one(parts, &[&table]).await.and_then(|row| row.try_get(0)) {
        Ok(parts) => parts,
        // A text that is not a name does not name a table.
        Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => Vec::<String>::new(),
        Err(error) => return Err(ProblemBody::from_own_statement(error)),
    };
    let named = match parts.as_slice() {
        [name] => Some((schemas.clone(), name)),
        [schema, name] => Some((vec![schema.clone()], name)),
        _ => None,
    };
    let names = format!(
        "SELECT c.oid, n.nspname, c.relname
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.oid OPERATOR(pg_catalog.=) {} AND {LIKE_TABLES}",
        found("$2::pg_catalog.name")
    );
    let found = match &named {
        Some((schemas, name)) => {
            client.query_opt(&names, &[schemas, name]).await.map_err(ProblemBody::from_own_statement)?
        }
        None => None,
    };
    let Some(found) = found else {
        let missing = format!("table `{}` not found", table.escape_debug());
        return Err(ProblemBody::new(StatusCode::NOT_FOUND, missing).hint("use `sql tables` to list tables"));
    };
    let id: u32 = found.try_get(0).map_err(ProblemBody::from_own_statement)?;
    let columns = format!(
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
            pg_catalog.pg_get_expr(d.adbin, d.adrelid),
            (SELECT m.description FROM pg_catalog.pg_description AS m
                WHERE m.objoid OPERATOR(pg_catalog.=) a.attrelid AND m.classoid OPERATOR(pg_catalog.=) {OF_RELATIONS}
                    AND m.objsubid OPERATOR(pg_catalog.=) a.attnum::pg_catalog.int4),
            (SELECT pg_catalog.string_agg(w.what, ', '::pg_catalog.text ORDER BY w.what) FROM (
                SELECT CASE WHEN k.contype OPERATOR(pg_catalog.=) 'p'::pg_catalog.\"char\" THEN 'primary key'::pg_catalog.text
                    WHEN k.contype OPERATOR(pg_catalog.=) 'u'::pg_catalog.\"char\" THEN 'unique'::pg_catalog.text
                    WHEN k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\"
                        THEN 'references '::pg_catalog.text OPERATOR(pg_catalog.||) {reference}
                    ELSE 'check'::pg_catalog.text END
                FROM pg_catalog.pg_constraint AS k
                    LEFT JOIN pg_catalog.pg_class AS f ON f.oid OPERATOR(pg_catalog.=) k.confrelid
                    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) f.relnamespace
                WHERE k.conrelid OPERATOR(pg_catalog.=) a.attrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey)
                    AND k.contype OPERATOR(pg_catalog.=) ANY ('{{p,u,f,c}}'::pg_catalog.\"char\"[])) AS w(what))
        FROM pg_catalog.pg_attribute AS a LEFT JOIN pg_catalog.pg_attrdef AS d
            ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
        WHERE a.attrelid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped ORDER BY a.attnum",
        reference = reference("f", "n")
    );
    let part = |row: &Row| {
        Ok(ColumnDescription {
            name: row.try_get(0)?,
            kind: row.try_get(1)?,
            nullable: row.try_get(2)?,
            default: row.try_get(3)?,
            comment: row.try_get(4)?,
            key: row.try_get(5)?,
        })
    };
    let columns = client.query(&columns, &[&schemas, &id]).await.map_err(ProblemBody::from_own_statement)?;
    let columns =
        columns.iter().map(part).collect::<Result<_, _>>().map_err(ProblemBody::from_own_statement)?;
    let texts = async |sql: &str| {
        let rows = client.query(sql, &[&id]).await?;
        rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()
    };
    let indexes = "SELECT pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index AS i
        WHERE i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid ORDER BY 1";
    let constraints = "SELECT 'CONSTRAINT '::pg_catalog.text
            OPERATOR(pg_catalog.||) pg_catalog.quote_ident(k.conname::pg_catalog.text)
            OPERATOR(pg_catalog.||) ' '::pg_catalog.text OPERATOR(pg_catalog.||) pg_catalog.pg_get_constraintdef(k.oid)
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid ORDER BY 1";
    let described = Description {
        schema: found.try_get(1).map_err(ProblemBody::from_own_statement)?,
        name: found.try_get(2).map_err(ProblemBody::from_own_statement)?,
        columns,
        indexes: texts(indexes).await.map_err(ProblemBody::from_own_statement)?,
        constraints: texts(constraints).await.map_err(ProblemBody::from_own_statement)?,
    };
    connection.rest();
    Ok(Json(described))
}
