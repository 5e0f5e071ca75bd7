//! Sealed tokens: what stands in a callback address, so that whoever holds the secret can tell an address that was handed out from
//! one that was made up, without a list of those that were. No I/O, no chance: the secret is handed in.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;
use crate::take::Token;

/// How much of the code stands in an address, in bytes. 128 bits cannot be guessed, and some service may cut long addresses.
const CODE: usize = 16;

/// How long a token and its code are, in hexadecimal digits.
const DIGITS: usize = 32;

/// Writes tokens with a code that only the holder of the secret can make (HMAC-SHA-256, RFC 2104), and reads them back.
#[derive(Clone)]
pub struct Seal(Hmac<Sha256>);

impl Seal {
    /// The seal that belongs to this secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("any length will do for HMAC"))
    }

    /// The token with its code, as it stands in an address: `<32 hexadecimal digits>-<32 hexadecimal digits>`.
    pub fn write(&self, token: Token) -> String {
        format!("{token}-{}", hex::encode(&self.of(token).finalize().into_bytes()[..CODE]))
    }

    /// The token of a text that [`Self::write`] has written; `None` for every other text. How long that takes tells nothing about
    /// the code that would have been right.
    pub fn read(&self, text: &str) -> Option<Token> {
        let (token, code) = text.split_once('-')?;
        let token = Token::new(bits(token)?);
        let code = bits(code)?.to_be_bytes();
        self.of(token).verify_truncated_left(&code).ok().map(|()| token)
    }

    /// Something that two machines can compare to see that they have the same secret, and that does not tell it.
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.0.clone().chain_update("fingerprint").finalize().into_bytes()[..4])
    }

    fn of(&self, token: Token) -> Hmac<Sha256> {
        self.0.clone().chain_update(token.to_string())
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// The number of exactly so many lower-case hexadecimal digits: there is one way to write it.
fn bits(text: &str) -> Option<u128> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == DIGITS && digits).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_the_code_of_the_standard() {
        // printf %032x 1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…00
        let seal = Seal::new(&[0; 32]);
        assert_eq!(seal.write(Token::new(1)), "00000000000000000000000000000001-9cf1810932d20f3cadd17aeb1784209b");
    }

    proptest! {
        #[test]
        fn any_token_comes_back_and_under_another_secret_does_not(bits: u128, secret: [u8; 32], other: [u8; 32]) {
            let (seal, token) = (Seal::new(&secret), Token::new(bits));
            let text = seal.write(token);
            prop_assert_eq!(text.len(), 65);
            prop_assert_eq!(seal.read(&text), Some(token));
            prop_assert_eq!(Seal::new(&other).read(&text).is_some(), secret == other);
        }

        #[test]
        fn any_change_of_a_single_character_is_refused(bits: u128, at in 0_usize..65, instead: char) {
            let seal = Seal::new(&[7; 32]);
            let text = seal.write(Token::new(bits));
            let changed: String = text.chars().enumerate().map(|(i, c)| if i == at { instead } else { c }).collect();
            prop_assume!(changed != text);
            prop_assert_eq!(seal.read(&changed), None);
            let (before, after) = text.split_at(at);
            prop_assert_eq!(seal.read(&format!("{before}{}", &after[1..])), None);
            prop_assert_eq!(seal.read(&format!("{before}{instead}{after}")), None);
        }

        #[test]
        fn whatever_text_comes_is_read_without_a_panic(text: String) {
            prop_assert_eq!(Seal::new(&[7; 32]).read(&text), None);
        }
    }

    #[test]
    fn does_not_tell_its_secret() {
        let seal = Seal::new(&[0xab; 32]);
        assert_eq!(format!("{seal:?}"), "Seal");
        assert_eq!(seal.fingerprint().len(), 8);
        assert_ne!(seal.fingerprint(), Seal::new(&[0xac; 32]).fingerprint());
    }
}
