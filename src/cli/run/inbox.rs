//! Where a run's callbacks come in: a spool that others fill, or one that this run fills itself by listening.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use jiff::Timestamp;
use url::Url;

use super::super::args::{Callbacks, Run};
use super::super::{Failure, receive, say};
use crate::clock::Clock;
use crate::engine::{Arrival, Fate, Inbox};
use crate::layout;
use crate::manifest::Manifest;
use crate::provider::Callback;
use crate::receiver::Receiver;
use crate::seal::Seal;
use crate::spool::{BadLetter, Letter, Spool, SpoolError, Waiting};

/// A spool that this run drains.
pub(super) struct SpoolInbox {
    spool: Arc<Spool>,
    /// Fills it, where this run listens itself.
    receiver: Option<Receiver>,
    /// Where the provider is to call back, where this run listens itself.
    public_url: Option<Url>,
    read: fn(&[u8]) -> Option<Callback>,
    since: Timestamp,
    /// Whether callbacks have come in while the run was on.
    is_live: Cell<bool>,
    /// What has been found and not been offered yet, the oldest first.
    found: RefCell<VecDeque<(String, Letter)>>,
    /// What need not be looked at again in this run.
    known: Arc<Mutex<HashSet<String>>>,
    /// How many bytes files had that cannot be read: somebody may still be copying them.
    unread: RefCell<HashMap<String, u64>>,
    has_complained: Cell<bool>,
}

impl Callbacks {
    /// Whether callbacks come in anywhere.
    pub(super) fn are_wanted(&self) -> bool {
        self.inbox.is_some() || self.receive.is_some()
    }

    /// Refuses what cannot be meant, before anything is made.
    pub(super) fn check(&self, simulate: bool) -> Result<(), Failure> {
        let Some(addr) = self.receive.filter(|_| self.public_url.is_none()) else { return Ok(()) };
        if simulate && addr.ip().is_loopback() {
            return Ok(());
        }
        let missing = format!("--receive {addr} alone does not tell the provider where to call back");
        Err(Failure::usage(missing).help("say --public-url URL, by which the provider can reach this address"))
    }
}

