//! Hooks: what a run does besides making videos, when it begins and when it has ended: a command, or a call to a web address. A value;
//! nothing is run here.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::report::Exit;

/// What a run can have hooks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// It holds the output directory, and knows what there is to do.
    Start,
    /// Everything asked for is on disk.
    Success,
    /// It went to its end, and there is something left: for the next run, or for an author.
    Partial,
    /// It could not do what it was to do.
    Failure,
    /// Somebody has to find out what became of money.
    Unresolved,
    /// Another run holds the output directory.
    Locked,
}

/// Something to do on an occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// What.
    pub act: Act,
    /// How long it may take, in the time of the world.
    pub timeout: Duration,
}

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Runs a program with these words, the first of which is its name; never empty.
    Run(Vec<String>),
    /// Has a text run by the shell.
    Shell(String),
    /// Posts what there is to tell to an address.
    Post(Address, Format),
}

/// How what there is to tell is written for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The summary of the run, as a command gets it on its standard input.
    Json,
    /// The summary line, as Slack wants it: `{"text": "…"}`.
    Slack,
    /// The summary line alone. Harmless to repeat, so it is tried three times.
    Ping,
}

/// A web address that is told something. Whoever knows it can do the same, so it is a secret: what is printed of it is its host.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// The hooks of a run, each with its occasion, in the order in which they were said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks(Vec<(Occasion, Hook)>);

/// Why a text is no hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHook {
    /// No `=` in it.
    #[error("write an event, `=`, and a command or a web address: failure='./tell.sh', success=https://example.com/done")]
    NoEvent,
    /// No event, and no `healthchecks`.
    #[error("there is no such event; the events are start, success, partial, failure, unresolved and locked")]
    Unknown,
    /// Nothing behind the `=`.
    #[error("there is nothing to do; write a command or a web address behind the `=`")]
    Empty,
    /// Not an address that can be called.
    #[error("that is no web address; write it in full, with https://")]
    Address,
}

impl Occasion {
    /// All of them, in the order in which they are explained.
    pub const ALL: [Self; 6] = [Self::Start, Self::Success, Self::Partial, Self::Failure, Self::Unresolved, Self::Locked];

    /// What a run that ends so is an occasion for.
    pub fn of(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::Success,
            Exit::SomeFailed | Exit::Stopped | Exit::NotOnDisk | Exit::WorkToDo => Self::Partial,
            Exit::Usage | Exit::CouldNotRun => Self::Failure,
            Exit::Unresolved => Self::Unresolved,
            Exit::Locked => Self::Locked,
        }
    }

    /// The event, as authors write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failure => "failure",
            Self::Unresolved => "unresolved",
            Self::Locked => "locked",
        }
    }

    /// The event with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == name)
    }

    /// What a check of healthchecks.io is told: the end of its address. A second run beside a first says nothing about that one, so
    /// it is only written down there.
    fn signal(self) -> Option<&'static str> {
        match self {
            Self::Start => Some("start"),
            Self::Success => None,
            Self::Partial | Self::Failure | Self::Unresolved => Some("fail"),
            Self::Locked => Some("log"),
        }
    }
}

impl Hook {
    /// How long a hook may take that says nothing about it.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// The most that one may say.
    pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

    /// A hook that says nothing about how long it may take.
    pub fn new(act: Act) -> Self {
        Self { act, timeout: Self::TIMEOUT }
    }

    /// What a text means: an address to post to, if it looks like one, else words for the shell.
    pub fn from_text(text: &str) -> Result<Self, BadHook> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadHook::Empty);
        }
        let is_address = Address::looks_like_one(text);
        let act = if is_address { Act::Post(text.parse()?, Format::Json) } else { Act::Shell(text.to_owned()) };
        Ok(Self::new(act))
    }
}

impl Address {
    /// Whether a text is meant as an address rather than as a command.
    fn looks_like_one(text: &str) -> bool {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)))
    }

    /// Where it is, whole. For whoever calls it, and for nobody to print.
    pub fn reveal(&self) -> &Url {
        &self.0
    }

    /// The address with one more part at the end of its path.
    fn under(&self, part: &str) -> Self {
        let mut url = self.0.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().push(part);
        }
        Self(url)
    }
}

impl Hooks {
    /// One more.
    pub fn add(&mut self, occasion: Occasion, hook: Hook) {
        self.0.push((occasion, hook));
    }

    /// All that a check of healthchecks.io at `address` is to be told: that a run began, that it went well, or that it did not.
    pub fn add_healthchecks(&mut self, address: &Address) {
        for occasion in Occasion::ALL {
            let address = occasion.signal().map_or_else(|| address.clone(), |signal| address.under(signal));
            self.add(occasion, Hook::new(Act::Post(address, Format::Ping)));
        }
    }

    /// These, and behind them those.
    pub fn extend(&mut self, more: &Self) {
        self.0.extend(more.0.iter().cloned());
    }

