//! What the page may do, in the words of a Content-Security-Policy: nothing but run and look as it was written here, show what lies
//! beside it, and, where it is served, talk to its own server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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

/// The digest of a text as policies name it.
fn digest(text: &str) -> String {
    STANDARD.encode(Digest::of(text.as_bytes()).as_bytes())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{PageMode, policy};

    #[test]
    fn a_page_on_disk_reaches_nothing_and_a_served_one_its_server() {
        assert_snapshot!(policy(PageMode::File, "", ""), @"default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' file:; media-src 'self' file:; connect-src 'none'; base-uri 'none'; form-action 'none'");
        assert_snapshot!(policy(PageMode::Review, "", ""), @"default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'");
    }
}
