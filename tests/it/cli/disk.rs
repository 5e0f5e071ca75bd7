//! A disk that is full, cut short, forbidden, or in the way. Whatever it does: the right exit code, nothing half-written under a
//! final name, a ledger that can be read, and a next run on a sound disk that completes without paying for anything twice.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use rushes::digest::Digest;
use serde_json::Value;

use super::exits::World;
use super::{Desk, QUICK, Ran, files};

#[test]
fn a_limit_on_the_length_of_files_costs_nothing() {
    // In the shell's blocks of 512 bytes. The reserve of the ledger is 8192 of them, and its first page begins at 8.
    let blocks = [0, 1, 7, 8, 9, 40, 64, 65, 100, 220, 1000, 8191, 8192, 8200, 8300, 20_000];
    all(blocks, |blocks| {
        let desk = Desk::new();
        let ran = shell(&desk, &format!("ulimit -f {blocks}; exec \"$0\" run shots.yaml {QUICK} 2>&1 | cat"));
        assert!(!ran.out.contains("panicked"), "{blocks}: {}", ran.out);
        let stored = ran.out.contains("4 stored");
        assert_eq!(desk.accepted().len(), if stored { 4 } else { 0 }, "{blocks}: {}", ran.out);
        let complete = ["disk", "File too large"].iter().any(|word| ran.out.contains(word)) && ran.out.contains("help: ");
        assert!(stored || complete, "{blocks}: {}", ran.out);
        check(&desk, &[]);
        complete_once(&desk);
    });
    let desk = Desk::new();
    assert_eq!(shell(&desk, &format!("ulimit -f 1000; exec \"$0\" run shots.yaml {QUICK}")).code, Some(7));
}

#[test]
fn a_plan_that_cannot_be_written_leaves_the_earlier_one() {
    let desk = Desk::new();
    desk.rushes("plan shots.yaml --simulate --save plan.json").ends(0);
    let before = desk.read("plan.json");
    desk.edit("a dog at sea", "a dog on the moon");
    for blocks in [0, 1, 4] {
        let ran = shell(&desk, &format!("ulimit -f {blocks}; exec \"$0\" plan shots.yaml --simulate --save plan.json"));
        ran.ends(7).says(&["cannot write the plan plan.json: File too large", "help: "]);
        assert_eq!(desk.read("plan.json"), before, "{blocks}");
        assert_eq!(fs::read_dir(desk.path("")).expect("a folder").count(), 2, "nothing half-written is left");
    }
}

/// A desk with something for every verb to print, and verbs that print it.
#[cfg(target_os = "linux")]
fn printing() -> (Desk, Vec<String>) {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    desk.edit("a dog at sea", "a dog on the moon");
    desk.put("bad.yaml", "shots:\n  - { id: CAT, promt: a cat }\n");
    let verbs = "check shots.yaml|check shots.yaml --format json|check bad.yaml --format github|plan shots.yaml --simulate|\
        plan shots.yaml --simulate --format json|plan shots.yaml --simulate --regenerate --detailed-exitcode|moves|\
        moves --format json|status out.simulated|status out.simulated --format json|report out.simulated --format csv|\
        report out.simulated --format json|report out.simulated --format html|report out.simulated --format junit|\
        verify out.simulated|verify out.simulated --format json|export out.simulated|export out.simulated --format edl|schema|\
        schema --diagnostics|schema --results|man|completions bash|help plan|--version|init new.yaml|\
        run shots.yaml --simulate|run shots.yaml --simulate --format json";
    (desk, verbs.split('|').map(str::to_owned).collect())
}

