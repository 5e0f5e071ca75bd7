//! SHA-256 digests: parsing, printing and incremental hashing. No I/O: whoever reads the bytes feeds the hasher.

use std::fmt;
use std::str::FromStr;

use md5::Md5;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::{hex, text};

/// The SHA-256 of some bytes; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// What somebody else says that some bytes hash to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// With SHA-256.
    Sha256(Digest),
    /// With MD5: enough to tell whether something broke on the way.
    Md5([u8; 16]),
}

/// Holds bytes against a checksum as they arrive.
#[derive(Clone)]
pub struct Check(Awaited);

#[derive(Clone)]
enum Awaited {
    /// Whoever takes in the bytes hashes them this way anyway.
    Sha256(Digest),
    Md5([u8; 16], Md5),
}

/// Hashes bytes as they arrive.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest: expected 64 hexadecimal digits")]
pub struct NotADigest;

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The 32 bytes themselves.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Check {
    /// Before the first byte.
    pub fn new(checksum: Checksum) -> Self {
        Self(match checksum {
            Checksum::Sha256(digest) => Awaited::Sha256(digest),
            Checksum::Md5(sum) => Awaited::Md5(sum, Md5::default()),
        })
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Awaited::Sha256(_) => {}
            Awaited::Md5(_, hasher) => hasher.update(bytes),
        }
    }

    /// Whether all bytes taken in, whose digest is `digest`, are those that the checksum is of.
    pub fn agrees(self, digest: &Digest) -> bool {
        match self.0 {
            Awaited::Sha256(promised) => promised == *digest,
            Awaited::Md5(promised, hasher) => hasher.finalize()[..] == promised,
        }
    }
}

impl Hasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let bytes = hex::decode(text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(NotADigest)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vector() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(Digest::of(b"abc").to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_checksum_agrees_with_its_own_bytes_and_no_others() {
        // RFC 1321, appendix A.5.
        let md5 = 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72_u128.to_be_bytes();
        for checksum in [Checksum::Sha256(Digest::of(b"abc")), Checksum::Md5(md5)] {
            for (pieces, expected) in [(&["abc"][..], true), (&["a", "", "bc"], true), (&["abd"], false), (&[], false)] {
                let mut check = Check::new(checksum);
                for piece in pieces {
                    check.update(piece.as_bytes());
                }
                assert_eq!(check.agrees(&Digest::of(pieces.concat().as_bytes())), expected, "{checksum:?} {pieces:?}");
            }
        }
    }

    #[test]
    fn reads_back_what_it_prints_and_nothing_else() {
        let digest = Digest::of(b"rushes");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("xyz".parse::<Digest>(), Err(NotADigest));
        assert_eq!("g".repeat(64).parse::<Digest>(), Err(NotADigest));
    }
}
