//! What people write about a camera, taken apart: `Push-In slow + pan_left 0.4` is two phrases, each a name and how much of it.
//! Knows speeds, numbers and what stands between two moves, but no move.

use std::fmt;
use std::ops::Range;

use super::plain;

/// A longer text, in bytes, is no list of moves.
const MAX_TEXT: usize = 500;

/// How much of a move: a factor that its numbers are multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Speed {
    /// As much as the table says.
    #[default]
    Normal,
    /// Half as much.
    Slow,
    /// Twice as much.
    Fast,
    /// So many times as much: finite, and more than zero.
    Times(f64),
}

/// One move as it is written.
#[derive(Debug, PartialEq)]
pub(super) struct Phrase {
    /// Its words in lower case with a space between, without the speed.
    pub(super) name: String,
    pub(super) speed: Speed,
}

/// Why a part of a text is no move.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Misread {
    /// There is nothing that could be one.
    Nothing,
    /// It is too long to be any.
    TooLong,
    /// A speed or a number without a move.
    Nameless,
    /// A second speed or number for one move.
    TwoSpeeds,
    /// A number that is not a plain one above zero.
    BadNumber,
    /// No move has this name.
    Unknown(String),
    /// A speed of a move that is none.
    StaticSpeed,
    /// More, or less, than a number can say.
    OutOfRange,
}

impl Speed {
    /// The speeds that have a name.
    pub const NAMED: [Self; 2] = [Self::Slow, Self::Fast];

    /// What the numbers of a move are multiplied by.
    pub fn factor(self) -> f64 {
        match self {
            Self::Normal => 1.0,
            Self::Slow => 0.5,
            Self::Fast => 2.0,
            Self::Times(factor) => factor,
        }
    }

    fn named(word: &str) -> Option<Self> {
        match word {
            "slow" | "slowly" => Some(Self::Slow),
            "fast" | "quick" | "quickly" => Some(Self::Fast),
            _ => None,
        }
    }

    /// A plain number above zero: no sign, no `inf`, and no `05`, which was more likely to be `0.5`.
    fn times(digits: &str) -> Result<Self, Misread> {
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        let octal = digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
        let number = digits.parse().ok().filter(|number: &f64| plain && !octal && number.is_finite() && *number > 0.0);
        number.map(Self::Times).ok_or(Misread::BadNumber)
    }
}

impl fmt::Display for Speed {
    /// As it is written behind a name: nothing, `slow`, `fast`, `0.4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => Ok(()),
            Self::Slow => f.write_str("slow"),
            Self::Fast => f.write_str("fast"),
            Self::Times(factor) => f.write_str(&plain(*factor)),
        }
    }
}

/// The moves that `text` speaks of, or what is wrong with one, and where in it; at least one.
pub(super) fn phrases(text: &str) -> Vec<(Range<usize>, Result<Phrase, Misread>)> {
    if text.len() > MAX_TEXT {
        return vec![(0..text.len(), Err(Misread::TooLong))];
    }
    let tokens = tokens(text);
    let phrases = tokens.split(|token| token.kind == Kind::Between).filter(|tokens| !tokens.is_empty());
    let phrases: Vec<_> = phrases.map(|tokens| phrase(text, tokens)).collect();
    if phrases.is_empty() { vec![(0..text.len(), Err(Misread::Nothing))] } else { phrases }
}

/// The words of `text` in lower case, if it is nothing but the name of one move.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let words = tokens(text).into_iter().map(|token| {
        let word = text[token.span].to_lowercase();
        (token.kind == Kind::Word && Speed::named(&word).is_none()).then_some(word)
    });
    words.collect()
}

/// Whether what stands in `text` falls into more than one part.
pub(super) fn is_several(text: &str) -> bool {
    tokens(text).iter().any(|token| token.kind == Kind::Between)
}

/// Makes one phrase of what stands between two separators.
fn phrase(text: &str, tokens: &[Token]) -> (Range<usize>, Result<Phrase, Misread>) {
    let whole = tokens[0].span.start..tokens[tokens.len() - 1].span.end;
    let (mut names, mut speeds) = (Vec::new(), Vec::new());
    for Token { kind, span } in tokens {
        let word = text[span.clone()].to_lowercase();
        match (kind, Speed::named(&word)) {
            (Kind::Number, _) => speeds.push((span.clone(), Speed::times(&word))),
            (_, Some(speed)) => speeds.push((span.clone(), Ok(speed))),
            (_, None) => names.push(word),
        }
    }
    let mut speeds = speeds.into_iter();
    let first = speeds.next();
    let read = match (first, speeds.next()) {
        _ if names.is_empty() => Err((whole.clone(), Misread::Nameless)),
        (_, Some((span, _))) => Err((span, Misread::TwoSpeeds)),
        (Some((span, Err(wrong))), None) => Err((span, wrong)),
        (Some((_, Ok(speed))), None) => Ok(speed),
        (None, None) => Ok(Speed::Normal),
    };
    match read {
        Ok(speed) => (whole, Ok(Phrase { name: names.join(" "), speed })),
        Err((span, wrong)) => (span, Err(wrong)),
    }
}

