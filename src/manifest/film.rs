//! What people on a film set call things in a sheet: the names of columns, and the words in them. Sheets alone understand them; YAML
//! has one name for everything.

use std::borrow::Cow;

use crate::manifest::ExtraColumns;
use crate::manifest::diagnostic::{Diagnostic, Place, known, quoted, shorten};
use crate::manifest::row::{Field, is_extra};
use crate::manifest::value::{KNOWN_MODELS, KNOWN_RATIOS, KNOWN_STYLES};
use crate::request::{Ratio, Seconds};

/// What columns are called besides the names of fields, in lower case and with `_` between the words.
const COLUMNS: [(&str, Field); 53] = [
    ("shot_id", Field::Id),
    ("description", Field::Prompt),
    ("shot_description", Field::Prompt),
    ("action", Field::Prompt),
    ("action_description", Field::Prompt),
    ("movement", Field::Motion),
    ("move", Field::Motion),
    ("camera_movement", Field::Motion),
    ("camera_move", Field::Motion),
    ("camera_motion", Field::Motion),
    ("duration", Field::Seconds),
    ("duration_s", Field::Seconds),
    ("duration_sec", Field::Seconds),
    ("duration_secs", Field::Seconds),
    ("duration_seconds", Field::Seconds),
    ("dur", Field::Seconds),
    ("length", Field::Seconds),
    ("length_s", Field::Seconds),
    ("length_sec", Field::Seconds),
    ("length_secs", Field::Seconds),
    ("length_seconds", Field::Seconds),
    ("second", Field::Seconds),
    ("secs", Field::Seconds),
    ("sec", Field::Seconds),
    ("aspect_ratio", Field::Ratio),
    ("aspect", Field::Ratio),
    ("ar", Field::Ratio),
    ("look", Field::Style),
    ("take_s", Field::Takes),
    ("number_of_takes", Field::Takes),
    ("no_of_takes", Field::Takes),
    ("tag", Field::Tags),
    ("keywords", Field::Tags),
    ("sc", Field::Scene),
    ("scn", Field::Scene),
    ("scene_no", Field::Scene),
    ("scene_nr", Field::Scene),
    ("scene_number", Field::Scene),
    ("shot", Field::Shot),
    ("sh", Field::Shot),
    ("shot_no", Field::Shot),
    ("shot_nr", Field::Shot),
    ("shot_number", Field::Shot),
    ("take", Field::Take),
    ("tk", Field::Take),
    ("take_no", Field::Take),
    ("take_nr", Field::Take),
    ("take_number", Field::Take),
    ("note", Field::Notes),
    ("comment", Field::Notes),
    ("comments", Field::Notes),
    ("remark", Field::Notes),
    ("remarks", Field::Notes),
];

/// The longest name of a column, in bytes.
const MAX_NAME: usize = 100;

/// What says in a sheet that the camera does not move.
const STATIC: [&str; 11] = ["none", "no", "no movement", "no move", "n/a", "na", "-", "--", "locked", "lock off", "fixed"];

/// What may stand behind a number of seconds.
const SECONDS: [&str; 11] = ["seconds", "second", "secs", "sec", "sec.", "s", "s.", "\"", "''", "”", "″"];

/// The field that a column called `name` is about: by the field's own name or by another one, in any case, with spaces, underscores
/// or hyphens between the words.
pub(super) fn column(name: &str) -> Option<Field> {
    if name.len() > MAX_NAME {
        return None;
    }
    let name = folded(name);
    let other = COLUMNS.iter().find(|(known, _)| *known == name).map(|&(_, field)| field);
    other.or_else(|| Field::named(&name))
}

/// Whether a number stands under `field`, and nothing else.
pub(super) fn is_number(field: Field) -> bool {
    matches!(field, Field::Axis(_) | Field::Seconds | Field::Takes | Field::Take)
}

/// The name under which a column is kept that only its author knows: one that says so itself (`X_Lens` is `x_lens`), or any one,
/// where the author has said so.
pub(super) fn extra(name: &str, others: ExtraColumns) -> Option<Box<str>> {
    let folded = folded(name);
    let kept = is_extra(&folded) || (others == ExtraColumns::Keep && !folded.is_empty());
    (kept && name.len() <= MAX_NAME).then(|| folded.into())
}

