//! The durable history of every take, in one SQLite file that one process writes and others may read. Append-only: what a take
//! is, is always replayed from what happened to it.

mod count;
mod follow;
mod identity;
mod lock;
mod lookup;
mod reserve;
mod reviews;
mod row;
mod schema;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

pub use follow::Follow;
pub use identity::Identity;
pub use lock::{Held, Holder};
pub use lookup::Lookup;
pub use reviews::{Reviews, Told};

use self::reserve::Reserve;
use self::row::{History, Which};
use crate::group::{Batch, Group};
use crate::layout;
use crate::quota::{Counted, Evidence};
use crate::shot::TakeName;
use crate::take::{Event, Illegal, Take, TaskId, Token};

/// The ledger, open for writing.
pub struct Ledger {
    path: PathBuf,
    writer: Group<Writer>,
    reserve: Arc<Reserve>,
    /// The ledger and its lock.
    files: [Identity; 2],
}

/// One event to be written.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it happened to.
    pub take: TakeName,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// The provider's answer that led to it, redacted and capped.
    pub answer: Option<String>,
}

/// What leads back to a take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses {
    /// The tokens of all attempts.
    pub tokens: HashMap<Token, TakeName>,
    /// The provider's names of all tasks.
    pub tasks: HashMap<TaskId, TakeName>,
}

/// Why the ledger cannot be used. After any of these nothing more is done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// Another process writes to it, or to the reports beside it.
    #[error("{} {}: {holder}", if *brief { "somebody writes the page and the results of" } else { "another run holds" }, root.display())]
    Locked {
        /// The output directory.
        root: PathBuf,
        /// What the holder says about itself.
        holder: String,
        /// Whether it lets go by itself soon, as who only writes the reports.
        brief: bool,
    },
    /// The lock file cannot be made or read.
    #[error("cannot lock {}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// It cannot be opened, read or written.
    #[error("cannot use the ledger {}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// There is no room for what is about to be sent and for the answers to it.
    #[error("there is no room to write down answers to submissions in {}", path.display())]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The disk became full, and what is on its way has been given the room that was kept for it.
    #[error("the disk of the ledger {} is full: what was on its way is written down, and nothing more is sent", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The ledger or its lock is not the file any more that was opened.
    #[error("{} was deleted or replaced while it was in use", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// A take is spoken of that it does not know.
    #[error("the ledger knows no take {take}")]
    Unknown {
        /// The take.
        take: TakeName,
    },
    /// A take is spoken of that nobody can have watched.
    #[error("{take} has no video")]
    Unseen {
        /// The take.
        take: TakeName,
    },
    /// Some other SQLite file, or no file at all.
    #[error("{} is not a ledger of rushes; choose another output directory", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer program.
    #[error("the ledger {} was written by a newer rushes (format {found}, this one knows {})", path.display(), schema::VERSION)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// An event that this program cannot read.
    #[error("event {seq} of the ledger {} cannot be read; was it written by a newer rushes, or changed by hand?", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The event's number.
        seq: i64,
        /// What is wrong with it.
        #[source]
        source: Arc<serde_json::Error>,
    },
    /// A history that cannot have happened.
    #[error("the ledger {} tells an impossible history", path.display())]
    Impossible {
        /// The file.
        path: PathBuf,
        /// What cannot have happened.
        #[source]
        source: Illegal,
    },
}

impl LedgerError {
    /// Whether it is the file that is no good, rather than the place where it lies.
    pub fn is_spoilt(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::Sqlite { source, .. } => {
                source.sqlite_error_code().is_none_or(|code| matches!(code, DatabaseCorrupt | NotADatabase))
            }
            Self::Unreadable { .. } | Self::Impossible { .. } => true,
            Self::Locked { .. }
            | Self::Lock { .. }
            | Self::NoRoom { .. }
            | Self::Full { .. }
            | Self::Replaced { .. }
            | Self::Unknown { .. }
            | Self::Unseen { .. }
            | Self::NotALedger { .. }
            | Self::Newer { .. } => false,
        }
    }

    /// Whether it may be for want of room. SQLite tells only a full disk from other trouble; a quota and a limit on the length
    /// of a file are "I/O errors" to it.
    fn may_want_room(&self) -> bool {
        use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
        match self {
            Self::Sqlite { source, .. } => matches!(source.sqlite_error_code(), Some(DiskFull | SystemIoFailure)),
            _ => false,
        }
    }
}

