//! A million rows, by the real executable: `check`, `plan` against an empty and a full ledger, and `cost` of the full one; and 100,000
//! shots of YAML. Each with the most memory that it had. `cargo bench --bench scale -- 10000` does it with fewer rows.

#[expect(dead_code, reason = "this bench uses a part of it")]
mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use measure::{folder, shots, take, timed, told};
use rushes::digest::Digest;
use rushes::ledger::{Entry, Holder, Ledger};
use rushes::shot::Shot;
use rushes::take::{Asset, Event, Finish, Token};
use tokio::runtime;

/// So many takes are entered into the ledger with one flush.
const TOGETHER: usize = 10_000;

fn main() {
    let rows = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let (root, shots) = (folder(), shots(rows));
    let (csv, yaml) = (root.path().join("shots.csv"), root.path().join("shots.yaml"));
    fs::write(&csv, table(&shots)).expect("a file");
    fs::write(&yaml, list(&shots[..rows / 10])).expect("a file");
    rushes(&format!("check, {rows} rows of CSV"), rows, &["check".as_ref(), &csv]);
    rushes(&format!("check, {} shots of YAML", rows / 10), rows / 10, &["check".as_ref(), &yaml]);
    let plan = |what: &str, output: &Path| {
        rushes(&format!("plan, {rows} rows, {what}"), rows, &["plan".as_ref(), &csv, "-o".as_ref(), output]);
    };
    plan("nothing in the ledger", &root.path().join("empty"));
    let full = root.path().join("full");
    fill(&full, &shots);
    drop(shots);
    plan("all stored in the ledger", &full);
    rushes(&format!("cost, {rows} takes"), rows, &["cost".as_ref(), &full]);
}

fn table(shots: &[Shot]) -> String {
    let mut text = "id,description,duration,aspect ratio\n".to_owned();
    for shot in shots {
        writeln!(text, "{},\"{}\",5,16:9", shot.id, shot.request.prompt).expect("a string takes all");
    }
    text
}

fn list(shots: &[Shot]) -> String {
    let mut text = "shots:\n".to_owned();
    for shot in shots {
        writeln!(text, "- id: {}\n  prompt: \"{}\"\n  motion: static", shot.id, shot.request.prompt)
            .expect("a string takes all");
    }
    text
}

/// Enters every shot's take, and all that happened until it was stored, as a night would: many takes between each other.
fn fill(root: &Path, shots: &[Shot]) {
    fs::create_dir_all(root).expect("a folder");
    let runtime = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let ledger =
        Ledger::open(root, "bench", &Holder { pid: 1, host: String::new(), since: Timestamp::UNIX_EPOCH }).expect("a ledger");
    let mut number = 0;
    for shots in shots.chunks(TOGETHER) {
        let mut histories: Vec<_> = shots.iter().map(|shot| (number += 1, history(shot, number)).1.into_iter()).collect();
        let steps = std::iter::from_fn(|| {
            let step: Vec<Entry> = histories.iter_mut().filter_map(Iterator::next).collect();
            (!step.is_empty()).then_some(step)
        });
        let entries: Vec<_> = steps.flatten().collect();
        runtime.block_on(ledger.append(entries)).expect("a ledger that can be written");
    }
}

fn history(shot: &Shot, number: u128) -> Vec<Entry> {
    let take = take(shot);
    let task = || format!("196642a0-05e1-441a-981e-{number:012x}").parse().expect("a task id");
    let link = format!("https://cdn.example/{number:032x}.mp4");
    let answer = |status: &str| Some(format!(r#"{{"task_id":"{}","status":"{status}","fail_reason":""}}"#, task()));
    let events = [
        (Event::Planned { request: take.request.clone(), key: take.key, tags: Vec::new() }, None),
        (Event::Intent { token: Token::new(number), price: None }, None),
        (Event::Accepted { task: task() }, answer("submitted")),
        (Event::Succeeded { link, finish: Finish::default() }, answer("succeed")),
        (Event::Stored { asset: Asset { digest: Digest::of(shot.request.prompt.as_bytes()), bytes: 7 } }, None),
    ];
    let entry = |(event, answer)| Entry { take: take.name.clone(), at: Timestamp::UNIX_EPOCH, event, answer };
    events.into_iter().map(entry).collect()
}

/// Runs the executable, and prints how long it took and the most memory that it had.
fn rushes(what: &str, count: usize, words: &[&Path]) {
    let mut most = 0;
    let time = timed(|| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rushes"))
            .args(words)
            .stdout(Stdio::null())
            .spawn()
            .expect("an executable that can be run");
        let status = loop {
            most = memory(&child).unwrap_or_default().max(most);
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success(), "{what}: {status}");
    });
    told(what, count, time);
    println!("{:<44} {most:>9} MB at most", "");
}

/// The most memory that the process has had so far, in megabytes, where the system tells.
fn memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok().map(|kilobytes: u64| kilobytes.div_ceil(1000))
}
