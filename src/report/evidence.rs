//! What a provider's own books tell about submissions whose answer was lost, in words that claim no more than they can.

use crate::quota::Evidence;

/// What the books tell about the run's submissions that have no answer; `None` when they tell nothing, or there are none.
pub fn evidence(evidence: &Evidence) -> Option<String> {
    let (counted, lost) = (evidence.counted()?, evidence.unanswered());
    if lost == 0 {
        return None;
    }
    let Evidence { run, submissions, accepted, refused, .. } = evidence;
    let refused = if *refused > 0 { format!(", {refused} refused") } else { String::new() };
    let used = if counted.used > 0.0 { format!(", which used {} of the quota", rounded(counted.used)) } else { String::new() };
    let requests = counted.requests;
    let reading = reading(requests.checked_sub(*accepted), lost, evidence.refused > 0);
    Some(format!(
        "evidence, no proof: of {submissions} submissions in run {run} {accepted} were accepted{refused} and {lost} left without an \
         answer, and the provider counted {requests} requests meanwhile{used}. {reading}"
    ))
}

/// What it looks like when so many more requests were counted than submissions were accepted. Whether polls, refusals and other
/// users of the account count is not documented, nor how late.
fn reading(beyond: Option<u64>, lost: u64, refused: bool) -> String {
    let refusals = if refused { " refusals," } else { "" };
    let made = match beyond {
        None => {
            return "That is fewer than were accepted: the count is late, or of something else, and tells nothing yet."
                .to_owned();
        }
        Some(0) if lost == 1 => "that one had not".to_owned(),
        Some(0) => format!("none of these {lost} had"),
        Some(1) if lost == 1 => "that one had".to_owned(),
        Some(made) if made == lost => format!("all of these {lost} had"),
        Some(made) if made < lost => format!("{made} of these {lost} had"),
        Some(_) => {
            return format!(
                "That is more than was submitted:{refusals} polls or other users of the account count too, so it tells nothing."
            );
        }
    };
    format!(
        "That looks as if {made} been made; but{refusals} polls and other users of the account may count too, and some may count late."
    )
}

/// To a millionth: sums of fractions are never exact.
fn rounded(used: f64) -> String {
    format!("{used:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quota::{Counted, Day};

    fn told(counted: u64, accepted: u64, refused: u64, lost: u64) -> Option<String> {
        let books = |requests: u64, used| {
            let day = ("2026-11-22".parse().unwrap(), Day { requests, used });
            Counted { remaining: None, days: [day].into() }
        };
        evidence(&Evidence {
            run: "2026-11-22T01-00-00Z".into(),
            before: books(7, 0.1),
            after: books(7 + counted, if counted > 0 { 0.3 } else { 0.1 }),
            submissions: accepted + refused + lost,
            accepted,
            refused,
            takes: Vec::new(),
        })
    }

    #[test]
    fn the_books_are_read_with_care() {
        insta::assert_snapshot!(told(11, 10, 0, 1).unwrap(), @"evidence, no proof: of 11 submissions in run 2026-11-22T01-00-00Z 10 were accepted and 1 left without an answer, and the provider counted 11 requests meanwhile, which used 0.2 of the quota. That looks as if that one had been made; but polls and other users of the account may count too, and some may count late.");
        for (counted, accepted, refused, lost, expected) in [
            (10, 10, 0, 1, "as if that one had not been made"),
            (0, 0, 0, 2, "as if none of these 2 had been made"),
            (11, 10, 0, 3, "as if 1 of these 3 had been made; but polls"),
            (11, 10, 2, 3, "as if 1 of these 3 had been made; but refusals, polls"),
            (13, 10, 0, 3, "as if all of these 3 had been made"),
            (14, 10, 0, 3, "more than was submitted: polls"),
            (9, 10, 0, 3, "fewer than were accepted"),
        ] {
            let told = told(counted, accepted, refused, lost).unwrap();
            assert!(told.starts_with("evidence, no proof: ") && told.contains(expected), "{told}");
        }
        assert_eq!(told(11, 10, 1, 0), None, "there is nothing to find out");
    }
}
