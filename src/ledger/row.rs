//! Events to columns and back.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Addresses, Entry, Line, count};
use crate::shot::{ShotId, TakeName, TakeNo};
use crate::take::Event;

/// The events of one take in order, or the number of one that cannot be read.
pub(super) type History = Result<Vec<(Timestamp, Event)>, (i64, serde_json::Error)>;

/// Begins to write. What begins with reading, and writes later, fails at once where somebody else has written in between; so whoever
/// is going to write waits for his turn here, as long as `busy_timeout` says, and has it to the end.
pub(super) fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Writes all lines in one transaction, which is durable when this returns.
pub(super) fn write(connection: &mut Connection, run: &str, lines: &[Line]) -> rusqlite::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let transaction = begin(connection)?;
    for line in lines {
        match line {
            Line::Event(entry) => write_event(&transaction, take_id(&transaction, &entry.take)?, run, entry)?,
            Line::Count(at, counted) => count::write(&transaction, run, *at, counted)?,
        }
    }
    transaction.commit()
}

/// Of which takes the history is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// Of all, in the order in which they were first planned.
    All,
    /// Of those of a shot, in the order of their numbers.
    OfShot(&'a ShotId),
    /// Of the one with this key.
    One(i64),
}

impl Which<'_> {
    /// The `+` keeps SQLite from preparing the statement anew for each value, which would take longer than to carry it out.
    fn sql(self) -> &'static str {
        match self {
            Self::All => {
                "SELECT take, shot, number, seq, at, body FROM events JOIN takes ON takes.id = take ORDER BY take, seq"
            }
            Self::OfShot(_) => {
                "SELECT take, shot, number, seq, at, body FROM takes CROSS JOIN events ON events.take = takes.id
                WHERE shot = +? ORDER BY number, seq"
            }
            Self::One(_) => {
                "SELECT take, shot, number, seq, at, body FROM takes CROSS JOIN events ON events.take = takes.id
                WHERE takes.id = +? ORDER BY seq"
            }
        }
    }
}

/// Hands the histories of these takes to `each`, with their keys. Stops at the first error that `each` returns, and returns it inside.
pub(super) fn histories<E>(
    connection: &Connection,
    which: Which<'_>,
    mut each: impl FnMut(i64, TakeName, History) -> Result<(), E>,
) -> rusqlite::Result<Result<(), E>> {
    let mut statement = connection.prepare_cached(which.sql())?;
    let mut rows = match which {
        Which::All => statement.query(())?,
        Which::OfShot(shot) => statement.query([shot.as_str()])?,
        Which::One(key) => statement.query([key])?,
    };
    let mut current: Option<(i64, TakeName, History)> = None;
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        if current.as_ref().is_none_or(|(open, ..)| *open != key) {
            if let Some((key, name, history)) = current.take()
                && let Err(error) = each(key, name, history)
            {
                return Ok(Err(error));
            }
            current = Some((key, name(row)?, Ok(Vec::new())));
        }
        if let Some((_, _, history)) = &mut current {
            add(history, row.get(3)?, row.get(4)?, row.get_ref(5)?.as_str()?);
        }
    }
    Ok(current.map_or(Ok(()), |(key, name, history)| each(key, name, history)))
}

/// Whether nothing has ever happened to any take.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM events)", (), |row| row.get(0))
}

