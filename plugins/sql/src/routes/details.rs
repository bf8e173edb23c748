//! What belongs to a table beside its columns, as `\d+` of psql shows it.
//!
//! Nothing here is looked up by name, as in `relation`.

use super::relation::{FoundTable, SIZE, comment};
use crate::database::Connection;
use serde::Serialize;
use tokio_postgres::{Error, Row};
use utoipa::ToSchema;

/// What belongs to a table beside its columns.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableDetails {
    /// Kind: table, partitioned table, view, materialized view, foreign table.
    kind: String,
    /// The role that owns it.
    owner: String,
    /// Comment on the table.
    comment: Option<String>,
    /// Number of rows, as estimated by the server.
    rows: Option<i64>,
    /// Size with indexes, in bytes; empty while the table is locked by another session.
    size: Option<i64>,
    /// Its indexes, as the statements that make them.
    indexes: Vec<String>,
    /// What the server checks of its rows, as the statements that add it.
    constraints: Vec<String>,
    /// The foreign keys of other tables that refer to it.
    referenced_by: Vec<String>,
    /// Its triggers, as the statements that make them.
    triggers: Vec<String>,
    /// Its policies for rows.
    policies: Vec<String>,
    /// The table that it is a part of, with what it holds of it.
    partition_of: Option<String>,
    /// By what it is divided.
    partition_key: Option<String>,
    /// Its parts, with what they hold.
    partitions: Vec<String>,
    /// The query of a view.
    definition: Option<String>,
    /// All of this in words.
    details: String,
}

/// What a letter of the catalog stands for.
pub(super) fn kind_of(letter: u8) -> &'static str {
    match letter {
        b'r' => "table",
        b'p' => "partitioned table",
        b'v' => "view",
        b'm' => "materialized view",
        _ => "foreign table",
    }
}

/// A relation with its schema: an expression for a text.
const NAMED: &str = "pg_catalog.quote_ident(n.nspname::pg_catalog.text) OPERATOR(pg_catalog.||) '.'::pg_catalog.text \
     OPERATOR(pg_catalog.||) pg_catalog.quote_ident(c.relname::pg_catalog.text)";
const WITH_SCHEMA: &str = "JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace";

/// Asks for them.
pub(super) async fn details(connection: &Connection, table: &FoundTable) -> Result<TableDetails, Error> {
    let client = connection.client();
    let texts = async |sql: String| {
        let rows = client.query(&sql, &[&table.id]).await?;
        rows.iter().map(|row: &Row| row.try_get(0)).collect::<Result<Vec<String>, _>>()
    };
    let about = format!(
        "SELECT pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text, c.reltuples::pg_catalog.int8,
            {SIZE}, {comment},
            CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'p'::pg_catalog.\"char\" THEN pg_catalog.pg_get_partkeydef(c.oid) END,
            CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{{v,m}}'::pg_catalog.\"char\"[])
                THEN pg_catalog.pg_get_viewdef(c.oid) END
        FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid",
        comment = comment()
    );
    let about = client.query_one(&about, &[&table.id]).await?;
    let constraint = "'CONSTRAINT '::pg_catalog.text
        OPERATOR(pg_catalog.||) pg_catalog.quote_ident(k.conname::pg_catalog.text)
        OPERATOR(pg_catalog.||) ' '::pg_catalog.text OPERATOR(pg_catalog.||) pg_catalog.pg_get_constraintdef(k.oid)";
    let bound = "pg_catalog.pg_get_expr(p.relpartbound, p.oid)";
    let indexes = texts(
        "SELECT pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index AS i
        WHERE i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid ORDER BY 1"
            .to_owned(),
    );
    let indexes = indexes.await?;
    let constraints = texts(format!(
        "SELECT {constraint} FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid ORDER BY 1"
    ));
    let constraints = constraints.await?;
    let referenced_by = texts(format!(
        "SELECT 'TABLE '::pg_catalog.text OPERATOR(pg_catalog.||) {NAMED} OPERATOR(pg_catalog.||) ' '::pg_catalog.text
            OPERATOR(pg_catalog.||) {constraint}
        FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) k.conrelid {WITH_SCHEMA}
        WHERE k.confrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
            AND k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\" ORDER BY 1"
    ));
    let referenced_by = referenced_by.await?;
    let triggers = texts(
        "SELECT pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND NOT t.tgisinternal ORDER BY 1"
            .to_owned(),
    );
    let triggers = triggers.await?;
    let policies = texts(
        "SELECT 'POLICY '::pg_catalog.text OPERATOR(pg_catalog.||) pg_catalog.quote_ident(l.polname::pg_catalog.text)
            OPERATOR(pg_catalog.||) CASE WHEN l.polqual IS NULL THEN ''::pg_catalog.text ELSE ' USING ('::pg_catalog.text
                OPERATOR(pg_catalog.||) pg_catalog.pg_get_expr(l.polqual, l.polrelid) OPERATOR(pg_catalog.||) ')'::pg_catalog.text END
        FROM pg_catalog.pg_policy AS l WHERE l.polrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid ORDER BY 1"
            .to_owned(),
    );
    let policies = policies.await?;
    let partition_of = texts(format!(
        "SELECT {NAMED} OPERATOR(pg_catalog.||) ' '::pg_catalog.text OPERATOR(pg_catalog.||) {bound}
        FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) h.inhparent {WITH_SCHEMA}
            JOIN pg_catalog.pg_class AS p ON p.oid OPERATOR(pg_catalog.=) h.inhrelid
        WHERE h.inhrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND p.relispartition"
    ));
    let partition_of = partition_of.await?.into_iter().next();
    let partitions = texts(format!(
        "SELECT {NAMED} OPERATOR(pg_catalog.||) ' '::pg_catalog.text
            OPERATOR(pg_catalog.||) pg_catalog.pg_get_expr(c.relpartbound, c.oid)
        FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) h.inhrelid {WITH_SCHEMA}
        WHERE h.inhparent OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND c.relispartition ORDER BY 1"
    ));
    let partitions = partitions.await?;
    let is_counted = matches!(table.kind, b'r' | b'm');
    let mut details = TableDetails {
        kind: kind_of(table.kind).to_owned(),
        owner: about.try_get(0)?,
        // Of a table that was never looked at, it is -1.
        rows: Some(about.try_get(1)?).filter(|rows| is_counted && *rows >= 0),
        size: about.try_get(2)?,
        comment: about.try_get(3)?,
        partition_key: about.try_get(4)?,
        definition: about.try_get(5)?,
        indexes,
        constraints,
        referenced_by,
        triggers,
        policies,
        partition_of,
        partitions,
        details: String::new(),
    };
    details.details = details.in_words(&table.quoted);
    Ok(details)
}

