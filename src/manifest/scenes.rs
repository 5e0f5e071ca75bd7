//! Scenes without a number, as they are spelled: two that come to one name should be told apart, or spelled alike.

use std::collections::HashMap;

use crate::manifest::diagnostic::{Diagnostic, Place, quoted};
use crate::shot::Scene;

/// The scenes without a number so far, in lower case, with the ways in which each is spelled and where that was first.
#[derive(Debug, Default)]
pub(super) struct Scenes(HashMap<String, Vec<(String, Place)>>);

impl Scenes {
    /// Takes note of `scene`, which `text` spells `at` this place. Answers with a warning where another text spelled it before, unless
    /// they differ in case and spaces only; of several such places, at the first.
    pub(super) fn note(&mut self, scene: &Scene, text: &str, at: Place) -> Option<Diagnostic> {
        if scene.is_numbered() {
            return None;
        }
        let spelled = text.trim().trim_end_matches('.').to_lowercase();
        let spelled = spelled.split_whitespace().collect::<Vec<_>>().join(" ");
        let spellings = self.0.entry(scene.as_str().to_lowercase()).or_default();
        if spellings.iter().any(|(known, _)| *known == spelled) {
            return None;
        }
        let first = spellings.first().map(|(_, first)| *first);
        spellings.push((spelled, at));
        let message = format!("{} is the scene `{scene}`, which is spelled otherwise elsewhere", quoted(text.trim()));
        let odd = Diagnostic::warning("scene", at, message).value(text.trim());
        Some(odd.help("spell both alike, or give one of them another name").related(first?, "spelled so here"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_scene_are_odd_once() {
        let mut scenes = Scenes::default();
        let mut odd = |text: &str| scenes.note(&text.parse().unwrap(), text, Place::START).map(|odd| odd.message);
        for (text, is_odd) in [
            ("INT. KITCHEN", false),
            ("Int.  Kitchen ", false),
            ("INT KITCHEN", true),
            ("INT KITCHEN", false),
            ("int-kitchen", true),
            ("INT. KITCHEN - NIGHT", false),
            ("INTRO", false),
            ("intro.", false),
            ("10", false),
            ("SC010", false),
            ("Scene 10", false),
        ] {
            assert_eq!(odd(text).is_some(), is_odd, "{text}");
        }
        assert_eq!(
            odd("INT: Kitchen").as_deref(),
            Some("`INT: Kitchen` is the scene `INT-Kitchen`, which is spelled otherwise elsewhere")
        );
    }
}
