//! What is asked for, by the path of a request: `/TOKEN/…`. Pure. Nothing is decoded, and what is no name of a take never becomes a part of
//! a path on disk.

use axum::http::Method;

use crate::digest::Digest;
use crate::layout;
use crate::shot::TakeName;

/// What there is to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The page.
    Page,
    /// All that is said.
    Reviews,
    /// To say something.
    Say,
    /// A file of this take.
    File(TakeName, Kind),
}

/// A file that a take has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The video.
    Video,
    /// Where it comes from.
    Sidecar,
    /// A picture of it.
    Poster,
}

/// 128 random bits, without which nobody is told anything. Kept as their digest: to compare digests takes the same time however much of
/// a guess was right, as nobody can choose what a digest begins with.
#[derive(Debug)]
pub(super) struct Secret(Digest);

impl Secret {
    /// The secret that this text is.
    pub(super) fn new(text: &str) -> Self {
        Self(Digest::of(text.as_bytes()))
    }

    /// What a request with this path asks for, of those who know the secret; `None` where there is no such thing.
    pub(super) fn wanted(&self, method: &Method, path: &str) -> Option<Wanted> {
        let (said, rest) = path.strip_prefix('/')?.split_once('/')?;
        if Digest::of(said.as_bytes()) != self.0 {
            return None;
        }
        let looks = *method == Method::GET || *method == Method::HEAD;
        match rest {
            "" if looks => Some(Wanted::Page),
            "reviews" if looks => Some(Wanted::Reviews),
            "review" if *method == Method::POST => Some(Wanted::Say),
            _ if looks => file(rest),
            _ => None,
        }
    }
}

/// `shots/SC010_SH020_T01.mp4`, with the name exactly as takes are called.
fn file(rest: &str) -> Option<Wanted> {
    let name = rest.strip_prefix(layout::SHOTS)?.strip_prefix('/')?;
    let kinds = [Kind::Video, Kind::Sidecar, Kind::Poster];
    let (name, kind) = kinds.into_iter().find_map(|kind| Some((name.strip_suffix(kind.ending())?, kind)))?;
    let take: TakeName = name.parse().ok()?;
    (take.to_string() == name).then_some(Wanted::File(take, kind))
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Video => ".mp4",
            Self::Sidecar => ".json",
            Self::Poster => ".jpg",
        }
    }

    /// What browsers are told that it is.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Video => "video/mp4",
            Self::Sidecar => "application/json",
            Self::Poster => "image/jpeg",
        }
    }

    /// Where such a file of `take` lies, relative to the output directory.
    pub(super) fn path(self, take: &TakeName) -> String {
        format!("{}/{take}{}", layout::SHOTS, self.ending())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "000102030405060708090a0b0c0d0e0f";

    #[track_caller]
    fn check(method: &Method, path: &str, expected: Option<&Wanted>) {
        assert_eq!(Secret::new(TOKEN).wanted(method, path).as_ref(), expected, "{method} {path}");
    }

    #[test]
    fn there_are_a_few_things_to_ask_for_and_no_others() {
        let at = |rest: &str| format!("/{TOKEN}/{rest}");
        let (get, post) = (Method::GET, Method::POST);
        check(&get, &at(""), Some(&Wanted::Page));
        check(&Method::HEAD, &at("reviews"), Some(&Wanted::Reviews));
        check(&post, &at("review"), Some(&Wanted::Say));
        for (name, kind) in [("A.b_T01.mp4", Kind::Video), ("A.b_T01.json", Kind::Sidecar), ("A.b_T01.jpg", Kind::Poster)] {
            let wanted = Wanted::File("A.b_T01".parse().unwrap(), kind);
            check(&get, &at(&format!("shots/{name}")), Some(&wanted));
            check(&post, &at(&format!("shots/{name}")), None);
            assert_eq!(kind.path(&"A.b_T01".parse().unwrap()), format!("shots/{name}"));
        }
        assert_eq!(Kind::Video.path(&"A_T01".parse().unwrap()), layout::video(&"A_T01".parse().unwrap()));
        assert_eq!(Kind::Sidecar.path(&"A_T01".parse().unwrap()), layout::sidecar(&"A_T01".parse().unwrap()));
        for method in [Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH, Method::TRACE] {
            check(&method, &at(""), None);
            check(&method, &at("review"), None);
        }
        for (method, rest) in [(&get, "review"), (&post, "reviews"), (&post, "")] {
            check(method, &at(rest), None);
        }
        for path in
            ["", "/", TOKEN, &format!("/{TOKEN}"), "//", "/x/", &format!("/{}/", TOKEN.to_uppercase()), &format!("//{TOKEN}/")]
        {
            check(&get, path, None);
        }
        for rest in [
            "ledger.db",
            "shots/",
            "shots/A_T01",
            "shots/A_T1.mp4",
            "shots/A_T01.MP4",
            "shots/A_T01.mp4/",
            "shots/../ledger.db",
            "shots/../shots/A_T01.mp4",
            "shots/..%2fledger.db",
            "shots/%2e%2e/A_T01.mp4",
            "shots/A%5FT01.mp4",
            "shots//A_T01.mp4",
            "shots/A_T01.mp4%00.jpg",
            "shots/../../etc_T01.mp4",
            "shots/.._T01.mp4",
            "shots\\A_T01.mp4",
            "objects/3f/3f.mp4",
        ] {
            check(&get, &at(rest), None);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_a_file_lies_in_the_folder_of_shots(rest in "(shots/)?[A-Za-z0-9_./%\\\\-]{0,20}(_T01)?(.mp4|.json|.jpg)?") {
            if let Some(Wanted::File(take, kind)) = Secret::new("t").wanted(&Method::GET, &format!("/t/{rest}")) {
                prop_assert_eq!(kind.path(&take), rest.clone());
                prop_assert_eq!(rest.matches('/').count(), 1);
                prop_assert!(!rest.contains(".."), "or it is a name with two dots in it: {}", rest);
            }
        }
    }
}
