//! The hand-over to the edit: what is stored, in the order of the script, in files that lead to the videos; and nothing of the
//! author's is written over.

use jiff::Timestamp;
use rushes::ledger::{Entry, Holder, Ledger};
use rushes::media::{Media, Rate, Size};
use rushes::review::{Review, Verdict};
use rushes::take::Event;
use serde_json::Value;

use super::Desk;
use crate::schema::Judge;

/// A desk with a rehearsed manifest, to which a shot was added since.
fn rehearsed() -> Desk {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    desk.edit("  - { id: DOG", "  - { id: ANT, prompt: an ant on a hill, seconds: 10 }\n  - { id: DOG");
    desk
}

/// Writes what happened to a take into the ledger of the rehearsal.
async fn enter(desk: &Desk, take: &str, event: Event) {
    let at: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
    let holder = Holder { pid: 1, host: "here".into(), since: at };
    let ledger = Ledger::open(&desk.path("out.simulated"), "2026-11-22T12-00-00Z", &holder).expect("a ledger");
    let entry = Entry { take: take.parse().expect("a take"), at, event, answer: None };
    ledger.append([entry]).await.expect("an event");
}

fn pick() -> Event {
    Event::Reviewed(Review { verdict: Some(Verdict::Pick), ..Review::default() })
}

/// What the children of the only track are: kind, name, frames, link.
fn children(timeline: &str) -> Vec<String> {
    let timeline: Value = serde_json::from_str(timeline).expect("JSON");
    let children = timeline["tracks"]["children"][0]["children"].as_array().expect("a list");
    let told = children.iter().map(|item| {
        let link = item["media_references"]["DEFAULT_MEDIA"]["target_url"].as_str().unwrap_or("-");
        let text = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {link}", text("OTIO_SCHEMA"), text("name"), item["source_range"]["duration"]["value"])
    });
    told.collect()
}

#[test]
fn what_is_no_longer_on_disk_is_told_and_not_linked_to() {
    let desk = rehearsed();
    std::fs::remove_file(desk.path("out.simulated/shots/CAT_T02.mp4")).expect("a video");
    std::fs::remove_file(desk.path("out.simulated/shots/DOG_T01.mp4")).expect("a video");
    std::fs::write(desk.path("out.simulated/shots/DOG_T01.mp4"), "a text").expect("a file");
    let ran = desk.rushes("export shots.yaml --simulate --file - --format otio").ends(0).says(&[
        "no longer on disk as they were stored, and left out: CAT_T02, DOG_T01; run the manifest again",
        "missing: ANT, DOG",
    ]);
    assert!(!desk.path("-").exists(), "it is standard output");
    assert_eq!(
        children(&ran.out),
        [
            "Clip.2 CAT_T01 120.0 shots/CAT_T01.mp4",
            "Gap.1 ANT 240.0 -",
            "Gap.1 DOG 120.0 -",
            "Clip.2 EEL_T01 120.0 shots/EEL_T01.mp4"
        ]
    );
    desk.rehearse("").ends(0);
    let ran = desk.rushes("export shots.yaml --simulate").ends(0);
    assert!(children(&ran.out).contains(&"Clip.2 DOG_T01 120.0 shots/DOG_T01.mp4".to_owned()), "{}", ran.out);
}

#[test]
fn a_manifest_gives_the_order_and_what_is_missing() {
    let desk = rehearsed();
    let ran = desk.rushes("export shots.yaml --simulate --takes all").ends(0);
    assert_eq!(
        children(&ran.out),
        [
            "Clip.2 CAT_T01 120.0 shots/CAT_T01.mp4",
            "Clip.2 CAT_T02 120.0 shots/CAT_T02.mp4",
            "Gap.1 ANT 240.0 -",
            "Clip.2 DOG_T01 120.0 shots/DOG_T01.mp4",
            "Clip.2 EEL_T01 120.0 shots/EEL_T01.mp4",
        ]
    );
    assert_eq!(ran.err, "4 clips and 1 gap, 00:00:30:00 at 24 frames a second\nmissing: ANT\n");
    let ran = desk.rushes("export out.simulated -q").ends(0);
    let names: Vec<_> = children(&ran.out).iter().map(|child| child.split(' ').nth(1).expect("a name").to_owned()).collect();
    assert_eq!((names, ran.err.as_str()), (vec!["CAT_T02".into(), "DOG_T01".into(), "EEL_T01".into()], ""));
}

