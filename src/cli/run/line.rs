//! The last line of a run: what it came to, fit for the subject of a mail. What needs a person comes first.

use std::path::Path;

use super::super::Failure;
use crate::engine::Reason;
use crate::price::Bill;
use crate::report::Totals;
use crate::take::Outcome;

/// What takes can be besides stored and as they should be, what is most urgent first.
const URGENT: [Outcome; 6] =
    [Outcome::Unresolved, Outcome::Failed, Outcome::Rejected, Outcome::OffSpec, Outcome::Waiting, Outcome::Held];

/// What an output directory is called, without where it is.
pub(super) fn name(root: &Path) -> String {
    let whole = root.canonicalize();
    let name = root.file_name().or_else(|| whole.as_ref().ok()?.file_name());
    name.unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
}

/// The line of a run that went to its end. `bill` is what it has bought.
pub(super) fn end(name: &str, totals: &Totals, stopped: Option<&Reason>, bill: &Bill) -> String {
    let (takes, new, reused) = (totals.takes(), totals.count(Outcome::Stored), totals.count(Outcome::Reused));
    let urgent = URGENT.iter().map(|outcome| (outcome, totals.count(*outcome))).filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = urgent.map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if parts.is_empty() && new == 0 {
        parts.push("nothing to do".to_owned());
    }
    match (new + reused + totals.count(Outcome::OffSpec), takes) {
        (_, 0) => {}
        (1, 1) => parts.push("1 stored".to_owned()),
        (stored, takes) if stored == takes => parts.push(format!("all {takes} stored")),
        (stored, takes) => parts.push(format!("{stored} of {takes} stored")),
    }
    if new > 0 && reused > 0 {
        parts.push(format!("{new} new"));
    }
    if bill.is_known() {
        parts.push(bill.to_string());
    }
    let why = stopped.map(|reason| format!("{}: ", in_short(reason))).unwrap_or_default();
    line(name, &format!("{why}{}", parts.join(", ")))
}

/// The line of a run that begins.
pub(super) fn start(name: &str, takes: usize, to_do: usize) -> String {
    let to_do = if to_do == 0 { "nothing".to_owned() } else { format!("{to_do} of {takes}") };
    line(name, &format!("started, {to_do} to do"))
}

/// The line of a run that ended with an error.
pub(super) fn failure(name: &str, failure: &Failure) -> String {
    line(name, failure.describe().lines().next().unwrap_or_default())
}

/// One line, whatever stands in it.
fn line(name: &str, text: &str) -> String {
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    format!("rushes: {name}{text}").replace(char::is_control, "\u{fffd}")
}

/// Why a run stopped early, in a word or two.
fn in_short(reason: &Reason) -> &'static str {
    match reason {
        Reason::Interrupted => "interrupted",
        Reason::BadKey(_) => "key refused",
        Reason::NoMoney(_) => "out of money",
        Reason::WrongAddress(_) => "not the provider",
        Reason::Refusing(_) => "everything refused",
        Reason::Full => "provider full",
        Reason::Account(_) => "account trouble",
        Reason::Moderation { .. } => "content policy",
        Reason::TimeOver => "time over",
        Reason::Disk(_) => "disk trouble",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcomes: &[(usize, Outcome)], stopped: Option<&Reason>, prices: &[&str], expected: &str) {
        let all = outcomes.iter().flat_map(|(count, outcome)| std::iter::repeat_n(*outcome, *count));
        let bill = prices.iter().map(|price| price.parse().ok()).collect();
        let line = end("teaser", &all.collect(), stopped, &bill);
        assert_eq!(line, format!("rushes: teaser: {expected}"));
        assert!(line.chars().count() <= 78, "{line}");
    }

    #[test]
    fn what_needs_a_person_comes_first() {
        use Outcome::{Failed, Held, Rejected, Reused, Stored, Unresolved, Waiting};
        check(&[(12, Stored)], None, &["3.20 USD"], "all 12 stored, 3.20 USD");
        check(&[(1, Stored)], None, &[], "1 stored");
        check(&[(12, Reused)], None, &[], "nothing to do, all 12 stored");
        check(&[(8, Reused), (4, Stored)], None, &["?"], "all 12 stored, 4 new");
        check(&[], None, &[], "nothing to do");
        check(
            &[(10, Stored), (1, Failed), (1, Unresolved)],
            None,
            &["1 USD", "?"],
            "1 unresolved, 1 failed, 10 of 12 stored, 1.00 USD for 1 of 2",
        );
        check(&[(3, Held), (9, Stored)], Some(&Reason::Interrupted), &[], "interrupted: 3 held, 9 of 12 stored");
        check(
            &[(2, Waiting), (1, Rejected)],
            Some(&Reason::NoMoney("0".into())),
            &[],
            "out of money: 1 rejected, 2 waiting, 0 of 3 stored",
        );
    }

    #[test]
    fn whatever_stands_in_it_it_is_one_line() {
        let failure = Failure::usage("no such file: a\rb\nBcc: everybody").help("look again");
        assert_eq!(super::failure("x\ny", &failure), "rushes: x\u{fffd}y: no such file: a\u{fffd}b");
        assert_eq!(super::failure("", &failure), "rushes: no such file: a\u{fffd}b");
        assert_eq!(start("teaser", 12, 10), "rushes: teaser: started, 10 of 12 to do");
        assert_eq!(start("teaser", 12, 0), "rushes: teaser: started, nothing to do");
    }

    #[test]
    fn a_directory_has_a_name_wherever_it_is() {
        assert_eq!(name(Path::new("out/teaser")), "teaser");
        assert_eq!(name(Path::new("../no/such/teaser/")), "teaser");
        assert!(!name(Path::new(".")).is_empty() && name(Path::new(".")) != ".");
    }
}
