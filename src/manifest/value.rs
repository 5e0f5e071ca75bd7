//! One text -> one value that cannot be wrong, or why it is none and what to do. Knows nothing of rows and places.

use std::collections::HashSet;
use std::path::PathBuf;

use url::Url;

use crate::address::is_loopback;
use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted, shorten};
use crate::request::{Ratio, Seconds};
use crate::shot::{BadShotId, BadSlate, Scene, ShotId, ShotNumber, TakeNo};

/// The shapes the provider or its siblings document.
pub const KNOWN_RATIOS: [&str; 8] = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "1280:720", "720:1280"];
/// The one look the provider ever shows.
pub const KNOWN_STYLES: [&str; 1] = ["cinematic"];
/// The models the provider or Runway name.
pub const KNOWN_MODELS: [&str; 4] = ["gen4_turbo", "gen4", "gen4.5", "gen3"];
/// The lengths the provider documents, as they are written.
pub(crate) const KNOWN_SECONDS: [&str; 2] = ["5", "10"];
/// The longest prompt, in characters. The provider states no limit; this one keeps accidents out.
pub const MAX_PROMPT: usize = 100_000;
/// The longest note, in characters: it goes into the ledger and every report.
pub(super) const MAX_NOTE: usize = 10_000;
/// The longest word of any other kind, in characters.
const MAX_WORD: usize = 100;
/// The longest URL, in bytes.
const MAX_URL: usize = 2000;

/// Why a value is wrong, and what to do.
#[derive(Debug)]
pub(crate) struct Wrong {
    message: String,
    help: String,
    allowed: &'static [&'static str],
}

/// A value, or why not.
pub(crate) type Read<T> = Result<T, Wrong>;

impl Wrong {
    /// The mistake, at its place.
    pub(crate) fn at(self, code: &'static str, place: Place) -> Diagnostic {
        Diagnostic::error(code, place, self.message).help(self.help).allowed(self.allowed)
    }

    /// Adds all that is right.
    fn allowed(self, allowed: &'static [&'static str]) -> Self {
        Self { allowed, ..self }
    }
}

/// A shot's name.
pub(crate) fn id(text: &str) -> Read<ShotId> {
    text.parse().map_err(|why: BadShotId| {
        let help = match suggested_id(text) {
            Some(better) => format!("use 1 to 100 letters, digits, `.`, `_` and `-`: `id: {better}`"),
            None => "use 1 to 100 letters, digits, `.`, `_` and `-`, such as `id: SC010_SH020`".into(),
        };
        wrong(format!("{} is no shot id: {}", quoted(text), lower(&why)), help)
    })
}

/// The reason, which may begin with a proper noun.
fn lower(why: &BadShotId) -> String {
    match why {
        BadShotId::Character(c) if c.is_control() => format!("an id cannot contain {}", c.escape_default()),
        BadShotId::Reserved => "it is a device name on Windows".into(),
        other => other.to_string(),
    }
}

/// An id that resembles `text`.
pub(crate) fn suggested_id(text: &str) -> Option<ShotId> {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let text: String = text.trim().chars().take(ShotId::MAX_LEN).map(safe).collect();
    let text = text.trim_start_matches(['.', '_', '-']).trim_end_matches(['.', '_']);
    text.parse().ok().or_else(|| format!("{text}_").parse().ok())
}

/// What is to be seen: trimmed, and with `\n` for every end of a line.
pub(crate) fn prompt(text: &str) -> Read<String> {
    let text = prose("prompt", text, MAX_PROMPT)?;
    if text.is_empty() { Err(wrong("`prompt` is empty", "say what is to be seen")) } else { Ok(text) }
}

/// What people should know, in the field called `name`; may be empty.
pub(crate) fn note(name: &str, text: &str) -> Read<String> {
    prose(name, text, MAX_NOTE)
}

/// A text of any kind: trimmed, and with `\n` for every end of a line.
fn prose(name: &str, text: &str, most: usize) -> Read<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    let length = text.chars().count();
    if length > most {
        let message = format!("`{name}` has {length} characters; at most {most} are allowed");
        return Err(wrong(message, "shorten it; is a quotation mark missing at its end?"));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(odd) => Err(wrong(format!("`{name}` contains the control character U+{:04X}", u32::from(odd)), "remove it")),
        None => Ok(text.to_owned()),
    }
}