#[test]
fn a_shot_that_the_manifest_has_no_more_is_left_out() {
    let desk = rehearsed();
    desk.edit("  - { id: EEL, prompt: an eel in the rain, motion: { r: -6 } }\n", "");
    let ran = desk.rushes("export shots.yaml --simulate --format csv").ends(0);
    assert!(!ran.out.contains("EEL"), "{}", ran.out);
    ran.says(&["left out, because the manifest has no such shot any more: EEL_T01"]);
    let ran = desk.rushes("export shots.yaml --simulate --format csv --only CAT").ends(0);
    assert_eq!(ran.out.lines().count(), 2, "what is not selected is no gap: {}", ran.out);
    desk.rushes("export shots.yaml --simulate --format csv --only ANT").ends(2).says(&["no take is stored"]);
}

#[test]
fn links_lead_from_the_file_to_the_videos() {
    let desk = rehearsed();
    std::fs::create_dir_all(desk.path("edit/it's here")).expect("a folder");
    for format in ["otio", "edl", "ffconcat", "csv"] {
        let mut command = desk.command("export shots.yaml --simulate --file");
        let ran: super::Ran = command.arg(format!("edit/it's here/cut.{format}")).output().expect("an executable").into();
        ran.ends(0);
    }
    let list = desk.read("edit/it's here/cut.ffconcat");
    let linked: Vec<_> =
        list.lines().filter_map(|line| line.strip_prefix("file '")).map(|rest| rest.trim_end_matches('\'')).collect();
    let expected = ["CAT_T02.mp4", "slugs/ANT.mp4", "DOG_T01.mp4", "EEL_T01.mp4"];
    assert!(linked.iter().zip(expected).all(|(link, end)| link.ends_with(end)), "{linked:?}");
    for link in linked {
        assert!(desk.path("edit/it's here").join(link).is_file(), "{link}");
    }
    assert!(desk.read("edit/it's here/cut.edl").contains("* SOURCE FILE: ../../out.simulated/shots/DOG_T01.mp4\r\n"));
    let absolute = desk.rushes("export out.simulated --links absolute --only DOG").ends(0).out;
    let link = children(&absolute)[0].split_once("file://").map(|(_, path)| path.to_owned()).expect("a URL");
    assert!(std::path::Path::new(&link).is_file(), "{link}");
}

#[test]
fn the_same_again_is_the_same_and_takes_no_place_but_its_own() {
    let desk = rehearsed();
    for file in ["cut.otio", "cut.edl", "cut.ffconcat", "cut.csv"] {
        desk.rushes(&format!("export shots.yaml --simulate --file {file}")).ends(0);
        let first = desk.read(file);
        desk.rushes(&format!("export shots.yaml --simulate --file {file}")).ends(0);
        assert_eq!(desk.read(file), first);
    }
    let manifest = desk.read("shots.yaml");
    for (file, why) in
        [("shots.yaml", "no earlier export"), ("out.simulated/results.csv", "no earlier export"), (".", "a directory")]
    {
        desk.rushes(&format!("export shots.yaml --simulate --format csv --file {file}")).ends(2).says(&[why]);
    }
    assert_eq!(desk.read("shots.yaml"), manifest);
    desk.rushes("export shots.yaml --simulate --file cut.aaf")
        .ends(2)
        .says(&["cut.aaf does not tell what to write", ".ffconcat"]);
    desk.rushes("export shots.yaml --simulate --file nowhere/cut.edl").ends(7).says(&["cannot write nowhere/cut.edl"]);
    desk.rushes("verify out.simulated").ends(0);
}

#[test]
fn a_slate_takes_the_place_of_a_slate_alone() {
    let desk = rehearsed();
    let export = || desk.rushes("export shots.yaml --simulate --file edit/cut.ffconcat");
    std::fs::create_dir(desk.path("edit")).expect("a folder");
    export().ends(0);
    let slate = std::fs::read(desk.path("edit/slugs/ANT.mp4")).expect("a slate");
    desk.edit("an ant on a hill, seconds: 10", "two ants on a hill, seconds: 5");
    export().ends(0);
    assert_ne!(std::fs::read(desk.path("edit/slugs/ANT.mp4")).expect("a slate"), slate, "it says what is asked for now");
    let list = desk.read("edit/cut.ffconcat");
    let animatic = std::fs::read(desk.path("out.simulated/shots/DOG_T01.mp4")).expect("a video");
    std::fs::write(desk.path("edit/slugs/ANT.mp4"), &animatic).expect("an animatic");
    desk.edit("seconds: 5 }", "seconds: 10 }");
    export().ends(2).says(&["edit/slugs/ANT.mp4 is there already, no slate of an earlier export", "nothing was written"]);
    assert_eq!(std::fs::read(desk.path("edit/slugs/ANT.mp4")).expect("an animatic"), animatic);
    assert_eq!(desk.read("edit/cut.ffconcat"), list);
    #[cfg(unix)]
    {
        std::fs::remove_file(desk.path("edit/slugs/ANT.mp4")).expect("a file");
        let made = std::process::Command::new("mkfifo").arg(desk.path("edit/slugs/ANT.mp4")).status();
        assert!(made.expect("mkfifo").success());
        export().ends(2).says(&["edit/slugs/ANT.mp4 is no file"]);
    }
}

