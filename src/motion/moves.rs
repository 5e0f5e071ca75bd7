//! The table of named moves, and what a text of them comes to.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::phrase::{self, Misread, Phrase};
use super::{Motion, Speed};

/// The move that is none. No manifest can make it one.
const STATIC: &str = "static";

/// The longest name, in characters.
const MAX_NAME: usize = 60;

/// A name, its numbers in the order of [`Motion::AXES`], and what else people call it.
type Entry = (&'static str, [f64; 6], &'static [&'static str]);

/// What each name stands for unless a manifest says otherwise. **A convention, not knowledge**: the provider names the axes and
/// does not say what they do. Right, up, towards the subject and clockwise are positive; a move that carries the camera is on `x`,
/// `y` or `z`, one that turns it on `r`, `bg_x_pan` or `bg_y_pan`; each is 1 at its normal speed. A number that is changed here
/// changes the requests of all who use the name: their shots would be held, and bought again by whoever agrees.
const CONVENTION: [Entry; 13] = [
    //                   x     y     z     r   bg_x  bg_y
    (STATIC, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &["still", "locked off"]),
    ("push in", [0.0, 0.0, 1.0, 0.0, 0.0, 0.0], &["dolly in", "zoom in"]),
    ("pull out", [0.0, 0.0, -1.0, 0.0, 0.0, 0.0], &["pull back", "dolly out", "zoom out"]),
    ("pan left", [0.0, 0.0, 0.0, 0.0, -1.0, 0.0], &[]),
    ("pan right", [0.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[]),
    ("tilt up", [0.0, 0.0, 0.0, 0.0, 0.0, 1.0], &[]),
    ("tilt down", [0.0, 0.0, 0.0, 0.0, 0.0, -1.0], &[]),
    ("roll left", [0.0, 0.0, 0.0, -1.0, 0.0, 0.0], &[]),
    ("roll right", [0.0, 0.0, 0.0, 1.0, 0.0, 0.0], &[]),
    ("truck left", [-1.0, 0.0, 0.0, 0.0, 0.0, 0.0], &["track left", "slide left", "crab left"]),
    ("truck right", [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], &["track right", "slide right", "crab right"]),
    ("pedestal up", [0.0, 1.0, 0.0, 0.0, 0.0, 0.0], &["crane up", "boom up"]),
    ("pedestal down", [0.0, -1.0, 0.0, 0.0, 0.0, 0.0], &["crane down", "boom down"]),
];

/// What each name of a move stands for: the convention, as far as a manifest does not override it, and what it adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Moves {
    all: Vec<Move>,
    /// Which of them each name and alias means.
    index: HashMap<String, usize>,
}

/// One named move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Move {
    /// Its words in lower case, with a space between.
    pub name: String,
    /// The numbers it stands for, at normal speed.
    pub vector: Motion,
    /// What else it is called.
    pub aliases: Vec<&'static str>,
    /// Who says so.
    pub origin: Origin,
}

/// Who says what a move stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `rushes`, for want of documentation.
    Convention,
    /// The manifest.
    Manifest,
}

/// A move as a shot asks for it: which, and how much of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The move's own name, whatever it was called.
    pub name: String,
    /// How much of it.
    pub speed: Speed,
    /// What that comes to.
    pub vector: Motion,
}

/// Why a text cannot name a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadName {
    /// There is no word in it.
    Nothing,
    /// It is longer than [`MAX_NAME`].
    TooLong,
    /// It would be read as several moves.
    Several,
    /// It would be read as a move and its speed.
    Speed,
    /// It has always meant no movement.
    Static,
    /// A word of it has something else in it than letters and digits.
    Odd,
}

impl Moves {
    /// Every move, the convention's first.
    pub fn iter(&self) -> impl Iterator<Item = &Move> {
        self.all.iter()
    }

    /// Every name and alias.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flat_map(Move::all_names)
    }

    /// Whether `text` speaks of moves and nothing else.
    pub(crate) fn know(&self, text: &str) -> bool {
        self.read(text).iter().all(|(_, step)| step.is_ok())
    }

    /// The moves that `text` speaks of, or why there is none, and where in it; at least one.
    pub(crate) fn read(&self, text: &str) -> Vec<(Range<usize>, Result<Step, Misread>)> {
        let phrases = phrase::phrases(text).into_iter();
        phrases.map(|(span, phrase)| (span, phrase.and_then(|phrase| self.step(phrase)))).collect()
    }

    /// Lets `name`, as [`move_name`] gives it, stand for `vector` from now on. If it was an alias, it is a move of its own then.
    pub(crate) fn define(&mut self, name: String, vector: Motion) {
        if let Some(&known) = self.index.get(&name) {
            let known = &mut self.all[known];
            if known.name == name {
                (known.vector, known.origin) = (vector, Origin::Manifest);
                return;
            }
            known.aliases.retain(|alias| *alias != name);
        }
        self.index.insert(name.clone(), self.all.len());
        self.all.push(Move { name, vector, aliases: Vec::new(), origin: Origin::Manifest });
    }

    fn step(&self, Phrase { name, speed }: Phrase) -> Result<Step, Misread> {
        let Some(&known) = self.index.get(&name) else { return Err(Misread::Unknown(name)) };
        let known = &self.all[known];
        if known.vector == Motion::STATIC && speed != Speed::Normal {
            return Err(Misread::StaticSpeed);
        }
        let vector = known.vector.times(speed.factor()).ok_or(Misread::OutOfRange)?;
        Ok(Step { name: known.name.clone(), speed, vector })
    }
}

