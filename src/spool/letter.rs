//! A callback as it came, and how it is written in a file. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Hasher};
use crate::hex;
use crate::take::Token;

/// The format of the files.
const VERSION: u32 = 1;

/// How the name of a file ends, after the 64 hexadecimal digits of a digest.
const ENDING: &str = ".json";

/// A callback as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// When it came.
    pub received_at: Timestamp,
    /// The token of the attempt that it was addressed to, if it came through. Its seal was checked and is not kept.
    pub token: Option<Token>,
    /// The body, byte by byte.
    pub body: Vec<u8>,
}

/// Why a file is not a letter.
#[derive(Debug, thiserror::Error)]
pub enum BadLetter {
    /// Not the JSON that a letter is written in.
    #[error("it is not written as a callback of this program: {0}")]
    Json(#[from] serde_json::Error),
    /// The body is not given exactly once.
    #[error("it has no body that can be read")]
    Body,
    /// Written by a later version of this program.
    #[error("it has format {0}, which a newer version of this program writes")]
    Newer(u32),
    /// The name is not the digest of what is inside.
    #[error("its name does not go with what is inside: it was changed, or copied in part")]
    Changed,
}

/// A letter in its file.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    received_at: Timestamp,
    token: Option<Token>,
    /// The body, where it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The body in hexadecimal digits, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_hex: Option<String>,
}

impl Letter {
    /// The name of its file, which every file system can have. The same words to the same attempt have the same name, whenever they
    /// come.
    pub fn name(&self) -> String {
        let mut hasher = Hasher::default();
        hasher.update(self.token.map(|token| token.to_string()).unwrap_or_default().as_bytes());
        hasher.update(b"\n");
        hasher.update(&self.body);
        format!("{}{ENDING}", hasher.finish())
    }

    /// What is in its file.
    pub fn write(&self) -> Vec<u8> {
        let (body, body_hex) = match std::str::from_utf8(&self.body) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(hex::encode(&self.body))),
        };
        let written = Written { version: VERSION, received_at: self.received_at, token: self.token, body, body_hex };
        let mut text = serde_json::to_vec_pretty(&written).expect("texts and numbers can be written");
        text.push(b'\n');
        text
    }

    /// Reads the file `name`.
    pub fn read(name: &str, file: &[u8]) -> Result<Self, BadLetter> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(file)?;
        if version > VERSION {
            return Err(BadLetter::Newer(version));
        }
        let written: Written = serde_json::from_slice(file)?;
        let body = match (written.body, written.body_hex) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(digits)) => hex::decode(&digits).ok_or(BadLetter::Body)?,
            _ => return Err(BadLetter::Body),
        };
        let letter = Self { received_at: written.received_at, token: written.token, body };
        if letter.name() == name { Ok(letter) } else { Err(BadLetter::Changed) }
    }
}

/// Whether a file of this name can be a letter. Others lie about where people and their tools work.
pub(super) fn is_name(name: &str) -> bool {
    name.strip_suffix(ENDING).is_some_and(|digits| digits.parse::<Digest>().is_ok_and(|digest| digest.to_string() == digits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letter(token: Option<u128>, body: &[u8]) -> Letter {
        let received_at = "2026-11-22T12:00:00.5Z".parse().unwrap();
        Letter { received_at, token: token.map(Token::new), body: body.to_vec() }
    }

    #[test]
    fn a_person_can_read_its_file() {
        let written = String::from_utf8(letter(Some(7), b"{\"task_id\":\"t\"}").write()).unwrap();
        insta::assert_snapshot!(written, @r#"
        {
          "version": 1,
          "received_at": "2026-11-22T12:00:00.5Z",
          "token": "00000000000000000000000000000007",
          "body": "{\"task_id\":\"t\"}"
        }
        "#);
    }

    #[test]
    fn what_is_not_a_letter_is_told_apart() {
        let name = letter(None, b"a").name();
        let check = |file: &str, told: &str| {
            let error = Letter::read(&name, file.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{file}: {error}");
        };
        let with = |version: u32, rest: &str| {
            format!("{{\"version\":{version},\"received_at\":\"2026-11-22T12:00:00Z\",\"token\":null{rest}}}")
        };
        check("", "not written as a callback");
        check("[]", "not written as a callback");
        check(&with(2, ""), "format 2");
        check(&with(1, ""), "no body");
        check(&with(1, ",\"body\":\"a\",\"body_hex\":\"61\""), "no body");
        check(&with(1, ",\"body_hex\":\"6\""), "no body");
        check(&with(1, ",\"body\":\"b\""), "does not go with what is inside");
        assert_eq!(Letter::read(&name, with(1, ",\"body\":\"a\"").as_bytes()).unwrap().body, b"a");
    }

    proptest! {
        #[test]
        fn any_letter_comes_back_and_its_name_is_one(token: Option<u128>, body: Vec<u8>) {
            let letter = letter(token, &body);
            prop_assert!(is_name(&letter.name()));
            prop_assert_eq!(Letter::read(&letter.name(), &letter.write()).unwrap(), letter);
        }

        #[test]
        fn no_two_letters_share_a_name(a: (Option<u128>, Vec<u8>), b: (Option<u128>, Vec<u8>)) {
            prop_assert_eq!(letter(a.0, &a.1).name() == letter(b.0, &b.1).name(), a == b);
        }

        #[test]
        fn a_part_of_a_letter_is_none(body: String, cut: prop::sample::Index) {
            let letter = letter(Some(1), body.as_bytes());
            let file = letter.write();
            // The last two bytes are the brace and the end of its line.
            let part = &file[..cut.index(file.len() - 1)];
            prop_assert!(Letter::read(&letter.name(), part).is_err());
        }

        #[test]
        fn any_file_is_read_without_a_panic(name: String, file: Vec<u8>) {
            prop_assert!(Letter::read(&name, &file).is_err());
            prop_assert!(!is_name(&name));
        }
    }
}