/// Hands the keys of all takes to `each`, in the order of their names. Stops at the first error that `each` returns, and returns it
/// inside.
pub(super) fn keys<E>(connection: &Connection, mut each: impl FnMut(i64) -> Result<(), E>) -> rusqlite::Result<Result<(), E>> {
    let mut statement = connection.prepare("SELECT id FROM takes ORDER BY shot, number")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        if let Err(error) = each(row.get(0)?) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// What the provider said about a take, and to which kind of event that led, in order.
pub(super) fn answers(connection: &Connection, take: &TakeName) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT kind, answer FROM events JOIN takes ON takes.id = take
        WHERE shot = ? AND number = ? AND answer IS NOT NULL ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(params![take.shot.as_str(), take.number.get()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The number of the last event of every take that is no review.
pub(super) fn last_of_each(connection: &Connection) -> rusqlite::Result<HashMap<TakeName, i64>> {
    let sql = "SELECT shot, number, max(seq) FROM events JOIN takes ON takes.id = take WHERE kind <> ? GROUP BY take";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([Event::REVIEWED], |row| Ok((name(row)?, row.get(2)?)))?;
    rows.collect()
}

/// When the last event happened.
pub(super) fn last_event(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let last: Option<i64> = connection.query_row("SELECT max(at) FROM events", (), |row| row.get(0))?;
    Ok(last.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

/// The number of the last event; 0 where there is none. Goes to the end of the table, and not through it.
pub(super) fn last_number(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(seq), 0) FROM events", (), |row| row.get(0))
}

/// The number of the last event behind the one with this number, and when the latest of them happened, if there are any.
pub(super) fn last_since(connection: &Connection, seen: i64) -> rusqlite::Result<Option<(i64, Timestamp)>> {
    let mut statement = connection.prepare_cached("SELECT max(seq), max(at) FROM events WHERE seq > ?")?;
    let last: (Option<i64>, Option<i64>) = statement.query_row([seen], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let at = |at| Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(last.0.zip(last.1.map(at)))
}

/// The keys of the takes of the events behind the one with this number, in order.
pub(super) fn touched_since(connection: &Connection, seen: i64) -> rusqlite::Result<Vec<i64>> {
    // The `+` keeps SQLite from going through the whole index for the sake of the order.
    let mut statement = connection.prepare_cached("SELECT DISTINCT +take FROM events WHERE seq > ? ORDER BY 1")?;
    let keys = statement.query_map([seen], |row| row.get(0))?;
    keys.collect()
}

/// The tokens of all attempts, and all tasks that came of one. Entries that cannot be read are left out: whoever reads the
/// histories is told of them.
pub(super) fn addresses(connection: &Connection) -> rusqlite::Result<Addresses> {
    let sql = "SELECT take, shot, number, body FROM events JOIN takes ON takes.id = take
        WHERE kind IN ('intent', 'accepted', 'adopted') ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    let mut addresses = Addresses::default();
    while let Some(row) = rows.next()? {
        match serde_json::from_str(row.get_ref(3)?.as_str()?) {
            Ok(Event::Intent { token, .. }) => drop(addresses.tokens.insert(token, name(row)?)),
            Ok(Event::Accepted { task } | Event::Adopted { task }) => drop(addresses.tasks.insert(task, name(row)?)),
            _ => {}
        }
    }
    Ok(addresses)
}

fn add(history: &mut History, seq: i64, at: i64, body: &str) {
    let Ok(events) = history else { return };
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    match serde_json::from_str(body) {
        Ok(event) => events.push((at, event)),
        Err(error) => *history = Err((seq, error)),
    }
}

/// The take's name, from the columns that hold it.
pub(super) fn name(row: &rusqlite::Row<'_>) -> rusqlite::Result<TakeName> {
    let wrong = |column, error| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error);
    let (shot, number) = (row.as_ref().column_index("shot")?, row.as_ref().column_index("number")?);
    let name: ShotId = row.get_ref(shot)?.as_str()?.parse().map_err(|e| wrong(shot, Box::new(e)))?;
    let take: u16 = row.get(number)?;
    Ok(TakeName::new(name, TakeNo::try_from(take).map_err(|e| wrong(number, Box::new(e)))?))
}

/// The key of a take, if it has one.
pub(super) fn key(connection: &Connection, take: &TakeName) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM takes WHERE shot = ? AND number = ?")?;
    statement.query_row(params![take.shot.as_str(), take.number.get()], |row| row.get(0)).optional()
}

/// The number and the body of the last event of this kind that happened to the take with this key, if there is one.
pub(super) fn last_of_kind(connection: &Connection, take: i64, kind: &str) -> rusqlite::Result<Option<(i64, String)>> {
    let sql = "SELECT seq, body FROM events WHERE take = ? AND kind = ? ORDER BY seq DESC LIMIT 1";
    connection.prepare_cached(sql)?.query_row(params![take, kind], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn take_id(transaction: &Transaction<'_>, take: &TakeName) -> rusqlite::Result<i64> {
    if let Some(id) = key(transaction, take)? {
        return Ok(id);
    }
    let mut statement = transaction.prepare_cached("INSERT INTO takes (shot, number) VALUES (?, ?)")?;
    statement.insert(params![take.shot.as_str(), take.number.get()])
}

/// Writes one event of the take with this key.
pub(super) fn write_event(transaction: &Transaction<'_>, take: i64, run: &str, entry: &Entry) -> rusqlite::Result<()> {
    let body = serde_json::to_string(&entry.event).expect("an event is strings and finite numbers");
    transaction
        .prepare_cached("INSERT INTO events (take, run, at, kind, body, answer) VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![take, run, entry.at.as_millisecond(), entry.event.kind(), body, entry.answer])?;
    Ok(())
}
