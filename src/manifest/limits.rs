//! How fast and how long as an author writes it: the section `limits` of a manifest, and `profiles`, which are such sections by name, each
//! perhaps with a budget of its own. Every mistake is collected.

use std::collections::BTreeMap;
use std::fmt;

use crate::budget;
use crate::limits::{Stated, duration};
use crate::manifest::diagnostic::{Diagnostic, known, nearest, quoted};
use crate::manifest::row::Node;
use crate::manifest::section::{Entries, Form, shown};
use crate::manifest::{self, Manifest};

/// The name of the section.
pub(crate) const LIMITS: &str = "limits";
/// The name of the section of profiles.
pub(crate) const PROFILES: &str = "profiles";

const PACE: &str = "pace";
const BURST: &str = "burst";
const IN_FLIGHT: &str = "in_flight";
const POLL_PACE: &str = "poll_pace";
const DOWNLOADS: &str = "downloads";
const UNTIL: &str = "until";
const MAX_DURATION: &str = "max_duration";
const PATIENCE: &str = "patience";
const ATTEMPTS: &str = "attempts";

/// What the section has.
pub(super) const TOP: [&str; 9] = [PACE, BURST, IN_FLIGHT, POLL_PACE, DOWNLOADS, UNTIL, MAX_DURATION, PATIENCE, ATTEMPTS];
/// What a profile has.
pub(super) const OF_A_PROFILE: [&str; 10] =
    [PACE, BURST, IN_FLIGHT, POLL_PACE, DOWNLOADS, UNTIL, MAX_DURATION, PATIENCE, ATTEMPTS, manifest::budget::NAME];

/// A right section, to copy.
const EXAMPLE: &str = "write `limits: { pace: 1/s, in_flight: 10 }`";
/// The same for profiles.
const PROFILE: &str = "write `profiles: { night: { in_flight: 40, until: 06:00 } }`";

/// What a manifest says for those who choose it by name: over its other limits, and over its other budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profile {
    /// How fast and how long.
    pub limits: Stated,
    /// How much may be spent.
    pub budget: budget::Stated,
}

/// A name that no profile of a manifest has; perhaps with what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoProfile {
    name: String,
    known: Vec<String>,
}

impl Manifest {
    /// The manifest with the limits and the budget of one of its profiles, as far as that states any, over its own.
    pub fn with_profile(self, name: &str) -> Result<Self, NoProfile> {
        let Some(profile) = self.profiles.get(name).copied() else {
            return Err(NoProfile { name: name.to_owned(), known: self.profiles.into_keys().collect() });
        };
        Ok(Self { budget: profile.budget.or(self.budget), limits: profile.limits.or(self.limits), ..self })
    }
}

impl NoProfile {
    /// What there is instead.
    pub fn help(&self) -> String {
        let names: Vec<_> = self.known.iter().map(String::as_str).collect();
        if names.is_empty() {
            return "state profiles under `profiles`, in a manifest of YAML".to_owned();
        }
        let near = nearest(&self.name, names.iter().copied()).map(|near| format!("did you mean {}? ", quoted(near)));
        format!("{}{}", near.unwrap_or_default(), known(&names))
    }
}

impl fmt::Display for NoProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no profile {}", quoted(&self.name))
    }
}

impl std::error::Error for NoProfile {}