/// A stretch of a text that is not just a gap between two words.
struct Token {
    kind: Kind,
    span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    /// What begins like a number, whether it is one or not.
    Number,
    /// What stands between two moves.
    Between,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(c) = text[start..].chars().next() {
        let rest = &text[start..];
        let (kind, length) = match c {
            _ if begins_number(rest) => (Some(Kind::Number), number_length(rest)),
            ',' | ';' | '+' | '&' => (Some(Kind::Between), 1),
            _ if is_gap(c) => (None, c.len_utf8()),
            _ => {
                let length = rest.find(|c| is_gap(c) || is_between(c)).unwrap_or(rest.len());
                (Some(if rest[..length].eq_ignore_ascii_case("and") { Kind::Between } else { Kind::Word }), length)
            }
        };
        tokens.extend(kind.map(|kind| Token { kind, span: start..start + length }));
        start += length;
    }
    tokens
}

fn is_between(c: char) -> bool {
    matches!(c, ',' | ';' | '+' | '&')
}

/// Spaces, underscores and hyphens tell the words of a name apart.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || c == '_' || is_hyphen(c)
}

/// What keyboards and word processors make of a hyphen, a minus sign included.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether a number begins here. A hyphen right before a digit is a minus sign, never a gap: `push in -0.4` is not `push in 0.4`.
fn begins_number(text: &str) -> bool {
    let digits = text.strip_prefix(is_hyphen).unwrap_or(text);
    digits.strip_prefix('.').unwrap_or(digits).starts_with(|c: char| c.is_ascii_digit())
}

/// How much of `text` is the number that begins it, with whatever letters hang on to it.
fn number_length(text: &str) -> usize {
    let mut before = '-';
    let ends = |(at, c): (usize, char)| {
        let exponent =
            matches!(before, 'e' | 'E') && matches!(c, '+' | '-') && text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        before = c;
        (at > 0 && !exponent && (is_gap(c) || is_between(c))).then_some(at)
    };
    text.char_indices().find_map(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phrases of a text, or the part of it that is wrong, and how.
    fn check(text: &str, expected: &[&str]) {
        let shown = phrases(text).into_iter().map(|(span, read)| match read {
            Ok(Phrase { name, speed }) => format!("{name}|{speed}"),
            Err(wrong) => format!("{wrong:?} {}", &text[span]),
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn case_spaces_underscores_and_hyphens_do_not_matter() {
        for text in ["push in", "Push In", "PUSH-IN", "push_in", " push \u{a0} in ", "push__in-", "push–in"] {
            check(text, &["push in|"]);
        }
    }

    #[test]
    fn moves_are_told_apart_by_commas_semicolons_pluses_and_and() {
        for text in ["a, b", "a;b", "a+b", "a & b", "a and b", "a AND b", "a, and b", "a,, b,", "+a-and-b"] {
            check(text, &["a|", "b|"]);
        }
        check("android sand", &["android sand|"]);
    }

    #[test]
    fn a_speed_may_stand_anywhere_in_a_phrase() {
        for text in ["push in slow", "slow push in", "push slowly in", "Push-In-SLOW"] {
            check(text, &["push in|slow"]);
        }
        check("pan left fast, quick roll, quickly go", &["pan left|fast", "roll|fast", "go|fast"]);
        check("push in 0.40 + .5 pan; a 1e-3 and b 2.", &["push in|0.4", "pan|0.5", "a|0.001", "b|2"]);
    }

    #[test]
    fn numbers_are_plain_and_above_zero() {
        for number in ["0", "-0.4", "−1", "–.5", "0.5x", "1e999", "1e-999", "05", "1.2.3", "0x10", "1e", "٣"] {
            let text = format!("push in {number}");
            match number {
                // A digit of another script is a letter to us, and the name of no move.
                "٣" => check(&text, &["push in ٣|"]),
                _ => check(&text, &[&format!("BadNumber {number}")]),
            }
        }
        check("push-in-2", &["BadNumber -2"]);
        check("push in 0,4", &["BadNumber 0", "Nameless 4"]);
    }

    #[test]
    fn what_is_no_phrase_is_told_where_it_stands() {
        check("", &["Nothing "]);
        check(" , - and", &["Nothing  , - and"]);
        check("slow, push in", &["Nameless slow", "push in|"]);
        check("push in slow 0.4", &["TwoSpeeds 0.4"]);
        check("slow push in fast + pan", &["TwoSpeeds fast", "pan|"]);
        check(&"a,".repeat(251), &[&format!("TooLong {}", "a,".repeat(251))]);
    }
}
