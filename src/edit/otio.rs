//! OpenTimelineIO's own JSON: one track of clips and gaps, with all that is known of each take under `rushes` in its metadata, and what
//! was said of it as a marker. Written after the schemas of OpenTimelineIO 0.15 and later, which `Clip.2` came with.

use serde_json::{Value, json};

use super::{Cut, Format, Length, Links, Piece, Slot, Timebase};
use crate::report::Row;
use crate::review::Review;

/// `.otio` files.
#[derive(Debug)]
pub(super) struct Otio;

/// How every timeline begins that is written here, and not by OpenTimelineIO, which sets its lines in by four.
const BEGINNING: &[u8] = b"{\n  \"OTIO_SCHEMA\": \"Timeline.1\",\n";
/// What stands behind the start of the timeline: in its own metadata, and not in that of a clip.
const MARK: &[u8] = b"\n  \"metadata\": {\n    \"rushes\": {\n      \"rate\": ";
/// That far the mark is looked for, in bytes.
const HEAD: usize = 1024;

impl Format for Otio {
    fn name(&self) -> &'static str {
        "otio"
    }

    fn ending(&self) -> &'static str {
        "otio"
    }

    fn is_own(&self, beginning: &[u8]) -> bool {
        let head = &beginning[..beginning.len().min(HEAD)];
        head.starts_with(BEGINNING) && head.windows(MARK.len()).any(|there| there == MARK)
    }

    fn render(&self, cut: &Cut<'_>, links: &Links) -> String {
        let mut text = serde_json::to_string_pretty(&timeline(cut, links)).expect("texts and finite numbers");
        text.push('\n');
        text
    }
}

fn timeline(cut: &Cut<'_>, links: &Links) -> Value {
    let children: Vec<_> = cut.pieces.iter().map(|piece| item(piece, cut.base, links)).collect();
    let mut track = bare("Track.1", "V1", json!({}));
    track["kind"] = "Video".into();
    track["children"] = children.into();
    let mut stack = bare("Stack.1", "tracks", json!({}));
    stack["children"] = json!([track]);
    json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": cut.title,
        "metadata": { "rushes": { "rate": cut.base.to_string() } },
        "global_start_time": time(cut.start, cut.base),
        "tracks": stack,
    })
}

fn item(piece: &Piece<'_>, base: Timebase, links: &Links) -> Value {
    match &piece.take {
        Some(row) => clip(piece, row, base, links),
        None => gap(piece, base),
    }
}

fn clip(piece: &Piece<'_>, row: &Row<'_>, base: Timebase, links: &Links) -> Value {
    let mut clip = bare("Clip.2", &piece.name(), json!({ "rushes": known(row) }));
    clip["source_range"] = range(piece.frames, base);
    clip["markers"] = marker(row.review, base).into_iter().collect();
    clip["media_references"] = json!({ "DEFAULT_MEDIA": media(piece, row, base, links) });
    clip["active_media_reference_key"] = "DEFAULT_MEDIA".into();
    clip
}

/// A gap is named after its shot, and says what is missing.
fn gap(piece: &Piece<'_>, base: Timebase) -> Value {
    let mut gap = bare("Gap.1", &piece.name(), json!({ "rushes": missing(piece.slot) }));
    gap["source_range"] = range(piece.frames, base);
    gap
}

/// What every item has.
fn bare(schema: &str, name: &str, metadata: Value) -> Value {
    let metadata = if metadata.is_object() { metadata } else { json!({}) };
    json!({
        "OTIO_SCHEMA": schema,
        "name": name,
        "metadata": metadata,
        "source_range": null,
        "effects": [],
        "markers": [],
        "enabled": true,
    })
}

/// The whole video, in its own frames where they are known.
fn media(piece: &Piece<'_>, row: &Row<'_>, base: Timebase, links: &Links) -> Value {
    let own = row.facts.media.and_then(|media| Some((media.frames?, Timebase::near(media.rate?)?)));
    let (frames, own) = own.map_or((piece.frames, base), |(frames, own)| (frames.into(), own));
    let file = row.facts.file.as_deref().unwrap_or_default();
    json!({
        "OTIO_SCHEMA": "ExternalReference.1",
        "name": piece.name(),
        "metadata": {},
        "available_range": range(frames, own),
        "available_image_bounds": null,
        "target_url": links.url(file),
    })
}

