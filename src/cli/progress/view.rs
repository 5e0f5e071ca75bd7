//! What is shown of a run while it is on, and how it is laid out on so many columns and rows. Pure: whoever calls has counted.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use unicode_width::UnicodeWidthStr;

use super::tally::Counts;
use crate::budget::Cap;
use crate::price::{Currency, Money};
use crate::report::visible;
use crate::take::Standing;

/// So many of the last events are shown, if there is room.
pub(in crate::cli) const EVENTS: usize = 3;

/// No more lines than these, however high the terminal: the rest of it belongs to others.
const MOST: usize = 12;

/// The widest and the narrowest bar.
const BAR: std::ops::RangeInclusive<usize> = 8..=24;

/// Between two things on a line.
const GAP: &str = "  ";

/// What is shown.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct View {
    /// Who holds the output directory, where it is another process.
    pub(in crate::cli) holder: Option<String>,
    /// How many takes stand how.
    pub(in crate::cli) counts: Counts,
    /// How many may be at the provider at once, where that is known.
    pub(in crate::cli) bound: Option<usize>,
    /// How many were accepted in the last minute.
    pub(in crate::cli) rate: usize,
    /// The submissions a second that the provider bears, and those that the user allows, where the former are fewer.
    pub(in crate::cli) slowed: Option<(f64, f64)>,
    /// What was spent and so on, of each currency.
    pub(in crate::cli) money: BTreeMap<Currency, BTreeMap<Standing, Money>>,
    /// What is left of the tightest cap on money, and of how much.
    pub(in crate::cli) left: Option<(Cap, Money, Money)>,
    /// How many more submissions the caps on their number let through.
    pub(in crate::cli) takes_left: Option<u32>,
    /// Since when the run is on.
    pub(in crate::cli) elapsed: Option<Duration>,
    /// How much longer it lasts.
    pub(in crate::cli) eta: Option<Eta>,
    /// The take that has waited longest, and for how long.
    pub(in crate::cli) oldest: Option<(String, Duration)>,
    /// The last events, the newest last.
    pub(in crate::cli) events: Vec<String>,
}

/// When it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Eta {
    /// How much longer it lasts.
    pub(in crate::cli) left: Duration,
    /// The time of day at its end.
    pub(in crate::cli) clock: String,
}

/// One thing on a line, which is never cut.
struct Part {
    text: String,
    /// Whether it needs a person.
    alarms: bool,
}

/// What stands together, and falls away together where there is no room. The lowest rank stays longest.
struct Row {
    rank: usize,
    lines: Vec<Vec<Part>>,
}

impl Eta {
    /// It is over at `end`, and now it is `now`, in this zone.
    pub(in crate::cli) fn new(now: Timestamp, end: Timestamp, zone: &TimeZone) -> Self {
        let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
        let far = end.duration_since(now) >= SignedDuration::from_hours(20);
        let clock = end.to_zoned(zone.clone()).strftime(if far { "%a %H:%M" } else { "%H:%M" }).to_string();
        Self { left, clock }
    }

    /// `about 12 min`.
    pub(in crate::cli) fn about(&self) -> String {
        match self.left.as_secs() {
            0..60 => "less than a minute".to_owned(),
            _ => format!("about {}", roughly(self.left)),
        }
    }
}

impl View {
    /// All that there is room for, on lines of at most so many columns, one less than the terminal has: where the last one is written, some
    /// break the line. Without colour it says the same.
    pub(in crate::cli) fn draw(&self, columns: usize, rows: usize, colour: bool) -> Vec<String> {
        let width = columns.saturating_sub(1);
        let mut shown = self.rows(width);
        let room = rows.saturating_sub(1).clamp(1, MOST);
        while shown.iter().map(|row| row.lines.len()).sum::<usize>() > room {
            let least = shown.iter().enumerate().max_by_key(|(_, row)| row.rank).map(|(place, _)| place);
            match least {
                Some(place) if shown.len() > 1 => drop(shown.remove(place)),
                _ => break,
            }
        }
        let lines = shown.iter().flat_map(|row| &row.lines).take(room);
        lines.map(|line| line.iter().map(|part| part.paint(colour)).collect::<Vec<_>>().join(GAP)).collect()
    }

