//! The ledger's tables, and how an older file becomes a newer one.

use rusqlite::Connection;

use super::row;

/// `rshs`: tells a ledger from any other SQLite file.
pub(super) const APPLICATION_ID: i32 = 0x7273_6873;

/// What makes version n+1 of the schema from version n.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE takes (
        id INTEGER PRIMARY KEY,
        shot TEXT NOT NULL,
        number INTEGER NOT NULL,
        UNIQUE (shot, number)
    ) STRICT;

    -- What happened, in order; everything else can be rebuilt from it. `at` is in milliseconds since 1970; `answer` is what
    -- the provider said, redacted and capped.
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        take INTEGER NOT NULL REFERENCES takes (id),
        run TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        answer TEXT
    ) STRICT;
    CREATE INDEX events_of_take ON events (take, seq);
",
    "
    -- What the provider's own books said around the submissions of a run. `at` is in milliseconds since 1970.
    CREATE TABLE counts (
        seq INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
",
];

/// The table of the provider's own counts, which the first ledgers have not.
pub(super) const COUNTS: &str = "counts";

/// The version this program writes.
#[expect(clippy::cast_possible_truncation, reason = "there are a handful of migrations")]
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Brings the file to the newest version in one transaction. Returns the version it had.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<u32> {
    let found = version(connection)?;
    if found >= VERSION {
        return Ok(found);
    }
    let transaction = row::begin(connection)?;
    let found = version(&transaction)?;
    for (step, _) in MIGRATIONS.iter().zip(1..).filter(|(_, version)| *version > found) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(found)
}

/// What tells whose file it is: application, schema version, and the number of tables and indexes.
pub(super) fn marks(connection: &Connection) -> rusqlite::Result<(i32, u32, u32)> {
    let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    Ok((application, version(connection)?, tables))
}

/// Whether the file has this table. A ledger that is only looked into stays as old as it is.
pub(super) fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)";
    connection.query_row(sql, [table], |row| row.get(0))
}

/// The schema version of the file; 0 when it is new.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
