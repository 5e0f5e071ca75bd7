//! Which takes the words of `rushes pick` mean. Pure: looks at what the ledger has, and finds every mistake.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::select::nearest;
use crate::shot::{ShotId, TakeName, TakeNo};
use crate::take::Take;

/// The takes of a ledger, to be found by what they are called.
pub(super) struct Known<'a> {
    takes: HashMap<&'a TakeName, &'a Take>,
    shots: HashMap<&'a ShotId, Vec<&'a Take>>,
    /// What all of them are called, once somebody is told what could have been meant.
    names: OnceCell<BTreeSet<String>>,
}

/// What is wrong with a word.
pub(super) enum Wrong {
    /// This.
    Said(String),
    /// That nothing is called so.
    Unknown {
        /// The word.
        word: String,
        /// That there is no such thing.
        said: String,
    },
}

impl<'a> Known<'a> {
    /// These takes.
    pub(super) fn new(takes: &'a [Take]) -> Self {
        let mut shots: HashMap<_, Vec<_>> = HashMap::new();
        for take in takes {
            shots.entry(&take.name.shot).or_default().push(take);
        }
        Self { takes: takes.iter().map(|take| (&take.name, take)).collect(), shots, names: OnceCell::new() }
    }

    /// The takes that `words` mean, each once, in their order; otherwise everything that is wrong with them.
    pub(super) fn meant(&self, words: &[String]) -> Result<Vec<TakeName>, Vec<Wrong>> {
        let (mut meant, mut seen, mut wrong) = (Vec::new(), HashSet::new(), Vec::new());
        let mut rest = words;
        while let [word, after @ ..] = rest {
            let number = after.first().and_then(|next| number(next));
            rest = if number.is_some() { &after[1..] } else { after };
            match self.one(word, number) {
                Ok(name) if !seen.insert(name) => {}
                Ok(name) => meant.push(name.clone()),
                Err(why) => wrong.push(why),
            }
        }
        if wrong.is_empty() { Ok(meant) } else { Err(wrong) }
    }

    /// Holds that the ledger knows the take, and that there is, or was, something to watch.
    pub(super) fn watched(&self, name: &TakeName) -> Result<&'a TakeName, Wrong> {
        match (self.takes.get(name), self.of(&name.shot)) {
            (Some(take), _) if has_video(take) => Ok(&take.name),
            (Some(take), _) => Err(Wrong::Said(format!("{name} has no video: it is {}", take.state.name()))),
            (None, []) => Err(Wrong::Unknown { word: name.to_string(), said: format!("there is no take {name}") }),
            (None, others) => Err(Wrong::Said(format!("there is no take {name}; that shot has {}", numbers(others)))),
        }
    }

    /// What is wrong, and what could have been meant. To look for that takes its time.
    pub(super) fn told(&self, wrong: &Wrong) -> String {
        match wrong {
            Wrong::Said(said) => said.clone(),
            Wrong::Unknown { word, said } => {
                let near = nearest(word, self.names().iter().map(String::as_str));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                format!("{said}{near}")
            }
        }
    }

    /// What one word means, with the number that stands behind it.
    fn one(&self, word: &str, number: Option<TakeNo>) -> Result<&'a TakeName, Wrong> {
        let shot: Option<ShotId> = word.parse().ok();
        let of_shot = shot.as_ref().map_or(&[][..], |shot| self.of(shot));
        match (number, shot, word.parse::<TakeName>()) {
            (Some(number), Some(shot), _) if !of_shot.is_empty() => self.watched(&TakeName::new(shot, number)),
            (None, _, Ok(name)) if of_shot.is_empty() => self.watched(&name),
            (None, Some(_), _) if !of_shot.is_empty() => only_one(word, of_shot),
            (None, None, _) | (None, Some(_), Err(_)) if self::number(word).is_some() => {
                let of_which = format!("{word}: of which shot? write it behind the shot, as in SC010_SH020 {word}");
                Err(Wrong::Said(of_which))
            }
            _ => Err(Wrong::Unknown { word: word.to_owned(), said: format!("there is no take or shot called `{word}`") }),
        }
    }

    /// The takes of a shot.
    fn of(&self, shot: &ShotId) -> &[&'a Take] {
        self.shots.get(shot).map_or(&[], Vec::as_slice)
    }

    fn names(&self) -> &BTreeSet<String> {
        self.names.get_or_init(|| {
            let (shots, takes) = (self.shots.keys().map(ToString::to_string), self.takes.keys().map(ToString::to_string));
            shots.chain(takes).collect()
        })
    }
}