/// A column that nobody knows; and the field that it was probably meant to be about, with the mistake to report.
pub(super) fn unknown_column(name: &str, at: Place) -> (Option<Field>, Diagnostic) {
    let folded = folded(name);
    let near = meant(&folded);
    let called = if folded.is_empty() { "column".to_owned() } else { shorten(&folded, 40) };
    let keep = format!("call it `x_{called}` to keep it for the reports, or say --extra-columns keep");
    let help = match near {
        _ if folded == "image" => "only text to video is supported; remove this column".to_owned(),
        Some(near) => format!("did you mean `{near}`? if not, {keep}"),
        None => format!("{keep}; {}", known(&Field::alone().collect::<Vec<_>>())),
    };
    let mistake = Diagnostic::error("unknown-field", at, format!("no column is called {}", quoted(name)));
    (near.and_then(column), mistake.value(name).help(help))
}

/// The name of a column that `name` is one slip away from, or some in longer words. Where a word is another one, as in `shot_size`, it is
/// another column.
fn meant(name: &str) -> Option<&'static str> {
    if name.len() > 60 {
        return None;
    }
    let slips = |word: &str, other: &str| strsim::damerau_levenshtein(word, other);
    let is_alike = |(word, other): (&str, &str)| slips(word, other) <= word.len().max(other.len()) / 4;
    let is_near = |known: &&str| {
        let (words, others) = (name.split('_'), known.split('_'));
        slips(name, known) == 1 || (words.clone().count() == others.clone().count() && words.zip(others).all(is_alike))
    };
    let known = COLUMNS.iter().map(|&(known, _)| known).chain(Field::alone()).filter(|known| known.len() > 3);
    known.filter(is_near).min_by_key(|known| slips(name, known))
}

