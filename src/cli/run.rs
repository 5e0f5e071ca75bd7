//! `rushes run`: from a manifest to a finished output directory.
//!
//! ```text
//! read ▸ lock ▸ replay ▸ plan ▸ enter ▸ drive ▸ mend ▸ report ▸ hooks
//! ```

mod bell;
mod books;
mod inbox;
mod kept;
mod line;
mod rehearsal;
mod summary;
mod terms;
mod unseen;
mod wait;
mod watching;

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use self::bell::Bell;
use self::books::Look;
use self::inbox::SpoolInbox;
use self::kept::KeptBack;
use self::rehearsal::Rehearsal;
use self::summary::{Promised, Summary};
use self::terms::Terms;
use self::watching::{Driving, Watching};
use super::args::{self, Run, Talk};
use super::planning::{self, Chosen};
use super::progress::{self, Progress};
use super::saved::Order;
use super::target;
use super::wishes::{Extra, Wishes};
use super::{Failure, Signals, believed, reports, say};
use crate::cadence::Times;
use crate::clock::Clock;
use crate::config::{self, Said};
use crate::engine::{self, Ended, Inbox, Reason, RunError, Stop, Task, World};
use crate::layout;
use crate::ledger::{self, Entry, Holder, Ledger, LedgerError};
use crate::manifest::Manifest;
use crate::plan::{Action, Plan, Planned};
use crate::price::Prices;
use crate::provider::{Connection, Provider, Quota, Timeouts};
use crate::quota::Counted;
use crate::report::{self, Exit};
use crate::store::{Store, StoreError};
use crate::take::{Event, State, Take};

/// Carries out `rushes run`, and its hooks.
pub(super) fn run(args: Run, talk: Talk) -> Result<Exit, Failure> {
    let (mut bell, watching) = (Bell::new(&args, talk), Watching::new(&args));
    let came_to = carry_out(args, talk, &mut bell, &watching);
    watching.ended(came_to.as_ref().map_or_else(|failure| failure.exit, |exit| *exit));
    bell.end(came_to)
}

fn carry_out(mut args: Run, talk: Talk, bell: &mut Bell, watching: &Watching) -> Result<Exit, Failure> {
    watching.check()?;
    args.callbacks.check(args.simulate)?;
    if args.bounds.min_video > args.bounds.max_video {
        return Err(Failure::usage("--min-video is more than --max-video: there would be no videos").help("nothing was sent"));
    }
    let order = Order::read(&mut args)?;
    let wishes = args.wishes.read()?;
    let manifest = target::read_manifests(&args.manifests, args.reading.extra_columns.into())?;
    let manifest = target::priced(manifest, args.prices.as_deref())?;
    let manifest = target::profiled(manifest, args.bounds.profile.as_deref())?;
    let root = target::output(&manifest, &args.manifests, args.output.as_ref(), args.simulate)?;
    bell.hang_in(&root, &manifest.hooks);
    watching.is_about(&root);
    let asks = !(args.yes || args.simulate || order.is_some());
    let mut job = Job { manifest, wishes, order, agreed: None };
    if job.may_be_refused() {
        // Then it is before anything is made.
        let chosen = job.plan(&root, believed::takes(&root)?, Clock::start().now())?;
        job.agreed = asks.then(|| job.wishes.extra(&chosen.plan));
        job.agreed.as_ref().map_or(Ok(()), Extra::agree)?;
    }
    super::runtime().map_err(Failure::machine)?.block_on(async {
        let is_new = !root.join(layout::LEDGER).exists();
        if is_new {
            // An empty ledger is not made in the place of one that is gone.
            believed::not_bereft(&root, true)?;
        }
        if !args.simulate && is_new {
            // There is everything to do and nothing to lose: a missing key is told before anything is made.
            connect(&args, &job.manifest, None, None)?;
        }
        let open = || {
            let clock = if args.simulate { rehearsal::clock(&root, &args)? } else { Clock::start() };
            House::open(root.clone(), clock, watching, job.how_to_go_on())
        };
        let (house, mut signals) = wait::open(&root, args.unattended.wait_lock, talk.quiet, open).await?;
        talk.start(Some((&house.run, house.log()?)));
        watching.opened(&house);
        let came_to = house.work(args, &job, talk, bell, &mut signals).await;
        house.close(talk, &mut signals).await;
        came_to
    })
}

/// What a run is to do.
struct Job {
    manifest: Manifest,
    wishes: Wishes,
    /// The saved plan that it must be.
    order: Option<Order>,
    /// What somebody has agreed to pay for over what the manifest asks for, where that was asked.
    agreed: Option<Extra>,
}

