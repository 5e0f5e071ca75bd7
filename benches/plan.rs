//! From text to a plan: 100,000 rows read, and compared with an empty and with a full ledger.

#[expect(dead_code, reason = "this bench uses a part of it")]
mod measure;

use std::fmt::Write as _;
use std::hint::black_box;

use jiff::Timestamp;
use measure::{best, shots, take};
use rushes::digest::Digest;
use rushes::manifest::{self, Source};
use rushes::plan::{Basis, Consent, Plan, Wish};
use rushes::take::{Asset, State, Take};

const COUNT: usize = 100_000;

fn main() {
    let shots = shots(COUNT);
    let mut csv = "id,prompt\n".to_owned();
    let mut yaml = "shots:\n".to_owned();
    for shot in &shots {
        writeln!(csv, "{},\"{}\"", shot.id, shot.request.prompt).expect("a string takes all");
        writeln!(yaml, "- id: {}\n  prompt: \"{}\"", shot.id, shot.request.prompt).expect("a string takes all");
    }
    best("read 100,000 shots from CSV", COUNT, || read("a.csv", &csv));
    best("read 100,000 shots from YAML", COUNT, || read("a.yaml", &yaml));

    let basis = Basis {
        provider: "cometapi",
        consent: Consent::default(),
        wish: &|_| Wish::default(),
        now: Timestamp::UNIX_EPOCH,
        price: &|_| None,
        on_disk: &|_| true,
    };
    best("plan 100,000 takes, none known", COUNT, || drop(black_box(Plan::new(&shots, Vec::new(), &basis))));

    let stored: Vec<Take> = shots.iter().map(|shot| Take { state: stored(), ..take(shot) }).collect();
    best("plan 100,000 takes, all stored", COUNT, || drop(black_box(Plan::new(&shots, stored.clone(), &basis))));
}

fn read(name: &str, text: &str) {
    let manifest = manifest::read(&Source::new(name, text.into()), None).expect("a manifest without a mistake");
    assert_eq!(black_box(manifest).shots.len(), COUNT);
}

fn stored() -> State {
    let task = "196642a0-05e1-441a-981e-eb0c1f5d983b".parse().expect("a task id");
    let link = "https://cdn.example/53aa.mp4".into();
    State::Stored { task, link, asset: Asset { digest: Digest::of(b"a video"), bytes: 7 } }
}