impl Default for Moves {
    /// The convention.
    fn default() -> Self {
        let all: Vec<Move> = CONVENTION.iter().map(Move::of_convention).collect();
        let names = all.iter().enumerate().flat_map(|(at, known)| known.all_names().map(move |name| (name.to_owned(), at)));
        let index = names.collect();
        Self { all, index }
    }
}

impl Move {
    fn of_convention((name, axes, aliases): &Entry) -> Self {
        Self { name: (*name).into(), vector: (*axes).into(), aliases: aliases.to_vec(), origin: Origin::Convention }
    }

    fn all_names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str()].into_iter().chain(self.aliases.iter().copied())
    }
}

impl fmt::Display for Step {
    /// As the table spells it: `push in slow`. Read again, it is the same step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.speed {
            Speed::Normal => f.write_str(&self.name),
            speed => write!(f, "{} {speed}", self.name),
        }
    }
}

/// `text` as the name of a move: its words in lower case, with a space between.
pub(crate) fn move_name(text: &str) -> Result<String, BadName> {
    if text.chars().count() > MAX_NAME {
        return Err(BadName::TooLong);
    }
    let words = phrase::words(text).ok_or(if phrase::is_several(text) { BadName::Several } else { BadName::Speed })?;
    let name = words.join(" ");
    match &CONVENTION[0] {
        _ if words.is_empty() => Err(BadName::Nothing),
        (still, _, aliases) if name == *still || aliases.contains(&name.as_str()) => Err(BadName::Static),
        _ if words.iter().all(|word| word.chars().all(char::is_alphanumeric)) => Ok(name),
        _ => Err(BadName::Odd),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a text of good moves comes to, step by step.
    fn steps(moves: &Moves, text: &str) -> Vec<Step> {
        let read = moves.read(text).into_iter();
        read.map(|(span, step)| step.unwrap_or_else(|wrong| panic!("{text}: {wrong:?} at {span:?}"))).collect()
    }

    #[test]
    fn every_move_of_the_convention_stands_for_one_number() {
        for (text, expected) in [
            ("static", "static"),
            ("still", "static"),
            ("locked-off", "static"),
            ("push in", "{ z: 1 }"),
            ("dolly in", "{ z: 1 }"),
            ("Zoom In", "{ z: 1 }"),
            ("pull out", "{ z: -1 }"),
            ("pull back", "{ z: -1 }"),
            ("dolly_out", "{ z: -1 }"),
            ("zoom out", "{ z: -1 }"),
            ("pan left", "{ bg_x_pan: -1 }"),
            ("pan right", "{ bg_x_pan: 1 }"),
            ("tilt up", "{ bg_y_pan: 1 }"),
            ("tilt down", "{ bg_y_pan: -1 }"),
            ("roll left", "{ r: -1 }"),
            ("roll right", "{ r: 1 }"),
            ("truck left", "{ x: -1 }"),
            ("track left", "{ x: -1 }"),
            ("slide left", "{ x: -1 }"),
            ("crab left", "{ x: -1 }"),
            ("truck right", "{ x: 1 }"),
            ("track right", "{ x: 1 }"),
            ("slide right", "{ x: 1 }"),
            ("crab right", "{ x: 1 }"),
            ("pedestal up", "{ y: 1 }"),
            ("crane up", "{ y: 1 }"),
            ("boom up", "{ y: 1 }"),
            ("pedestal down", "{ y: -1 }"),
            ("crane down", "{ y: -1 }"),
            ("boom down", "{ y: -1 }"),
        ] {
            let steps = steps(&Moves::default(), text);
            assert_eq!(steps.iter().map(|step| step.vector.to_string()).collect::<Vec<_>>(), [expected], "{text}");
        }
        assert_eq!(Moves::default().names().count(), 30, "the table above has them all");
    }

    #[test]
    fn a_speed_multiplies_what_the_table_says() {
        for (text, name, expected) in [
            ("pull out slow", "pull out slow", "{ z: -0.5 }"),
            ("fast roll left", "roll left fast", "{ r: -2 }"),
            ("dolly in 0.40", "push in 0.4", "{ z: 0.4 }"),
            ("6 roll-left", "roll left 6", "{ r: -6 }"),
        ] {
            let step = &steps(&Moves::default(), text)[0];
            assert_eq!((step.to_string().as_str(), step.vector.to_string().as_str()), (name, expected));
        }
    }

    #[test]
    fn a_manifest_overrides_a_move_and_its_aliases_follow() {
        let mut moves = Moves::default();
        moves.define(move_name("Push_In").unwrap(), Motion { z: 3.0, y: 0.5, ..Motion::STATIC });
        moves.define(move_name("dolly-out").unwrap(), Motion { x: 7.0, ..Motion::STATIC });
        moves.define(move_name("drift").unwrap(), Motion { r: 0.1, ..Motion::STATIC });
        for (text, expected) in [
            ("push in", "{ y: 0.5, z: 3 }"),
            ("dolly in 2", "{ y: 1, z: 6 }"),
            ("dolly out", "{ x: 7 }"),
            ("pull out", "{ z: -1 }"),
            ("drift slow", "{ r: 0.05 }"),
        ] {
            assert_eq!(steps(&moves, text)[0].vector.to_string(), expected, "{text}");
        }
        let own: Vec<_> = moves.iter().filter(|known| known.origin == Origin::Manifest).map(|known| &known.name).collect();
        assert_eq!(own, ["push in", "dolly out", "drift"]);
        assert!(moves.iter().all(|known| known.name == "dolly out" || !known.aliases.contains(&"dolly out")));
    }

    #[test]
    fn what_would_be_read_as_something_else_names_no_move() {
        for (text, expected) in [
            ("Whip-Pan", Ok("whip pan")),
            ("orbit a360", Ok("orbit a360")),
            ("вираж", Ok("вираж")),
            ("", Err(BadName::Nothing)),
            ("-_ ", Err(BadName::Nothing)),
            ("push in and pan left", Err(BadName::Several)),
            ("up,down", Err(BadName::Several)),
            ("and", Err(BadName::Several)),
            ("slow push", Err(BadName::Speed)),
            ("orbit 360", Err(BadName::Speed)),
            ("2", Err(BadName::Speed)),
            ("Static", Err(BadName::Static)),
            ("locked_off", Err(BadName::Static)),
            ("push \"in\"", Err(BadName::Odd)),
            ("a\u{7}b", Err(BadName::Odd)),
        ] {
            assert_eq!(move_name(text), expected.map(str::to_owned), "{text:?}");
        }
        assert_eq!(move_name(&"a".repeat(MAX_NAME + 1)), Err(BadName::TooLong));
    }

    #[test]
    fn what_cannot_be_done_is_no_step() {
        let mut moves = Moves::default();
        moves.define("leap".into(), Motion { x: 1e300, r: 1e-300, ..Motion::STATIC });
        for (text, expected) in [
            ("push sideways", Misread::Unknown("push sideways".into())),
            ("still fast", Misread::StaticSpeed),
            ("leap 1e10", Misread::OutOfRange),
            ("leap 1e-50", Misread::OutOfRange),
        ] {
            assert_eq!(moves.read(text).remove(0).1, Err(expected), "{text}");
        }
    }

    proptest! {
        /// Whatever is written, every part is a step that is spelled so that it can be read again, or is wrong at a place in the text.
        #[test]
        fn any_text_is_steps_or_mistakes(
            text in r"(push|in|pan|left|tilt| |-|_|,|\+|and|;|slow|fast|[0-9.e]{1,4}|-[0-9]|static|\PC|[\x00-\x1f]){0,12}"
        ) {
            let moves = Moves::default();
            for (span, step) in moves.read(&text) {
                prop_assert!(text.get(span).is_some());
                let Ok(step) = step else { continue };
                prop_assert!(step.vector.axes().iter().all(|number| number.is_finite()));
                let again: Vec<_> = moves.read(&step.to_string()).into_iter().map(|(_, again)| again).collect();
                prop_assert_eq!(again, [Ok(step)]);
            }
        }

        #[test]
        fn any_name_is_read_back_as_the_move_it_names(text in r"(\PC|a|b| |-|_|slow|and|[0-9]){0,8}") {
            let Ok(name) = move_name(&text) else { return Ok(()) };
            let mut moves = Moves::default();
            moves.define(name.clone(), Motion { x: 0.25, ..Motion::STATIC });
            for said in [text, name.clone()] {
                prop_assert_eq!(steps(&moves, &said), [Step { name: name.clone(), speed: Speed::Normal, vector: Motion { x: 0.25, ..Motion::STATIC } }]);
            }
        }
    }
}