/// An output directory held by this run.
struct House<'a> {
    root: PathBuf,
    run: String,
    clock: Clock,
    /// When it began, by that clock.
    began: Timestamp,
    ledger: Ledger,
    store: Store,
    /// The number of the last event that is in the reports, or that was there when the run began.
    seen: Cell<i64>,
    /// How long takes were at the provider, by its ledger and by this run.
    times: RefCell<Times>,
    watching: &'a Watching,
    /// Whether and why the run is to end before its time.
    stop: Stop,
    /// What somebody is to do who wants what this run leaves.
    go_on: &'static str,
}

/// A provider that can be called, the simulator behind it, if it is one, and where it calls back, if anyone listens.
struct Line {
    provider: Arc<dyn Provider>,
    /// The provider's own books, where one may look into them.
    books: Option<(Arc<dyn Quota>, Counted)>,
    rehearsal: Option<Rehearsal>,
    inbox: Option<SpoolInbox>,
}

impl Job {
    /// Whether a look at the takes can show that it is not to be done.
    fn may_be_refused(&self) -> bool {
        self.wishes.may_be_refused() || self.order.is_some()
    }

    /// What somebody is to do who wants the rest. Whoever wishes for further takes twice pays for them twice, and a saved plan is good
    /// for one run.
    fn how_to_go_on(&self) -> &'static str {
        match (&self.order, self.wishes.are_for_more()) {
            (Some(_), _) => "run the manifest itself, without --plan",
            (None, true) => "run it again without --takes and --regenerate",
            (None, false) => "run the same command again",
        }
    }

    /// What is left to do in the output directory `root`, whose ledger knows `takes`.
    fn plan(&self, root: &Path, takes: Vec<Take>, now: Timestamp) -> Result<Chosen, Failure> {
        let chosen = planning::plan(root, &self.manifest, takes, &self.wishes, now)?;
        if let Some(order) = &self.order {
            order.holds(root, &self.manifest, &chosen.plan)?;
        }
        if self.agreed.as_ref().is_some_and(|agreed| *agreed != self.wishes.extra(&chosen.plan)) {
            let moved = "what was agreed to is not what would be paid for now: something else has changed the ledger meanwhile";
            return Err(Failure::usage(moved).help("run the same command again; nothing was sent"));
        }
        Ok(chosen)
    }
}

impl<'a> House<'a> {
    fn open(root: PathBuf, clock: Clock, watching: &'a Watching, go_on: &'static str) -> Result<Self, Failure> {
        fs::create_dir_all(&root).map_err(made("make the output directory", &root))?;
        let run = run_id(&root, &clock);
        let holder = Holder { pid: std::process::id(), host: config::host(), since: clock.now() };
        let ledger = Ledger::open(&root, &run, &holder)?;
        let store = Store::open(&root)?;
        let (began, seen) = (clock.now(), Cell::new(ledger::last_number(&root)?));
        Ok(Self {
            root,
            run,
            clock,
            began,
            ledger,
            store,
            seen,
            times: RefCell::default(),
            watching,
            stop: Stop::default(),
            go_on,
        })
    }

    /// Every take, for the reports.
    fn look(&self) -> Result<Vec<Take>, LedgerError> {
        self.seen.set(ledger::last_number(&self.root)?);
        self.ledger.takes()
    }

    /// Lets go of the output directory. Somebody may have picked since this run looked for the last time, and was told that it writes that
    /// down, because it held the lock; whoever picks from now on does so himself.
    async fn close(self, talk: Talk, signals: &mut Option<Signals>) {
        let (root, seen) = (self.root.clone(), self.seen.get());
        drop(self);
        if !ledger::last_number(&root).is_ok_and(|last| last > seen) {
            return;
        }
        let written = async {
            let signals = Signals::heard(signals).map_err(Failure::machine)?;
            tokio::select! {
                written = reports::refresh(&root, Talk { quiet: true, ..talk }) => written,
                _ = signals.next() => Err(Failure::machine("interrupted")),
            }
        };
        if let Err(why) = written.await {
            tracing::warn!(why = %why.error, "what was said meanwhile is not in the files yet");
        }
    }

    /// The log of this run, in a folder of its own.
    fn log(&self) -> Result<File, Failure> {
        let folder = self.folder();
        fs::create_dir_all(&folder).map_err(made("make the folder", &folder))?;
        let path = folder.join("log.jsonl");
        File::options().create(true).append(true).open(&path).map_err(made("write", &path))
    }

    fn folder(&self) -> PathBuf {
        self.root.join(layout::RUNS).join(&self.run)
    }

