//! What the slate in front of a shot says: its scene and its number there; and what else there is to say about a shot that the
//! provider is never told. No I/O.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BadShotId, ShotId};
use crate::text;

/// The scene that a shot belongs to: `SC010`, however it was written: `10`, `sc10` and `Scene 010` are the same. A scene without a
/// number, such as `INTRO`, is called as it is; several words have a `-` between them: `INT. KITCHEN - NIGHT` is `INT-KITCHEN-NIGHT`.
/// 1 to 40 ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scene(Box<str>);

/// A shot's number in its scene: `SH020`, however it was written: `20`, `sh20` and `Shot 020` are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShotNumber(Box<str>);

/// A text that names neither a scene nor a shot of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scene or shot is a number such as 10 or 10A, or a word of at most {MAX_LEN} letters, digits, `.`, `_` and `-`")]
pub struct BadSlate;

/// What is known of a shot besides its request. No part of what a take asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The scene that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<Scene>,
    /// What people should know about it; not empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Fields of the author's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// The longest name of a scene, or of a shot in one: two of them are an id.
const MAX_LEN: usize = 40;
/// What a scene with a number is called begins so.
const SCENE: &str = "SC";
/// A number has at least so many digits, so that names sort as people count.
const DIGITS: usize = 3;

impl About {
    /// The scene that the shot `id`, of which this is known, belongs to: the one that is stated, else what its id says before the first
    /// `_SH`.
    pub fn scene_of<'a>(&'a self, id: &'a ShotId) -> Option<&'a str> {
        let stated = self.scene.as_ref().map(Scene::as_str);
        stated.or_else(|| id.as_str().split_once("_SH").map(|(scene, _)| scene))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Scene {
    /// The scene's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has a number, and is called after that.
    pub(crate) fn is_numbered(&self) -> bool {
        self.0.strip_prefix(SCENE).is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
    }
}

impl ShotNumber {
    /// The id of this shot of `scene`: `SC010_SH020`; or simply its number, if there are no scenes, or if it names the scene already.
    pub(crate) fn id(&self, scene: Option<&Scene>) -> Result<ShotId, BadShotId> {
        let Some(scene) = scene else { return self.0.parse() };
        let (scene, number) = (&scene.0, &self.0);
        let whole = number.get(..scene.len()).is_some_and(|start| start.eq_ignore_ascii_case(scene));
        let whole = whole && number[scene.len()..].starts_with(['_', '-', '.']);
        if whole { number.parse() } else { format!("{scene}_{number}").parse() }
    }
}

impl FromStr for Scene {
    type Err = BadSlate;

    fn from_str(text: &str) -> Result<Self, BadSlate> {
        let named = |text: &str| named(text, SCENE, &["scene", "scn", "sc"]);
        named(text)
            .or_else(|_| {
                let words = joined(text);
                // `10 / 20` must not become a scene with a number.
                named(&words).and_then(|name| if *name == *words { Ok(name) } else { Err(BadSlate) })
            })
            .map(Self)
    }
}

impl FromStr for ShotNumber {
    type Err = BadSlate;

    fn from_str(text: &str) -> Result<Self, BadSlate> {
        named(text, "SH", &["shot", "sh"]).map(Self)
    }
}

/// The words of `text` with `-` between them.
fn joined(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The name that `text` comes to: `prefix` and the number, where there is one, with or without one of `words` in front.
fn named(text: &str, prefix: &str, words: &[&str]) -> Result<Box<str>, BadSlate> {
    let text = text.trim().trim_end_matches('.');
    let begins = |word: &&&str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let word = words.iter().find(begins).map_or(0, |word| word.len());
    let number = text[word..].trim_start_matches([' ', '_', '-', '.', '#']);
    let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let name = if digits == 0 {
        text.to_owned()
    } else {
        let (digits, letters) = number.split_at(digits);
        format!("{prefix}{:0>DIGITS$}{}", digits.trim_start_matches('0'), letters.to_ascii_uppercase())
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let sound = name.chars().all(sound) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.len() <= MAX_LEN;
    if sound { Ok(name.into()) } else { Err(BadSlate) }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for Scene {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scene {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scene_is_the_same_however_it_is_written() {
        for (expected, all) in [
            (
                "SC010",
                ["10", "010", "0010", "SC10", "sc010", "Scene 10", "scene_10", "Sc. 10", "SC#10", " 10 ", "10."].as_slice(),
            ),
            ("SC010A", &["10A", "10a", "SC10a"]),
            ("SC000", &["0", "00"]),
            ("SC1000", &["1000"]),
            ("SC010.5", &["10.5"]),
            ("INTRO", &["INTRO"]),
            ("school", &["school"]),
            ("scene", &["scene"]),
            ("Opening-Titles", &["Opening Titles", " Opening  Titles ", "Opening – Titles", "Opening: Titles!"]),
            ("INT-KITCHEN-NIGHT", &["INT. KITCHEN - NIGHT", "INT-KITCHEN-NIGHT", "(INT) KITCHEN / NIGHT"]),
            ("EXT-BEACH-12", &["EXT. BEACH 12"]),
            ("a_b-c", &["a_b c"]),
        ] {
            for text in all {
                assert_eq!(text.parse().map(|scene: Scene| scene.to_string()).as_deref(), Ok(expected), "{text:?}");
            }
        }
        for bad in [
            "",
            " ",
            ".",
            "-",
            "_10x/",
            "10/20",
            "10 KITCHEN",
            "Scene 10/20",
            "é",
            "10é",
            "é10",
            "日本",
            "sc é1",
            &"x".repeat(41),
            &"1".repeat(39),
        ] {
            assert_eq!(bad.parse::<Scene>(), Err(BadSlate), "{bad:?}");
        }
    }

    #[test]
    fn an_id_is_made_from_scene_and_number() {
        for (scene, number, expected) in [
            (Some("10"), "20", "SC010_SH020"),
            (Some("SC010"), "SH020", "SC010_SH020"),
            (Some("10A"), "20b", "SC010A_SH020B"),
            (Some("10"), "A", "SC010_A"),
            (Some("INTRO"), "1", "INTRO_SH001"),
            (Some("10"), "sc010_sh020", "sc010_sh020"),
            (Some("10"), "SC0105", "SC010_SC0105"),
            (None, "20", "SH020"),
            (None, "SC010_SH020", "SC010_SH020"),
        ] {
            let scene: Option<Scene> = scene.map(|scene| scene.parse().unwrap());
            let number: ShotNumber = number.parse().unwrap();
            assert_eq!(number.id(scene.as_ref()).unwrap().as_str(), expected);
        }
        assert_eq!("con".parse::<ShotNumber>().unwrap().id(None), Err(BadShotId::Reserved));
    }

    proptest! {
        #[test]
        fn a_name_reads_back_as_itself(text in "[a-cshotenSCHO0-9 ._#-]{0,8}") {
            if let Ok(scene) = text.parse::<Scene>() {
                prop_assert_eq!(scene.as_str().parse(), Ok(scene.clone()));
            }
            if let Ok(number) = text.parse::<ShotNumber>() {
                prop_assert_eq!(number.0.parse(), Ok(number.clone()));
            }
        }
    }
}