/// The scene that a shot belongs to.
pub(crate) fn scene(text: &str) -> Read<Scene> {
    text.parse().map_err(|why: BadSlate| {
        wrong(format!("{} is no scene: {why}", quoted(text)), "write its number, such as `10`, or a shorter name")
    })
}

/// A shot's number in its scene.
pub(crate) fn shot_number(text: &str) -> Read<ShotNumber> {
    text.parse().map_err(|why: BadSlate| wrong(format!("{} is no shot: {why}", quoted(text)), "write its number, such as `20`"))
}

/// Which take a row is about: 1 to 999.
pub(crate) fn take_number(text: &str) -> Read<TakeNo> {
    let digits = text.trim().trim_start_matches(['T', 't']).trim_start_matches('0');
    let number = whole(digits).and_then(|number| TakeNo::try_from(number).ok());
    let message = || format!("`take` must be a whole number from 1 to {}, not {}", TakeNo::MAX, quoted(text));
    number.ok_or_else(|| wrong(message(), "number the takes of a shot 1, 2, 3, or say how many in a column `takes`"))
}

/// A picture's shape, one that is known unless the author consents.
pub(crate) fn ratio(text: &str, consent: bool) -> Read<Ratio> {
    let text = text.trim();
    let Ok(ratio) = text.parse() else {
        let near = nearest_ratio(text).map_or(String::new(), |near| format!(" in whole numbers; the nearest is `{near}`"));
        let help = format!("write width:height{near}; {}", known(&KNOWN_RATIOS));
        return Err(wrong(format!("{} is no ratio", quoted(text)), help).allowed(&KNOWN_RATIOS));
    };
    if consent || KNOWN_RATIOS.contains(&text) { Ok(ratio) } else { Err(unknown("ratio", text, &KNOWN_RATIOS)) }
}

/// The known shape nearest to one that is so many times as wide as high, as in `2.39:1` or `1.85`.
fn nearest_ratio(text: &str) -> Option<&'static str> {
    let wide = number(&text.strip_suffix(":1").unwrap_or(text).replace(',', ".")).filter(|wide| (0.2..5.0).contains(wide))?;
    let off = |known: &&str| {
        let sides = known.parse().map(|ratio: Ratio| ratio.sides());
        sides.map_or(f64::INFINITY, |(width, height)| (f64::from(width) / f64::from(height) / wide).ln().abs())
    };
    KNOWN_RATIOS.into_iter().min_by(|a, b| off(a).total_cmp(&off(b)))
}

/// A word for the provider, one of `words` unless the author consents.
pub(crate) fn word(name: &str, text: &str, words: &'static [&'static str], consent: bool) -> Read<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong(format!("`{name}` is empty"), known(words)).allowed(words));
    }
    let sound = text.chars().count() <= MAX_WORD && !text.contains(char::is_control);
    if words.contains(&text) || (consent && sound) { Ok(text.to_owned()) } else { Err(unknown(name, text, words)) }
}

/// A value that may exist, but that nobody has seen.
fn unknown(name: &str, text: &str, words: &'static [&'static str]) -> Wrong {
    let near = nearest(text, words.iter().copied()).filter(|_| name != "ratio");
    let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    let help = format!("{near}{}; to send it all the same, add `allow_unknown: true`", known(words));
    wrong(format!("the {name} {} is not known", quoted(text)), help).allowed(words)
}

/// A clip's length: 5 or 10, unless the author consents to others.
pub(crate) fn seconds(text: &str, consent: bool) -> Read<Seconds> {
    let seconds = whole(text).and_then(|number| u8::try_from(number).ok()).and_then(|number| Seconds::try_from(number).ok());
    let help = if text.contains(':') {
        "write the number alone, `5` or `10`: programs take minutes and seconds for hours and minutes"
    } else if seconds.is_some() {
        "write `seconds: 5` or `seconds: 10`; to send it all the same, add `allow_unknown: true`"
    } else {
        "write `seconds: 5` or `seconds: 10`"
    };
    let message = || format!("`seconds` must be 5 or 10, not {}", quoted(text));
    seconds.filter(|seconds| consent || seconds.is_known()).ok_or_else(|| wrong(message(), help).allowed(&KNOWN_SECONDS))
}

