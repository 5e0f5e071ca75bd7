//! What the page may do, in the words of a Content-Security-Policy: nothing but run and look as it was written here, show what lies
//! beside it, and, where it is served, talk to its own server.

use super::PageMode;
use crate::digest::Digest;

/// The policy of a page with this style and this script. `file:` is for browsers in which a page opened from disk has no origin of
/// its own.
pub(super) fn policy(mode: PageMode, style: &str, script: &str) -> String {
    let (style, script) = (digest(style), digest(script));
    let (beside, connect) = match mode {
        PageMode::File => ("'self' file:", "'none'"),
        PageMode::Review => ("'self'", "'self'"),
    };
    format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src {beside}; media-src {beside}; \
         connect-src {connect}; base-uri 'none'; form-action 'none'"
    )
}

fn digest(text: &str) -> String {
    base64(Digest::of(text.as_bytes()).as_bytes())
}

/// The encoding of RFC 4648, section 4, in which policies name digests.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().zip([16, 8, 0]).fold(0, |bits, (&byte, shift)| bits | u32::from(byte) << shift);
        let digits = [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]));
        text.extend(&digits[..=chunk.len()]);
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{PageMode, base64, policy};

    #[test]
    fn a_page_on_disk_reaches_nothing_and_a_served_one_its_server() {
        assert_snapshot!(policy(PageMode::File, "", ""), @"default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' file:; media-src 'self' file:; connect-src 'none'; base-uri 'none'; form-action 'none'");
        assert_snapshot!(policy(PageMode::Review, "", ""), @"default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'");
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
