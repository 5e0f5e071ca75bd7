//! A list for ffmpeg's concat demuxer: `ffmpeg -f concat -safe 0 -i cut.ffconcat -c copy cut.mp4`, or with an encoder in the place of
//! `copy` where the clips come from more than one maker.

use std::fmt::Write as _;

use super::{Cut, Format, Length, Links, Piece, length};

/// `.ffconcat` files.
#[derive(Debug)]
pub(super) struct Concat;

/// What every list begins with, in whose second line people read what it is of.
const BEGINNING: &str = "ffconcat version 1.0\n# rushes: ";

impl Format for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn ending(&self) -> &'static str {
        "ffconcat"
    }

    fn is_own(&self, beginning: &[u8]) -> bool {
        beginning.starts_with(BEGINNING.as_bytes())
    }

    fn render(&self, cut: &Cut<'_>, links: &Links) -> String {
        let mut text = String::from(BEGINNING);
        line(&mut text, &format!("{}, {} frames a second", one_line(&cut.title), cut.base));
        for piece in &cut.pieces {
            match file(piece, links) {
                Some(file) => {
                    line(&mut text, &format!("file {}", quoted(&here(file))));
                    line(&mut text, &format!("duration {}", plays(piece, cut)));
                }
                None => line(&mut text, &format!("# missing: {}, {} s", piece.name(), plays(piece, cut))),
            }
        }
        text
    }

    fn needs_slugs(&self) -> bool {
        true
    }

    fn remark(&self, cut: &Cut<'_>) -> Option<String> {
        let clips = cut.clips().filter_map(|(_, row)| row.facts.media?.size).map(|size| (size.width, size.height));
        let sizes: Vec<_> = clips.chain(cut.slugs().map(|(_, film)| film.size())).collect();
        let differ = sizes.iter().any(|size| *size != sizes[0]);
        let sizes =
            differ.then_some("the clips differ in size: `-c copy` cannot join them, an encoder such as `-c:v libx264` can");
        let codecs: Vec<_> = cut.clips().filter_map(|(_, row)| row.facts.media?.codec.as_deref()).collect();
        let codecs = codecs.iter().any(|codec| *codec != codecs[0]);
        let codecs = codecs.then_some(
            "the clips differ in how their pictures are coded: ffmpeg joins only what is coded alike, so convert those first",
        );
        let rates = cut.conformed().next().is_some();
        let rates =
            rates.then_some("the clips differ in rate: ffmpeg joins only files that count time alike, so convert those first");
        let remarks: Vec<_> = sizes.into_iter().chain(codecs).chain(rates).collect();
        (!remarks.is_empty()).then(|| remarks.join("; "))
    }
}

/// What is played: the video, or the film in the place of what is missing, where there are such films.
fn file(piece: &Piece<'_>, links: &Links) -> Option<String> {
    match &piece.take {
        Some(row) => row.facts.file.as_ref().map(|file| links.path(file)),
        None => links.slug(&piece.slug()),
    }
}

/// How long that is: nothing is cut off, whatever its rate.
fn plays(piece: &Piece<'_>, cut: &Cut<'_>) -> Length {
    piece.take.as_ref().map_or_else(|| cut.base.length(piece.frames), length)
}

/// A relative path whose first folder has a colon in its name is a protocol to ffmpeg.
fn here(path: String) -> String {
    let first = path.split('/').next().unwrap_or_default();
    let is_drive = first.len() == 2 && first.ends_with(':') && first.starts_with(|c: char| c.is_ascii_alphabetic());
    if first.contains(':') && !(cfg!(windows) && is_drive) { format!("./{path}") } else { path }
}

/// As ffmpeg reads it: everything between quotation marks stands for itself, and they end where there is one inside.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "{content}").expect("memory takes it");
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::edit::{Choice, samples};

    fn check(folder: &str, slugs: Option<&str>) -> String {
        let takes = samples::a_few();
        let links = Links { folder: folder.to_owned(), absolute: false, slugs: slugs.map(str::to_owned) };
        Concat.render(&samples::cut(&takes, Choice::Best), &links)
    }

    #[test]
    fn each_clip_plays_for_as_long_as_it_is() {
        assert_snapshot!(check("", Some("slugs/")), @r"
        ffconcat version 1.0
        # rushes: teaser, 24 frames a second
        file 'shots/SC010_SH010_T01.mp4'
        duration 5.041667
        file 'slugs/SC010_SH020.mp4'
        duration 5.000000
        file 'shots/SC020_SH010_T01.mp4'
        duration 5.000000
        ");
    }

    #[test]
    fn a_folder_with_a_colon_in_its_name_is_no_protocol() {
        for (folder, expected) in [
            ("a:b/", "file './a:b/shots/SC010_SH010_T01.mp4'"),
            ("/x/a:b/", "file '/x/a:b/shots/SC010_SH010_T01.mp4'"),
            ("../a:b/", "file '../a:b/shots/SC010_SH010_T01.mp4'"),
        ] {
            assert_eq!(check(folder, None).lines().nth(2), Some(expected));
        }
    }

    #[test]
    fn what_ffmpeg_cannot_join_is_told() {
        let remark = |takes: &[_]| Concat.remark(&samples::cut(takes, Choice::All));
        let (one, other) = (samples::clip("A_T01", 120, (24, 1)), samples::clip("B_T01", 120, (24, 1)));
        assert_eq!(remark(&[one.clone(), other.clone()]), None);
        assert!(remark(&[one.clone(), samples::off_spec(other)]).unwrap().starts_with("the clips differ in size"));
        assert!(remark(&[one, samples::clip("B_T01", 120, (30, 1))]).unwrap().starts_with("the clips differ in rate"));
    }

    #[test]
    fn what_is_missing_is_told_where_nothing_can_be_played() {
        assert_snapshot!(check("it's/", None), @r"
        ffconcat version 1.0
        # rushes: teaser, 24 frames a second
        file 'it'\''s/shots/SC010_SH010_T01.mp4'
        duration 5.041667
        # missing: SC010_SH020, 5.000000 s
        file 'it'\''s/shots/SC020_SH010_T01.mp4'
        duration 5.000000
        ");
    }
}
