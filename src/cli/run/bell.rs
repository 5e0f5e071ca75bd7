//! The bell that a run rings: what its hooks are told, and when. Hooks end after everything else, when the lock is free again, so that
//! one that hangs is in nobody's way.

use std::ffi::OsString;
use std::path::{self, Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::args::{Run, Talk};
use super::super::{Failure, say, signal};
use super::line;
use crate::config;
use crate::hook::{Hooks, Occasion};
use crate::hooks::{Caller, Told};
use crate::layout;
use crate::report::Exit;

/// What the environment of a command tells it.
const EVENT: &str = "RUSHES_EVENT";
const EXIT: &str = "RUSHES_EXIT";
const LINE: &str = "RUSHES_LINE";
const OUTPUT: &str = "RUSHES_OUTPUT";
const REPORT: &str = "RUSHES_REPORT";
const SIMULATED: &str = "RUSHES_SIMULATED";
const SUMMARY: &str = "RUSHES_SUMMARY";

/// All of it. What somebody has told us by these names is about another run.
const VARIABLES: [&str; 7] = [EVENT, EXIT, LINE, OUTPUT, REPORT, SIMULATED, SUMMARY];

/// The hooks of a run, and what there is to tell them so far.
pub(super) struct Bell {
    hooks: Hooks,
    /// Whether nobody wants to hear it.
    is_muffled: bool,
    talk: Talk,
    simulated: bool,
    /// The output directory, once it is known.
    root: Option<PathBuf>,
    /// What this run is called, once it is one.
    run: Option<String>,
    /// What it came to, once it has: the whole of it, and the line.
    summary: Option<(String, String)>,
    caller: Caller,
}

impl Bell {
    /// With the hooks of the command line.
    pub(super) fn new(args: &Run, talk: Talk) -> Self {
        let mut hooks = Hooks::default();
        args.unattended.on.iter().for_each(|more| hooks.extend(more));
        let (is_muffled, simulated) = (args.unattended.no_hooks, args.simulate);
        Self { hooks, is_muffled, talk, simulated, root: None, run: None, summary: None, caller: Caller::default() }
    }

    /// With those of the manifest too, and for this output directory.
    pub(super) fn hang_in(&mut self, root: &Path, hooks: &Hooks) {
        self.root = Some(root.to_owned());
        self.hooks.extend(hooks);
    }

    /// The run holds its output directory, and is to do something about so many of its takes.
    pub(super) fn begin(&mut self, run: &str, takes: usize, to_do: usize) {
        self.run = Some(run.to_owned());
        let line = line::start(&self.name(), takes, to_do);
        let document = self.document(&line, [("takes", json!(takes)), ("to_do", json!(to_do))]);
        let (hooks, told) = (self.on(Occasion::Start), self.told(Occasion::Start, document, line));
        self.caller.begin(hooks, told);
    }

    /// The run has come to its end, and this is its summary.
    pub(super) fn sum_up(&mut self, document: String, line: String) {
        self.summary = Some((document, line));
    }

    /// Lets nobody stay behind when the process ends at once.
    pub(super) async fn leave(&mut self) {
        self.caller.leave().await;
    }

    /// Everything is over: rings, waits until nobody is on any more, and says how the run ended, which no hook has changed.
    pub(super) fn end(mut self, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
        if self.is_muffled || self.hooks.is_empty() {
            return ended;
        }
        // Where a run ended early there is no log yet.
        self.talk.start(None);
        let exit = ended.as_ref().map_or_else(|failure| failure.exit, |exit| *exit);
        let exit = if say::unwritten().is_some() { exit.max(Exit::CouldNotRun) } else { exit };
        let occasion = Occasion::of(exit);
        let (document, line) = match (&ended, self.summary.take()) {
            (Ok(_), Some(summary)) => summary,
            (Err(failure), _) => {
                let (line, why) = (line::failure(&self.name(), failure), failure.describe());
                (self.document(&line, [("exit", json!(exit.code())), ("error", json!(why))]), line)
            }
            (Ok(_), None) => return ended,
        };
        let hooks = self.on(occasion);
        let mut told = self.told(occasion, document, line);
        told.variables.push((EXIT, exit.code().to_string().into()));
        // Nobody is to wait for hooks to learn what has gone wrong.
        let ended = ended.or_else(|failure| Ok(failure.tell()));
        self.caller.end(hooks, told, signal());
        ended
    }

    fn on(&self, occasion: Occasion) -> Vec<crate::hook::Hook> {
        if self.is_muffled { Vec::new() } else { self.hooks.on(occasion) }
    }

    /// What the run is called in its last line.
    fn name(&self) -> String {
        self.root.as_deref().map(line::name).unwrap_or_default()
    }

    /// What there is to tell where there is no summary.
    fn document<const N: usize>(&self, line: &str, more: [(&str, Value); N]) -> String {
        let known = [
            ("run", json!(self.run)),
            ("output", json!(self.root.as_ref().map(|root| root.display().to_string()))),
            ("simulated", json!(self.simulated)),
            ("line", json!(line)),
        ];
        let all = known.into_iter().chain(more).filter(|(_, value)| !value.is_null());
        Value::Object(all.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()).to_string()
    }

    fn told(&self, occasion: Occasion, document: String, line: String) -> Told {
        let root = self.root.as_ref().and_then(|root| path::absolute(root).ok());
        let within = |name: &str| root.as_ref().map(|root| root.join(name)).filter(|path| path.exists());
        let report = within("index.html").or_else(|| within("results.json"));
        let summary = self.run.as_ref().and_then(|run| within(&format!("{}/{run}/{}", layout::RUNS, layout::SUMMARY)));
        let paths = [(OUTPUT, root.clone()), (REPORT, report), (SUMMARY, summary)];
        let paths = paths.into_iter().filter_map(|(name, path)| path.map(|path| (name, path.into_os_string())));
        let words = [(EVENT, occasion.as_str()), (LINE, &line)].map(|(name, text)| (name, OsString::from(text)));
        let simulated = self.simulated.then(|| (SIMULATED, "1".into()));
        let variables = words.into_iter().chain(simulated).chain(paths).collect();
        let hidden = config::SECRET_VARIABLES.into_iter().chain(VARIABLES).collect();
        Told { occasion, document, line, variables, hidden }
    }
}