/// What was said of a take: green for a pick, red for a reject.
fn marker(review: &Review, base: Timebase) -> Option<Value> {
    if review.is_empty() {
        return None;
    }
    let colour = match review {
        review if review.is_pick() => "GREEN",
        review if review.is_reject() => "RED",
        _ => "YELLOW",
    };
    Some(json!({
        "OTIO_SCHEMA": "Marker.2",
        "name": super::edl::said(review),
        "metadata": {},
        "comment": review.note.as_deref().unwrap_or_default(),
        "color": colour,
        "marked_range": range(1, base),
    }))
}

/// Everything that `results.json` says of a take.
fn known(row: &Row<'_>) -> Value {
    harmless(serde_json::to_value(row).expect("reports have text keys and nothing that fails to serialize"))
}

fn missing(slot: Slot<'_>) -> Value {
    harmless(json!({
        "shot": slot.id,
        "scene": slot.about.scene_of(slot.id),
        "tags": slot.tags,
        "notes": slot.about.notes,
        "metadata": slot.about.metadata,
        "request": slot.request,
        "seconds": Length::from(slot.request.seconds).to_string(),
    }))
}

/// An author's field of this name would be read as the word of OpenTimelineIO for what kind of thing this is.
fn harmless(mut known: Value) -> Value {
    if let Some(own) = known.get_mut("metadata").and_then(Value::as_object_mut) {
        own.remove("OTIO_SCHEMA");
    }
    known
}

fn range(frames: u64, base: Timebase) -> Value {
    json!({ "OTIO_SCHEMA": "TimeRange.1", "start_time": time(0, base), "duration": time(frames, base) })
}

#[expect(clippy::cast_precision_loss, reason = "OpenTimelineIO counts in floating point, exactly for a hundred million years")]
fn time(frames: u64, base: Timebase) -> Value {
    json!({ "OTIO_SCHEMA": "RationalTime.1", "rate": base.rate().per_second(), "value": frames as f64 })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::edit::{Choice, samples};

    fn rendered() -> Value {
        let takes = samples::a_few();
        let text = Otio.render(&samples::cut(&takes, Choice::All), &samples::links());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn clips_and_gaps_follow_each_other_in_one_track() {
        let timeline = rendered();
        assert_eq!(timeline["global_start_time"]["value"], 86_400.0);
        let children = timeline["tracks"]["children"][0]["children"].as_array().unwrap();
        let told = children.iter().map(|item| {
            let text = |at: &str| item.pointer(at).and_then(Value::as_str).unwrap_or("-").to_owned();
            let media = &item["media_references"]["DEFAULT_MEDIA"];
            let range = |range: &Value| format!("{}@{}", range["duration"]["value"], range["duration"]["rate"]);
            let (schema, name, marker) = (text("/OTIO_SCHEMA"), text("/name"), text("/markers/0/name"));
            let (url, length, whole) =
                (media["target_url"].as_str().unwrap_or("-"), &item["source_range"], &media["available_range"]);
            let whole = if whole.is_null() { "-".to_owned() } else { range(whole) };
            format!("{schema} {name} {} {whole} {url} {marker}\n", range(length))
        });
        assert_snapshot!(told.collect::<String>(), @r"
        Clip.2 SC010_SH010_T01 121.0@24.0 121.0@24.0 shots/SC010_SH010_T01.mp4 PICK, 4/5
        Clip.2 SC010_SH010_T02 120.0@24.0 120.0@24.0 shots/SC010_SH010_T02.mp4 -
        Gap.1 SC010_SH020 120.0@24.0 - - -
        Clip.2 SC020_SH010_T01 120.0@24.0 150.0@30.0 shots/SC020_SH010_T01.mp4 -
        ");
    }

    #[test]
    fn what_is_known_of_a_take_goes_with_it() {
        let timeline = rendered();
        let clip = &timeline["tracks"]["children"][0]["children"][0];
        let known = &clip["metadata"]["rushes"];
        assert_eq!((&known["task_id"], &known["review"]["rating"]), (&json!("task_0c6a1f2e"), &json!(4)));
        assert_eq!(clip["markers"][0]["comment"], "warm light; \"=keep\"\nto the end – 灯");
    }

    #[test]
    fn no_field_of_an_author_says_what_kind_of_thing_it_is() {
        let mut take = samples::clip("A_T01", 120, (24, 1));
        take.about.metadata.insert("OTIO_SCHEMA".to_owned(), "Clip.9".to_owned());
        assert!(!Otio.render(&samples::cut(&[take], Choice::All), &samples::links()).contains("Clip.9"));
    }
}