impl SpoolInbox {
    /// The inbox that the command line asks for, if any, for a run in `root`. Without `--inbox` it is in there.
    pub(super) async fn open(
        args: &Run,
        manifest: &Manifest,
        root: &Path,
        clock: Clock,
        read: fn(&[u8]) -> Option<Callback>,
    ) -> Result<Option<Self>, Failure> {
        let inbox = match (&args.callbacks.inbox, args.callbacks.receive) {
            (Some(folder), _) => {
                let inbox = Self::of(receive::open(folder)?, clock.now(), read);
                inbox.warn_of_silence(args, manifest);
                inbox
            }
            (None, Some(addr)) => {
                let spool = receive::open(&root.join(layout::INBOX))?;
                Self::of(spool, clock.now(), read).listening(&args.callbacks, addr, clock).await?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(inbox))
    }

    fn of(spool: Arc<Spool>, since: Timestamp, read: fn(&[u8]) -> Option<Callback>) -> Self {
        Self {
            spool,
            receiver: None,
            public_url: None,
            read,
            since,
            is_live: Cell::new(false),
            found: RefCell::default(),
            known: Arc::default(),
            unread: RefCell::default(),
            has_complained: Cell::new(false),
        }
    }

    async fn listening(self, said: &Callbacks, addr: SocketAddr, clock: Clock) -> Result<Self, Failure> {
        let settings = receive::settings(said.accept_without_token, move || clock.now());
        let receiver = receive::start(addr, &self.spool, settings, clock.now()).await?;
        let own = || Url::parse(&format!("http://{}", receiver.addr())).map_err(Failure::machine);
        let public_url = said.public_url.clone().map_or_else(own, Ok)?;
        tracing::info!(addr = %receiver.addr(), %public_url, "receiving callbacks");
        Ok(Self { receiver: Some(receiver), public_url: Some(public_url), is_live: Cell::new(true), ..self })
    }

    /// What the tokens in the run's callback addresses are sealed with.
    pub(super) fn seal(&self) -> Seal {
        self.spool.seal().clone()
    }

    /// Where the provider is to call back, if that is decided here.
    pub(super) fn public_url(&self) -> Option<Url> {
        self.public_url.clone()
    }

    /// Receives nothing more.
    pub(super) async fn close(self) {
        if let Some(receiver) = self.receiver {
            let tally = receiver.shutdown().await;
            tracing::info!("{tally}");
        }
    }

    /// Says so where nothing can come in.
    fn warn_of_silence(&self, args: &Run, manifest: &Manifest) {
        let folder = self.spool.folder().display();
        let told = args.provider.callback_url.is_some()
            || manifest.provider.callback_url.is_some()
            || manifest.shots.iter().any(|shot| shot.callback_url.is_some());
        if !told {
            say::talk(format_args!(
                "warning: --inbox {folder}: the provider is not told where to call back, so nothing new will come in"
            ));
            say::talk("  help: say --callback-url URL, or `callback_url:` under `provider:` in the manifest");
        } else if self.spool.is_new() {
            say::talk(format_args!("warning: --inbox {folder} is new: callbacks to this run are only taken in by a receiver"));
            say::talk(format_args!("  help: that has a copy of {folder}/secret, which was made just now"));
        }
    }

    /// Looks for files that have come since; returns whether there are any to be offered.
    async fn look(&self) -> bool {
        let (spool, known) = (Arc::clone(&self.spool), Arc::clone(&self.known));
        let looking = tokio::task::spawn_blocking(move || spool.waiting(&lock(&known)));
        match looking.await.expect("looking into a folder does not panic") {
            Ok(waiting) => self.sort(waiting),
            Err(error) => self.complain(&error),
        }
        !self.found.borrow().is_empty()
    }

    /// Takes in what was found. From here on there is no waiting, so nothing of it is lost with a dropped future.
    fn sort(&self, waiting: Vec<Waiting>) {
        let mut sound = Vec::new();
        for Waiting { name, bytes, letter } in waiting {
            match letter {
                Ok(letter) => sound.push((name, letter)),
                Err(why) => self.cannot_read(name, bytes, &why),
            }
        }
        sound.sort_by(|(a_name, a), (b_name, b)| (a.received_at, a_name).cmp(&(b.received_at, b_name)));
        lock(&self.known).extend(sound.iter().map(|(name, _)| name.clone()));
        self.found.borrow_mut().extend(sound);
    }

    /// A file that does not grow any more and still cannot be read is for a person.
    fn cannot_read(&self, name: String, bytes: u64, why: &BadLetter) {
        if let BadLetter::Newer(_) = why {
            tracing::warn!(name, %why, "a callback in the inbox is left alone");
            lock(&self.known).insert(name);
        } else if self.unread.borrow_mut().insert(name.clone(), bytes) == Some(bytes) {
            self.set_aside(&name, &why.to_string());
        }
    }

    /// What the engine is to know of a letter; `None` when it is for a person.
    fn arrival(&self, name: String, letter: &Letter) -> Option<Arrival> {
        if letter.received_at >= self.since {
            self.is_live.set(true);
        }
        let Some(callback) = (self.read)(&letter.body) else {
            self.set_aside(&name, "its body is not of the shape that the provider documents");
            return None;
        };
        let raw = String::from_utf8_lossy(&letter.body).into_owned();
        Some(Arrival { name, token: letter.token, callback, raw })
    }

    fn set_aside(&self, name: &str, why: &str) {
        tracing::warn!(name, why, "a callback is set aside for a person");
        if let Err(error) = self.spool.set_aside(name, why) {
            lock(&self.known).insert(name.to_owned());
            self.complain(&error);
        }
    }

    /// Says once that the inbox is in trouble. The run goes on without it: callbacks are hints.
    fn complain(&self, error: &SpoolError) {
        if !self.has_complained.replace(true) {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%error, cause, "trouble with the inbox; the run goes on by asking");
        }
    }
}

impl Inbox for SpoolInbox {
    fn waiting(&self) -> LocalBoxFuture<'_, Vec<Arrival>> {
        async move {
            self.look().await;
            let found = self.found.take();
            found.into_iter().filter_map(|(name, letter)| self.arrival(name, &letter)).collect()
        }
        .boxed_local()
    }

    fn next(&self) -> LocalBoxFuture<'_, Arrival> {
        async move {
            loop {
                let first = self.found.borrow_mut().pop_front();
                match first.map(|(name, letter)| self.arrival(name, &letter)) {
                    Some(Some(arrival)) => return arrival,
                    Some(None) => {}
                    None if self.look().await => {}
                    None => self.spool.change().await,
                }
            }
        }
        .boxed_local()
    }

    fn dealt_with(&self, arrival: Arrival, fate: Fate) {
        let done = match fate {
            Fate::Used | Fate::Stale => self.spool.done(&arrival.name),
            // Another output directory may share the spool.
            Fate::Foreign => Ok(()),
            Fate::Contradicts(why) => {
                self.set_aside(&arrival.name, &why);
                Ok(())
            }
        };
        if let Err(error) = done {
            self.complain(&error);
        }
    }

    fn is_live(&self) -> bool {
        self.is_live.get()
    }
}

