//! What is right about shots and yet odd enough to be said before it is paid for. All answers are warnings.

use crate::manifest::claims::Claimed;
use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::request::Seconds;
use crate::shot::TakeNo;

/// The longest prompt that Runway's own API takes, in UTF-16 units. The provider in front of it documents no limit.
const PROMISED_PROMPT: usize = 1000;

/// A prompt that may be refused, or cut, because it is so long.
pub(super) fn long_prompt(prompt: &str, at: Place) -> Option<Diagnostic> {
    // There are never more units than bytes.
    let length = if prompt.len() > PROMISED_PROMPT { prompt.encode_utf16().count() } else { 0 };
    (length > PROMISED_PROMPT).then(|| {
        let message =
            format!("this prompt has {length} characters, as Runway counts them; its own API takes {PROMISED_PROMPT}");
        let help = "what happens to more is not documented: shorten it, or buy one take and look before you buy many";
        Diagnostic::warning("long-prompt", at, message).value(prompt).help(help)
    })
}

/// A length that no model is known to make, but that its author wants to be sent.
pub(super) fn unknown_seconds(seconds: Seconds, at: Place) -> Option<Diagnostic> {
    (!seconds.is_known()).then(|| {
        let message = format!("no model is known to make clips of {} seconds", seconds.get());
        let help = "5 and 10 are documented; another length may be refused, or come out otherwise: buy one take first";
        Diagnostic::warning("seconds", at, message).value(&seconds.get().to_string()).help(help)
    })
}

/// The warning about a shot that asks for what `first` asks for.
pub(super) fn twin(shot: Claimed<'_>, first: Claimed<'_>) -> Diagnostic {
    let (id, other) = (shot.id, first.id);
    let odd = Diagnostic::warning(
        "same-request",
        shot.at,
        format!("`{id}` asks for exactly what `{other}` asks for; both are paid for"),
    );
    let odd = odd.value(id);
    let takes = (first.takes.get() + shot.takes.get()).min(TakeNo::MAX);
    let help = format!("to choose between several, write `takes: {takes}` at `{other}` instead; or change one of the two");
    if first.at == shot.at {
        odd.help("name in the prompt what tells them apart in the matrix; to choose between several, use `takes`")
    } else {
        odd.help(help).related(first.at, "the first of the two")
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::{Source, read, render};

    /// What an author of a good manifest is told all the same.
    fn told(name: &str, text: &str) -> String {
        let source = Source::new(name, text.into());
        render(&source, &read(&source, None).expect("no mistakes").warnings, false)
    }

    #[test]
    fn two_shots_that_are_one_are_shown_together() {
        insta::assert_snapshot!(told("a.csv", "id,prompt,takes,tags,motion\nSC010,a cat,2,hero,\nSC020,a cat,,,static\n"), @r"
        warning[same-request]: `SC020` asks for exactly what `SC010` asks for; both are paid for
         --> a.csv:3:1
          |
        2 | SC010,a cat,2,hero,
          | ----- the first of the two
        3 | SC020,a cat,,,static
          | ^^^^^
          |
          = help: to choose between several, write `takes: 3` at `SC010` instead; or change one of the two

        a.csv: 1 warning
        ");
    }

    #[test]
    fn a_long_prompt_is_shown_where_it_stands() {
        let text =
            format!("shots:\n  - id: a\n    prompt: >-\n      {}\n  - {{ id: b, prompt: a cat }}\n", "a cat ".repeat(180));
        insta::assert_snapshot!(told("a.yaml", &text), @r"
        warning[long-prompt]: this prompt has 1079 characters, as Runway counts them; its own API takes 1000
         --> a.yaml:4:7
          |
        4 |       a cat a cat a cat a cat a cat a cat a cat a c... cat a cat a cat a cat a cat a cat a cat a ca
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: what happens to more is not documented: shorten it, or buy one take and look before you buy many

        a.yaml: 1 warning
        ");
    }

    #[test]
    fn only_what_is_odd_is_odd() {
        for (text, count) in [
            ("shots: [{ id: a, prompt: b }, { id: c, prompt: b, seconds: 10 }]".to_owned(), 0),
            ("shots: [{ id: a, prompt: b }, { id: c, prompt: b, motion: push in }]".to_owned(), 0),
            ("shots: [{ id: a, prompt: b, takes: 2 }]".to_owned(), 0),
            ("shots: [{ id: a, prompt: b }, { id: c, prompt: b }, { id: d, prompt: b }]".to_owned(), 2),
            ("shots: [{ id: a, prompt: b, motion: push in }, { id: c, prompt: b, z: 1 }]".to_owned(), 1),
            ("shots: [{ id: a, prompt: b, callback_url: 'https://callback.invalid/' }]".to_owned(), 0),
            (format!("shots: [{{ id: a, prompt: {} }}]", "é".repeat(1000)), 0),
            (format!("shots: [{{ id: a, prompt: {} }}]", "é".repeat(1001)), 1),
            (format!("shots: [{{ id: a, prompt: {} }}]", "𝄞".repeat(501)), 1),
            (format!("defaults: {{ prompt: {} }}\nshots: [{{ id: a }}, {{ id: b, x: 1 }}]", "é".repeat(1001)), 1),
        ] {
            let found = told("a.yaml", &text);
            assert_eq!(found.matches("warning[").count(), count, "{found}");
        }
    }
}