    /// The hooks for an occasion.
    pub fn on(&self, occasion: Occasion) -> Vec<Hook> {
        self.0.iter().filter(|(when, _)| *when == occasion).map(|(_, hook)| hook.clone()).collect()
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Address {
    type Err = BadHook;

    fn from_str(text: &str) -> Result<Self, BadHook> {
        let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self).ok_or(BadHook::Address)
    }
}

/// `EVENT=COMMAND`, `EVENT=URL` or `healthchecks=URL`.
impl FromStr for Hooks {
    type Err = BadHook;

    fn from_str(text: &str) -> Result<Self, BadHook> {
        let (event, what) = text.split_once('=').ok_or(BadHook::NoEvent)?;
        let mut hooks = Self::default();
        match (event.trim(), Occasion::named(event.trim())) {
            (_, Some(occasion)) => hooks.add(occasion, Hook::from_text(what)?),
            (HEALTHCHECKS, None) => hooks.add_healthchecks(&what.parse()?),
            _ => return Err(BadHook::Unknown),
        }
        Ok(hooks)
    }
}

/// What stands in the place of an event where a check of healthchecks.io is to be told of all of them.
pub const HEALTHCHECKS: &str = "healthchecks";

/// What can be told of a hook: of a command its first word, of an address its host.
impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = match &self.act {
            Act::Run(words) => words.first().map(String::as_str),
            Act::Shell(text) => text.split_whitespace().next(),
            Act::Post(address, _) => return write!(f, "POST to {address}"),
        };
        f.write_str(first.unwrap_or_default())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What would be called for healthchecks on this occasion.
    fn pinged(base: &str, occasion: Occasion) -> String {
        let mut hooks = Hooks::default();
        hooks.add_healthchecks(&base.parse().unwrap());
        match &hooks.on(occasion)[..] {
            [Hook { act: Act::Post(address, Format::Ping), .. }] => address.reveal().to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_exit_is_an_occasion() {
        for (exit, expected) in [
            (Exit::Done, "success"),
            (Exit::SomeFailed, "partial"),
            (Exit::Usage, "failure"),
            (Exit::Stopped, "partial"),
            (Exit::Unresolved, "unresolved"),
            (Exit::NotOnDisk, "partial"),
            (Exit::Locked, "locked"),
            (Exit::CouldNotRun, "failure"),
        ] {
            assert_eq!(Occasion::of(exit).as_str(), expected, "{exit:?}");
        }
        for occasion in Occasion::ALL {
            assert_eq!(Occasion::named(occasion.as_str()), Some(occasion));
        }
    }

    #[test]
    fn a_check_is_told_of_beginnings_ends_and_failures() {
        for (occasion, expected) in [
            (Occasion::Start, "https://hc-ping.com/uuid/start"),
            (Occasion::Success, "https://hc-ping.com/uuid"),
            (Occasion::Partial, "https://hc-ping.com/uuid/fail"),
            (Occasion::Unresolved, "https://hc-ping.com/uuid/fail"),
            (Occasion::Failure, "https://hc-ping.com/uuid/fail"),
            (Occasion::Locked, "https://hc-ping.com/uuid/log"),
        ] {
            assert_eq!(pinged("https://hc-ping.com/uuid", occasion), expected);
        }
        assert_eq!(
            pinged("https://a.example/key/slug/?create=1", Occasion::Start),
            "https://a.example/key/slug/start?create=1"
        );
    }

    #[test]
    fn what_is_said_in_a_flag() {
        let hook = |text: &str| text.parse::<Hooks>().map(|hooks| hooks.0);
        let shell = |occasion, text: &str| Ok(vec![(occasion, Hook::new(Act::Shell(text.into())))]);
        assert_eq!(hook("failure=mail -s x=y ops"), shell(Occasion::Failure, "mail -s x=y ops"));
        assert_eq!(hook(" start = a b "), shell(Occasion::Start, "a b"));
        assert!(matches!(&hook("locked=HTTPS://example.com/x").unwrap()[0].1.act, Act::Post(_, Format::Json)));
        assert_eq!(hook("healthchecks=https://hc-ping.com/uuid").unwrap().len(), Occasion::ALL.len());
        for (text, why) in [
            ("", BadHook::NoEvent),
            ("notify.sh", BadHook::NoEvent),
            ("end=notify.sh", BadHook::Unknown),
            ("success=", BadHook::Empty),
            ("success= ", BadHook::Empty),
            ("success=https://", BadHook::Address),
            ("healthchecks=hc-ping.com/uuid", BadHook::Address),
        ] {
            assert_eq!(hook(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn an_address_is_never_shown_whole() {
        let hooks: Hooks = "success=https://user:word@hooks.slack.com/services/T0/B0/secret?key=secret".parse().unwrap();
        let shown = format!("{hooks:?} {}", hooks.0[0].1);
        assert!(shown.contains("hooks.slack.com") && shown.ends_with("POST to hooks.slack.com"), "{shown}");
        assert!(["secret", "word", "services"].iter().all(|part| !shown.contains(part)), "{shown}");
    }
}