impl Ledger {
    /// Opens the ledger of the output directory `root` for the run called `run`, which must be the only one; makes it when there
    /// is none.
    pub fn open(root: &Path, run: &str, holder: &Holder) -> Result<Self, LedgerError> {
        let (path, lock) = (root.join(layout::LEDGER), root.join(layout::LOCK));
        let held = Held::take(&lock, holder)?;
        let connection = open_for_writing(&path)?;
        let identify = |path| Identity::of(path).map_err(|_| LedgerError::Replaced { path: path.to_owned() });
        let files = [identify(&path)?, identify(&lock)?];
        let reserve = Arc::new(Reserve::default());
        let kept = Arc::clone(&reserve);
        let writer = Writer { path: path.clone(), connection, run: run.to_owned(), reserve: kept, _held: held };
        Ok(Self { path, writer: Group::new(writer), reserve, files })
    }

    /// Keeps room on the disk for the answers to what is about to be sent, until the ledger is dropped. Fails where there is
    /// none; then nothing is to be sent. When the disk becomes full later, the room is given back to it: what happens to takes
    /// that are on their way is still written down, and `append` takes no further [`Event::Intent`].
    pub fn reserve(&self) -> Result<(), LedgerError> {
        let path = || self.path.clone();
        self.reserve.take(&self.path).map_err(|source| LedgerError::NoRoom { path: path(), source: Arc::new(source) })
    }

    /// Every take, replayed, in the order in which they were first planned. Reads a connection of its own.
    pub fn takes(&self) -> Result<Vec<Take>, LedgerError> {
        read_file(&self.path)
    }

    /// What leads back to a take: the tokens of all attempts ever begun, and all tasks that ever came of one.
    pub fn addresses(&self) -> Result<Addresses, LedgerError> {
        let Some(connection) = look_into(&self.path)? else { return Ok(Addresses::default()) };
        row::addresses(&connection).map_err(sqlite(&self.path))
    }

    /// Writes these events, in this order, and returns when they are durable. Callers that write at the same time share
    /// one flush. Fails for ever after the first failure.
    pub async fn append(&self, entries: impl IntoIterator<Item = Entry>) -> Result<(), LedgerError> {
        let entries: Vec<_> = entries.into_iter().collect();
        if entries.iter().any(|entry| matches!(entry.event, Event::Intent { .. })) {
            self.may_begin()?;
        }
        self.writer.submit(entries.into_iter().map(Line::Event)).await
    }

    /// Writes what the provider's own books say at this time, before or after the submissions of this run; durable on return.
    pub async fn count(&self, at: Timestamp, counted: Counted) -> Result<(), LedgerError> {
        self.writer.submit([Line::Count(at, counted)]).await
    }

    /// Writes this event with the next that is appended. For what can be learned again for free should the process end before.
    pub fn note(&self, entry: Entry) -> Result<(), LedgerError> {
        self.writer.leave([Line::Event(entry)])
    }

    /// Returns when everything noted is durable, in the file that others see.
    pub async fn flush(&self) -> Result<(), LedgerError> {
        self.writer.submit([]).await?;
        self.is_there()
    }

    /// Whether something that costs money can be begun.
    fn may_begin(&self) -> Result<(), LedgerError> {
        if self.reserve.is_spent() {
            return Err(LedgerError::Full { path: self.path.clone() });
        }
        self.is_there()
    }

    /// Whether the files are those that were opened.
    fn is_there(&self) -> Result<(), LedgerError> {
        let gone = self.files.iter().find(|file| !file.holds());
        gone.map_or(Ok(()), |file| Err(LedgerError::Replaced { path: file.path().to_owned() }))
    }
}

/// Every take in the ledger of the output directory `root`, replayed; none when there is no ledger. May be called while another
/// process writes.
pub fn read(root: &Path) -> Result<Vec<Take>, LedgerError> {
    read_file(&root.join(layout::LEDGER))
}

/// Hands every take in the ledger of the output directory `root` to `each`, replayed, in the order in which they were first planned, as
/// they are at one moment; none when there is no ledger. Holds one at a time, for ledgers that do not fit into memory. May be called while
/// another process writes.
pub fn each(root: &Path, each: impl FnMut(Take)) -> Result<(), LedgerError> {
    each_of_file(&root.join(layout::LEDGER), each)
}

/// Who writes to the ledger of the output directory `root` at this moment, as it says about itself; `None` when nobody does.
pub fn holder(root: &Path) -> Option<String> {
    lock::holder(&root.join(layout::LOCK))
}

/// Takes the lock of the output directory `root` for as long as it takes to write the reports: whoever else wants it is told that this
/// is soon over.
pub fn hold_for_a_moment(root: &Path, holder: &Holder) -> Result<Held, LedgerError> {
    Held::take_for_a_moment(&root.join(layout::LOCK), holder)
}

