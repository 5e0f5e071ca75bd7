//! Videos, whole and broken in every way, looked at in any pieces.

use proptest::prelude::*;

use super::{Media, Probe, Rate, Size};
use crate::film::Film;

fn probed(bytes: &[u8]) -> Media {
    in_pieces(bytes, usize::MAX)
}

fn in_pieces(bytes: &[u8], length: usize) -> Media {
    let mut probe = Probe::default();
    bytes.chunks(length).for_each(|piece| probe.take_in(piece));
    probe.finish()
}

fn film() -> Vec<u8> {
    Film {
        title: "SC010".into(),
        subtitle: "T01".into(),
        note: String::new(),
        ratio: (16, 9),
        exactly: None,
        rate: Rate::CINEMA,
        seconds: 2,
        notice: "",
        seed: 7,
    }
    .mp4()
}

/// What is wrong with these bytes.
fn trouble(bytes: &[u8]) -> String {
    probed(bytes).trouble.unwrap_or_default()
}

/// A box of this kind.
fn boxed(kind: [u8; 4], inside: &[u8]) -> Vec<u8> {
    let size = u32::try_from(inside.len() + 8).unwrap();
    [&size.to_be_bytes()[..], &kind, inside].concat()
}

/// Where the first box of this kind has its kind.
fn find(file: &[u8], kind: [u8; 4]) -> usize {
    file.windows(4).position(|four| *four == kind).unwrap()
}

/// The file with its index behind its pictures, as cameras write it: every place in it is by so much nearer.
fn index_last() -> Vec<u8> {
    let file = film();
    let (index, pictures) = (find(&file, *b"moov") - 4, find(&file, *b"mdat") - 4);
    let mut moved = file[index..pictures].to_vec();
    let place = find(&moved, *b"stco") + 12;
    let start = u32::from_be_bytes(moved[place..place + 4].try_into().unwrap());
    let nearer = start - u32::try_from(pictures - index).unwrap();
    moved[place..place + 4].copy_from_slice(&nearer.to_be_bytes());
    [&file[..index], &file[pictures..], &moved].concat()
}

#[test]
fn a_sound_video_tells_all_there_is_to_know() {
    let expected = Media {
        codec: Some("avc1".into()),
        size: Some(Size { width: 640, height: 360 }),
        millis: Some(2000),
        frames: Some(48),
        rate: Some(Rate::CINEMA),
        sound: false,
        trouble: None,
    };
    assert_eq!(probed(&film()), expected);
    assert_eq!(probed(&index_last()), expected);
}

#[test]
fn a_video_on_its_side_is_as_high_as_it_is_coded_wide() {
    let mut file = film();
    let matrix = find(&file, *b"tkhd") + 4 + 40;
    file[matrix..matrix + 4].fill(0);
    file[matrix + 16..matrix + 20].fill(0);
    assert_eq!(probed(&file).size, Some(Size { width: 360, height: 640 }));
}

#[test]
fn what_was_cut_off_is_told() {
    let file = film();
    let pictures = find(&file, *b"mdat") - 4;
    let half = &file[..pictures + (file.len() - pictures) / 2];
    let missing = file.len() - half.len();
    assert_eq!(trouble(half), format!("it is cut off: its box `mdat` has {missing} bytes too few"));
    assert_eq!(trouble(&file[..pictures + 5]), "it is cut off within the beginning of a box");
    assert_eq!(
        trouble(&file[..pictures]),
        format!("it is cut off: its index points to samples that end {} bytes behind it", file.len() - pictures)
    );
    let last = index_last();
    let index = find(&last, *b"moov") - 4;
    assert_eq!(trouble(&last[..index]), "it has no index (`moov`) that can be read, as if its end were cut off");
    assert_eq!(trouble(&last[..last.len() - 1]), "it is cut off: its box `moov` has 1 bytes too few");
}

#[test]
fn a_box_of_pictures_to_the_end_of_the_file_hides_no_cut() {
    let mut file = film();
    let size = find(&file, *b"mdat") - 4;
    file[size..size + 4].fill(0);
    assert_eq!(trouble(&file), "");
    assert_eq!(trouble(&file[..file.len() - 10]), "it is cut off: its index points to samples that end 10 bytes behind it");
}

#[test]
fn what_lies_behind_the_last_box_is_not_taken_for_a_part_of_one() {
    let file = film();
    assert_eq!(trouble(&[&file[..], b"garbage at the end"].concat()), "behind its last box there is something that is none");
    assert_eq!(
        trouble(&[&file[..], &boxed(*b"free", b"12345678")[..12]].concat()),
        "it is cut off: its box `free` has 4 bytes too few"
    );
    assert_eq!(trouble(&[&file[..], &boxed(*b"xyzw", b"1234")].concat()), "");
}