    /// Everything between the lock and the exit code.
    async fn work(
        &self,
        args: Run,
        job: &Job,
        talk: Talk,
        bell: &mut Bell,
        signals: &mut Option<Signals>,
    ) -> Result<Exit, Failure> {
        let manifest = &job.manifest;
        let (takes, now) = (self.ledger.takes()?, self.clock.now());
        believed::believe(&self.root, &takes)?;
        self.times.replace(Times::of(&takes));
        let charges: Vec<_> = takes.iter().flat_map(Take::charges).copied().collect();
        let Chosen { mut plan, others } = job.plan(&self.root, takes, now)?;
        let terms = Terms::of(&args, manifest, (&plan, &others), &charges, now)?;
        let is_to_do = |planned: &Planned| is_to_do(planned, args.callbacks.are_wanted());
        bell.begin(&self.run, plan.takes.len(), plan.takes.iter().filter(|planned| is_to_do(planned)).count());
        let line = if plan.takes.iter().any(is_to_do) {
            self.try_out(&plan, is_to_do)?;
            Some(self.call(&args, manifest, &plan, &terms).await?)
        } else {
            None
        };
        self.enter(&mut plan).await?;
        self.watching.planned(&plan, is_to_do);
        let promised: Vec<_> = plan.takes.iter().map(Promised::of).collect();
        let zone = terms.zone.clone();
        let (calls, callbacks, held) = match line {
            Some(line) => {
                let tasks = tasks(plan, is_to_do, &manifest.prices);
                let signals = Signals::heard(signals).map_err(Failure::machine)?;
                let ended = Box::pin(self.drive(line, terms, tasks, talk, bell, signals)).await?;
                // The ledger is read once more for the reports, and a large run need not be in memory twice.
                drop(ended.takes);
                (ended.calls, ended.callbacks, ended.held)
            }
            None => Default::default(),
        };
        let takes = unseen::look_at(self, self.look()?, signals).await?;
        let unwritten = reports::write(&self.store, &takes).err().map(Reason::Disk);
        let stopped = self.stop.reason().or(unwritten);
        let summary = Summary::new(self, &promised, &takes, calls, stopped.as_ref(), args.strict);
        let summary = summary.with(callbacks, self.evidence()?).kept(KeptBack::all(&held, &zone)).simulated(args.simulate);
        self.watching.summed(summary.totals());
        let left = summary.write(&self.store);
        #[cfg(feature = "posters")]
        if !self.stop.is_interrupted() {
            super::posters::make(&self.store, &takes, talk, Signals::heard(signals).map_err(Failure::machine)?).await;
        }
        summary.print(args.format, talk, self.go_on);
        bell.sum_up(summary.json(), summary.line.clone());
        if !talk.quiet {
            remind(&others);
        }
        left.map(|()| summary.exit())
    }

    /// Makes sure, before anything is sent, that its answers can be written down and its videos kept.
    fn try_out(&self, plan: &Plan, is_to_do: impl Fn(&Planned) -> bool) -> Result<(), Failure> {
        self.ledger.reserve()?;
        let takes = plan.takes.iter().filter(|planned| is_to_do(planned)).map(|planned| &planned.name);
        Ok(self.store.try_out(takes)?)
    }

    /// Enters in the ledger what the plan has decided, and lets it happen to the plan's takes.
    async fn enter(&self, plan: &mut Plan) -> Result<(), Failure> {
        let at = self.clock.now();
        let entry =
            |planned: &Planned, event: &Event| Entry { take: planned.name.clone(), at, event: event.clone(), answer: None };
        let entries: Vec<Entry> =
            plan.takes.iter().flat_map(|planned| planned.events.iter().map(move |event| entry(planned, event))).collect();
        if entries.is_empty() {
            return Ok(());
        }
        self.ledger.append(entries).await?;
        for planned in &mut plan.takes {
            for event in std::mem::take(&mut planned.events) {
                planned.take.apply(at, &event).map_err(Failure::machine)?;
            }
        }
        Ok(())
    }

    /// What the provider's own books tell about this run, if they were looked into.
    fn evidence(&self) -> Result<Option<String>, Failure> {
        let runs = ledger::evidence(&self.root)?;
        Ok(runs.iter().find(|evidence| evidence.run == self.run).and_then(report::evidence))
    }