    /// The same on one line, for where nothing can be drawn: `[12/400] 20 at the provider, 11 accepted in the last minute, 4.20 of 50.00 USD,
    /// about 41 min`.
    pub(in crate::cli) fn line(&self) -> String {
        let counts = self.counts;
        let mut parts = vec![format!("{} at the provider", counts.in_flight())];
        parts.extend(some(counts.to_fetch, "to fetch"));
        parts.extend(some(counts.need_a_person(), "to look at"));
        parts.push(format!("{} accepted in the last minute", self.rate));
        parts.extend(self.used());
        parts.extend(self.eta.as_ref().map(Eta::about));
        format!("[{}/{}] {}", counts.done(), counts.all, parts.join(", "))
    }

    /// `4.20 of 50.00 USD`: what counts towards the cap, else what was spent and reserved.
    fn used(&self) -> Vec<String> {
        if let Some((_, left, limit)) = self.left {
            return vec![format!("{} of {limit}", limit.saturating_minus(left).amount())];
        }
        let counts = |sums: &BTreeMap<Standing, Money>| {
            let sums = sums.iter().filter(|(standing, _)| standing.counts()).map(|(_, money)| *money);
            sums.reduce(Money::saturating_plus).map(|sum| sum.to_string())
        };
        self.money.values().filter_map(counts).collect()
    }

    fn rows(&self, width: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut add = |rank, parts: Vec<Part>| {
            let lines = fold(parts, width);
            if !lines.is_empty() {
                rows.push(Row { rank, lines });
            }
        };
        if let Some(holder) = &self.holder {
            add(4, wrap(&format!("a run is on: {}", visible(holder)), width));
        }
        add(0, self.head(width));
        add(1, self.standing());
        add(3, self.flow());
        let capped = self.left.map(|(_, left, _)| left.currency());
        for (currency, sums) in &self.money {
            let left = self.money_left(false).filter(|_| capped == Some(*currency));
            add(2, sums_of(*currency, sums).into_iter().chain(left).collect());
        }
        let apart = capped.is_some_and(|currency| !self.money.contains_key(&currency));
        let takes = self.takes_left.map(|left| Part::plain(format!("{left} more submissions allowed")));
        add(2, self.money_left(true).filter(|_| apart).into_iter().chain(takes).collect());
        for (age, event) in self.events.iter().rev().enumerate().collect::<Vec<_>>().into_iter().rev() {
            add(5 + age, clip(event, width).into_iter().map(Part::plain).collect());
        }
        rows
    }

    /// How much is done, since when, and how much longer it lasts. The bar takes the room that is left.
    fn head(&self, width: usize) -> Vec<Part> {
        let done = format!("{}/{}", fill(self.counts.done(), self.counts.all), self.counts.all);
        let mut parts = vec![done];
        parts.extend(self.elapsed.map(elapsed));
        parts.extend(self.eta.as_ref().map(|eta| {
            let whole = format!("{} ({})", eta.about(), eta.clock);
            if whole.width() <= width { whole } else { eta.about() }
        }));
        let taken: usize = parts.iter().map(|part| part.width() + GAP.len()).sum();
        let room = width.saturating_sub(taken + 2);
        if room >= *BAR.start() {
            parts.insert(1, bar(self.counts.done(), self.counts.all, room.min(*BAR.end())));
        }
        parts.into_iter().map(Part::plain).collect()
    }

    fn standing(&self) -> Vec<Part> {
        let Counts { all, to_submit, to_fetch, stored, .. } = self.counts;
        let in_flight = self.counts.in_flight();
        let in_flight = match self.bound {
            Some(bound) => format!("{}/{bound} in flight", fill(in_flight, bound)),
            None => format!("{} in flight", fill(in_flight, all)),
        };
        let part = |count, what: &str| Part::plain(format!("{} {what}", fill(count, all)));
        let to_look_at = self.counts.need_a_person();
        vec![
            part(to_submit, "to submit"),
            Part::plain(in_flight),
            part(to_fetch, "to fetch"),
            part(stored, "stored"),
            Part { alarms: to_look_at > 0, ..part(to_look_at, "to look at") },
        ]
    }