/// The limits that `node` states, as far as they are right, and a mistake for each that is not.
pub(crate) fn read(node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Stated {
    let form = Form { path: LIMITS, names: &TOP, help: EXAMPLE, hint };
    let at = node.at;
    let Some(entries) = Entries::read(&form, node, source, found) else { return Stated::default() };
    if !entries.have_any(&TOP) {
        found.push(Diagnostic::error(LIMITS, at, "`limits` states nothing").help(EXAMPLE));
    }
    stated(LIMITS, &entries, source, found)
}

/// The profiles that `node` states, as far as they are right, and a mistake for each thing that is not.
pub(crate) fn read_profiles(node: Node, source: &str, found: &mut Vec<Diagnostic>) -> BTreeMap<String, Profile> {
    let form = Form { path: PROFILES, names: &[], help: PROFILE, hint };
    let at = node.at;
    let Some(named) = Entries::read(&form, node, source, found) else { return BTreeMap::new() };
    if named.list.is_empty() && !named.misspelt {
        found.push(Diagnostic::error(PROFILES, at, "`profiles` states nothing").help(PROFILE));
    }
    let mut profiles = BTreeMap::new();
    for entry in named.list {
        let path = format!("{PROFILES}.{}", entry.name);
        let form = Form { path: &path, names: &OF_A_PROFILE, help: PROFILE, hint };
        let Some(mut entries) = Entries::read(&form, entry.node, source, found) else { continue };
        if !entries.have_any(&OF_A_PROFILE) {
            found.push(Diagnostic::error(PROFILES, entry.at, format!("{} states nothing", quoted(&path))).help(PROFILE));
        }
        let limits = stated(&path, &entries, source, found);
        let budget = entries.list.iter().position(|entry| entry.name == manifest::budget::NAME);
        let budget = budget.map(|at| manifest::budget::read(entries.list.swap_remove(at).node, source, found));
        profiles.insert(entry.name, Profile { limits, budget: budget.unwrap_or_default() });
    }
    profiles
}

fn stated(path: &str, entries: &Entries, source: &str, found: &mut Vec<Diagnostic>) -> Stated {
    let mut reader = Reader { path, entries, source, found };
    let (rate, count, time) = ("a rate", "a whole number from 1 on", "a time");
    Stated {
        pace: reader.get(PACE, rate, "2/s", |text| text.parse().ok()),
        burst: reader.get(BURST, count, "5", |text| text.parse().ok()),
        in_flight: reader.get(IN_FLIGHT, count, "20", |text| text.parse().ok()),
        poll_pace: reader.get(POLL_PACE, rate, "20/s", |text| text.parse().ok()),
        downloads: reader.get(DOWNLOADS, count, "4", |text| text.parse().ok()),
        until: reader.get(UNTIL, "a time of the day, or a date and a time", "06:00", |text| text.parse().ok()),
        max_duration: reader.get(MAX_DURATION, time, "8h", |text| duration(text).ok()),
        patience: reader.get(PATIENCE, time, "1h", |text| duration(text).ok()),
        attempts: reader.get(ATTEMPTS, count, "2", |text| text.parse().ok()),
    }
}

struct Reader<'a> {
    path: &'a str,
    entries: &'a Entries,
    source: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// What stands under `name`, which is `wanted` and can be written as `example`.
    fn get<T>(&mut self, name: &str, wanted: &str, example: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let node = &self.entries.get(name)?.node;
        let text = node.text(self.source);
        let read = text.and_then(|text| parse(text.trim()));
        if read.is_none() {
            let message = format!("`{}.{name}` must be {wanted}, not {}", self.path, shown(node, self.source));
            let mistake = Diagnostic::error(LIMITS, node.at, message).help(format!("write `{name}: {example}`"));
            self.found.push(text.map_or(mistake.clone(), |text| mistake.value(text)));
        }
        read
    }
}

