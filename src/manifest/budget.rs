//! The budget as an author writes it: the section `budget` of a manifest. Every mistake is collected, and amounts are read to the letter.

use std::num::NonZeroU32;

use crate::budget::Stated;
use crate::manifest::diagnostic::{Diagnostic, known, nearest, quoted};
use crate::manifest::row::{Node, Value};
use crate::manifest::section::{Entries, Form, shown};
use crate::price::Amount;
use crate::take::{Class, Refunds};

/// The name of the section.
pub(crate) const NAME: &str = "budget";
/// The code of its mistakes.
pub(super) const CODE: &str = "budget";

const RUN: &str = "run";
const DAY: &str = "day";
const MONTH: &str = "month";
const MAX_TAKES: &str = "max_takes";
const DAILY_QUOTA: &str = "daily_quota";
const REFUNDS: &str = "refunds";
const BALANCE_UNIT: &str = "balance_unit";

/// What the section has.
pub(super) const TOP: [&str; 7] = [RUN, DAY, MONTH, MAX_TAKES, DAILY_QUOTA, REFUNDS, BALANCE_UNIT];

/// A right section, to copy.
const EXAMPLE: &str = "write `budget: { run: 20, day: 50 }`";

/// The caps and rules that `node` states, as far as they are right, and a mistake for each that is not.
pub(crate) fn read(node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Stated {
    let form = Form { path: NAME, names: &TOP, help: EXAMPLE, hint };
    let at = node.at;
    let Some(entries) = Entries::read(&form, node, source, found) else { return Stated::default() };
    if !entries.have_any(&TOP) {
        found.push(Diagnostic::error(CODE, at, "`budget` states nothing").help(EXAMPLE));
    }
    let mut amount = |name| entries.get(name).and_then(|entry| amount(name, &entry.node, source, found));
    let (run, day, month, balance_unit) = (amount(RUN), amount(DAY), amount(MONTH), amount(BALANCE_UNIT));
    let mut count = |name| entries.get(name).and_then(|entry| count(name, &entry.node, source, found));
    let (takes, daily) = (count(MAX_TAKES), count(DAILY_QUOTA));
    let refunds = entries.get(REFUNDS).and_then(|entry| refunds(&entry.node, source, found));
    Stated { run, day, month, takes, daily, refunds, balance_unit }
}

fn amount(name: &str, node: &Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<Amount> {
    let amount = node.text(source).and_then(|text| text.parse().ok());
    if amount.is_none() {
        let message = format!("`{NAME}.{name}` must be an amount of money, not {}", shown(node, source));
        let help = format!("write `{name}: 20`, in the currency of the prices, or `{name}: 20 USD`");
        found.push(mistake(message, node, source).help(help));
    }
    amount
}

fn count(name: &str, node: &Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<NonZeroU32> {
    let count = node.text(source).and_then(|text| text.trim().parse().ok());
    if count.is_none() {
        let message = format!("`{NAME}.{name}` must be a whole number from 1 on, not {}", shown(node, source));
        found.push(mistake(message, node, source).help(format!("write `{name}: 40`")));
    }
    count
}

/// The classes of failures that are refunded: a list of them, or `none`.
fn refunds(node: &Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<Refunds> {
    let names = Class::ALL.map(Class::as_str);
    let help = format!("write `{REFUNDS}: [internal, input]`, or `{REFUNDS}: none`; {}", known(&names));
    let nodes = match &node.value {
        Value::List(nodes) => nodes.as_slice(),
        _ if node.text(source).is_some_and(|text| text.trim() == "none") => &[],
        _ => {
            let message =
                format!("`{NAME}.{REFUNDS}` must be a list of the failures that are refunded, not {}", shown(node, source));
            found.push(mistake(message, node, source).help(help));
            return None;
        }
    };
    let before = found.len();
    let mut classes = Vec::new();
    for node in nodes {
        let text = node.text(source).unwrap_or_default();
        let Some(class) = Class::ALL.into_iter().find(|class| class.as_str() == text) else {
            let near = nearest(text, names).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let unknown = mistake(format!("no task fails by the name of {}", shown(node, source)), node, source);
            found.push(unknown.help(format!("{near}{}", known(&names))).allowed(&names));
            continue;
        };
        classes.push(class);
    }
    (found.len() == before).then(|| Refunds::of(classes))
}

fn mistake(message: String, node: &Node, source: &str) -> Diagnostic {
    let mistake = Diagnostic::error(CODE, node.at, message);
    node.text(source).map_or(mistake.clone(), |text| mistake.value(text))
}

/// What may have been meant.
fn hint(_: &str, word: &str) -> Option<String> {
    let meant = match word.to_ascii_lowercase().as_str() {
        "per_run" | "total" | "max" => RUN,
        "daily" | "per_day" | "today" => DAY,
        "monthly" | "per_month" => MONTH,
        "takes" => MAX_TAKES,
        "quota" => DAILY_QUOTA,
        "currency" => return Some("amounts are in the currency of `prices`, or have one of their own: `20 USD`".to_owned()),
        _ => return None,
    };
    Some(format!("did you mean {}?", quoted(meant)))
}
