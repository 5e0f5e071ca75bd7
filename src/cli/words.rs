//! The words of a command line before they are taken apart. Pure.

use std::ffi::OsString;

use super::wishes::REGENERATE;
use crate::select;

/// The words with a selector joined to the `--regenerate` that it stands behind. That flag takes its value only behind `=`, because the
/// word behind it may as well be a manifest; but no manifest is called `state:rejected`.
pub(super) fn joined(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.into_iter().peekable();
    let mut joined = Vec::new();
    while let Some(mut word) = words.next() {
        if word == "--" {
            joined.push(word);
            break;
        }
        if word == REGENERATE
            && let Some(selector) = words.next_if(is_selector)
        {
            word.push("=");
            word.push(selector);
        }
        joined.push(word);
    }
    joined.extend(words);
    joined
}

fn is_selector(word: &OsString) -> bool {
    word.to_str().is_some_and(select::begins_with_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: &[&str]) {
        assert_eq!(joined(words.iter().map(OsString::from)), expected);
    }

    #[test]
    fn a_selector_is_joined_to_the_flag_before_it_and_nothing_else_is() {
        check(&[], &[]);
        check(
            &["rushes", "run", "--regenerate", "state:rejected", "shots.yaml"],
            &["rushes", "run", "--regenerate=state:rejected", "shots.yaml"],
        );
        for selector in ["tag:hero", "scene:10", "review:rejected", "STATE:rejected and tag:x", "state:"] {
            check(&["--regenerate", selector], &[&format!("--regenerate={selector}")]);
        }
        for other in ["shots.yaml", "state", "state.yaml", "C:\\shots.yaml", "http://x", "--only", "not tag:hero", ":x", "-"] {
            check(&["--regenerate", other, "tag:x"], &["--regenerate", other, "tag:x"]);
        }
        check(&["--regenerate"], &["--regenerate"]);
        check(&["--regenerate=tag:a", "tag:b"], &["--regenerate=tag:a", "tag:b"]);
        check(&["--regenerate", "--regenerate", "tag:a"], &["--regenerate", "--regenerate=tag:a"]);
        check(&["--", "--regenerate", "tag:a"], &["--", "--regenerate", "tag:a"]);
    }
}
