//! The command line. Each verb is a file of its own; nothing else imports this module.

mod args;
mod ask;
mod believed;
mod caps;
mod check;
mod cost;
mod examples;
mod export;
mod files;
mod init;
mod lines;
mod man;
mod moves;
mod pick;
mod plan;
mod planning;
#[cfg(feature = "posters")]
mod posters;
mod progress;
mod receive;
mod report;
mod reports;
mod resolve;
mod review;
mod run;
mod saved;
mod say;
mod schema;
mod selection;
mod simulate;
mod size;
mod status;
mod talk;
mod target;
mod turn;
mod vacant;
mod verify;
mod wishes;
mod words;

use std::error::Error;
use std::fmt::Write as _;
use std::io;

use clap::Parser;

use crate::config;
use crate::report::Exit;
use args::{Args, Verb};

/// Parses the command line, does what it says, and tells how it went.
pub fn main() -> Exit {
    let args = match Args::try_parse_from(words::joined(config::words())) {
        Ok(args) => args,
        Err(error) => {
            // Help and version come this way too.
            let printed = error.print();
            if error.use_stderr() {
                return Exit::Usage;
            }
            say::written(printed);
            return Exit::Done.max(whether_written());
        }
    };
    let exit = run(args).unwrap_or_else(|failure| failure.tell());
    exit.max(whether_written())
}

/// What it means for the exit that standard output could be written, or could not: what others are to read must not be taken for
/// whole.
fn whether_written() -> Exit {
    let Some(error) = say::unwritten() else { return Exit::Done };
    let help = "what was printed is not whole; see to where it goes (is that disk full?)";
    Failure::machine(format!("cannot write to standard output: {error}")).help(help).tell()
}

fn run(args: Args) -> Result<Exit, Failure> {
    let talk = args.talk;
    match args.verb {
        Verb::Run(args) => run::run(*args, talk),
        Verb::Init(args) => init::init(&args, talk),
        Verb::Check(args) => check::check(&args, talk),
        Verb::Plan(args) => plan::plan(&args, talk),
        Verb::Moves(args) => moves::moves(&args, talk),
        Verb::Schema(args) => Ok(schema::schema(&args)),
        Verb::Status(args) => status::status(&args),
        Verb::Cost(args) => cost::cost(&args),
        Verb::Report(args) => report::report(&args),
        Verb::Review(args) => review::review(&args, talk),
        Verb::Pick(args) => pick::pick(args, talk),
        Verb::Reject(args) => pick::reject(args, talk),
        Verb::Export(args) => export::export(&args, talk),
        Verb::Verify(args) => verify::verify(&args, talk),
        Verb::Resolve(args) => resolve::resolve(&args, talk),
        Verb::Simulate(args) => simulate::simulate(*args, talk),
        Verb::Receive(args) => receive::receive(&args, talk),
        Verb::Completions { shell } => Ok(man::completions(shell)),
        Verb::Man => man::man(),
    }
}

/// Why a verb could not be carried out.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    error: Box<dyn Error + Send + Sync>,
    help: Option<String>,
}

impl Failure {
    fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit, error: error.into(), help: None }
    }

    /// The machine, or its set-up, does not let us.
    fn machine(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::CouldNotRun, error)
    }

    /// The command cannot be meant as it is written.
    fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Usage, error)
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Says so. Returns the exit.
    fn tell(&self) -> Exit {
        say::talk(format_args!("rushes: {}", self.describe()));
        self.exit
    }

    /// The error, its causes, and what to do.
    fn describe(&self) -> String {
        let mut text = self.error.to_string();
        let mut last = text.clone();
        let mut cause = self.error.source();
        while let Some(error) = cause {
            let said = error.to_string();
            // Some errors repeat their cause, some causes repeat their effect.
            if !last.ends_with(&said) && !said.ends_with(&last) {
                write!(text, ": {said}").ok();
                last = said;
            }
            cause = error.source();
        }
        if let Some(help) = &self.help {
            write!(text, "\n  help: {help}").ok();
        }
        text
    }
}