/// What may have been meant.
fn hint(_: &str, word: &str) -> Option<String> {
    let meant = match word.to_ascii_lowercase().as_str() {
        "rate" | "rate_limit" | "speed" => PACE,
        "concurrency" | "parallel" | "max_in_flight" => IN_FLIGHT,
        "end" | "ends" | "stop_at" | "window" => UNTIL,
        "duration" | "max_time" => MAX_DURATION,
        "retries" | "retry" => ATTEMPTS,
        word if manifest::budget::TOP.contains(&word) => {
            return Some(format!("that is about money: write `budget: {{ {word}: … }}`"));
        }
        _ => return None,
    };
    Some(format!("did you mean {}?", quoted(meant)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Source, read as read_manifest, render};

    const SHOT: &str = "shots: [{ id: SC010, prompt: a cat }]\n";

    fn manifest(top: &str) -> Manifest {
        let source = Source::new("a.yaml", format!("{SHOT}{top}\n").into());
        read_manifest(&source, None).unwrap_or_else(|found| panic!("{}", render(&source, &found, false)))
    }

    /// What is wrong with what follows the shots.
    fn told(top: &str) -> String {
        let source = Source::new("a.yaml", format!("{SHOT}{top}\n").into());
        let Err(found) = read_manifest(&source, None) else { panic!("{top} is taken") };
        let line =
            |d: &Diagnostic| format!("{}:{} {}; {}", d.place.line, d.place.column, d.message, d.help.as_deref().unwrap_or("-"));
        found.iter().filter(|d| d.is_error()).map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_entry_is_read() {
        let all = "{ pace: 30/m, burst: 2, in_flight: '7', poll_pace: 5/s, downloads: 3, until: 6:00, max_duration: 1h 30m, \
                   patience: 20m, attempts: 2 }";
        let read = manifest(&format!("limits: {all}")).limits;
        let seconds = |time: Option<std::time::Duration>| time.unwrap().as_secs();
        assert_eq!(
            (read.pace.unwrap().to_string(), read.poll_pace.unwrap().to_string()),
            ("30/m".to_owned(), "5/s".to_owned())
        );
        let counts = [read.burst, read.in_flight, read.downloads, read.attempts].map(|count| count.unwrap().get());
        assert_eq!(counts, [2, 7, 3, 2]);
        assert_eq!((seconds(read.max_duration), seconds(read.patience)), (5400, 1200));
        assert_eq!(read.until, "06:00".parse().ok());
        assert_eq!(manifest(&format!("profiles: {{ night: {all} }}")).profiles["night"].limits, read);
        assert_eq!(manifest("limits:").limits, Stated::default());
    }

    #[test]
    fn a_profile_goes_over_the_rest_entry_by_entry() {
        let top = "limits: { pace: 1/s, in_flight: 5 }\nbudget: { run: 20, day: 50 }\nprofiles:\n  \
                   night: { in_flight: 40, until: 06:00, budget: { run: 90 } }\n  slow: { pace: 1/m }";
        let plain = manifest(top);
        let night = plain.clone().with_profile("night").unwrap();
        assert_eq!((night.limits.pace, night.limits.until), (plain.limits.pace, "06:00".parse().ok()));
        assert_eq!(night.limits.in_flight.unwrap().get(), 40);
        assert_eq!((night.budget.run, night.budget.day), ("90".parse().ok(), plain.budget.day));
        let slow = plain.clone().with_profile("slow").unwrap();
        assert_eq!((slow.limits.pace.unwrap().to_string().as_str(), slow.limits.in_flight), ("1/m", plain.limits.in_flight));
        assert_eq!(slow.budget, plain.budget);
        let lacking = plain.with_profile("nigth").unwrap_err();
        assert_eq!(lacking.to_string(), "there is no profile `nigth`");
        assert_eq!(lacking.help(), "did you mean `night`? known are `night` or `slow`");
        let none = manifest("").with_profile("night").unwrap_err();
        assert_eq!(none.help(), "state profiles under `profiles`, in a manifest of YAML");
    }

    #[test]
    fn mistakes_are_told_where_they_are() {
        for (top, expected) in [
            ("limits: 3", "2:9 `limits` is"),
            ("limits: {}", "2:9 `limits` states nothing; write `limits: { pace: 1/s, in_flight: 10 }`"),
            ("limits: { pace: 2 }", "2:17 `limits.pace` must be a rate, not `2`; write `pace: 2/s`"),
            ("limits: { pace: [1/s] }", "2:17 `limits.pace` must be a rate, not a list; write `pace: 2/s`"),
            ("limits: { poll_pace: 0/s }", "2:22 `limits.poll_pace` must be a rate, not `0/s`; write `poll_pace: 20/s`"),
            (
                "limits: { in_flight: 0 }",
                "2:22 `limits.in_flight` must be a whole number from 1 on, not `0`; write `in_flight: 20`",
            ),
            ("limits: { burst: ~ }", "2:18 `limits.burst` must be a whole number from 1 on, not"),
            (
                "limits: { until: 6 }",
                "2:18 `limits.until` must be a time of the day, or a date and a time, not `6`; write `until: 06:00`",
            ),
            ("limits: { max_duration: 8 }", "2:25 `limits.max_duration` must be a time, not `8`; write `max_duration: 8h`"),
            ("limits: { patience: -1h }", "2:21 `limits.patience` must be a time, not `-1h`; write `patience: 1h`"),
            ("limits: { rate: 2/s }", "2:11 unknown field `limits.rate`; did you mean `pace`?"),
            ("limits: { inflight: 2 }", "2:11 unknown field `limits.inflight`; did you mean `in_flight`?"),
            (
                "limits: { daily_quota: 2 }",
                "2:11 unknown field `limits.daily_quota`; that is about money: write `budget: { daily_quota: … }`",
            ),
            ("limits: { budget: { run: 2 } }", "2:11 unknown field `limits.budget`; known are"),
            ("limits: { pace: 1/s, pace: 2/s }", "2:22 `pace` is given twice; keep one of the two"),
            ("profiles: [night]", "2:11 `profiles` is"),
            ("profiles: {}", "2:11 `profiles` states nothing; write `profiles: { night:"),
            ("profiles: { night: 3 }", "2:20 `profiles.night` is"),
            ("profiles: { night: {} }", "2:13 `profiles.night` states nothing; write `profiles: { night:"),
            ("profiles: { a: { pace: 1/s }, a: { pace: 2/s } }", "2:31 `a` is given twice"),
            ("profiles: { night: { pase: 1/s } }", "2:22 unknown field `profiles.night.pase`; did you mean `pace`?"),
            ("profiles: { night: { until: 25:00 } }", "2:29 `profiles.night.until` must be a time of the day"),
            ("profiles: { night: { run: 5 } }", "2:22 unknown field `profiles.night.run`; that is about money: write `budget:"),
            ("profiles: { night: { budget: { run: much } } }", "2:37 `budget.run` must be an amount of money, not `much`"),
        ] {
            let told = told(top);
            assert!(told.starts_with(expected), "{top}\n{told}");
            assert_eq!(told.lines().count(), 1, "{top}\n{told}");
        }
    }
}