/// `true` or `false`, in the three spellings of YAML 1.2.
pub(crate) fn boolean(text: &str) -> Read<bool> {
    match text.trim() {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        other => {
            let message = format!("`allow_unknown` must be true or false, not {}", quoted(other));
            Err(wrong(message, "write `allow_unknown: true`").allowed(&["true", "false"]))
        }
    }
}

/// One axis of a motion.
pub(crate) fn finite(name: &str, text: &str) -> Read<f64> {
    let number = number(text);
    // Adding zero turns -0 into 0, so that the two are one request.
    number.map(|number| number + 0.0).ok_or_else(|| {
        let message = format!("`{name}` must be a finite number, not {}", quoted(text));
        wrong(message, "write a plain number, such as `0.4` or `-6`")
    })
}

/// A finite number as JSON and people write it: no `nan`, no `inf`, no `0x10`, no `1_000`, no `010`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.trim_start_matches(['+', '-']);
    let octal = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    let plain =
        text.len() <= MAX_WORD && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = text.parse().ok().filter(|_| plain && !octal)?;
    f64::is_finite(number).then_some(number)
}

/// A small whole number; `5.0` is one too.
pub(super) fn whole(text: &str) -> Option<u16> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and in range just before")]
    let exact = |number: f64| (number.fract() == 0.0 && (0.0..=65535.0).contains(&number)).then_some(number as u16);
    number(text).and_then(exact)
}

/// The words of a text: between spaces, commas and semicolons.
pub(crate) fn tags(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// One word.
pub(crate) fn tag(text: &str) -> Read<String> {
    let text = text.trim();
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';');
    if text.is_empty() || text.chars().count() > MAX_WORD || text.contains(odd) {
        let message = format!("{} is no tag: a tag is one word of 1 to {MAX_WORD} characters", quoted(text));
        return Err(wrong(message, "write `tags: [hero, night]`; join words with `-` or `_`"));
    }
    Ok(text.to_owned())
}

/// The same tags, each once, in their order.
pub(crate) fn without_repetition(mut tags: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags
}

/// A URL that can be called.
pub(crate) fn http_url(name: &str, text: &str) -> Read<Url> {
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.filter(|_| text.len() <= MAX_URL);
    let message = || format!("`{name}` must be an http or https URL of at most {MAX_URL} bytes, not {}", quoted(text));
    url.ok_or_else(|| wrong(message(), format!("write it in full: `{name}: https://example.com/hook`")))
}

