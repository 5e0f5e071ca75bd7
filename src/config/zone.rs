//! Which time zone says when a day or a month begins: one that was said, else the machine's. Zones come from the system's own
//! database, and from a copy inside the program where there is none.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{self, TimeZone};

/// A time zone as people say it: `Europe/Berlin`, `UTC`, or a distance from that, `+02:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A text that says no time zone; perhaps with what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadZone {
    near: Option<String>,
}

/// The machine does not say its time zone, or says one that nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("the machine's time zone cannot be told")]
pub struct NoZone(#[source] jiff::Error);

/// The zone that was said, else the machine's: what `TZ` names, else what `/etc/localtime` is.
pub fn time_zone(said: Option<Zone>) -> Result<TimeZone, NoZone> {
    #[expect(clippy::disallowed_methods, reason = "this module is where the environment is read")]
    said.map_or_else(|| TimeZone::try_system().map_err(NoZone), |Zone(zone)| Ok(zone))
}

impl FromStr for Zone {
    type Err = BadZone;

    fn from_str(text: &str) -> Result<Self, BadZone> {
        if text.eq_ignore_ascii_case("UTC") || text == "Z" {
            return Ok(Self(TimeZone::UTC));
        }
        // Nothing else: in `UTC+2`, which is a rule of POSIX, the sign means the opposite of what everybody takes it for.
        let is_offset = text.starts_with(['+', '-']);
        let known = if is_offset { DateTimeParser::new().parse_time_zone(text) } else { TimeZone::get(text) };
        let known = known.ok().filter(|zone| !zone.is_unknown());
        known.map(Self).ok_or_else(|| BadZone { near: nearest(text) })
    }
}

impl fmt::Display for BadZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.near {
            Some(near) => {
                write!(f, "did you mean {near}? Otherwise write a name like that, UTC, or how far it is from that: +02:00")
            }
            None => f.write_str("write a name like Europe/Berlin, UTC, or how far it is from that: +02:00"),
        }
    }
}

impl std::error::Error for BadZone {}

/// The zone with this name, or of this city, but for a slip. Not for abbreviations: those that differ in a letter are far apart.
fn nearest(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase().replace([' ', '-'], "_");
    let far = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or(&name);
        strsim::damerau_levenshtein(&text, &name).min(strsim::damerau_levenshtein(&text, city))
    };
    let allowed = match text.len() {
        // `GMT+2` is not meant as `Etc/GMT+2`, which is two hours behind.
        _ if text.contains(|c: char| c.is_ascii_digit()) => return None,
        ..=4 => 0,
        5..=60 => text.len() / 5,
        _ => return None,
    };
    let names = tz::db().available().map(|name| name.to_string());
    let near = names.map(|name| (far(&name), name)).filter(|(far, _)| *far <= allowed);
    near.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zones_are_said_as_people_say_them() {
        let summer = date(2026, 7, 1).at(12, 0, 0, 0);
        for (text, hours) in [
            ("UTC", 0),
            ("utc", 0),
            ("Z", 0),
            ("Europe/Berlin", 2),
            ("europe/berlin", 2),
            ("America/New_York", -4),
            ("+02:00", 2),
            ("+0200", 2),
            ("-05", -5),
        ] {
            let Zone(zone) = text.parse().unwrap();
            let offset = summer.to_zoned(zone).unwrap().offset();
            assert_eq!(offset.seconds(), hours * 3600, "{text}");
        }
    }

    #[test]
    fn what_is_no_zone_is_told_with_one_that_may_be_meant() {
        let check = |text: &str, near: Option<&str>| {
            let bad = text.parse::<Zone>().unwrap_err();
            assert_eq!(bad.near.as_deref(), near, "{text}");
            assert_eq!(bad.to_string().contains("did you mean"), near.is_some());
        };
        check("Europe/Berln", Some("Europe/Berlin"));
        check("Berlin", Some("Europe/Berlin"));
        check("New York", Some("America/New_York"));
        check("Lima ", Some("America/Lima"));
        for text in
            ["", "PST", "IST", "CEST", "UTC+2", "GMT+2", "+99:00", "+", "-x", "noon", "EST5EDT,M3.2.0,M11.1.0", "Etc/Unknown"]
        {
            check(text, None);
        }
        check(&"x".repeat(10_000), None);
    }

    #[test]
    fn the_program_knows_zones_where_the_machine_does_not() {
        assert!(!tz::TimeZoneDatabase::bundled().is_definitively_empty());
        assert!(tz::TimeZoneDatabase::bundled().get("Europe/Berlin").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,80}") {
            let _ = text.parse::<Zone>().map_err(|bad| bad.to_string());
        }
    }
}
