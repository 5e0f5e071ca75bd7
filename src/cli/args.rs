//! The command line: what can be said, and how it is explained.

mod bounds;
mod cost;
mod export;
mod money;
mod review;
mod status;
mod strict;
mod unattended;
mod watching;
mod zone;

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args as Group, Parser, Subcommand, ValueEnum};

pub(super) use self::bounds::Bounds;
pub(super) use self::cost::{Cost, CostFormat};
pub(super) use self::export::{Export, Links as LinksTo, Which};
pub(super) use self::money::{Caps, Money};
pub(super) use self::review::{Pick, Place, Reject, Remarks, Review};
pub(super) use self::status::Status;
pub(super) use self::strict::Strict;
pub(super) use self::unattended::Unattended;
pub(super) use self::watching::Watching;
pub(super) use self::zone::Zone;
use super::examples;
use super::resolve::Named;
use crate::limits::Until;
use crate::limits::duration;
use crate::manifest::ExtraColumns;
use crate::provider::BaseUrl;
use crate::shot::TakeNo;
use crate::simulator::Changes;
use crate::take::TaskId;

/// Declare AI-video shots in a file; submit, poll and download them without paying twice or losing a take.
#[derive(Debug, Parser)]
#[command(version, after_help = examples::ALL, max_term_width = 110)]
pub(super) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// How much to say.
    #[command(flatten)]
    pub talk: Talk,
}

/// How much to say.
#[derive(Debug, Clone, Copy, Group)]
#[command(next_help_heading = "Messages")]
pub(super) struct Talk {
    /// Say nothing when all goes well.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log every step; twice for the small ones too.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// How to write log lines, which go to standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How to read a manifest.
#[derive(Debug, Clone, Copy, Group)]
pub(super) struct Reading {
    /// What becomes of columns of a sheet that nobody knows; those that begin with `x_` are always kept.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Extra::Refuse)]
    pub extra_columns: Extra,
}

/// What becomes of columns that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Extra {
    /// They are mistakes.
    Refuse,
    /// They go to the reports.
    Keep,
}

impl From<ExtraColumns> for Extra {
    fn from(extra: ExtraColumns) -> Self {
        match extra {
            ExtraColumns::Refuse => Self::Refuse,
            ExtraColumns::Keep => Self::Keep,
        }
    }
}

impl From<Extra> for ExtraColumns {
    fn from(extra: Extra) -> Self {
        match extra {
            Extra::Refuse => Self::Refuse,
            Extra::Keep => Self::Keep,
        }
    }
}

/// How data look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make what the manifest asks for and is not there yet.
    #[command(after_help = examples::RUN)]
    Run(Box<Run>),
    /// Write a manifest to begin with.
    #[command(after_help = examples::INIT)]
    Init(Init),
    /// Find every mistake of a manifest; send nothing.
    #[command(after_help = examples::CHECK)]
    Check(Check),
    /// Show what a run would do with each take, and why; send nothing.
    #[command(after_help = examples::PLAN)]
    Plan(Plan),
    /// List the named camera moves and what each stands for.
    #[command(after_help = examples::MOVES)]
    Moves(Moves),
    /// Print the JSON Schema of manifests, for editors.
    #[command(after_help = examples::SCHEMA)]
    Schema(Schema),
    /// Show how the takes stand, from the ledger alone.
    #[command(after_help = examples::STATUS)]
    Status(Status),
    /// Sum up what was paid, by day, model, tag, scene or month, from the ledger alone.
    #[command(after_help = examples::COST)]
    Cost(Cost),
    /// Print one of the reports on an output directory.
    #[command(after_help = examples::REPORT)]
    Report(Report),
    /// Watch the takes in a browser, and pick; the page is served to this machine alone.
    #[command(after_help = examples::REVIEW)]
    Review(Review),
    /// Pick takes for the edit, also while a run is on.
    #[command(after_help = examples::PICK)]
    Pick(Pick),
    /// Reject takes, also while a run is on.
    #[command(after_help = examples::REJECT)]
    Reject(Reject),
    /// Write what is stored in script order, for the edit.
    #[command(after_help = examples::EXPORT)]
    Export(Export),
    /// Hash every stored video again; find missing, damaged and foreign files.
    #[command(after_help = examples::VERIFY)]
    Verify(Verify),
    /// Settle a take of which nobody knows whether it was paid for.
    #[command(after_help = examples::RESOLVE)]
    Resolve(Resolve),
    /// Serve a rehearsal of the provider on this machine.
    #[command(after_help = examples::SIMULATE)]
    Simulate(Box<Simulate>),
    /// Take callbacks in, for runs on this machine or another one.
    #[command(after_help = examples::RECEIVE)]
    Receive(Receive),
    /// Print a completion script for a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(after_help = examples::MAN)]
    Man,
}