impl TableDetails {
    fn in_words(&self, name: &str) -> String {
        let mut text = String::new();
        let mut part = |heading: &str, lines: &[String]| {
            if lines.is_empty() {
                return;
            }
            text.extend([heading, ":\n"]);
            for line in lines.iter().flat_map(|line| line.lines()) {
                text.extend(["    ", line, "\n"]);
            }
        };
        let of = |is: fn(&str) -> bool| -> Vec<String> {
            let own = self.constraints.iter().filter(|one| is(one));
            own.map(|one| one.trim_start_matches("CONSTRAINT ").to_owned()).collect()
        };
        part("Indexes", &self.indexes.iter().map(|one| short_index(one)).collect::<Vec<_>>());
        part("Check constraints", &of(|one| one.contains(" CHECK (")));
        part("Foreign-key constraints", &of(|one| one.contains(" FOREIGN KEY (")));
        part("Referenced by", &self.referenced_by);
        part("Policies", &self.policies);
        part("Triggers", &self.triggers);
        let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
        part("Partition of", &one(&self.partition_of));
        part("Partition key", &one(&self.partition_key));
        part("Partitions", &self.partitions);
        part("View definition", &one(&self.definition));
        part("Comment", &one(&self.comment));
        let size = self.size.filter(|_| self.definition.is_none() || self.kind != "view");
        let mut facts = vec![format!("{} {name}", self.kind), format!("owner {}", self.owner)];
        facts.extend(self.rows.map(|rows| format!("about {rows} rows")));
        facts.extend(size.map(|size| format!("size {}", in_units(size))));
        text.extend([&facts.join(", "), "\n"]);
        text
    }
}

/// The statement of an index as psql shortens it: `orders_pkey UNIQUE, btree (id)`.
fn short_index(statement: &str) -> String {
    let Some((start, rest)) = statement.split_once(" USING ") else { return statement.to_owned() };
    let unique = if start.starts_with("CREATE UNIQUE ") { " UNIQUE," } else { "" };
    let name = start.split_once("INDEX ").map_or(start, |(_, name)| name);
    let name = name.split_once(" ON ").map_or(name, |(name, _)| name);
    format!("{name}{unique} {rest}")
}

fn in_units(bytes: i64) -> String {
    let mut units = ["bytes", "kB", "MB", "GB", "TB", "PB"].into_iter().peekable();
    let mut left = bytes;
    while left >= 10 * 1024 && units.len() > 1 {
        left /= 1024;
        units.next();
    }
    format!("{left} {}", units.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_shown_in_short() {
        let index = short_index("CREATE UNIQUE INDEX \"a b\" ON public.t USING btree (id) WHERE (id > 1)");
        assert_eq!(index, "\"a b\" UNIQUE, btree (id) WHERE (id > 1)");
        assert_eq!(short_index("CREATE INDEX i ON ONLY public.t USING gin (x)"), "i gin (x)");
    }

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!((in_units(8192), in_units(16384)), ("8192 bytes".to_owned(), "16 kB".to_owned()));
        assert_eq!(in_units(15 * 1024 * 1024), "15 MB");
    }
}