#[test]
fn what_is_no_video_is_told() {
    assert_eq!(trouble(b""), "it is no MP4");
    assert_eq!(trouble(b"\x1a\x45\xdf\xa3 webm and more"), "it is no MP4");
    let kind = boxed(*b"ftyp", b"isom\0\0\0\0");
    assert_eq!(trouble(&[&kind[..], &boxed(*b"moov", b"")].concat()), "it has no track of pictures");
    assert_eq!(trouble(&[&kind[..], b"\0\0\0\x04moov"].concat()), "its box `moov` cannot be as long as it says");
    let sound = boxed(*b"trak", &boxed(*b"mdia", &boxed(*b"hdlr", b"\0\0\0\0\0\0\0\0soun")));
    let music = probed(&[&kind[..], &boxed(*b"moov", &sound)].concat());
    assert_eq!((music.sound, music.trouble.as_deref()), (true, Some("it has no track of pictures")));
}

/// Numbers as they stand in a box.
fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The index of a video whose pictures come in fragments, and of which it says nothing but how long each is.
fn index_of_fragments(length: u32) -> Vec<u8> {
    let file = film();
    let mut index = file[..find(&file, *b"mdat") - 4].to_vec();
    for table in [b"stts", b"stsc", b"stsz", b"stco"] {
        let count = find(&index, *table) + if table == b"stsz" { 12 } else { 8 };
        index[count..count + 4].fill(0);
    }
    for (header, length) in [(b"mvhd", 20), (b"tkhd", 24)] {
        let place = find(&index, *header) + length;
        index[place..place + 4].fill(0);
    }
    let place = find(&index, *b"moov") - 4;
    let usual = boxed(*b"mvex", &boxed(*b"trex", &numbers(&[0, 1, 1, length, 10, 0])));
    let longer = u32::try_from(index.len() - place + usual.len()).unwrap();
    index[place..place + 4].copy_from_slice(&longer.to_be_bytes());
    [index, usual].concat()
}

/// A fragment of track 1 with these boxes `trun`, each in full, and the pictures that follow it.
fn fragment(header: &[u32], runs: &[&[u32]], pictures: usize) -> Vec<u8> {
    let runs = runs.iter().flat_map(|run| boxed(*b"trun", &numbers(run))).collect();
    let part = boxed(*b"traf", &[boxed(*b"tfhd", &numbers(header)), runs].concat());
    [boxed(*b"moof", &part), boxed(*b"mdat", &vec![0; pictures])].concat()
}

#[test]
fn a_video_in_fragments_is_as_long_as_those_are_that_came() {
    let scale = 12_288;
    let index = index_of_fragments(scale / 24);
    assert_eq!(trouble(&index), "it has no pictures");
    // All as usual; each with a length, a size, flags and an offset; a usual length of its own, and a size for each.
    let as_usual = fragment(&[0x2_0000, 1], &[&[0, 24]], 300);
    let full = fragment(&[0, 1], &[&[0xf01, 2, 100, 512, 40, 0, 0, 512, 50, 0, 0], &[0x004, 1, 7]], 200);
    let own = fragment(&[0x1a, 1, 1, 512, 0], &[&[0x200, 2, 60, 70]], 130);
    let file = [&index[..], &as_usual, &full, &own].concat();
    let media = probed(&file);
    assert_eq!((media.trouble.as_deref(), media.frames, media.rate), (None, Some(29), Some(Rate::CINEMA)));
    assert_eq!((media.millis, media.size), (Some(29 * 1000 / 24), Some(Size { width: 640, height: 360 })));
    assert_eq!(probed(&[&index[..], &as_usual].concat()).millis, Some(1000), "the rest never came");
    for piece in [1, 7, 100] {
        assert_eq!(in_pieces(&file, piece), media);
    }
}

#[test]
fn a_fragment_without_all_its_pictures_is_cut_off() {
    let index = index_of_fragments(512);
    let whole = fragment(&[0x2_0000, 1], &[&[0x001, 24, 60]], 240);
    let pictures = find(&whole, *b"mdat") - 4;
    assert_eq!(trouble(&[&index[..], &whole].concat()), "");
    assert_eq!(
        trouble(&[&index[..], &whole, &whole[..pictures]].concat()),
        "it is cut off: its index points to samples that end 248 bytes behind it"
    );
    assert_eq!(
        trouble(&[&index[..], &whole, &whole[..pictures + 40]].concat()),
        "it is cut off: its box `mdat` has 208 bytes too few"
    );
}