#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_printed_is_told() {
    let (desk, verbs) = printing();
    for words in verbs {
        let full = fs::File::options().write(true).open("/dev/full").expect("a disk that is always full");
        let ran = Ran::from(desk.command(&words).stdout(full).output().expect("an executable"));
        assert_eq!(
            ran.err.matches("cannot write to standard output: No space left on device").count(),
            1,
            "{words}: {}",
            ran.err
        );
        assert_eq!(ran.code, Some(7), "{words}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let (desk, verbs) = printing();
    for words in verbs {
        let usual = desk.rushes(&words);
        // Of this one there is no other.
        fs::remove_file(desk.path("new.yaml")).ok();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ran = Ran::from(desk.command(&words).stdout(writer).output().expect("an executable"));
        assert_eq!((ran.code, &ran.err), (usual.code, &usual.err), "{words}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_paid_for_and_cannot_be_written_down_is_told_before_the_end() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let moments = [(1, 4096), (1, 80_000), (2, 120_000), (5, 4096), (9, 150_000), (20, 200_000)];
    all(moments, |(accepted, limit)| {
        let desk = Desk::new();
        desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 40");
        let mut run = desk.start("run shots.yaml --simulate --speed 1000 -vv");
        for _ in 0..accepted {
            run.until("event=\"accepted\"");
        }
        // From now on no file grows beyond this: what no preparation can foresee.
        let process = Pid::from_raw(i32::try_from(run.child.id()).expect("a process id"));
        prlimit(process, Resource::Fsize, Rlimit { current: Some(limit), maximum: Some(limit) }).expect("a child of ours");
        let ran = run.end().ends(7).says(&["help: "]);

        check(&desk, &[]);
        let tasks: BTreeMap<_, _> = desk.accepted().into_iter().collect();
        let status = desk.json("status out.simulated");
        let unresolved = status["takes"].as_array().expect("takes").iter().filter(|row| row["outcome"] == "unresolved");
        for row in unresolved {
            let take = format!("{}_T{:02}", row["shot"].as_str().expect("a shot"), row["take"].as_u64().expect("a number"));
            let evidence = tasks.get(&take).map_or("--not-made --yes".to_owned(), |task| {
                let told = format!("rushes resolve {take} MANIFEST --task-id {task}");
                assert!(ran.err.contains(&told), "{take} is paid for, and nobody knows: {}", ran.err);
                format!("--task-id {task}")
            });
            desk.rushes(&format!("resolve {take} out.simulated {evidence}")).ends(0);
        }
        complete_once(&desk);
        assert_eq!(desk.accepted().len(), 42);
    });
}

/// A file system of `$1` kilobytes, on which the run that follows becomes complete or not; when `$2` lines were said it is full at
/// once. Then there is room again.
#[cfg(target_os = "linux")]
const FULL: &str = r#"
    size=$1; lines=$2; shift 2
    mkdir out && mount -t tmpfs -o size=${size}k none out || exit 99
    full() { until mount -o remount,size=$(df -k out | awk 'END { print $3 }')k out 2>/dev/null; do :; done; }
    ( "$@" -o out -vv 2>&1; echo $? > code ) | while IFS= read -r line; do
        echo "$line" >> said
        lines=$((lines - 1))
        if [ $lines = 0 ]; then full; fi
    done
    "$0" status out > standing 2>&1; echo $? > status
    mount -o remount,size=200m out
    "$@" -o out > again 2>&1; echo $? > rerun
    cp -r out copy
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing_and_leaves_nothing_unresolved() {
    const NEVER: usize = 0;
    let probe = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        eprintln!("skipped: this system lets nobody but root mount a file system of his own");
        return;
    }
    let too_small = [16, 64, 200, 1000, 4096, 4400, 8000].map(|size| (size, NEVER, [7, 7]));
    let one_after_the_other = [(12_500, NEVER, [0, 0]), (100_000, NEVER, [0, 0])];
    // Unless it is over before.
    let suddenly = [1, 8, 15, 30, 45, 70].map(|lines| (100_000, lines, [7, 0]));
    all(too_small.into_iter().chain(one_after_the_other).chain(suddenly), |(size, lines, expected)| {
        let (desk, world) = (Desk::new(), World::new(""));
        desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 10");
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", FULL]).arg(program()).args([size.to_string(), lines.to_string()]);
        command.arg(program()).args(world.run().replace("--pace 1000/s", "--pace 30/s").split(' ')).args(["--in-flight", "5"]);
        let ran: Ran = command.current_dir(desk.path("")).env("COMETAPI_KEY", "k").output().expect("a shell").into();
        let ended = |name: &str| desk.read(name).trim().parse::<i32>().expect("an exit code");
        let said = || format!("{size} kB, full after {lines} lines: {ran:?}\n{}\n{}", desk.read("said"), desk.read("standing"));
        assert!(expected.contains(&ended("code")), "{}", said());
        assert!(ended("code") == 0 || desk.read("said").contains("then run again"), "{}", said());
        assert!([0, 3, 5].contains(&ended("status")), "nothing is unresolved, and the ledger is intact: {}", said());
        assert_eq!(ended("rerun"), 0, "{}\n{}", said(), desk.read("again"));
        assert_eq!(world.accepted(), 12, "{}", said());
        sound(&desk.path("copy"), &[]);
        desk.rushes("verify copy").ends(0).says(&["12 stored takes, 12 sound objects"]);
    });
}

#[test]
fn whatever_lies_where_something_is_to_be_nothing_is_lost_by_it() {
    const PLACES: [&str; 16] = [
        "objects",
        "shots",
        "runs",
        "ledger.db",
        "ledger.lock",
        "ledger.db-wal",
        "ledger.db-shm",
        "simulator.jsonl",
        "SHA256SUMS",
        "results.json",
        "results.csv",
        "junit.xml",
        "index.html",
        "shots/CAT_T01.mp4",
        "shots/CAT_T01.json",
        "shots/EEL_T01.mp4",
    ];
    let put: [fn(&Path); 5] = [
        |path| fs::write(path, "somebody's own").expect("a file"),
        |path| fs::create_dir(path).expect("a folder"),
        |path| assert!(Command::new("mkfifo").arg(path).status().expect("a program").success()),
        |path| symlink("nowhere/at/all", path).expect("a link"),
        |path| symlink(path.file_name().expect("a name"), path).expect("a link"),
    ];
    // A pipe and links are each tried where something else is done with the name.
    let odd = ["objects", "ledger.db", "ledger.lock", "simulator.jsonl", "index.html", "shots/CAT_T01.mp4"];
    let kinds = |place| if odd.contains(place) { &put[..] } else { &put[..2] };
    all(PLACES.iter().flat_map(|place| kinds(place).iter().map(move |put| (place, put))), |(place, put)| {
        let desk = Desk::new();
        let path = desk.path("out.simulated").join(place);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        put(&path);
        let before = fs::symlink_metadata(&path).expect("what was put there").file_type();
        let ran = rehearse(&desk, "");
        let accepted = desk.accepted().len();
        let help = ["help: ", "run again", "choose another output directory"].iter().any(|help| ran.err.contains(help));
        match ran.code {
            Some(0) => assert_eq!(accepted, 4, "{place}, {before:?}: {ran:?}"),
            Some(7) => assert!(ran.err.contains("out.simulated") && help, "{place}: {ran:?}"),
            _ => panic!("{place}, {before:?}: {ran:?}"),
        }
        let ours = ["SHA256SUMS", "results.json", "results.csv", "junit.xml", "index.html"].contains(place);
        assert!(ran.code == Some(0) || accepted == 0 || ours, "it was in the way before anything was paid for: {ran:?}");
        check(&desk, &[place]);
        if ran.code != Some(0) {
            fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)).expect("something to remove");
        }
        complete_once(&desk);
    });
}

