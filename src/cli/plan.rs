//! `rushes plan`: what a run would do, and why.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::args::{Format, Plan as Args, Talk};
use super::caps::{self, Capped};
use super::planning::{self, Chosen, Survey};
use super::target::{self, Given};
use super::{Failure, believed, saved, say};
use crate::clock::Clock;
use crate::motion::{Motion, Step};
use crate::plan::{Action, Line, Overview};
use crate::price::Bill;
use crate::report::Exit;

/// Carries out `rushes plan`. Exits with 0 whatever there is to do, unless it is asked to tell.
pub(super) fn plan(args: &Args, talk: Talk) -> Result<Exit, Failure> {
    let wishes = args.wishes.read()?;
    let (output, save) = places(args);
    let now = Clock::start().now();
    let extra_columns = args.reading.extra_columns.into();
    let (root, manifest, overview, left_out) = if save.is_some() || wishes.may_be_refused() {
        let manifest = target::read_manifests(&args.manifests, extra_columns)?;
        let manifest = target::priced(manifest, args.prices.as_deref())?;
        let root = target::output(&manifest, &args.manifests, output, args.simulate)?;
        let Chosen { plan, others } = planning::plan(&root, &manifest, believed::takes(&root)?, &wishes, now)?;
        if let Some(path) = save {
            saved::save(path, args, &root, &manifest, &plan)?;
        }
        (root, manifest, Overview::from(&plan), others.takes.len())
    } else {
        // Once for what is said of all shots and to find every mistake, and once more for the shots, of which none is kept.
        let given = Given::open(&args.manifests, extra_columns)?;
        let manifest = given.used(given.read_each(&mut drop))?;
        let manifest = target::priced(manifest, args.prices.as_deref())?;
        let root = target::output(&manifest, &args.manifests, output, args.simulate)?;
        let overview = Survey::open(root.clone(), manifest.prices.clone(), wishes.consent, now)?.of(&given)?;
        (root, manifest, overview, 0)
    };
    let stated = args.budget.stated().or(manifest.budget);
    let caps = caps::read(&stated, manifest.prices.currency())?;
    let caps = caps::of_plan(caps, &root, &args.budget.zone, &overview, now)?;
    let steps = manifest.steps;
    match args.format {
        Format::Json => {
            let moves = steps.iter().map(Named::from).collect();
            let shown = Shown { plan: &overview, not_selected: left_out, caps, moves };
            say::stream(|out| {
                serde_json::to_writer_pretty(&mut *out, &shown)?;
                out.write_all(b"\n")
            });
        }
        Format::Text => {
            say::stream(|out| {
                table(&overview, out)?;
                out.write_all(legend(&steps).as_bytes())
            });
            caps.iter().filter(|_| !talk.quiet).for_each(|capped| say::line(capped.told()));
        }
    }
    if !talk.quiet && args.format == Format::Text {
        let left_out = match left_out {
            0 => String::new(),
            count => format!("; {} not selected", say::count(count as u64, "take")),
        };
        say::line(format_args!("{}: {}{left_out}", root.display(), counts(&overview)));
    }
    if let Some(path) = save.filter(|_| !talk.quiet) {
        let rehearsal = if args.simulate { " --simulate" } else { "" };
        say::talk(format_args!("saved: `rushes run{rehearsal} --plan {}` does that and nothing else", target::typed(path)));
    }
    let is_to_do = args.detailed_exitcode && overview.is_work();
    Ok(if is_to_do { Exit::WorkToDo } else { Exit::Done })
}

/// The output directory that was said, and where the plan is to be saved: a name that ends in `.json` is no directory, unless there
/// is one.
fn places(args: &Args) -> (Option<&PathBuf>, Option<&PathBuf>) {
    let is_file = |path: &&PathBuf| path.extension().is_some_and(|end| end == "json") && !path.is_dir();
    match (&args.output, &args.save) {
        (Some(output), None) if is_file(&output) => (None, Some(output)),
        (output, save) => (output.as_ref(), save.as_ref()),
    }
}

/// A plan as data.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    plan: &'a Overview,
    /// How many takes are left out.
    not_selected: usize,
    /// How it stands to each cap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caps: Vec<Capped>,
    /// What each named move of the manifest became.
    moves: Vec<Named>,
}

/// A named move, with its speed, and the numbers that are sent for it.
#[derive(Serialize)]
struct Named {
    motion: String,
    vector: Motion,
}

impl From<&Step> for Named {
    fn from(step: &Step) -> Self {
        Self { motion: step.to_string(), vector: step.vector }
    }
}

/// A line a take; the price only where one is known.
fn table(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let name = |line: &Line<'_>| format!("{}_{}", line.shot, line.take);
    let price = |line: &Line<'_>| line.price.map(|price| price.to_string()).unwrap_or_default();
    let width = overview.lines().map(|line| name(&line).len()).max().unwrap_or(0);
    let prices = overview.lines().map(|line| price(&line).len()).max().filter(|longest| *longest > 0);
    for line in overview.lines() {
        let (name, action) = (name(&line), line.action.as_str());
        let price = prices.map(|width| format!("{:>width$}  ", price(&line))).unwrap_or_default();
        writeln!(out, "{name:width$}  {action:10}  {price}{}", line.reason)?;
    }
    Ok(())
}

/// What each named move of the manifest became: a line a move, under a gap.
fn legend(steps: &[Step]) -> String {
    let width = steps.iter().map(|step| step.to_string().chars().count()).max().unwrap_or(0);
    let line = |step: &Step| format!("motion: {:width$}  {}\n", step.to_string(), step.vector);
    let lines: String = steps.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// `3 submit (0.96 USD), 9 keep (2.88 USD); 3.84 USD in all`.
fn counts(overview: &Overview) -> String {
    let several = overview.actions().filter(|(.., bill)| bill.is_known()).count() > 1;
    let count = |(action, count, bill): (Action, usize, &Bill)| {
        let price = if bill.is_known() { format!(" ({bill})") } else { String::new() };
        format!("{count} {}{price}", action.as_str())
    };
    let parts: Vec<_> = overview.actions().map(count).collect();
    let total = if several { format!("; {} in all", overview.total()) } else { String::new() };
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") + &total }
}