    /// How it goes.
    fn flow(&self) -> Vec<Part> {
        let mut parts = vec![Part::plain(format!("{} accepted in the last minute", fill(self.rate, 99)))];
        let slowed = self.slowed.map(|(pace, ceiling)| format!("pace {pace:.2}/s of {ceiling:.2}/s"));
        let oldest = self.oldest.as_ref().map(|(take, age)| format!("oldest {take}, {}", roughly(*age)));
        parts.extend(slowed.into_iter().chain(oldest).map(Part::plain));
        parts
    }

    /// What the tightest cap leaves; where it stands apart, with the currency.
    fn money_left(&self, apart: bool) -> Option<Part> {
        let (cap, left, limit) = self.left?;
        let whose = match cap {
            Cap::Day => "day",
            Cap::Month => "month",
            Cap::Run | Cap::Takes | Cap::Daily => "run",
        };
        let limit = if apart { limit.to_string() } else { limit.amount() };
        Some(Part::plain(format!("{} of {limit} left ({whose})", left.amount())))
    }
}

impl Part {
    fn plain(text: String) -> Self {
        Self { text, alarms: false }
    }

    fn paint(&self, colour: bool) -> String {
        let Self { text, alarms } = self;
        if colour && *alarms { format!("\u{1b}[33m{text}\u{1b}[0m") } else { text.clone() }
    }
}

/// The money of one currency.
fn sums_of(currency: Currency, sums: &BTreeMap<Standing, Money>) -> Vec<Part> {
    let sum = |standing| sums.get(&standing).copied().unwrap_or(Money::zero(currency));
    let mut parts = vec![
        Part::plain(format!("{} spent", sum(Standing::Spent))),
        Part::plain(format!("{} reserved", sum(Standing::Reserved).amount())),
    ];
    for (standing, alarms) in [(Standing::Refunded, false), (Standing::Unresolved, true)] {
        let sum = sum(standing);
        if sum.exceeds(Money::zero(currency)) {
            parts.push(Part { text: format!("{} {}", sum.amount(), standing.as_str()), alarms });
        }
    }
    parts
}

/// As many to a line as fit. What is wider than a line is left out.
fn fold(parts: Vec<Part>, width: usize) -> Vec<Vec<Part>> {
    let (mut lines, mut taken) = (Vec::<Vec<Part>>::new(), 0);
    for part in parts.into_iter().filter(|part| part.text.width() <= width) {
        let wide = part.text.width();
        if let Some(line) = lines.last_mut().filter(|_| taken + GAP.len() + wide <= width) {
            line.push(part);
            taken += GAP.len() + wide;
        } else {
            lines.push(vec![part]);
            taken = wide;
        }
    }
    lines
}

/// The words as parts that fill lines of their own, so that nothing is left out but words that are wider than a line.
fn wrap(text: &str, width: usize) -> Vec<Part> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| word.width() <= width) {
        match lines.last_mut().filter(|line| line.width() + 1 + word.width() <= width) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(Part::plain).collect()
}

/// The text, or as many of its words as fit with `…` behind them, if those are two at least: a time alone tells nothing.
fn clip(text: &str, width: usize) -> Option<String> {
    let text = visible(text);
    if text.width() <= width {
        return Some(text);
    }
    let fits = |end: &usize| text[..*end].width() + 2 <= width;
    let end = text.match_indices(' ').map(|(place, _)| place).take_while(fits).skip(1).last()?;
    Some(format!("{} …", text[..end].trim_end()))
}

/// The number, as wide as the widest one that can stand there, so that what follows stays in its place.
fn fill(number: usize, most: usize) -> String {
    format!("{number:>0$}", most.to_string().len())
}

fn some(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}

/// Nothing but ASCII: what a terminal makes of anything else is its own affair.
fn bar(done: usize, all: usize, width: usize) -> String {
    let filled = (done.min(all) * width).checked_div(all).unwrap_or(width);
    format!("[{}{}]", "=".repeat(filled), " ".repeat(width - filled))
}

/// `0:12:41`.
fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `42 s`, `12 min`, `1 h 40 min`, `3 days`.
fn roughly(time: Duration) -> String {
    let seconds = time.as_secs();
    let minutes = (seconds + 30) / 60;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3570 => format!("{minutes} min"),
        3570..172_800 => {
            // To five minutes: nobody knows it better.
            let minutes = (minutes + 2) / 5 * 5;
            match minutes % 60 {
                0 => format!("{} h", minutes / 60),
                rest => format!("{} h {rest} min", minutes / 60),
            }
        }
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}