#[test]
fn a_folder_that_may_not_be_written_is_named_before_anything_is_sent() {
    for folder in ["", "objects", "objects/*", "shots", "runs"] {
        let desk = Desk::new();
        desk.edit("takes: 2", "takes: 1");
        rehearse(&desk, "").ends(0);
        desk.edit("takes: 1", "takes: 2");
        let root = desk.path("out.simulated");
        let locked = match folder {
            "objects/*" => {
                fs::read_dir(root.join("objects")).expect("a folder").next().expect("one of three").expect("it").path()
            }
            folder => root.join(folder),
        };
        let Some(mut command) = unprivileged(&desk, &format!("run shots.yaml {QUICK}")) else { return };
        let mode = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).expect("a folder of ours");
        mode(0o555);
        let name = format!("out.simulated/{}", folder.trim_end_matches('*'));
        let ran = Ran::from(command.output().expect("an executable")).ends(7).says(&[name.trim_end_matches('/'), "help: "]);
        assert!(ran.err.contains("the right to write") || ran.err.contains("may you write there"), "{folder}: {ran:?}");
        assert_eq!(desk.accepted().len(), 3, "{folder}");
        mode(0o755);
        Ran::from(command.output().expect("an executable")).ends(0);
        complete_once(&desk);
    }
}

#[test]
fn a_shot_in_another_spelling_is_not_paid_for_again() {
    let desk = Desk::new();
    rehearse(&desk, "").ends(0);
    desk.edit("id: CAT", "id: Cat");
    let told = ["`Cat`", "`CAT`", "nothing was sent"];
    desk.rushes("plan shots.yaml --simulate").ends(2).says(&told);
    rehearse(&desk, "").ends(2).says(&told);
    desk.edit("id: Cat", "id: CAT");
    rehearse(&desk, "").ends(0).says(&["0 submissions"]);
}

#[test]
fn the_longest_names_have_room() {
    let desk = Desk::new();
    let id = "x".repeat(100);
    desk.edit("id: CAT", &format!("id: {id}"));
    let deep = "d".repeat(255 - ".simulated".len());
    rehearse(&desk, &format!("--output {deep}")).ends(0);
    let root = desk.path(deep + ".simulated");
    assert!(root.join(format!("shots/{id}_T02.json")).is_file());
    sound(&root, &[]);
    rehearse(&desk, &format!("--output {}", "d".repeat(300))).ends(7).says(&["too long", "shorter path"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_goes_to_a_full_disk_does_not_end_the_run() {
    for words in ["", "-vv", "--log-format json", "--format json"] {
        let desk = Desk::new();
        let ran = shell(&desk, &format!("exec \"$0\" run shots.yaml {QUICK} {words} >/dev/full 2>/dev/full"));
        // Nobody has read how it went; all the same it went to its end.
        assert_eq!((ran.code, desk.accepted().len()), (Some(7), 4), "{words}");
        desk.rushes("status out.simulated").ends(0).says(&["4 stored"]);
        complete_once(&desk);
    }
}

/// Checks all cases, some of them at once: most of the time they wait.
fn all<T: Send>(cases: impl IntoIterator<Item = T>, check: impl Fn(T) + Sync) {
    let cases = Mutex::new(cases.into_iter().collect::<Vec<_>>());
    let next = || cases.lock().expect("no panic while it is held").pop();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = next() {
                    check(case);
                }
            });
        }
    });
}

