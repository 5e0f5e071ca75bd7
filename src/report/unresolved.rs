//! What is known of a take of which nobody knows whether it was paid for: all that helps a person to find out, for programs and on
//! a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use super::{show, words};
use crate::price::Money;
use crate::take::{State, Take, TaskId, Token};

/// What may help to find out what became of a submission whose answer was lost. When it was begun and what it asks for is known of
/// every take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unresolved<'a> {
    /// The task that the unclear answer names all the same.
    pub named_task: Option<&'a TaskId>,
    /// The provider's own name for the call.
    pub request_id: Option<&'a str>,
    /// The first characters of what came instead of an answer.
    pub last_bytes: Option<&'a str>,
    /// The attempt's token, which a callback to it would bring back.
    pub token: Option<Token>,
    /// What was reserved for it, and what another attempt would cost.
    pub price: Option<Money>,
}

impl<'a> Unresolved<'a> {
    /// What is known of this take; `None` when there is nothing to find out about it.
    pub fn of(take: &'a Take) -> Option<Self> {
        let doubt = match &take.state {
            State::Submitting => None,
            State::Unresolved(doubt) => Some(doubt),
            _ => return None,
        };
        Some(Self {
            named_task: doubt.and_then(|doubt| doubt.task.as_ref()),
            request_id: doubt.and_then(|doubt| doubt.request_id.as_deref()),
            last_bytes: doubt.and_then(|doubt| doubt.last_bytes.as_deref()),
            token: take.record.token,
            price: take.price(),
        })
    }
}

/// As wide as the widest name of a fact.
const NAMES: usize = "request id".len();
/// The least room for a fact, however narrow the terminal.
const LEAST: usize = 20;

/// What is known of the take's last submission, a fact a line and at `width` columns; nothing when there is nothing to find out about
/// it.
pub fn known(take: &Take, width: usize) -> String {
    let Some(unresolved) = Unresolved::of(take) else { return String::new() };
    let came = match &take.state {
        State::Unresolved(doubt) => doubt.why.clone(),
        _ => words::reason(take).unwrap_or_default(),
    };
    let request = format!("{} · {}", take.request.prompt, show::settings(&take.request));
    let facts = [
        ("submitted", Some(submitted(take, &unresolved)), 2),
        ("asks for", Some(request), 3),
        ("came back", Some(came), 4),
        ("last bytes", unresolved.last_bytes.map(str::to_owned), 4),
        ("request id", unresolved.request_id.map(str::to_owned), 4),
        ("names task", unresolved.named_task.map(TaskId::to_string), usize::MAX),
        ("token", unresolved.token.map(|token| token.to_string()), 4),
    ];
    let room = width.saturating_sub(NAMES + 4).max(LEAST);
    let mut text = String::new();
    for (name, fact, most) in facts {
        let lines = fact.map(|fact| show::fold(&fact, room, most)).unwrap_or_default();
        for (place, line) in lines.iter().enumerate() {
            fact_line(&mut text, if place == 0 { name } else { "" }, line);
        }
    }
    text
}

/// What to type once it is known what became of the take, a line each. `place` is the output directory as it is to be typed.
pub fn settling(take: &Take, place: &str) -> String {
    let [made, not_made] = words::settle(take, place);
    let mut text = String::new();
    fact_line(&mut text, "if made", &made);
    fact_line(&mut text, "if not", &not_made);
    text
}

fn fact_line(text: &mut String, name: &str, fact: &str) {
    writeln!(text, "  {}  {fact}", show::pad(name, NAMES)).expect("memory takes it");
}

/// When, as which attempt, for how much.
fn submitted(take: &Take, unresolved: &Unresolved<'_>) -> String {
    let record = &take.record;
    let at = record.submitted_at.map_or_else(|| "at a time that is not known".to_owned(), show::moment);
    let attempt = if record.attempts > 1 { format!(", as attempt {}", record.attempts) } else { String::new() };
    let price = unresolved.price.map(|price| format!(", for {price}")).unwrap_or_default();
    format!("{at}{attempt}{price}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Unresolved, known, settling};
    use crate::report::samples;
    use crate::take::{Doubt, State, Take};

    fn naming(task: &str) -> Take {
        let doubt = Doubt { task: task.parse().ok(), ..Doubt::of("HTTP 500") };
        samples::take("SC010_T01", State::Unresolved(doubt))
    }

    #[test]
    fn the_task_that_an_answer_names_is_the_one_to_type() {
        let typed = |task: &str| settling(&naming(task), "out").lines().next().unwrap_or_default().to_owned();
        assert!(typed("0ab3bfe2-be23").ends_with("rushes resolve SC010_T01 out --task-id 0ab3bfe2-be23"));
        for odd in ["$(reboot)", "a;b", "`x`", "--not-made", "фильм", "'"] {
            assert!(typed(odd).ends_with("--task-id ID"), "{odd}");
            assert!(known(&naming(odd), 80).contains(odd), "{odd}");
        }
    }

    #[test]
    fn a_task_is_never_cut() {
        let long = "x".repeat(191);
        let text = known(&naming(&long), 80);
        assert_eq!(text.matches('x').count(), 191, "{text}");
    }

    proptest! {
        #[test]
        fn what_is_unresolved_has_facts_and_nothing_else_has(takes in samples::takes(), width in 0_usize..200) {
            for take in &takes {
                let unresolved = matches!(take.state, State::Submitting | State::Unresolved(_));
                prop_assert_eq!(Unresolved::of(take).is_some(), unresolved);
                let text = known(take, width);
                prop_assert_eq!(text.is_empty(), !unresolved);
                prop_assert!(text.lines().all(|line| !line.contains(char::is_control)));
            }
        }
    }
}