/// A poisoned set is as good as any: nothing panics between two halves of a change to it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::provider::cometapi;
    use crate::spool::{Limits, Sort};
    use crate::take::Token;

    const NOON: &str = "2026-11-22T12:00:00Z";

    fn letter(token: u128, at: &str, body: &str) -> Letter {
        Letter { received_at: at.parse().unwrap(), token: Some(Token::new(token)), body: body.into() }
    }

    fn callback(task: &str) -> String {
        format!(r#"{{"task_id":"{task}","status":"1","prompt":"a cat"}}"#)
    }

    fn inbox() -> (TempDir, SpoolInbox) {
        let folder = tempdir().unwrap();
        let spool = Arc::new(Spool::open(folder.path(), Limits::default()).unwrap());
        (folder, SpoolInbox::of(spool, NOON.parse().unwrap(), cometapi::callback))
    }

    async fn put(inbox: &SpoolInbox, letter: &Letter) {
        inbox.spool.keep(letter.clone(), Sort::New).await.unwrap();
    }

    fn names(folder: &TempDir, part: &str) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder.path().join(part))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn the_oldest_comes_first_and_what_was_dealt_with_goes_where_it_belongs() {
        let (folder, inbox) = inbox();
        let times = ["2026-11-20T07:00:00Z", "2026-11-20T09:00:00Z", "2026-11-21T08:00:00Z", "2026-11-22T13:00:00Z"];
        let letters: Vec<_> = times.iter().zip(1..).map(|(at, n)| letter(n, at, &callback(&format!("task-{n}")))).collect();
        for letter in letters.iter().rev() {
            put(&inbox, letter).await;
        }
        let fates = [Fate::Used, Fate::Stale, Fate::Foreign, Fate::Contradicts("it is about a dog".into())];
        for (letter, fate) in letters.iter().zip(fates) {
            assert!(!inbox.is_live(), "nothing has come since the run began");
            let arrival = inbox.next().await;
            assert_eq!((arrival.token, &arrival.name), (letter.token, &letter.name()));
            assert_eq!(arrival.raw.as_bytes(), letter.body);
            assert_eq!(arrival.callback.prompt.as_deref(), Some("a cat"));
            inbox.dealt_with(arrival, fate);
        }
        assert!(inbox.is_live(), "the last one came while the run was on");
        assert_eq!(names(&folder, "done").len(), 2);
        assert_eq!(names(&folder, "new"), [letters[2].name()], "another run may know it");
        let why = folder.path().join("odd").join(letters[3].name()).with_extension("txt");
        assert_eq!(fs::read_to_string(why).unwrap(), "it is about a dog\n");
        // What stays is not offered twice to the same run.
        let last = letter(5, NOON, &callback("task-5"));
        put(&inbox, &last).await;
        assert_eq!(inbox.next().await.name, last.name());
    }

    #[tokio::test]
    async fn what_has_come_already_can_be_had_at_once() {
        let (_folder, inbox) = inbox();
        assert_eq!(inbox.waiting().await, []);
        for n in 1..=3 {
            put(&inbox, &letter(n, NOON, &callback("task"))).await;
        }
        assert_eq!(inbox.waiting().await.len(), 3);
        assert_eq!(inbox.waiting().await, [], "once each");
    }

    #[tokio::test]
    async fn a_future_that_was_dropped_has_lost_nothing() {
        let (_folder, inbox) = inbox();
        for n in 1..=20 {
            let letter = letter(n, NOON, &callback("task"));
            put(&inbox, &letter).await;
            // Dropped as soon as it has begun to look.
            let at_once = inbox.next().now_or_never();
            let arrival = if let Some(arrival) = at_once { arrival } else { inbox.next().await };
            assert_eq!(arrival.name, letter.name(), "once each");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_for_a_person_once_nobody_is_writing_it() {
        let (folder, inbox) = inbox();
        let (half, odd) = (letter(1, NOON, &callback("task-1")), letter(2, NOON, "hello"));
        let new = folder.path().join("new");
        fs::write(new.join(half.name()), &half.write()[..40]).unwrap();
        let newer = half.name().replace(|c: char| c.is_ascii_digit(), "a");
        fs::write(new.join(&newer), r#"{"version":2}"#).unwrap();
        put(&inbox, &odd).await;
        assert!(inbox.look().await);
        assert_eq!(names(&folder, "odd").len(), 0, "somebody may be copying");
        fs::write(new.join(half.name()), half.write()).unwrap();
        assert_eq!(inbox.next().await.name, half.name(), "the copy is whole by now, and the other one is no callback");
        assert_eq!(names(&folder, "odd").len(), 2, "the letter that is none, and why");
        let broken = letter(3, NOON, "{}");
        fs::write(new.join(broken.name()), "{").unwrap();
        assert!(!inbox.look().await && !inbox.look().await);
        assert_eq!(names(&folder, "odd").len(), 4);
        assert!(names(&folder, "new").contains(&newer), "what a newer version has written is not ours to judge");
    }

    #[tokio::test]
    async fn without_a_folder_the_run_goes_on_without_callbacks() {
        let (folder, inbox) = inbox();
        fs::remove_dir_all(folder.path().join("new")).unwrap();
        assert!(!inbox.look().await);
        fs::create_dir(folder.path().join("new")).unwrap();
        put(&inbox, &letter(1, NOON, &callback("task"))).await;
        assert!(inbox.look().await);
    }
}
