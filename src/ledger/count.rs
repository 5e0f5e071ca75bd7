//! What the provider's own books said around the submissions of a run, and what this ledger says of the same run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{row, schema};
use crate::quota::{Counted, Evidence};
use crate::shot::TakeName;

/// Writes what the books say at this time.
pub(super) fn write(transaction: &Transaction<'_>, run: &str, at: Timestamp, counted: &Counted) -> rusqlite::Result<()> {
    let body = serde_json::to_string(counted).expect("a count is dates and numbers");
    transaction.prepare_cached("INSERT INTO counts (run, at, body) VALUES (?, ?, ?)")?.execute(params![
        run,
        at.as_millisecond(),
        body
    ])?;
    Ok(())
}

/// What is known of each run that has a count before its submissions and one after them. A count that cannot be read is no evidence.
pub(super) fn evidence(connection: &Connection) -> rusqlite::Result<Vec<Evidence>> {
    if !schema::has(connection, schema::COUNTS)? {
        return Ok(Vec::new());
    }
    let mut runs: Vec<(String, Vec<Counted>)> = Vec::new();
    let mut statement = connection.prepare("SELECT run, body FROM counts ORDER BY seq")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let run: String = row.get(0)?;
        let Ok(counted) = serde_json::from_str(row.get_ref(1)?.as_str()?) else { continue };
        match runs.last_mut().filter(|(last, _)| *last == run) {
            Some((_, counts)) => counts.push(counted),
            None => runs.push((run, vec![counted])),
        }
    }
    let around = runs.into_iter().filter_map(|(run, counts)| <[Counted; 2]>::try_from(counts).ok().map(|counts| (run, counts)));
    around.map(|(run, [before, after])| of_run(connection, run, before, after)).collect()
}

fn of_run(connection: &Connection, run: String, before: Counted, after: Counted) -> rusqlite::Result<Evidence> {
    let mut statement = connection.prepare_cached("SELECT kind, count(*) FROM events WHERE run = ? GROUP BY kind")?;
    let kinds = statement.query_map([&run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let kinds: BTreeMap<String, u32> = kinds.collect::<rusqlite::Result<_>>()?;
    let count = |kind: &str| u64::from(kinds.get(kind).copied().unwrap_or(0));
    let refused = count("rejected") + count("deferred");
    let (submissions, accepted, takes) = (count("intent"), count("accepted"), last_submitted_in(connection, &run)?);
    Ok(Evidence { run, before, after, submissions, accepted, refused, takes })
}

/// The takes that were not submitted again after this run.
fn last_submitted_in(connection: &Connection, run: &str) -> rusqlite::Result<Vec<TakeName>> {
    let sql = "SELECT shot, number FROM events JOIN takes ON takes.id = take WHERE run = ? AND seq IN
        (SELECT max(seq) FROM events WHERE kind = 'intent' GROUP BY take) ORDER BY take";
    connection.prepare_cached(sql)?.query_map([run], row::name)?.collect()
}