    /// The provider on the line, or its rehearsal.
    async fn call(&self, args: &Run, manifest: &Manifest, plan: &Plan, terms: &Terms) -> Result<Line, Failure> {
        let rehearsal = if args.simulate { Some(Rehearsal::start(args, &self.root, self.clock).await?) } else { None };
        let read = config::default_provider().callback;
        let inbox = SpoolInbox::open(args, manifest, &self.root, self.clock, read).await?;
        let provider = connect(args, manifest, rehearsal.as_ref(), inbox.as_ref())?;
        let submits = plan.takes.iter().any(|planned| matches!(planned.take.state, State::Planned { .. }));
        let books = books::open(&args.provider, rehearsal.as_ref()).filter(|_| submits);
        let counted = match &books {
            Some(books) => books::count(books.as_ref()).await,
            None => None,
        };
        if let Some(remaining) = counted.as_ref().and_then(|counted| counted.remaining) {
            terms.are_covered(remaining, self.clock.now())?;
        }
        Ok(Line { provider, books: books.zip(counted), rehearsal, inbox })
    }

    async fn drive(
        &self,
        line: Line,
        terms: Terms,
        tasks: Vec<Task>,
        talk: Talk,
        bell: &mut Bell,
        signals: &mut Signals,
    ) -> Result<Ended, Failure> {
        let Line { provider, books, rehearsal, inbox } = line;
        let (budget, zone, stop) = (terms.budget.clone(), terms.zone.clone(), &self.stop);
        let about = progress::About { clock: self.clock, times: &self.times, budget, closes: terms.closes, zone, stop };
        let progress = Progress::new(talk, about, &tasks);
        let watching = self.watching.drives(self);
        let watchers = watching.watchers(&progress);
        let world = World {
            provider,
            ledger: &self.ledger,
            store: &self.store,
            clock: self.clock,
            policy: terms.policy,
            budget: terms.budget,
            closes: terms.closes,
            times: &self.times,
            watcher: &watchers,
            stop,
            inbox: inbox.as_ref().map(|inbox| inbox as &dyn Inbox),
            draw: random,
        };
        let books = books.map(|(books, before)| Look::new(books, before, &self.ledger, self.clock));
        let driving = books::around(books, engine::run(&world, terms.limits, tasks));
        let ended = tokio::select! {
            // A signal that came before anything was sent is heard before anything is.
            biased;
            error = self.heed(signals, bell, &watching, &progress) => return Err(Failure::machine(error)),
            ended = driving => ended,
            never = watching.keep_up() => match never {},
            never = progress.keep_up() => match never {},
        };
        progress.finish();
        watching.finish();
        #[cfg(feature = "otlp")]
        watching.last().await;
        if let Some(rehearsal) = rehearsal {
            rehearsal.end().await;
        }
        if let Some(inbox) = inbox {
            inbox.close().await;
        }
        ended.map_err(|error| match error {
            RunError::Ledger(error) => error.into(),
            RunError::Illegal(error) => Failure::machine(error),
        })
    }

    /// Stops the run in order at the first Ctrl-C or polite signal, and leaves at once at the second. Never returns but on an error.
    async fn heed(&self, signals: &mut Signals, bell: &mut Bell, watching: &Driving<'_>, progress: &Progress<'_>) -> io::Error {
        if let Err(error) = signals.next().await {
            return error;
        }
        say::talk(
            "rushes: stopping: nothing more is submitted, calls on their way are waited for; Ctrl-C again leaves at once",
        );
        self.stop.because(Reason::Interrupted);
        if let Err(error) = signals.next().await {
            return error;
        }
        progress.finish();
        say::talk("rushes: leaving at once: nothing that was written down is lost, but a submission on its way has no answer");
        say::talk(format_args!("  help: `rushes status` shows how the takes stand; {} to go on", self.go_on));
        bell.leave().await;
        let takes = self.ledger.takes().unwrap_or_default();
        let exit = Exit::of(takes.iter().map(|take| &take.state)).max(Exit::Stopped);
        watching.leaves(exit);
        std::process::exit(i32::from(exit.code()));
    }
}

/// What the engine is to do.
fn tasks(plan: Plan, is_to_do: impl Fn(&Planned) -> bool, prices: &Prices) -> Vec<Task> {
    let task = |Planned { take, callback_url, .. }: Planned| Task { price: prices.of(&take.request), take, callback_url };
    plan.takes.into_iter().filter(is_to_do).map(task).collect()
}

/// What there is to do about a take. Where callbacks come in, also what one of them could settle.
fn is_to_do(planned: &Planned, with_callbacks: bool) -> bool {
    planned.is_to_be_driven() || with_callbacks && planned.action == Action::Unresolved
}

