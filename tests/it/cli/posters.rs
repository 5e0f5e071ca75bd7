//! Stills of stored videos: there after a run, made anew when lost, never in anybody's way.

use std::fs;

use super::{Desk, QUICK};

#[test]
fn every_video_has_a_still_which_is_made_again_when_it_is_lost() {
    let desk = Desk::new();
    desk.rushes(&format!("run shots.yaml {QUICK}")).ends(0);
    let still = |take: &str| desk.path(format!("out.simulated/shots/{take}.jpg"));
    let takes = ["CAT_T01", "CAT_T02", "DOG_T01", "EEL_T01"];
    let before = takes.map(|take| fs::read(still(take)).unwrap());
    assert!(before.iter().all(|jpeg| jpeg.starts_with(b"\xff\xd8\xff") && jpeg.ends_with(b"\xff\xd9")));
    desk.rushes("verify out.simulated").ends(0);

    fs::remove_file(still("DOG_T01")).unwrap();
    fs::write(still("EEL_T01"), "").unwrap();
    desk.rushes("verify out.simulated").ends(0);
    desk.rushes(&format!("run shots.yaml {QUICK}")).ends(0);
    assert!(takes.map(|take| fs::read(still(take)).unwrap()) == before);
}

#[test]
fn what_stands_in_the_way_of_a_still_stops_nothing() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("out.simulated/shots/CAT_T01.jpg/full")).unwrap();
    desk.rushes(&format!("run shots.yaml {QUICK}")).ends(0).says(&["all 4 stored"]);
    assert!(desk.path("out.simulated/shots/CAT_T02.jpg").is_file());
}
