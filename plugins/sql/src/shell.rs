//! What a shell for this plugin has to know: how statements end, which words it has, what they run. The keys of
//! `x-cli-shell` in the document.

use serde_json::{Value, json};

/// The words of SQL that are offered, in capitals as psql offers them.
const KEYWORDS: &str = "ABORT ALL ALTER ANALYZE AND AS ASC BEGIN BETWEEN BY CALL CASCADE CASE CAST CHECK CLUSTER COALESCE COLUMN \
    COMMENT COMMIT CONCURRENTLY CONSTRAINT COPY CREATE CROSS CURRENT_DATE CURRENT_TIMESTAMP CURRENT_USER DATABASE DEFAULT DELETE DESC \
    DISTINCT DO DROP ELSE END EXCEPT EXECUTE EXISTS EXPLAIN EXTENSION FALSE FETCH FILTER FOR FOREIGN FROM FULL FUNCTION GRANT GROUP \
    HAVING IF ILIKE IN INDEX INNER INSERT INTERSECT INTERVAL INTO IS JOIN KEY LATERAL LEFT LIKE LIMIT LOCK MATERIALIZED MERGE NATURAL NOT NULL \
    NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PREPARE PRIMARY PROCEDURE REFERENCES REFRESH REINDEX RELEASE RENAME RESET RETURNING REVOKE \
    RIGHT ROLE ROLLBACK ROW SAVEPOINT SCHEMA SELECT SEQUENCE SET SHOW START TABLE TEMPORARY THEN TO TRANSACTION TRIGGER TRUE TRUNCATE \
    TYPE UNION UNIQUE UPDATE USING VACUUM VALUES VIEW WHEN WHERE WINDOW WITH";

/// The keys of the operation that opens a session.
pub(crate) fn keys() -> Value {
    json!({
        "x-cli-name": "shell",
        "x-cli-variants": [{
            "x-cli-name": "session open",
            "summary": "Open a session for `sql session run`",
            "x-cli-description": null,
            "x-cli-shell": null,
        }],
        "x-cli-description": "Run SQL statements interactively\n\nStatements end with a semicolon. All of them run in one session, so \
            that transactions and settings last. `\\?` lists the commands. Without a terminal, statements are read from standard input.",
        "x-cli-timeout": "none",
        "x-cli-follow": false,
        "x-cli-examples": [
            "shell --instance shop --database sales",
            {"command": "shell --instance shop --write", "description": "Statements may change data"},
        ],
        "x-cli-shell": {
            "session": "/id",
            "open": {"hold": true},
            "run": {"operation": "runInSession", "session": "session", "statement": "sql", "variables": "variables", "set": {"safeUpdates": true}},
            "state": {"operation": "getSession", "session": "session"},
            "close": {"operation": "closeSession", "session": "session"},
            "prompt": {
                "name": "/database",
                "state": "/transaction",
                "states": {"open": "*", "failed": "!"},
                "powerful": "/write",
            },
            "statement": {
                "end": ";",
                "quotes": ["'", "\""],
                "escapes": ["E"],
                "tagged": "$",
                "lineComment": "--",
                "blockComment": ["/*", "*/"],
                "brackets": ["(", ")"],
                "blocks": {"start": ["begin atomic"], "nested": ["case"], "end": ["end"]},
            },
            "keywords": KEYWORDS.split_whitespace().collect::<Vec<_>>(),
            "complete": [
                {"operation": "listTables", "values": "/items/*/reference", "describe": "/items/*/kind"},
                {"operation": "listColumns", "values": "/items/*/name", "describe": "/items/*/tables"},
            ],
            "forget": ["password"],
            "commands": commands(),
        },
    })
}

fn commands() -> Value {
    json!([
        {"word": "\\d", "run": ["describe", "{table}"], "summary": "Describe a table"},
        {"word": "\\d", "run": ["tables"], "summary": "List tables"},
        {"word": "\\d+", "run": ["describe", "{table}", "-o", "wide"], "summary": "Describe a table, with comments"},
        {"word": "\\dt", "run": ["tables", "--schema", "{schema}"], "summary": "List the tables of a schema"},
        {"word": "\\dt", "run": ["tables"], "summary": "List tables"},
        {"word": "\\dt+", "run": ["tables", "-o", "wide"], "summary": "List tables, with comments"},
        {"word": "\\dn", "run": ["schemas"], "summary": "List schemas"},
        {"word": "\\df", "run": ["functions"], "summary": "List functions"},
        {"word": "\\du", "run": ["roles"], "summary": "List roles"},
        {"word": "\\l", "run": ["databases"], "summary": "List databases"},
        {"word": "\\activity", "run": ["activity"], "summary": "List running statements"},
        {"word": "\\copy", "run": ["export", "{query}", "--output-file", "{file}"], "pattern": "({query}) to {file}",
            "summary": "Export the rows of a query to a CSV file"},
        {"word": "\\copy", "run": ["import", "{table}", "@{file}"], "pattern": "{table} from {file}", "summary": "Import a CSV file into a table"},
        {"word": "\\copy", "run": ["export", "table {table}", "--output-file", "{file}"], "pattern": "{table} to {file}",
            "summary": "Export a table to a CSV file"},
        {"word": "\\c", "action": "reopen", "argument": "database", "summary": "Connect to another database"},
        {"word": "\\g", "action": "run", "summary": "Run the statement"},
        {"word": "\\gset", "action": "run-into-variables", "summary": "Run the statement and keep its row as variables"},
        {"word": "\\watch", "action": "watch", "summary": "Run the statement again every N seconds (2)"},
        {"word": "\\x", "action": "expanded", "summary": "Show rows as lines: on, off, auto"},
        {"word": "\\timing", "action": "timing", "summary": "Show how long statements take: on, off"},
        {"word": "\\e", "action": "edit", "summary": "Edit the statement with $EDITOR"},
        {"word": "\\p", "action": "print", "summary": "Show the statement"},
        {"word": "\\r", "action": "reset", "summary": "Forget the statement"},
        {"word": "\\i", "action": "include", "summary": "Run the statements of a file"},
        {"word": "\\save", "action": "save", "summary": "Save the statement under a name"},
        {"word": "\\saved", "action": "saved", "summary": "List saved statements, or run one"},
        {"word": "\\set", "action": "set", "summary": "Set a variable, or list them"},
        {"word": "\\unset", "action": "unset", "summary": "Delete a variable"},
        {"word": "\\echo", "action": "echo", "summary": "Write a text"},
        {"word": "\\?", "action": "help", "summary": "List the commands"},
        {"word": "\\q", "action": "quit", "summary": "Quit (also Ctrl-D)"},
    ])
}