/// Which takes are meant.
#[derive(Debug, Clone, Default, Group)]
pub(super) struct Selection {
    /// Only these takes: ids with `*` and `?`, `tag:`, `scene:`, `state:`, `review:`, joined with `and`, `or`, `not` and parentheses.
    #[arg(long, value_name = "SELECTOR")]
    pub only: Option<String>,
    /// Not these takes.
    #[arg(long, value_name = "SELECTOR")]
    pub except: Option<String>,
}

/// What is wanted of a plan besides what the manifest asks for.
#[derive(Debug, Clone, Default, Group)]
pub(super) struct Wishes {
    /// Submit rejected and failed takes once more.
    #[arg(long)]
    pub retry_failed: bool,
    /// Pay again for shots that were changed after they had been paid for, as further takes. With a selector of takes, behind `=` unless
    /// it begins with a key (`state:rejected`): for the shots of those, and for one further take of each that was not changed.
    #[arg(long, value_name = "SELECTOR", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    pub regenerate: Option<Vec<String>>,
    /// Pay for so many further takes of every shot, over those that it has: `+2`.
    #[arg(long, value_name = "+N", value_parser = more)]
    pub takes: Option<NonZeroU16>,
    /// Which takes.
    #[command(flatten)]
    pub selection: Selection,
}

impl Wishes {
    /// Whether all that was changed is to be paid for again.
    pub(super) fn regenerate_changed(&self) -> bool {
        self.regenerate.as_ref().is_some_and(Vec::is_empty)
    }

    /// The selector of what is to be paid for again, changed or not.
    pub(super) fn again(&self) -> Option<&String> {
        self.regenerate.iter().flatten().next()
    }
}

/// `rushes run`.
#[derive(Debug, Clone, Group)]
pub(super) struct Run {
    /// The manifest (YAML or CSV), or several that are read as one; `-` reads it from standard input, `*` and `?` stand for other
    /// letters.
    #[arg(value_name = "MANIFEST", required_unless_present = "plan")]
    pub manifests: Vec<PathBuf>,
    /// Do what this plan says, which `rushes plan --save` has written, or nothing if anything has moved since.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "retry_failed", "regenerate", "takes", "only", "except"])]
    pub plan: Option<PathBuf>,
    /// Where everything goes; otherwise where the manifest says, otherwise `out/NAME`.
    #[arg(short, long, value_name = "DIR", alias = "out")]
    pub output: Option<PathBuf>,
    /// Rehearse on an embedded simulator: real HTTP, no key, no money, into an output directory of its own (`….simulated`).
    #[arg(long)]
    pub simulate: bool,
    /// How many times faster than the world a rehearsal runs.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000), requires = "simulate")]
    pub speed: u32,
    /// What the simulator plays (see `rushes simulate --help`).
    #[arg(long, value_name = "FILE", requires = "simulate")]
    pub script: Option<PathBuf>,
    /// Makes the rehearsal's chances the same again.
    #[arg(long, value_name = "N", requires = "simulate")]
    pub seed: Option<u64>,
    /// What time it is when the rehearsal begins: the next `22:00` after the last one, or `2026-11-23T22:00` [default: now].
    #[arg(long, value_name = "TIME", requires = "simulate")]
    pub begin_at: Option<Until>,
    /// What is wanted besides what the manifest asks for, and of which takes.
    #[command(flatten)]
    pub wishes: Wishes,
    /// How to read the manifest.
    #[command(flatten)]
    pub reading: Reading,
    /// Do not ask whether further takes are to be paid for.
    #[arg(long)]
    pub yes: bool,
    /// What takes cost, as a YAML file; it wins over the `prices` of the manifest.
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// What is held against videos that are stored.
    #[command(flatten)]
    pub strict: Strict,
    /// The provider.
    #[command(flatten)]
    pub provider: Provider,
    /// The callbacks.
    #[command(flatten)]
    pub callbacks: Callbacks,
    /// For nights.
    #[command(flatten)]
    pub unattended: Unattended,
    /// How much, how many, and until when.
    #[command(flatten)]
    pub money: Money,
    /// The bounds.
    #[command(flatten)]
    pub bounds: Bounds,
    /// What machines are told.
    #[command(flatten)]
    pub watching: Watching,
}