/// The number of the last event in the ledger of the output directory `root`; 0 when there is none. Numbers only ever grow.
pub fn last_number(root: &Path) -> Result<i64, LedgerError> {
    let path = root.join(layout::LEDGER);
    let Some(connection) = look_into(&path)? else { return Ok(0) };
    row::last_number(&connection).map_err(sqlite(&path))
}

/// When the last event in the ledger of the output directory `root` happened, if there is one.
pub fn last_event(root: &Path) -> Result<Option<Timestamp>, LedgerError> {
    let path = root.join(layout::LEDGER);
    let Some(connection) = look_into(&path)? else { return Ok(None) };
    row::last_event(&connection).map_err(sqlite(&path))
}

/// The number of the last event of every take in the ledger of the output directory `root`, but for reviews. Numbers only ever grow, so
/// what has the same number has the same history, whatever has been said of it since by those who watched it.
pub fn last_events(root: &Path) -> Result<HashMap<TakeName, i64>, LedgerError> {
    let path = root.join(layout::LEDGER);
    let Some(connection) = look_into(&path)? else { return Ok(HashMap::new()) };
    row::last_of_each(&connection).map_err(sqlite(&path))
}

/// What the provider said about a take, and to which kind of event that led, in order.
pub fn answers(root: &Path, take: &TakeName) -> Result<Vec<(String, String)>, LedgerError> {
    let path = root.join(layout::LEDGER);
    let Some(connection) = look_into(&path)? else { return Ok(Vec::new()) };
    row::answers(&connection, take).map_err(sqlite(&path))
}

/// What the provider's own books and this ledger say of each run around which the books were looked into, in order.
pub fn evidence(root: &Path) -> Result<Vec<Evidence>, LedgerError> {
    let path = root.join(layout::LEDGER);
    let Some(connection) = look_into(&path)? else { return Ok(Vec::new()) };
    count::evidence(&connection).map_err(sqlite(&path))
}

/// What is written with one flush.
enum Line {
    Event(Entry),
    Count(Timestamp, Counted),
}

struct Writer {
    path: PathBuf,
    connection: Connection,
    run: String,
    reserve: Arc<Reserve>,
    /// Here, so that it outlasts a batch whose caller has gone away; last, so that it outlasts the connection.
    _held: Held,
}

impl Batch for Writer {
    type Job = Line;
    type Error = LedgerError;

    fn run(&mut self, lines: Vec<Line>) -> Result<(), LedgerError> {
        match self.write(&lines) {
            Err(error) if error.may_want_room() && self.reserve.spend() => self.write(&lines),
            done => done,
        }
    }
}

impl Writer {
    fn write(&mut self, lines: &[Line]) -> Result<(), LedgerError> {
        row::write(&mut self.connection, &self.run, lines).map_err(sqlite(&self.path))
    }
}

/// How long a run waits for its turn to write. Whoever writes beside it takes milliseconds, but for one who is stopped in the middle or
/// whose disk is asleep; a run that gave up on its turn would lose the answers to what it has paid for.
const RUNS_TURN: Duration = Duration::from_secs(300);

/// How long everybody else waits for a turn.
const OTHERS_TURN: Duration = Duration::from_secs(5);

fn open_for_writing(path: &Path) -> Result<Connection, LedgerError> {
    exists(path)?;
    let mut connection = Connection::open(path).map_err(sqlite(path))?;
    connection.busy_timeout(RUNS_TURN).map_err(sqlite(path))?;
    has_begun(&connection, path)?;
    let mut prepare = || {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        schema::migrate(&mut connection)
    };
    prepare().map_err(sqlite(path))?;
    Ok(connection)
}

/// Opens for writing beside another writer, as long as that one waits for its turn as well. The file stays of the format that it is of.
fn open_beside(path: &Path) -> Result<Option<Connection>, LedgerError> {
    let prepared = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(OTHERS_TURN)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    if !exists(path)? {
        return Ok(None);
    }
    let connection = prepared().map_err(sqlite(path))?;
    Ok(has_begun(&connection, path)?.then_some(connection))
}

/// Opens for reading beside a writer. Not with SQLite's read-only flag, which leaves its side files behind; only where nothing
/// can be written is the file taken as it is.
fn open_for_reading(path: &Path) -> Result<Connection, LedgerError> {
    let beside = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(OTHERS_TURN)?;
        connection.pragma_update(None, "query_only", true)?;
        schema::version(&connection)?;
        Ok(connection)
    };
    let as_it_is = || {
        let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)
    };
    beside().or_else(|first: rusqlite::Error| as_it_is().map_err(|_| first)).map_err(sqlite(path))
}