/// Lower case, and `_` in place of everything between words: `Take(s)` is `take_s`, `Motion.X` stays `motion.x`.
fn folded(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// What a cell under `field` says, in the words of a manifest: itself, unless it says so as people on a film set do. What is not
/// understood stays as it is.
pub(super) fn said(field: Field, text: &str) -> Cow<'_, str> {
    let said = match field {
        Field::Seconds => seconds(text),
        Field::Ratio => ratio(text),
        Field::Style => one_of(text, &KNOWN_STYLES),
        Field::Model => one_of(text, &KNOWN_MODELS),
        Field::Motion => stands_still(text).then(|| "static".to_owned()),
        _ => None,
    };
    said.filter(|said| said != text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The length that `5s`, `5 sec.`, `5"`, `0:05`, `00:00:05` and the timecode `00:00:05:00` say, if it is one that there is.
fn seconds(text: &str) -> Option<String> {
    let text = of_24_hours(&text.trim().to_lowercase());
    let seconds = if text.contains(':') {
        clock(&text)?
    } else {
        let unit = SECONDS.iter().find(|unit| text.ends_with(**unit))?;
        let number = text[..text.len() - unit.len()].trim_end();
        number.strip_suffix(".0").unwrap_or(number).parse().ok().filter(|_| !number.starts_with(['+', '0']))?
    };
    Seconds::KNOWN.into_iter().find(|allowed| u32::from(*allowed) == seconds).map(|allowed| allowed.to_string())
}

/// The seconds of minutes and seconds, of hours, minutes and seconds, or of those and no frames.
fn clock(text: &str) -> Option<u32> {
    let part = |part: &str| part.parse().ok().filter(|_| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()));
    let parts: Option<Vec<u32>> = text.split(':').map(part).collect();
    let (hours, minutes, seconds) = match parts?[..] {
        [minutes, seconds] => (0, minutes, seconds),
        [hours, minutes, seconds] | [hours, minutes, seconds, 0] => (hours, minutes, seconds),
        _ => return None,
    };
    (minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// A time of day as programs outside of America write it: `09:16:00 am` is `09:16:00`, `04:09:00 pm` is `16:09:00`.
fn of_24_hours(text: &str) -> String {
    let half = [(" am", 0), (" pm", 12)].into_iter().find_map(|(end, first)| Some((text.strip_suffix(end)?, first)));
    let day = half.and_then(|(time, first)| {
        let (hour, rest) = time.split_once(':')?;
        let hour = hour.parse::<u8>().ok().filter(|hour| (1..=12).contains(hour))?;
        Some(format!("{:02}:{rest}", hour % 12 + first))
    });
    day.unwrap_or_else(|| text.to_owned())
}

/// The shape that `16x9`, `16/9`, `16 : 9`, `1.78:1` and `1.78` say; also `16:09`, `16:09:00` and `04:09:00 PM`, which spreadsheet
/// programs make of `16:9`, because they take it for a time.
fn ratio(text: &str) -> Option<String> {
    let text: String = of_24_hours(&text.to_lowercase()).chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(ratio) = decimal_ratio(text.strip_suffix(":1").unwrap_or(&text)) {
        return Some(ratio.to_owned());
    }
    let text = text.strip_suffix(":00").filter(|rest| rest.contains(':')).unwrap_or(&text);
    let (width, height) = text.split_once([':', 'x', '×', '/'])?;
    let side = |side: &str| side.strip_prefix('0').filter(|_| side.len() == 2).unwrap_or(side).to_owned();
    let ratio = format!("{}:{}", side(width), side(height));
    ratio.parse::<Ratio>().is_ok().then_some(ratio)
}

/// The shape that is so many times as wide as high, given to two decimals or more.
fn decimal_ratio(text: &str) -> Option<&'static str> {
    let (whole, decimals) = text.split_once(['.', ','])?;
    let digits = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() < 2 {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(decimals.len()).ok()?);
    let said = whole.parse::<u64>().ok()? * scale + decimals.parse::<u64>().ok()?;
    KNOWN_RATIOS.into_iter().find(|known| {
        let Ok((width, height)) = known.parse().map(|ratio: Ratio| ratio.sides()) else { return false };
        let (width, height) = (u64::from(width) * scale, u64::from(height));
        said == width / height || said == (width + height / 2) / height
    })
}

/// The one of `words` that has the same letters and digits as `text`.
fn one_of(text: &str, words: &[&str]) -> Option<String> {
    let bare = |text: &str| text.to_lowercase().replace([' ', '_', '-'], "");
    words.iter().find(|word| bare(word) == bare(text)).map(|word| (*word).to_owned())
}

fn stands_still(text: &str) -> bool {
    let words = text.to_lowercase().replace(['–', '—'], "-");
    let words = if words.contains(char::is_alphabetic) { words.replace(['-', '_'], " ") } else { words };
    STATIC.contains(&words.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: Field, good: &[(&str, &str)], other: &[&str]) {
        for (text, expected) in good {
            assert_eq!(said(field, text), *expected, "{text:?}");
        }
        for text in other {
            assert_eq!(said(field, text), *text, "{text:?}");
        }
    }

    #[test]
    fn columns_are_known_by_any_of_their_names_in_any_case() {
        for (name, expected) in [
            ("id", Some(Field::Id)),
            ("ID", Some(Field::Id)),
            (" Shot ID ", Some(Field::Id)),
            ("Description", Some(Field::Prompt)),
            ("ACTION", Some(Field::Prompt)),
            ("Prompt:", Some(Field::Prompt)),
            ("Camera Movement", Some(Field::Motion)),
            ("camera-movement", Some(Field::Motion)),
            ("camera__movement", Some(Field::Motion)),
            ("Duration (sec.)", Some(Field::Seconds)),
            ("Length", Some(Field::Seconds)),
            ("Options.Seconds", Some(Field::Seconds)),
            ("Aspect Ratio", Some(Field::Ratio)),
            ("Take(s)", Some(Field::Takes)),
            ("X", Some(Field::Axis(0))),
            ("Motion.bg X pan", Some(Field::Axis(4))),
            ("motion_vector.y", Some(Field::Axis(1))),
            ("Callback URL", Some(Field::CallbackUrl)),
            ("camera", None),
            ("lens", None),
            ("", None),
            ("#", None),
        ] {
            assert_eq!(column(name), expected, "{name:?}");
        }
        for (name, field) in COLUMNS {
            assert!(column(name) == Some(field) && folded(name) == name && Field::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn an_unknown_column_gets_the_name_it_was_meant_to_have_and_a_way_to_keep_it() {
        for (name, near) in [
            ("promt", Some("prompt")),
            ("Descripton", Some("description")),
            ("Description 2", None),
            ("Aspect-Ration", Some("aspect_ratio")),
            ("Camera Movment", Some("camera_movement")),
            ("ShotID", Some("shot_id")),
            ("Tkaes", Some("takes")),
            ("Durationn", Some("duration")),
            ("", None),
            ("#", None),
        ] {
            let (meant, mistake) = unknown_column(name, Place::START);
            assert_eq!(meant, near.and_then(column), "{name}");
            let help = mistake.help.unwrap_or_default();
            assert_eq!(near.map(|near| help.starts_with(&format!("did you mean `{near}`? "))), near.map(|_| true), "{help}");
            assert!(help.contains("call it `x_") && help.contains("--extra-columns keep"), "{help}");
        }
    }

    #[test]
    fn what_other_columns_of_shot_lists_say_is_not_guessed_at() {
        let names = "Shot Size, Shot Type, Shot Name, Size, Framing, Angle, Camera Angle, Camera, Lens, Focal Length, \
            Equipment, Rig, Camera Support, Location, Set, INT/EXT, Day/Night, Time of Day, Cast, Characters, Talent, \
            Subject, VFX, Sound, Audio, Music, Dialogue, Status, Priority, Setup, Setup #, Frame, Frame Rate, FPS, \
            Timecode, TC In, Thumbnail, Storyboard, Reference, Cost, Props, Wardrobe, Lighting, Est. Time, Pages, \
            Scene Name, Scene Description, Scene Heading, Title, Name, Type, No., Transition, Shoot Day, Department, \
            Resolution";
        for name in names.split(", ") {
            let (meant, mistake) = unknown_column(name, Place::START);
            let help = mistake.help.unwrap_or_default();
            assert!(column(name).is_none() && meant.is_none(), "{name}: {help}");
            assert!(
                help.starts_with(&format!("call it `x_{}`", folded(name))) && help.contains("--extra-columns keep"),
                "{help}"
            );
        }
    }

    #[test]
    fn a_duration_is_read_where_it_is_a_length_that_there_is() {
        let good = [
            "5s",
            "5 S",
            "5 sec",
            "5 sec.",
            "5 Seconds",
            "5\"",
            "5”",
            "5''",
            "5.0s",
            "00:05",
            "0:05",
            "00:00:05",
            "00:00:05:00",
            "12:00:05 AM",
        ];
        let other = [
            "5",
            "7s",
            "05s",
            "+5s",
            "s",
            "5m",
            "00:05:00",
            "12:05:00 AM",
            "12:00:05 PM",
            "5:",
            ":5",
            "0:5x",
            "1:00:05",
            "00:00:05:12",
            "0:005",
            "0:65",
            "5 5s",
        ];
        check(Field::Seconds, &good.map(|text| (text, "5")), &other);
        check(Field::Seconds, &[("10 sec", "10"), ("0:10", "10")], &["٥s"]);
    }

    #[test]
    fn a_ratio_is_read_where_it_can_mean_one_thing_only() {
        for (expected, all) in [
            (
                "16:9",
                [
                    "16x9",
                    "16X9",
                    "16×9",
                    "16/9",
                    "16 : 9",
                    "16:09",
                    "16:09:00",
                    "04:09:00 PM",
                    "1.78:1",
                    "1.77:1",
                    "1.78",
                    "1,78",
                    "1.7778",
                ]
                .as_slice(),
            ),
            ("9:16", &["9x16", "09:16", "09:16:00", "09:16:00 AM", "0.56:1", "0.5625"]),
            ("4:3", &["4/3", "04:03", "1.33:1", "1.333"]),
            ("3:4", &["0.75"]),
            ("1:1", &["1x1", "01:01", "1.00:1", "1.00"]),
            ("21:9", &["2.33:1", "21:09"]),
            ("1280:720", &["1280x720", "1280 x 720"]),
            ("2:1", &["2x1"]),
        ] {
            check(Field::Ratio, &all.iter().map(|text| (*text, expected)).collect::<Vec<_>>(), &[]);
        }
        check(
            Field::Ratio,
            &[],
            &[
                "16:9",
                "2.39:1",
                "2.35",
                "1.85:1",
                "1.8",
                "1.7:1",
                "16",
                "x9",
                "16x",
                "wide",
                "1.78:2",
                "16x9x1",
                "00:16:09",
                "13:01 pm",
                "04:09:30 PM",
                "9999999999.99",
                "",
            ],
        );
    }

    #[test]
    fn words_are_read_as_the_known_ones_they_spell() {
        check(Field::Style, &[("Cinematic", "cinematic")], &["noir", ""]);
        check(Field::Model, &[("Gen-4 Turbo", "gen4_turbo"), ("Gen 4.5", "gen4.5"), ("GEN3", "gen3")], &["gen-3 alpha"]);
        let still = ["None", "n/a", "-", "–", "—", "--", "Lock-off", "LOCK OFF", "no movement", "Fixed"];
        check(Field::Motion, &still.map(|text| (text, "static")), &["push in", "Static", "locked off", "no idea", ""]);
        check(Field::Prompt, &[], &["-", "5s", "None"]);
    }
}