/// The only take of a shot that has a video.
fn only_one<'a>(word: &str, of_shot: &[&'a Take]) -> Result<&'a TakeName, Wrong> {
    let with_video: Vec<_> = of_shot.iter().copied().filter(|take| has_video(take)).collect();
    match with_video.as_slice() {
        [take] => Ok(&take.name),
        [] => Err(Wrong::Said(format!("no take of {word} has a video"))),
        several => Err(Wrong::Said(format!("{word} has several takes with a video: {}; say which", numbers(several)))),
    }
}

fn has_video(take: &Take) -> bool {
    take.record.stored_at.is_some()
}

/// `T02`.
pub(super) fn number(word: &str) -> Option<TakeNo> {
    let digits = word.strip_prefix(['T', 't']).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    TakeNo::try_from(digits.parse::<u16>().ok()?).ok()
}

fn numbers(takes: &[&Take]) -> String {
    takes.iter().map(|take| take.name.number.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::request::Request;

    /// CAT has two videos and one take without, DOG has one, EEL has none; one shot is called like a take of another.
    fn takes() -> Vec<Take> {
        let take = |(name, video): (&str, bool)| {
            let name: TakeName = name.parse().unwrap();
            let request = Request::sample("a cat");
            let key = request.key("cometapi", name.number);
            let mut take = Take::new(name, request, key, Vec::new());
            take.record.stored_at = video.then_some(Timestamp::UNIX_EPOCH);
            take
        };
        let all = [
            ("CAT_T01", true),
            ("CAT_T02", true),
            ("CAT_T03", false),
            ("DOG_T01", true),
            ("EEL_T01", false),
            ("T7_T01", true),
            ("DOG_T01_T01", true),
        ];
        all.map(take).into()
    }

    #[track_caller]
    fn check(words: &str, expected: &[&str]) {
        let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
        let takes = takes();
        let known = Known::new(&takes);
        let told: Vec<_> = match known.meant(&words) {
            Ok(names) => names.iter().map(ToString::to_string).collect(),
            Err(wrong) => wrong.iter().map(|wrong| known.told(wrong)).collect(),
        };
        assert_eq!(told, expected, "{words:?}");
    }

    #[test]
    fn a_take_is_named_in_one_word_or_two_or_by_its_shot_alone() {
        check("CAT T02", &["CAT_T02"]);
        check("CAT_T02", &["CAT_T02"]);
        check("CAT t2", &["CAT_T02"]);
        check("DOG", &["DOG_T01"]);
        check("CAT T02 DOG CAT_T01 CAT T2", &["CAT_T02", "DOG_T01", "CAT_T01"]);
        check("T7", &["T7_T01"]);
        check("T7 T01", &["T7_T01"]);
        check("DOG_T01", &["DOG_T01_T01"]);
    }

    #[test]
    fn every_mistake_is_told_with_what_could_have_been_meant() {
        check(
            "CAT CAT T9 EEL EEL_T01 CTA COW_T01 ../x T02",
            &[
                "CAT has several takes with a video: T01, T02; say which",
                "there is no take CAT_T09; that shot has T01, T02, T03",
                "no take of EEL has a video",
                "EEL_T01 has no video: it is planned",
                "there is no take or shot called `CTA`; did you mean CAT?",
                "there is no take COW_T01; did you mean CAT_T01?",
                "there is no take or shot called `../x`",
            ],
        );
        check("T02", &["T02: of which shot? write it behind the shot, as in SC010_SH020 T02"]);
        check("DOG_T02", &["there is no take DOG_T02; that shot has T01"]);
        check(
            "CAT T1000",
            &["CAT has several takes with a video: T01, T02; say which", "there is no take or shot called `T1000`"],
        );
    }
}