impl Run {
    /// What the flags say about a rehearsal.
    pub(super) fn changes(&self) -> Changes {
        Changes { seed: self.seed, ..Changes::default() }
    }
}

/// How to reach the provider.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Provider")]
pub(super) struct Provider {
    /// A file with the key; otherwise it is read from the environment variable `COMETAPI_KEY`.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Where the provider lives [default: as the manifest says, else `https://api.cometapi.com`].
    #[arg(long, value_name = "URL")]
    pub base_url: Option<BaseUrl>,
    /// The API version to ask for [default: as the manifest says, else 2024-11-06].
    #[arg(long, value_name = "VERSION")]
    pub api_version: Option<String>,
    /// Where the provider is to call back [default: as the manifest says, else an address that belongs to nobody].
    #[arg(long, value_name = "URL")]
    pub callback_url: Option<url::Url>,
    /// A file with a key to the provider's own count of requests, which is then kept as evidence of what became of submissions without
    /// an answer; otherwise it is read from the environment variable `COMETAPI_QUOTA_KEY`, and without one nothing is asked.
    #[arg(long, value_name = "FILE")]
    pub quota_key_file: Option<PathBuf>,
    /// Where the provider keeps that count [default: `https://query.cometapi.com`].
    #[arg(long, value_name = "URL")]
    pub quota_url: Option<BaseUrl>,
    /// How long to try to reach the provider.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = timeout)]
    pub connect_timeout: Duration,
    /// How long a submission may take; 20.9 s have been seen.
    #[arg(long, value_name = "TIME", default_value = "90s", value_parser = timeout)]
    pub create_timeout: Duration,
    /// How long a poll may take.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub feed_timeout: Duration,
    /// How long a download may stand still.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub stall_timeout: Duration,
}

/// Where callbacks come in. The provider is asked all the same; a callback says when, and what became of a lost answer.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Callbacks")]
pub(super) struct Callbacks {
    /// Use the callbacks in this folder, which `rushes receive` fills, or a copy of it.
    #[arg(long, value_name = "DIR", conflicts_with = "receive")]
    pub inbox: Option<PathBuf>,
    /// Take callbacks in while the run is on: listen here, and keep them in `inbox` of the output directory.
    #[arg(long, value_name = "ADDR", conflicts_with = "callback_url")]
    pub receive: Option<std::net::SocketAddr>,
    /// Where the provider reaches that address [default: a rehearsal reaches it as it is].
    #[arg(long, value_name = "URL", requires = "receive")]
    pub public_url: Option<url::Url>,
    /// Also take callbacks in that have lost their token on the way, though anybody could make them up.
    #[arg(long, requires = "receive")]
    pub accept_without_token: bool,
}

/// `rushes init`.
#[derive(Debug, Group)]
pub(super) struct Init {
    /// The file to write, beside `rushes.schema.json` for editors. Nothing is overwritten.
    #[arg(value_name = "FILE", default_value = "shots.yaml")]
    pub manifest: PathBuf,
}

/// `rushes check`.
#[derive(Debug, Group)]
pub(super) struct Check {
    /// The manifest (YAML or CSV), or several that are read as one; `-` reads it from standard input, `*` and `?` stand for other
    /// letters.
    #[arg(value_name = "MANIFEST", required = true)]
    pub manifests: Vec<PathBuf>,
    /// How to read the manifest.
    #[command(flatten)]
    pub reading: Reading,
    /// How to print what is found: for people on standard error, else on standard output.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Let warnings be as bad as mistakes.
    #[arg(long)]
    pub deny_warnings: bool,
}

/// How what is wrong with a manifest looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people.
    Text,
    /// One JSON document; `rushes schema --diagnostics` prints its shape.
    Json,
    /// Annotations of GitHub Actions, one a line.
    Github,
}

