//! Saved plans: written by `rushes plan`, carried out by `rushes run` to the letter or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::{Plan as PlanArgs, Reading, Run, Selection, Wishes};
use super::vacant::{self, Kind};
use super::{Failure, say};
use crate::ledger;
use crate::manifest::{ExtraColumns, Manifest};
use crate::plan::Plan;
use crate::plan::saved::{Asked, Contents, Saved};
use crate::report::Exit;
use crate::store;

/// Of so many things that have moved each is named.
const LISTED: usize = 20;

/// A saved plan that a run is to carry out, and the file that it is from.
pub(super) struct Order {
    path: PathBuf,
    saved: Saved,
}

/// Writes a plan down, where nothing lies that is no saved plan.
pub(super) fn save(path: &Path, args: &PlanArgs, root: &Path, manifest: &Manifest, plan: &Plan) -> Result<(), Failure> {
    let wishes = &args.wishes;
    let asked = Asked {
        folder: Some(here()?),
        manifests: args.manifests.iter().map(|path| text(path)).collect::<Result<_, _>>()?,
        output: args.output.as_deref().filter(|output| *output != path).map(text).transpose()?,
        simulate: args.simulate,
        prices: args.prices.as_deref().map(text).transpose()?,
        extra_columns: Some(args.reading.extra_columns.into()).filter(|said| *said != ExtraColumns::default()),
        retry_failed: wishes.retry_failed,
        regenerate: wishes.regenerate_changed(),
        again: wishes.again().cloned(),
        more: wishes.takes,
        only: wishes.selection.only.clone(),
        except: wishes.selection.except.clone(),
    };
    let contents = Contents::new(asked, text(root)?, manifest, plan, &ledger::last_events(root)?);
    // In a runtime a limit on the length of files is an error, and not the end of the process.
    let _runtime = super::runtime().map_err(Failure::machine)?;
    let place = vacant::place(path, &PLAN)?;
    store::write(&place, contents.render()).map_err(|error| unwritten(path, &error.source))
}

/// A plan, told from whatever else may lie where one is to be written.
const PLAN: Kind<'_> = Kind {
    what: "a plan",
    known_as: "saved plan",
    is_one: &Saved::was_one,
    help: "say another name, `--save plan.json`, or move away what is there",
    unwritten,
};

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::machine(format!("cannot write the plan {}: {error}", path.display()));
    failure.help("what was there before, if anything, is as it was")
}

impl Order {
    /// Reads the plan that a run is given, and sets what the run is to be asked for to what it was made with.
    pub(super) fn read(args: &mut Run) -> Result<Option<Self>, Failure> {
        let Some(path) = args.plan.clone() else { return Ok(None) };
        let cannot = |why: String| Failure::usage(format!("cannot use the plan {}: {why}", path.display()));
        let text = fs::read_to_string(&path).map_err(|error| cannot(error.to_string()))?;
        let saved = Saved::read(&text).map_err(|error| {
            let failure = Failure::usage(error);
            let why = failure.describe();
            cannot(why).help("`rushes plan … --save FILE` saves one; nothing was sent")
        })?;
        let asked = saved.asked();
        if let Some(there) = &asked.folder {
            // Elsewhere the same paths are another ledger, which would pay for all of it once more.
            let here = here()?;
            if here != *there {
                let help =
                    "carry it out there, or save a plan of this folder with `rushes plan … --save FILE`; nothing was sent";
                return Err(cannot(format!("it was made in {there}, and this is {here}")).help(help));
            }
        }
        if asked.simulate != args.simulate {
            let rehearsal = ("for a rehearsal", "add --simulate");
            let earnest = ("in earnest", "leave --simulate out, or save a plan with it");
            let (what, help) = if asked.simulate { rehearsal } else { earnest };
            return Err(cannot(format!("it is {what}")).help(format!("{help}; nothing was sent")));
        }
        if args.manifests.is_empty() {
            args.manifests = asked.manifests.iter().map(PathBuf::from).collect();
        }
        args.output = asked.output.clone().map(PathBuf::from);
        args.prices = args.prices.take().or_else(|| asked.prices.clone().map(PathBuf::from));
        args.reading = Reading { extra_columns: asked.extra_columns.unwrap_or_default().into() };
        args.wishes = Wishes {
            retry_failed: asked.retry_failed,
            regenerate: (asked.regenerate || asked.again.is_some()).then(|| asked.again.iter().cloned().collect()),
            takes: asked.more,
            selection: Selection { only: asked.only.clone(), except: asked.except.clone() },
        };
        Ok(Some(Self { path, saved }))
    }

    /// Holds that `plan`, made anew, is the saved one. Prints what has moved.
    pub(super) fn holds(&self, root: &Path, manifest: &Manifest, plan: &Plan) -> Result<(), Failure> {
        let asked = self.saved.asked().clone();
        let now = Contents::new(asked, text(root)?, manifest, plan, &ledger::last_events(root)?);
        let moved = self.saved.moved(&now);
        if moved.is_empty() {
            return Ok(());
        }
        moved.iter().take(LISTED).for_each(|line| say::talk(format_args!("moved: {line}")));
        if moved.len() > LISTED {
            say::talk(format_args!("… and {} more", moved.len() - LISTED));
        }
        let (path, things) = (self.path.display(), say::count(moved.len() as u64, "thing"));
        let stale = format!("{things} moved since the plan {path} was saved; nothing was sent");
        let help = "look at what is to be done now with `rushes plan`, and save it anew; a plan is good for one run";
        Err(Failure::new(Exit::Usage, stale).help(help))
    }
}

/// The folder that relative paths begin in, by the one name that it always has.
fn here() -> Result<String, Failure> {
    text(&fs::canonicalize(".").map_err(|error| Failure::machine(format!("cannot tell which folder this is: {error}")))?)
}

/// A path as a plan has it.
fn text(path: &Path) -> Result<String, Failure> {
    let odd = || Failure::usage(format!("a plan cannot hold the path {}: it is not UTF-8", path.display()));
    path.to_str().map(str::to_owned).ok_or_else(odd)
}
