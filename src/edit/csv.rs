//! The cut as a table for spreadsheets: a row for each clip and each gap. Cells that a spreadsheet would run are defused.

use ::csv::Writer;

use super::{Cut, Format, Links, Piece};
use crate::report::{Row, defused};

/// `.csv` files.
#[derive(Debug)]
pub(super) struct Table;

/// New ones go to the end.
const COLUMNS: [&str; 21] = [
    "order",
    "scene",
    "shot",
    "take",
    "kind",
    "file",
    "record_in",
    "record_out",
    "frames",
    "seconds",
    "rate",
    "size",
    "source_rate",
    "outcome",
    "verdict",
    "rating",
    "note",
    "prompt",
    "tags",
    "notes",
    "digest",
];

impl Format for Table {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn ending(&self) -> &'static str {
        "csv"
    }

    fn is_own(&self, beginning: &[u8]) -> bool {
        beginning.starts_with(b"order,scene,shot,take,kind,")
    }

    fn render(&self, cut: &Cut<'_>, links: &Links) -> String {
        let mut writer = Writer::from_writer(Vec::new());
        let mut write = |row: [String; COLUMNS.len()]| writer.write_record(row).expect("memory takes rows of one length");
        write(COLUMNS.map(str::to_owned));
        let rows = cut.pieces.iter().zip(1..).map(|(piece, order)| row(order, piece, cut, links));
        rows.for_each(&mut write);
        let bytes = writer.into_inner().expect("memory takes what is left");
        String::from_utf8(bytes).expect("every cell was text")
    }
}

fn row(order: usize, piece: &Piece<'_>, cut: &Cut<'_>, links: &Links) -> [String; COLUMNS.len()] {
    let (take, slot, base) = (piece.take.as_ref(), piece.slot, cut.base);
    let of = |text: fn(&Row<'_>) -> Option<String>| take.and_then(text).unwrap_or_default();
    let media = |row: &Row<'_>| row.facts.media.cloned();
    [
        order.to_string(),
        slot.about.scene_of(slot.id).unwrap_or_default().to_owned(),
        slot.id.to_string(),
        of(|row| Some(row.number.get().to_string())),
        if take.is_some() { "clip" } else { "gap" }.to_owned(),
        defused(take.and_then(|row| row.facts.file.as_deref()).map(|file| links.path(file)).unwrap_or_default()),
        base.timecode(piece.at).to_string(),
        base.timecode(piece.end()).to_string(),
        piece.frames.to_string(),
        base.length(piece.frames).to_string(),
        base.to_string(),
        take.and_then(media).and_then(|media| media.size).map(|size| size.to_string()).unwrap_or_default(),
        take.and_then(media).and_then(|media| media.rate).map(|rate| rate.to_string()).unwrap_or_default(),
        of(|row| Some(row.outcome.as_str().to_owned())),
        of(|row| row.review.verdict.map(|verdict| verdict.as_str().to_owned())),
        of(|row| row.review.rating.map(|rating| rating.to_string())),
        of(|row| row.review.note.clone().map(defused)),
        defused(piece.request().prompt.clone()),
        defused(slot.tags.join(" ")),
        defused(slot.about.notes.clone().unwrap_or_default()),
        of(|row| row.facts.digest.map(|digest| digest.to_string())),
    ]
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::edit::{Choice, samples};
    use crate::report::samples::takes;

    #[test]
    fn one_row_a_clip_and_a_gap() {
        let takes = samples::a_few();
        assert_snapshot!(Table.render(&samples::cut(&takes, Choice::Best), &samples::links()), @r#"
        order,scene,shot,take,kind,file,record_in,record_out,frames,seconds,rate,size,source_rate,outcome,verdict,rating,note,prompt,tags,notes,digest
        1,SC010,SC010_SH010,1,clip,shots/SC010_SH010_T01.mp4,01:00:00:00,01:00:05:01,121,5.041667,24,1280x720,24,stored,pick,4,"warm light; ""'=keep""
        to the end – 灯","A lighthouse at dawn, fog rolling in from the sea",hero,,eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f
        2,SC010,SC010_SH020,,gap,,01:00:05:01,01:00:10:01,120,5.000000,24,,,,,,,"A lighthouse at dawn, fog rolling in from the sea",,,
        3,SC020,SC020_SH010,1,clip,shots/SC020_SH010_T01.mp4,01:00:10:01,01:00:15:01,120,5.000000,24,1280x720,30,stored,,,,"A lighthouse at dawn, fog rolling in from the sea",,,eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f
        "#);
    }

    proptest! {
        #[test]
        fn nothing_in_it_runs(takes in takes()) {
            let text = Table.render(&samples::cut(&takes, Choice::All), &samples::links());
            for record in ::csv::Reader::from_reader(text.as_bytes()).records() {
                for cell in &record.unwrap() {
                    prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
                }
            }
        }
    }
}
