//! What a table consists of.

use super::SqlExplorer;
use super::details::{TableDetails, details};
use super::relation::{OF_RELATIONS, found_table, reference};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::target::StatementTarget;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

/// Selects the table.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TableName {
    /// Table name as in SQL: `orders`, `sales.orders`, `"Orders"`
    table: String,
}

/// A table with its columns, and what belongs to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Description {
    /// Schema of the table.
    schema: String,
    /// Name of the table.
    name: String,
    /// Columns, in the order of the table.
    columns: Vec<ColumnDescription>,
    #[serde(flatten)]
    details: TableDetails,
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
    let found = found_table(&connection, &table).await?;
    let client = connection.client();
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
    let columns = client.query(&columns, &[&found.schemas, &found.id]).await;
    let columns = columns.map_err(ProblemBody::from_own_statement)?;
    let columns =
        columns.iter().map(part).collect::<Result<_, _>>().map_err(ProblemBody::from_own_statement)?;
    let details = details(&connection, &found).await.map_err(ProblemBody::from_own_statement)?;
    connection.rest();
    Ok(Json(Description { schema: found.schema, name: found.name, columns, details }))
}
