//! The account for programs. A field is only ever added; whatever else changes raises the version.

use jiff::civil::Date;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Account, Group, Line, Lines};
use crate::price::{Currency, Sum};
use crate::take::Standing;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    /// Says when days begin; without a name where it is the machine's and has none.
    timezone: Option<String>,
    since: Option<Date>,
    until: Option<Date>,
    total: Shown,
    by: Groups<'a>,
}

/// The rows, under what they are by.
struct Groups<'a>(&'a [Group]);

#[derive(Serialize)]
struct Row<'a> {
    key: Option<&'a str>,
    #[serde(flatten)]
    shown: Shown,
}

/// How much there is of everything, and the money of each currency.
#[derive(Serialize)]
struct Shown {
    attempts: Attempts,
    videos: u64,
    unpriced: u64,
    points: Option<f64>,
    money: Vec<Amounts>,
}

#[derive(Serialize)]
struct Attempts {
    all: u64,
    spent: u64,
    reserved: u64,
    refunded: u64,
    unresolved: u64,
}

/// What the attempts with a price in this currency come to.
#[derive(Serialize)]
struct Amounts {
    currency: String,
    attempts: u64,
    videos: u64,
    spent: Sum,
    reserved: Sum,
    refunded: Sum,
    /// How much of that is refunded by the rule alone.
    refunded_by_rule: Sum,
    unresolved: Sum,
    spent_per_video: Option<Sum>,
}

impl Account {
    /// One JSON document. Amounts are decimal numbers in a text.
    pub fn json(&self) -> String {
        let document = Document {
            version: VERSION,
            timezone: self.scope.zone_name(),
            since: self.scope.since,
            until: self.scope.until,
            total: Shown::from(&self.total),
            by: Groups(&self.groups),
        };
        let mut text = serde_json::to_string_pretty(&document).expect("an account has text keys and nothing that fails");
        text.push('\n');
        text
    }
}

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for group in self.0 {
            let rows: Vec<_> = group.rows().map(|(key, lines)| Row { key, shown: lines.into() }).collect();
            map.serialize_entry(group.by.as_str(), &rows)?;
        }
        map.end()
    }
}

impl From<&Lines> for Shown {
    fn from(lines: &Lines) -> Self {
        let of = |standing| lines.attempts_that_are(standing);
        Self {
            attempts: Attempts {
                all: lines.attempts(),
                spent: of(Standing::Spent),
                reserved: of(Standing::Reserved),
                refunded: of(Standing::Refunded),
                unresolved: of(Standing::Unresolved),
            },
            videos: lines.videos(),
            unpriced: lines.unpriced().map_or(0, Line::attempts),
            points: lines.points(),
            money: lines.priced().map(Amounts::from).collect(),
        }
    }
}

impl From<(Currency, &Line)> for Amounts {
    fn from((currency, line): (Currency, &Line)) -> Self {
        let of = |standing| line.of(standing).sum;
        Self {
            currency: currency.as_str().to_owned(),
            attempts: line.attempts(),
            videos: line.videos,
            spent: of(Standing::Spent),
            reserved: of(Standing::Reserved),
            refunded: of(Standing::Refunded),
            refunded_by_rule: line.ruled,
            unresolved: of(Standing::Unresolved),
            spent_per_video: line.per_video(),
        }
    }
}
