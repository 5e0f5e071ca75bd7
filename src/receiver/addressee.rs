//! Whom a callback is addressed to, by the address that it came to. Pure. Nothing is decoded: what was handed out needs no decoding,
//! and what does is made up.

use crate::seal::Seal;
use crate::take::Token;

/// Whom a callback is addressed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addressee {
    /// This attempt.
    Attempt(Token),
    /// Nobody in particular: neither path nor query have anything that would pass for a token.
    Nobody,
}

/// The name of the token in a query.
const PARAMETER: &str = "token=";

/// Whom the address with this path and query is addressed to; `None` when somebody has made it up. Path or query may have been
/// lost, or have more in front or behind than was handed out; but what is left must not contradict itself.
pub(super) fn addressee(path: &str, query: &str, seal: &Seal) -> Option<Addressee> {
    let in_path = path.rsplit('/').next().filter(|segment| seems_a_token(segment));
    let in_query = query.split('&').filter_map(|pair| pair.strip_prefix(PARAMETER));
    let claims: Vec<_> = in_path.into_iter().chain(in_query).collect();
    let mut tokens = claims.iter().filter_map(|claim| seal.read(claim));
    match tokens.next() {
        Some(token) => tokens.all(|other| other == token).then_some(Addressee::Attempt(token)),
        None => claims.is_empty().then_some(Addressee::Nobody),
    }
}

/// Whether this part of a path is there for its token, or to pass for one.
fn seems_a_token(segment: &str) -> bool {
    segment.len() >= 32 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOBODY: Option<Addressee> = Some(Addressee::Nobody);

    #[test]
    fn the_table_of_addresses() {
        let seal = Seal::new(&[7; 32]);
        let good = Some(Addressee::Attempt(Token::new(7)));
        let (t, other) = (seal.write(Token::new(7)), seal.write(Token::new(8)));
        let forged = Seal::new(&[8; 32]).write(Token::new(7));
        let (bare, upper) = (&t[..32], t.to_uppercase());
        for (path, query, expected) in [
            // As handed out, and as proxies leave it.
            (format!("/{t}"), format!("take=A_T01&token={t}"), good),
            (format!("/rushes/in/{t}"), String::new(), good),
            (format!("//rushes//{t}"), String::new(), good),
            ("/".into(), format!("token={t}"), good),
            ("/rushes".into(), format!("a=b&token={t}&utm=x"), good),
            ("/rushes".into(), format!("token={t}&token={t}"), good),
            (format!("/{t}"), "token=".into(), good),
            (format!("/{t}"), format!("token={forged}"), good),
            (format!("/{forged}"), format!("token={t}"), good),
            // Two attempts at once.
            (format!("/{t}"), format!("token={other}"), None),
            ("/".into(), format!("token={t}&token={other}"), None),
            // Made up.
            (format!("/{forged}"), String::new(), None),
            (format!("/{forged}"), format!("token={forged}"), None),
            (format!("/{bare}"), format!("token={bare}"), None),
            (format!("/{upper}"), String::new(), None),
            ("/".into(), "token=".into(), None),
            ("/".into(), "token=1".into(), None),
            ("/".into(), format!("token={t}x"), None),
            ("/".into(), format!("token=%{:02x}{}", t.as_bytes()[0], &t[1..]), None),
            // Tricks with paths are no tokens.
            (format!("/{t}/"), String::new(), NOBODY),
            (format!("/{t}/.."), String::new(), NOBODY),
            (format!("/{t}%00"), String::new(), NOBODY),
            (format!("/{t}.json"), String::new(), NOBODY),
            (format!("/..%2f{t}"), String::new(), NOBODY),
            (format!("/{}", t.replace('-', "%2D")), String::new(), NOBODY),
            ("/../../etc/passwd".into(), String::new(), NOBODY),
            (String::new(), String::new(), NOBODY),
            ("/".into(), format!("TOKEN={t}"), NOBODY),
            ("/".into(), format!("mytoken={t}"), NOBODY),
        ] {
            assert_eq!(addressee(&path, &query, &seal), expected, "{path}?{query}");
        }
    }

    proptest! {
        #[test]
        fn nothing_made_up_is_addressed_to_anyone(path: String, query: String) {
            let found = addressee(&path, &query, &Seal::new(&[7; 32]));
            prop_assert!(!matches!(found, Some(Addressee::Attempt(_))));
        }
    }
}