/// Rehearses the manifest to its end.
fn rehearse(desk: &Desk, more: &str) -> Ran {
    desk.rushes(&format!("run shots.yaml {QUICK} {more}"))
}

/// The executable.
fn program() -> &'static Path {
    assert_cmd::cargo::cargo_bin!("rushes")
}

/// What a shell makes of `script`, in which the executable is `$0`.
fn shell(desk: &Desk, script: &str) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(program()).current_dir(desk.path("")).env_remove("COMETAPI_KEY");
    command.output().expect("a shell").into()
}

/// The executable for whom permissions count, which they do not for root; everything on the desk is his. `None` where root cannot
/// become anybody else.
fn unprivileged(desk: &Desk, words: &str) -> Option<Command> {
    const NOBODY: u32 = 65534;
    let probe = desk.path("probe");
    fs::create_dir(&probe).expect("a folder");
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o555)).expect("a folder of ours");
    if fs::write(probe.join("file"), "").is_err() {
        return Some(desk.command(words));
    }
    let become_nobody = |words: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program());
        command.args(words.split_whitespace()).current_dir(desk.path("")).env_remove("COMETAPI_KEY");
        command
    };
    let mut folders = vec![desk.path("")];
    while let Some(path) = folders.pop() {
        chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may");
        if path.is_dir() {
            folders.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        }
    }
    if become_nobody("--version").output().is_ok_and(|ran| ran.status.success()) {
        return Some(become_nobody(words));
    }
    eprintln!("skipped: root is not bound by permissions, and nobody else can run the executable here");
    None
}

/// Holds that what a run has left is sound, except what a test has put there itself.
#[track_caller]
fn check(desk: &Desk, except: &[&str]) {
    let root = desk.path("out.simulated");
    sound(&root, except);
    let spoilt = ["ledger.db", "ledger.lock"].iter().any(|ours| except.contains(ours));
    if root.join("ledger.db").exists() && !spoilt {
        let ran = desk.rushes("status out.simulated");
        assert!([0, 3, 4, 5].contains(&ran.code.unwrap_or(-1)), "{ran:?}");
    }
    let takes: BTreeSet<_> = desk.accepted().into_iter().map(|(take, _)| take).collect();
    assert_eq!(takes.len(), desk.accepted().len(), "submitted twice");
}

/// Holds that the next run completes what is left, and that nothing was paid for twice on the way.
#[track_caller]
fn complete_once(desk: &Desk) {
    rehearse(desk, "").ends(0);
    check(desk, &[]);
    desk.rushes("verify out.simulated").ends(0).says(&["0 findings"]);
    let left = files(&desk.path("out.simulated")).into_keys().find(|name| name.contains(".incoming"));
    assert_eq!(left, None);
}

/// Holds that every file under its final name is whole.
#[track_caller]
fn sound(root: &Path, except: &[&str]) {
    if !root.is_dir() {
        return;
    }
    for (name, path) in files(root).into_iter().filter(|(name, _)| !except.contains(&name.as_str())) {
        let bytes = || fs::read(&path).expect("a file");
        let digest = || Digest::of(&bytes()).to_string();
        match name.split_once('/') {
            Some(("objects", rest)) => assert!(rest.ends_with(&format!("{}.mp4", digest())), "{name} is not what it says"),
            Some(("shots", _)) if path.extension() == Some(OsStr::new("mp4")) => {
                let digest = digest();
                assert!(root.join(format!("objects/{}/{digest}.mp4", &digest[..2])).is_file(), "{name} is not whole");
            }
            Some(("shots", _)) | None if path.extension() == Some(OsStr::new("json")) => {
                serde_json::from_slice::<Value>(&bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            None if name == "junit.xml" => assert!(bytes().ends_with(b"</testsuites>\n"), "{name} is not whole"),
            None if name == "index.html" => assert!(bytes().trim_ascii_end().ends_with(b"</html>"), "{name} is not whole"),
            _ => {}
        }
    }
    for run in fs::read_dir(root.join("runs")).into_iter().flatten().flatten() {
        if let Ok(summary) = fs::read(run.path().join("summary.json")) {
            serde_json::from_slice::<Value>(&summary).unwrap_or_else(|error| panic!("{}: {error}", run.path().display()));
        }
    }
}
