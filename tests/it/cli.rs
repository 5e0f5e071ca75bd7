//! The real executable, as its users and its saboteurs know it: files, exit codes, words. Nothing here leaves this machine, and
//! nothing waits for the clock.

mod checking;
mod cost;
#[cfg(unix)]
mod disk;
mod exits;
mod export;
mod further;
#[cfg(unix)]
mod hooks;
mod init;
mod job;
mod kill;
mod live;
#[cfg(unix)]
mod lock;
mod lost;
mod media;
mod mistakes;
mod moderation;
#[cfg(unix)]
mod nights;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(unix)]
mod picks;
mod plans;
#[cfg(feature = "posters")]
mod posters;
mod prices;
mod profiles;
mod receive;
mod secrets;
mod selectors;
mod several;
mod sheets;
mod telemetry;
mod unresolved;
mod words;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rushes::simulator::Task;
use serde_json::Value;
use tempfile::TempDir;

/// Four takes of three shots.
const MANIFEST: &str = "\
version: 1
output: out
defaults: { model: gen4_turbo, style: cinematic, ratio: \"1:1\", seconds: 5, motion: static }
shots:
  - { id: CAT, prompt: a cat on a wall, takes: 2, tags: [pets] }
  - { id: DOG, prompt: a dog at sea }
  - { id: EEL, prompt: an eel in the rain, motion: { r: -6 } }
";

/// What makes a rehearsal last a moment and no longer. An hour of patience would be a third of a second, which a busy machine uses up.
const QUICK: &str = "--simulate --speed 10000 --patience 1000h";

/// What makes a rehearsal of an [`INSTANT`] script as short, and leaves a busy machine its time.
const CALM: &str = "--simulate --speed 1000 --poll-first 1s --poll-every 1s";

/// What makes a run ask at once, and again at once, and not often in vain.
const AT_ONCE: &str = "--pace 1000/s --poll-pace 1000/s --poll-first 0s --poll-every 1ms";

/// What makes a simulator answer at once.
const INSTANT: &str = "latency: 0\nhidden: 0\nqueue: 0\ngenerate: 0\nrefresh: 0\n";

/// A directory to work in, with a manifest, that goes away afterwards.
struct Desk(TempDir);

/// What a command came to.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A command that is still on, and what it says while it is.
struct Running {
    child: Child,
    said: BufReader<ChildStderr>,
    heard: String,
}

impl Desk {
    /// A desk with [`MANIFEST`] as `shots.yaml` on it.
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a temporary directory"));
        desk.put("shots.yaml", MANIFEST);
        desk
    }

    /// A desk with a manifest of so many shots of one take each.
    fn of_shots(count: usize) -> Self {
        let desk = Self::new();
        let shots: Vec<_> = (0..count).map(|shot| format!("  - {{ id: SH{shot:02}, prompt: shot number {shot} }}\n")).collect();
        let shots = shots.concat();
        desk.put("shots.yaml", &format!("version: 1\noutput: out\ndefaults: {{ ratio: \"1:1\" }}\nshots:\n{shots}"));
        desk
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file that can be written");
    }

    fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The manifest with one text in the place of another.
    fn edit(&self, from: &str, to: &str) {
        let text = self.read("shots.yaml");
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.put("shots.yaml", &text.replace(from, to));
    }

    /// The executable with these words, split at spaces, and no key in its environment.
    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rushes"));
        command.args(words.split_whitespace()).current_dir(self.path("")).stdin(Stdio::null());
        command.env_remove("COMETAPI_KEY").env_remove("COMETAPI_QUOTA_KEY");
        command
    }

    /// Runs `rushes` with these words to its end.
    fn rushes(&self, words: &str) -> Ran {
        self.command(words).output().expect("an executable").into()
    }

    /// Runs `rushes` with a key in its environment.
    fn with_key(&self, key: &str, words: &str) -> Ran {
        self.command(words).env("COMETAPI_KEY", key).output().expect("an executable").into()
    }

    /// Runs `rushes` with `text` as its standard input.
    fn with_input(&self, text: &str, words: &str) -> Ran {
        let mut command = assert_cmd::Command::from(self.command(words));
        command.write_stdin(text).output().expect("an executable").into()
    }

    /// Rehearses the manifest to its end.
    fn rehearse(&self, more: &str) -> Ran {
        self.rushes(&format!("run shots.yaml {QUICK} {more}"))
    }

    /// Starts `rushes` with these words.
    fn start(&self, words: &str) -> Running {
        let mut command = self.command(words);
        command.env("COMETAPI_KEY", "k").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("an executable");
        let said = BufReader::new(child.stderr.take().expect("a pipe"));
        Running { child, said, heard: String::new() }
    }

    /// A report, or a summary, as data.
    fn json(&self, words: &str) -> Value {
        let ran = self.rushes(&format!("{words} --format json"));
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    /// The tasks that the rehearsal's simulator has accepted, in order.
    fn tasks(&self) -> Vec<Task> {
        let journal = self.path("out.simulated/simulator.jsonl");
        // To read a pipe is to wait for ever.
        let text = if journal.is_file() { fs::read_to_string(journal).unwrap_or_default() } else { String::new() };
        // A kill may have cut off the last line.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines.map(|line| serde_json::from_str(line).expect("a task")).collect()
    }

    /// The tasks that the rehearsal's simulator has accepted, by take, in order.
    fn accepted(&self) -> Vec<(String, String)> {
        self.tasks().into_iter().map(|task| (task.ask.name(), task.id)).collect()
    }
}

impl Ran {
    /// Holds that the command came to `code`.
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Holds that all of `texts` were said, wherever.
    #[track_caller]
    fn says(self, texts: &[&str]) -> Self {
        let all = format!("{}{}", self.out, self.err);
        for text in texts {
            assert!(all.contains(text), "{text:?} is missing from\n{all}");
        }
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("words");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Running {
    /// Waits until a line with `text` is said.
    #[track_caller]
    fn until(&mut self, text: &str) -> &mut Self {
        while let Some(line) = self.line() {
            if line.contains(text) {
                return self;
            }
        }
        panic!("{text:?} was never said, but\n{}", self.heard);
    }

    /// The next line that is said; `None` after the last.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let some = self.said.read_line(&mut line).expect("words") > 0;
        self.heard.push_str(&line);
        some.then_some(line)
    }

    /// Sends a signal by its name.
    fn signal(&self, name: &str) {
        let words = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &words]).status().expect("a shell");
        assert!(sent.success(), "{words}");
    }

    /// Ends it at once, without a word to it.
    fn kill(mut self) {
        self.child.kill().expect("a process of our own");
        self.child.wait().expect("a process of our own");
    }

    /// Waits for its end.
    fn end(mut self) -> Ran {
        self.said.read_to_string(&mut self.heard).expect("words");
        let code = self.child.wait().expect("a process of our own").code();
        Ran { code, out: String::new(), err: self.heard }
    }
}

/// Every file under `root`, by its name, without the runs' logs.
fn files(root: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name() != Some(OsStr::new("runs")) {
                folders.push(path);
            } else if path.is_file() {
                found.insert(path.strip_prefix(root).expect("below").display().to_string(), path);
            }
        }
    }
    found
}