#[tokio::test]
async fn what_is_damaged_is_not_told_to_be_missing() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let trouble = Media { trouble: Some("it is cut off".into()), ..Media::default() };
    enter(&desk, "CAT_T01", Event::Probed(trouble.clone())).await;
    enter(&desk, "DOG_T01", Event::Probed(trouble)).await;
    let damaged = |names: &str| format!("\ndamaged, and left out as long as nobody picks it: {names}\n");
    let ran = desk.rushes("export out.simulated --takes all").ends(0);
    assert!(ran.err.contains(&damaged("CAT_T01, DOG_T01")) && !ran.err.contains("missing"), "{}", ran.err);
    let ran = desk.rushes("export out.simulated").ends(0);
    assert!(ran.err.contains(&damaged("DOG_T01")) && !ran.err.contains("missing"), "{}", ran.err);
}

#[tokio::test]
async fn picks_are_exported_once_there_are_some() {
    let desk = rehearsed();
    desk.rushes("export out.simulated --takes picks").ends(2).says(&["of 4 stored takes none is picked", "--takes best"]);
    enter(&desk, "CAT_T01", pick()).await;
    let ran = desk.rushes("export out.simulated --takes picks").ends(0).says(&["missing: DOG, EEL"]);
    assert_eq!(children(&ran.out)[0], "Clip.2 CAT_T01 120.0 shots/CAT_T01.mp4");
    let ran = desk.rushes("export out.simulated --format edl --only CAT").ends(0);
    assert!(ran.out.contains("* FROM CLIP NAME: CAT_T01\r\n") && ran.out.contains("* COMMENT: PICK\r\n"), "{}", ran.out);
    desk.rushes("status out.simulated").ends(0).says(&["pick · a cat on a wall"]);
    enter(&desk, "CAT_T02", pick()).await;
    let told = ["picked, and not the latest pick of its shot: CAT_T01; `--takes picks` has every one"];
    let ran = desk.rushes("export out.simulated").ends(0).says(&told);
    assert_eq!(children(&ran.out)[0], "Clip.2 CAT_T02 120.0 shots/CAT_T02.mp4");
}

#[tokio::test]
async fn a_cut_counts_as_its_clips_do_or_as_it_is_told() {
    let desk = rehearsed();
    let rate =
        |pictures: u32, seconds: u32| Rate { pictures: pictures.try_into().unwrap(), seconds: seconds.try_into().unwrap() };
    let size = Some(Size { width: 480, height: 480 });
    let media = |frames, rate| Event::Probed(Media { size, frames: Some(frames), rate: Some(rate), ..Media::default() });
    enter(&desk, "DOG_T01", media(126, rate(25, 1))).await;
    enter(&desk, "EEL_T01", media(125, rate(25, 1))).await;
    enter(&desk, "CAT_T02", media(151, rate(30_000, 1001))).await;
    let ran = desk.rushes("export out.simulated").ends(0);
    ran.says(&["00:00:15:01 at 25 frames a second", "of another rate than 25, and counted in its frames: CAT_T02"]);
    let ran = desk.rushes("export out.simulated --rate 29.97 --start 00:00:00:00 --format csv --only CAT").ends(0);
    assert!(ran.out.contains(",00:00:00:00,00:00:05:01,151,5.038367,29.97,480x480,29.970,"), "{}", ran.out);
    desk.rushes("export out.simulated --rate 24.5").ends(2).says(&["23.976"]);
    desk.rushes("export out.simulated --start 00:00:00:25").ends(2).says(&["it has 25 frames a second"]);
}

#[test]
fn the_results_are_as_their_schema_says() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: moderated } }");
    desk.rehearse("--script script.yaml").ends(1);
    let judge = Judge::new(&desk.rushes("schema --results").ends(0).out);
    let results: Value = serde_json::from_str(&desk.read("out.simulated/results.json")).expect("JSON");
    assert_eq!(judge.mistake(&results), None);
    assert_eq!(desk.rushes("report out.simulated --format junit").out, desk.read("out.simulated/junit.xml"));
    assert!(desk.read("out.simulated/junit.xml").contains("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"0\""));
}