#[test]
fn the_rate_is_that_of_most_pictures_or_the_usual_one_nearby() {
    for (scale, runs, expected) in [
        (12_288, &[(48, 512)][..], "24"),
        (24_000, &[(48, 1001)], "23.976"),
        (90_000, &[(300, 3003), (1, 9000)], "29.970"),
        (1000, &[(40, 41), (40, 42)], "24"),
        (1000, &[(10, 100), (10, 50)], "13.333"),
        (1000, &[(10, 0)], "-"),
        (0, &[(10, 40)], "-"),
        (1000, &[], "-"),
        (1000, &[(u32::MAX, 40), (u32::MAX, 40)], "-"),
    ] {
        let runs: Vec<u32> =
            [0, u32::try_from(runs.len()).unwrap()].into_iter().chain(runs.iter().flat_map(|&(n, l)| [n, l])).collect();
        let table = boxed(*b"minf", &boxed(*b"stbl", &boxed(*b"stts", &numbers(&runs))));
        let header = boxed(*b"mdhd", &numbers(&[0, 0, 0, scale, 0, 0]));
        let handler = boxed(*b"hdlr", b"\0\0\0\0\0\0\0\0vide");
        let track = boxed(*b"trak", &boxed(*b"mdia", &[header, handler, table].concat()));
        let file = [boxed(*b"ftyp", b"isom\0\0\0\0"), boxed(*b"moov", &track)].concat();
        let rate = probed(&file).rate.map_or("-".to_owned(), |rate| rate.to_string());
        assert_eq!(rate, expected, "{scale} {runs:?}");
    }
}

#[test]
fn of_an_index_without_an_end_no_more_is_kept_than_any_has() {
    let mut probe = Probe::default();
    probe.take_in(&boxed(*b"ftyp", b"isom\0\0\0\0"));
    probe.take_in(b"\0\0\0\0moov");
    let noise = vec![b'x'; 1 << 20];
    (0..80).for_each(|_| probe.take_in(&noise));
    assert_eq!(probe.kept(), 0);
    assert_eq!(
        probe.finish().trouble.as_deref(),
        Some("it has no index (`moov`) that can be read, as if its end were cut off")
    );
}

proptest! {
    #[test]
    fn the_pieces_in_which_it_comes_do_not_matter(length in 1_usize..3000, end in 0_usize..20_000) {
        let file = index_last();
        let file = &file[..file.len().min(end)];
        prop_assert_eq!(in_pieces(file, length), probed(file));
    }

    #[test]
    fn whatever_is_cut_off_is_missed(end in 0_usize..1_000_000) {
        for file in [film(), index_last()] {
            let end = end % file.len();
            prop_assert!(probed(&file[..end]).trouble.is_some(), "{end} of {}", file.len());
        }
    }

    #[test]
    fn any_fragment_has_an_end(header in proptest::collection::vec(any::<u32>(), 0..6), run in proptest::collection::vec(any::<u32>(), 0..40), flags: u32) {
        let run = [&[flags][..], &run].concat();
        let file = [index_of_fragments(512), fragment(&header, &[&run, &run], 100)].concat();
        prop_assert_eq!(probed(&file).size, Some(Size { width: 640, height: 360 }));
    }

    #[test]
    fn any_bytes_have_an_end(changes in proptest::collection::vec((0_usize..2000, any::<u8>()), 0..40), last: bool) {
        let mut file = if last { index_last() } else { film() };
        let index = find(&file, *b"moov");
        for (place, byte) in changes {
            let at = (index + place) % file.len();
            file[at] = byte;
        }
        let media = probed(&file);
        prop_assert!(media.codec.is_none_or(|codec| codec.len() <= 4 && codec.is_ascii()));
    }

    #[test]
    fn what_is_written_down_reads_back(frames: Option<u32>, millis: Option<u64>, sound: bool, sides: Option<(u32, u32)>) {
        let size = sides.map(|(width, height)| Size { width, height });
        let rate = sides.and_then(|(pictures, seconds)| Rate::of(pictures, seconds));
        let media = Media { size, millis, frames, rate, sound, ..Media::default() };
        prop_assert_eq!(serde_json::from_str::<Media>(&serde_json::to_string(&media).unwrap()).unwrap(), media);
    }
}