/// Whether there is a ledger in the file, rather than nothing yet. Anything else in it is refused.
fn has_begun(connection: &Connection, path: &Path) -> Result<bool, LedgerError> {
    let path = path.to_owned();
    match schema::marks(connection).map_err(sqlite(&path))? {
        (0, 0, 0) => Ok(false),
        (schema::APPLICATION_ID, found, _) if found > schema::VERSION => Err(LedgerError::Newer { path, found }),
        (schema::APPLICATION_ID, 1.., _) => Ok(true),
        _ => Err(LedgerError::NotALedger { path }),
    }
}

/// Whether there is such a file. Anything else by that name is refused: to open a pipe is to wait for ever.
fn exists(path: &Path) -> Result<bool, LedgerError> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(LedgerError::NotALedger { path: path.to_owned() }),
        // Whatever else keeps it from being seen is told by whoever wants to write it.
        Err(_) => Ok(false),
    }
}

/// The ledger in this file, if there is one yet.
fn look_into(path: &Path) -> Result<Option<Connection>, LedgerError> {
    if !exists(path)? {
        return Ok(None);
    }
    let connection = open_for_reading(path)?;
    Ok(has_begun(&connection, path)?.then_some(connection))
}

fn read_file(path: &Path) -> Result<Vec<Take>, LedgerError> {
    let mut takes = Vec::new();
    each_of_file(path, |take| takes.push(take))?;
    Ok(takes)
}

fn each_of_file(path: &Path, mut each: impl FnMut(Take)) -> Result<(), LedgerError> {
    let Some(connection) = look_into(path)? else { return Ok(()) };
    let all = row::histories(&connection, Which::All, |_, name, history| {
        replay(path, &name, history)?.into_iter().for_each(&mut each);
        Ok(())
    });
    all.map_err(sqlite(path))?
}

/// The take that this history makes, if there is anything in it.
fn replay(path: &Path, name: &TakeName, history: History) -> Result<Option<Take>, LedgerError> {
    let path = || path.to_owned();
    let events = history.map_err(|(seq, source)| LedgerError::Unreadable { path: path(), seq, source: Arc::new(source) })?;
    let replayed = Take::replay(name, events.iter().map(|(at, event)| (*at, event)));
    replayed.map_err(|source| LedgerError::Impossible { path: path(), source })
}

fn sqlite(path: &Path) -> impl Fn(rusqlite::Error) -> LedgerError + '_ {
    |source| LedgerError::Sqlite { path: path.to_owned(), source: Arc::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::take::Token;

    #[tokio::test]
    async fn on_a_full_disk_what_is_on_its_way_is_written_down_and_nothing_is_begun() {
        let root = tempfile::tempdir().unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let ledger = Ledger::open(root.path(), "test", &Holder { pid: 1, host: String::new(), since: at }).unwrap();
        let append = |event: Event| {
            let entry = Entry { take: "CAT_T01".parse().unwrap(), at, event, answer: None };
            ledger.append([entry])
        };
        let intent = || Event::Intent { token: Token::new(1), price: None };
        ledger.reserve().unwrap();
        append(intent()).await.unwrap();
        assert!(ledger.reserve.spend());
        append(Event::Accepted { task: "task-1".parse().unwrap() }).await.unwrap();
        assert!(matches!(append(intent()).await, Err(LedgerError::Full { .. })));
        append(Event::Seen { word: "RUNNING".into() }).await.unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nothing_is_begun_in_a_ledger_that_nobody_will_find() {
        for file in [layout::LEDGER, layout::LOCK] {
            let root = tempfile::tempdir().unwrap();
            let ledger =
                Ledger::open(root.path(), "test", &Holder { pid: 1, host: String::new(), since: Timestamp::UNIX_EPOCH })
                    .unwrap();
            let entry = |event| Entry { take: "CAT_T01".parse().unwrap(), at: Timestamp::UNIX_EPOCH, event, answer: None };
            let intent = || entry(Event::Intent { token: Token::new(1), price: None });
            ledger.append([intent()]).await.unwrap();
            let path = root.path().join(file);
            fs::remove_file(&path).unwrap();
            fs::write(&path, "").unwrap();
            assert!(matches!(ledger.append([intent()]).await, Err(LedgerError::Replaced { path: named }) if named == path));
            ledger.append([entry(Event::Accepted { task: "task-1".parse().unwrap() })]).await.unwrap();
            assert!(matches!(ledger.flush().await, Err(LedgerError::Replaced { .. })));
        }
    }
}