/// Where the provider is: over TLS, since the key goes there, unless it is this very machine.
pub(crate) fn base_url(text: &str) -> Read<Url> {
    let url = http_url("base_url", text)?;
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !bare {
        let message = format!("`base_url` cannot have a user, a query or a fragment: {}", quoted(text));
        return Err(wrong(message, "give scheme, host and path only; the key comes from the environment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        let message = format!("`base_url` must be https, not {}: the key would travel in the clear", quoted(text));
        return Err(wrong(message, format!("write `https://{}`", shorten(text.trim().trim_start_matches("http://"), 60))));
    }
    Ok(url)
}

/// What goes into the version header: visible ASCII.
pub(crate) fn header_version(text: &str) -> Read<String> {
    let text = text.trim();
    let sound = (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let message = || format!("`version` must be 1 to {MAX_WORD} visible ASCII characters, not {}", quoted(text));
    if sound { Ok(text.to_owned()) } else { Err(wrong(message(), "write `version: 2024-11-06`")) }
}

/// The manifest's own version: there is one so far.
pub(crate) fn format_version(text: &str) -> Read<()> {
    let message = || format!("this is version {} of the manifest format; only version 1 is known", quoted(text));
    let help = "write `version: 1`, or use a newer rushes";
    if text.trim() == "1" { Ok(()) } else { Err(wrong(message(), help).allowed(&["1"])) }
}

/// Where the results go.
pub(crate) fn output(text: &str) -> Read<PathBuf> {
    let sound = !text.trim().is_empty() && !text.contains(char::is_control);
    let message = || format!("`output` must be the path of a directory, not {}", quoted(text));
    if sound { Ok(PathBuf::from(text.trim())) } else { Err(wrong(message(), "write `output: out/teaser`")) }
}

/// The provider's name: there is one so far.
pub(crate) fn provider(text: &str) -> Read<()> {
    let message = || format!("the provider {} is not known", quoted(text));
    let help = "write `name: cometapi`, or leave it out";
    if text.trim() == "cometapi" { Ok(()) } else { Err(wrong(message(), help).allowed(&["cometapi"])) }
}

/// What `wrong` is short for.
pub(crate) fn wrong(message: impl Into<String>, help: impl Into<String>) -> Wrong {
    Wrong { message: message.into(), help: help.into(), allowed: &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: std::fmt::Debug>(parse: impl Fn(&str) -> Read<T>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(parse(text).is_ok(), "{text:?} should be good");
        }
        for text in bad {
            let value = parse(text).map_err(|wrong| assert!(!wrong.help.is_empty()));
            assert!(value.is_err(), "{text:?} should be bad: {value:?}");
        }
    }

    #[test]
    fn numbers_are_plain_and_finite() {
        let good = ["0", "-6", "0.3999999999999999", "+1", ".5", "5.", "1e3", "-0", " 2 "];
        let bad = ["", "nan", ".nan", "NaN", "inf", "-.inf", "1e999", "0x10", "1_000", "010", "-", "e", "five", "1,5", "--1"];
        check(|text| finite("x", text), &good, &bad);
        assert!(finite("x", "-0").is_ok_and(f64::is_sign_positive));
        assert_eq!(KNOWN_SECONDS.map(|text| seconds(text, false).map_or(0, Seconds::get)), Seconds::KNOWN);
        check(|text| seconds(text, false), &["5", "10", "5.0", "1e1"], &["7", "5.5", "", "-5", "five", "05", "5s"]);
        check(|text| seconds(text, true), &["5", "1", "60"], &["0", "61", "5.5", ""]);
    }

    #[test]
    fn unknown_values_need_consent() {
        check(|text| ratio(text, false), &["16:9", "720:1280"], &["2:1", "16x9", "969", ""]);
        check(|text| ratio(text, true), &["2:1"], &["16x9", "969", ""]);
        check(|text| word("style", text, &KNOWN_STYLES, false), &["cinematic"], &["Cinematic", "noir", "", " "]);
        check(|text| word("style", text, &KNOWN_STYLES, true), &["noir"], &["", "a\u{7}b", &"x".repeat(101)]);
    }

    #[test]
    fn a_prompt_is_text_without_control_characters() {
        check(prompt, &["a cat", "two\nlines\tand a tab", &"é".repeat(MAX_PROMPT)], &["", " \n", "a\u{0}", "a\u{7f}b"]);
        check(prompt, &[], &[&"é".repeat(MAX_PROMPT + 1)]);
        assert!(prompt(" a\r\nb\rc ").is_ok_and(|text| text == "a\nb\nc"));
    }

    #[test]
    fn urls_are_http_and_keys_go_over_tls() {
        let callback = |text: &str| http_url("callback_url", text);
        check(
            callback,
            &["https://a.example/x?y#z", "http://a"],
            &["", "a.example", "ftp://a", "file:///etc/passwd", "https://"],
        );
        for good in ["https://api.cometapi.com", "http://localhost:8080", "http://127.0.0.2/x", "http://[::1]:1"] {
            assert!(base_url(good).is_ok(), "{good}");
        }
        for bad in ["http://api.cometapi.com", "http://10.0.0.1", "https://user:pw@a", "https://a?key=1", "api.cometapi.com"] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_id_comes_with_a_better_one() {
        for (bad, better) in [
            ("../x", Some("x")),
            ("a/b", Some("a_b")),
            ("nul", Some("nul_")),
            ("a.", Some("a")),
            ("été", Some("t")),
            ("...", None),
        ] {
            assert!(id(bad).is_err(), "{bad}");
            assert_eq!(suggested_id(bad).as_ref().map(ShotId::as_str), better, "{bad}");
        }
    }
}