/// `rushes plan`.
#[derive(Debug, Group)]
pub(super) struct Plan {
    /// The manifest (YAML or CSV), or several that are read as one; `-` reads it from standard input, `*` and `?` stand for other
    /// letters.
    #[arg(value_name = "MANIFEST", required = true)]
    pub manifests: Vec<PathBuf>,
    /// The output directory; otherwise where the manifest says, otherwise `out/NAME`. A name that ends in `.json` means `--save`.
    #[arg(short, long, value_name = "DIR", alias = "out")]
    pub output: Option<PathBuf>,
    /// Plan for the output directory of rehearsals.
    #[arg(long)]
    pub simulate: bool,
    /// What is wanted besides what the manifest asks for, and of which takes.
    #[command(flatten)]
    pub wishes: Wishes,
    /// How to read the manifest.
    #[command(flatten)]
    pub reading: Reading,
    /// What takes cost, as a YAML file; it wins over the `prices` of the manifest.
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// The caps.
    #[command(flatten)]
    pub budget: Caps,
    /// Write the plan into this file, for `rushes run --plan FILE`.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Exit with 10 if there is something to do, with 0 if not.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `rushes moves`.
#[derive(Debug, Group)]
pub(super) struct Moves {
    /// A manifest, to list the moves as it has them; `-` reads it from standard input.
    pub manifest: Option<PathBuf>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `rushes schema`.
#[derive(Debug, Group)]
pub(super) struct Schema {
    /// The schema of what `rushes check --format json` prints instead.
    #[arg(long, conflicts_with = "results")]
    pub diagnostics: bool,
    /// The schema of `results.json` instead.
    #[arg(long)]
    pub results: bool,
}

/// Which output directory is meant.
#[derive(Debug, Group)]
pub(super) struct Target {
    /// A manifest or an output directory.
    #[arg(value_name = "MANIFEST|DIR", required_unless_present = "output")]
    pub place: Option<PathBuf>,
    /// The output directory, where it is not what the manifest says.
    #[arg(short, long, value_name = "DIR", alias = "out")]
    pub output: Option<PathBuf>,
    /// The output directory of rehearsals.
    #[arg(long)]
    pub simulate: bool,
}

/// `rushes report`.
#[derive(Debug, Group)]
pub(super) struct Report {
    /// Which output directory.
    #[command(flatten)]
    pub target: Target,
    /// Which takes.
    #[command(flatten)]
    pub selection: Selection,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// What is held against videos that are stored.
    #[command(flatten)]
    pub strict: Strict,
}

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people.
    Text,
    /// As `results.json`.
    Json,
    /// As `results.csv`.
    Csv,
    /// As `junit.xml`.
    Junit,
    /// As `index.html`.
    Html,
}

/// `rushes verify`.
#[derive(Debug, Group)]
pub(super) struct Verify {
    /// Which output directory.
    #[command(flatten)]
    pub target: Target,
    /// Which takes.
    #[command(flatten)]
    pub selection: Selection,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `rushes resolve`.
#[derive(Debug, Group)]
#[command(group = clap::ArgGroup::new("evidence").required(true))]
pub(super) struct Resolve {
    /// The take, for example `SC010_SH020_T01`; or its shot, where only one take of that is unresolved.
    #[arg(value_name = "TAKE|SHOT")]
    pub take: Named,
    /// Which output directory.
    #[command(flatten)]
    pub target: Target,
    /// The provider has it, under this task id.
    #[arg(long, value_name = "ID", group = "evidence")]
    pub task_id: Option<TaskId>,
    /// The provider never made it: the take may be submitted again, and paid for.
    #[arg(long, group = "evidence")]
    pub not_made: bool,
    /// Do not ask whether that is sure.
    #[arg(long)]
    pub yes: bool,
}

/// `rushes simulate`.
#[derive(Debug, Group)]
pub(super) struct Simulate {
    /// Where to listen; only this machine itself.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    pub listen: std::net::SocketAddr,
    /// What it plays; flags go over what the file says.
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Remember tasks in this file, over restarts.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// What it plays.
    #[command(flatten)]
    pub changes: Changes,
}

/// `rushes receive`.
#[derive(Debug, Group)]
pub(super) struct Receive {
    /// Where to listen, for a reverse proxy that speaks TLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8788")]
    pub listen: std::net::SocketAddr,
    /// The folder to keep callbacks in, until a run is given it, or a copy of it, as its `--inbox`.
    #[arg(long, value_name = "DIR")]
    pub spool: PathBuf,
    /// Also take callbacks in that have lost their token on the way, though anybody could make them up.
    #[arg(long)]
    pub accept_without_token: bool,
}

/// `+2`: a number alone could be meant as how many there are to be in all.
fn more(text: &str) -> Result<NonZeroU16, String> {
    // A number would be read with a sign of its own.
    let digits = text.strip_prefix('+').filter(|digits| !digits.starts_with('+'));
    let number = digits.and_then(|digits| digits.parse::<NonZeroU16>().ok());
    let number = number.filter(|number| number.get() < TakeNo::MAX);
    number.ok_or_else(|| format!("write how many more, with a plus sign: +1 to +{}", TakeNo::MAX - 1))
}

/// A time that something may take: with none at all, every call would be given up on the moment it is made.
fn timeout(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.is_zero() { Err("with no time at all nothing would ever be answered".to_owned()) } else { Ok(time) }
}