impl From<crate::ledger::LedgerError> for Failure {
    fn from(error: crate::ledger::LedgerError) -> Self {
        use crate::ledger::LedgerError::{
            Full, Impossible, Lock, Locked, Newer, NoRoom, NotALedger, Replaced, Sqlite, Unknown, Unreadable, Unseen,
        };
        const RESTORE: &str = "nothing is sent while it cannot be read: it alone knows what was paid for; restore it from a \
            backup, or choose another output directory";
        const MAKE_WAY: &str = "nothing is sent that cannot be written down; see to the disk (is it full, is it read-only, may you \
            write there?) and to what lies at that path and at those that begin like it, then run again";
        let help = if error.is_spoilt() { RESTORE } else { MAKE_WAY };
        match error {
            Locked { .. } => Self::new(Exit::Locked, error)
                .help("wait for it to end, or let it be waited for (--wait-lock 10m); `rushes status` shows how it stands"),
            Newer { .. } => Self::machine(error).help("use that version, or choose another output directory"),
            Sqlite { .. } | Unreadable { .. } | Impossible { .. } => Self::machine(error).help(help),
            NoRoom { ref source, .. } => {
                let help = remedy(source.kind());
                Self::machine(error).help(format!("nothing was sent; {help}"))
            }
            Replaced { .. } => Self::machine(error).help(
                "nothing more was sent or written; put it back, or the directory where it was, then run the same command again",
            ),
            Full { .. } => Self::machine(error).help(remedy(io::ErrorKind::StorageFull)),
            Lock { ref source, .. } => {
                let help = remedy(source.kind());
                Self::machine(error).help(help)
            }
            NotALedger { .. } => Self::machine(error),
            Unknown { .. } | Unseen { .. } => Self::usage(error).help("nothing was written; `rushes status` lists the takes"),
        }
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(error: crate::store::StoreError) -> Self {
        let help = remedy(error.source.kind());
        Self::machine(error).help(help)
    }
}

/// What a person can do when the system refuses to keep a file.
fn remedy(why: io::ErrorKind) -> &'static str {
    use io::ErrorKind::{
        AlreadyExists, FileTooLarge, InvalidFilename, InvalidInput, IsADirectory, NotADirectory, PermissionDenied,
        QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match why {
        StorageFull | QuotaExceeded => "make room on that disk, then run again",
        FileTooLarge => "allow longer files (`ulimit -f unlimited`), then run again",
        PermissionDenied => "give the user who runs this the right to write there, then run again",
        ReadOnlyFilesystem => "make the disk writable, or choose another output directory, then run again",
        AlreadyExists | NotADirectory | IsADirectory | InvalidInput => "move away what is there by that name, then run again",
        InvalidFilename => "choose an output directory with a shorter path",
        _ => "see to the disk, then run again",
    }
}

/// A runtime on this thread for a verb that writes files. In it a file that becomes longer than a limit allows (`ulimit -f`) is an
/// error like any other, and not the end of the process.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // SIGXFSZ. Who has been listening for a signal keeps the process from being ended by it.
        let number = if cfg!(any(target_arch = "mips", target_arch = "mips64")) { 31 } else { 25 };
        let _inside = runtime.enter();
        drop(signal(SignalKind::from_raw(number))?);
    }
    Ok(runtime)
}

/// Waits for Ctrl-C or a polite signal to end.
async fn signal() -> io::Result<()> {
    Signals::listen()?.next().await
}

/// Ctrl-C, and polite signals to end. One that comes while nobody asks is not lost.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, hangup: None })
    }

    /// Takes it for such a signal, too, when the terminal is closed, which otherwise ends the process at once.
    fn and_hangup(self) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { hangup: Some(signal(SignalKind::hangup())?), ..self })
    }

    /// Waits for one.
    async fn next(&mut self) -> io::Result<()> {
        let closed = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = closed => {}
        }
        Ok(())
    }
}

impl Signals {
    /// Whoever listens already, or else from now on.
    fn heard(listening: &mut Option<Self>) -> io::Result<&mut Self> {
        match listening {
            Some(signals) => Ok(signals),
            None => Ok(listening.insert(Self::listen()?)),
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn and_hangup(self) -> io::Result<Self> {
        Ok(self)
    }

    /// Waits for one.
    async fn next(&mut self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