/// The provider, ready to be called.
fn connect(
    args: &Run,
    manifest: &Manifest,
    rehearsal: Option<&Rehearsal>,
    inbox: Option<&SpoolInbox>,
) -> Result<Arc<dyn Provider>, Failure> {
    let said = &args.provider;
    let timeouts = timeouts(said);
    let (key, base_url) = match rehearsal {
        Some(rehearsal) => (Ok(Rehearsal::key()), Some(rehearsal.base_url())),
        None => (config::key(said.key_file.as_deref()), said.base_url.clone()),
    };
    let public_url = inbox.and_then(SpoolInbox::public_url).or_else(|| args.callbacks.public_url.clone());
    let callback_url = public_url.or_else(|| said.callback_url.clone());
    let said = Said { base_url, version: said.api_version.clone(), callback_url };
    let entry = config::default_provider();
    let usable = key.and_then(|key| config::connection(entry, said, &manifest.provider, key, timeouts));
    let connection = usable.map_err(|error| {
        Failure::machine(error).help("nothing was sent; to rehearse without a key or money, add --simulate")
    })?;
    (entry.connect)(Connection { seal: inbox.map(SpoolInbox::seal), ..connection }).map_err(Failure::machine)
}

fn timeouts(said: &args::Provider) -> Timeouts {
    Timeouts { connect: said.connect_timeout, create: said.create_timeout, feed: said.feed_timeout, stall: said.stall_timeout }
}

/// Says what is paid for and was not looked after.
fn remind(others: &Plan) {
    let left = others.takes.iter().filter(|other| other.is_under_way()).count();
    if left > 0 {
        let takes = say::count(left as u64, "take");
        say::talk(format_args!(
            "  help: {takes} not selected, paid for and not on disk: run without a selector soon, links expire"
        ));
    }
}

/// A name for this run: the time, and a number where that is taken, as it is when runs follow each other within a second.
fn run_id(root: &Path, clock: &Clock) -> String {
    let time = clock.now().strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
    let taken = |run: &String| root.join(layout::RUNS).join(run).exists();
    let numbered = (2..).map(|number: u32| format!("{time}-{number}"));
    std::iter::once(time.clone()).chain(numbered).find(|run| !taken(run)).unwrap_or(time)
}

/// 128 bits that nobody can guess.
pub(super) fn random() -> u128 {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the system gives random bits");
    u128::from_le_bytes(bits)
}

/// An error of the machine at a path.
fn made(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |source| Failure::from(StoreError { verb, path, source: Arc::new(source) })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jiff::Timestamp;

    use super::*;
    use crate::cli::args::{Args, Verb};
    use crate::ledger::Reviews;
    use crate::request::Request;
    use crate::review::{Change, Review, Verdict};
    use crate::shot::TakeName;
    use crate::take::{Asset, Finish, Token};

    /// What happens to a take until it is stored.
    fn stored() -> Vec<Event> {
        let request = Request::sample("a cat");
        let key = request.key("cometapi", 1.try_into().unwrap());
        vec![
            Event::Planned { request, key, tags: Vec::new() },
            Event::Intent { token: Token::new(1), price: None },
            Event::Accepted { task: "task".parse().unwrap() },
            Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() },
            Event::Stored { asset: Asset { digest: crate::digest::Digest::of(b"1"), bytes: 1 } },
        ]
    }

    #[test]
    fn what_is_said_after_the_last_look_of_a_run_is_in_the_files_when_it_has_let_go() {
        let root = tempfile::tempdir().unwrap();
        let Args { verb, talk } = Args::parse_from(["rushes", "run", "shots.yaml", "--quiet"]);
        let Verb::Run(args) = verb else { panic!("another verb") };
        let watching = Watching::new(&args);
        let results = || fs::read_to_string(root.path().join("results.json")).unwrap_or_default();
        crate::cli::runtime().unwrap().block_on(async {
            let house = House::open(root.path().to_owned(), Clock::start(), &watching, "").unwrap();
            let name: TakeName = "CAT_T01".parse().unwrap();
            let entry = |event| Entry { take: name.clone(), at: Timestamp::UNIX_EPOCH, event, answer: None };
            house.ledger.append(stored().into_iter().map(entry)).await.unwrap();
            reports::write(&house.store, &house.look().unwrap()).unwrap();
            let written = results();
            let pick = Change::All(Review { verdict: Some(Verdict::Pick), ..Review::default() });
            let mut reviews = Reviews::open(root.path()).unwrap().unwrap();
            reviews.say(Timestamp::UNIX_EPOCH, &[(name.clone(), pick)]).unwrap();
            reports::refresh(root.path(), talk).await.unwrap();
            assert_eq!(results(), written, "the run holds the lock, and whoever picks leaves it to that");
            house.close(talk, &mut None).await;
        });
        assert!(results().contains(r#""verdict": "pick""#), "{}", results());
    }
}
