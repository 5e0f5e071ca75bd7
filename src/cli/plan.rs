//! `rushes plan`: what a run would do, and why.

use std::path::PathBuf;

use serde::Serialize;

use super::args::{Format, Plan as Args, Talk};
use super::planning::{self, Chosen};
use super::target;
use super::{Failure, saved, say};
use crate::clock::Clock;
use crate::ledger;
use crate::motion::{Motion, Step};
use crate::plan::{Action, Plan, Planned};
use crate::report::Exit;

/// Carries out `rushes plan`. Exits with 0 whatever there is to do, unless it is asked to tell.
pub(super) fn plan(args: &Args, talk: Talk) -> Result<Exit, Failure> {
    let wishes = args.wishes.read()?;
    let manifest = target::read_manifest(&args.manifest, args.reading.extra_columns.into())?;
    let manifest = target::priced(manifest, args.prices.as_deref())?;
    let (output, save) = places(args);
    let root = target::output(&manifest, &args.manifest, output, args.simulate)?;
    let Chosen { plan, others } = planning::plan(&root, &manifest, ledger::read(&root)?, &wishes, Clock::start().now())?;
    if let Some(path) = save {
        saved::save(path, args, &root, &manifest, &plan)?;
    }
    match args.format {
        Format::Json => {
            let shown = Shown {
                plan: &plan,
                not_selected: others.takes.len(),
                moves: manifest.steps.iter().map(Named::from).collect(),
            };
            say::line(serde_json::to_string_pretty(&shown).expect("a plan is strings and finite numbers"));
        }
        Format::Text => say::data(table(&plan) + &legend(&manifest.steps)),
    }
    if !talk.quiet && args.format == Format::Text {
        let left_out = match others.takes.len() {
            0 => String::new(),
            count => format!("; {} not selected", say::count(count as u64, "take")),
        };
        say::line(format_args!("{}: {}{left_out}", root.display(), counts(&plan)));
    }
    if let Some(path) = save.filter(|_| !talk.quiet) {
        let rehearsal = if args.simulate { " --simulate" } else { "" };
        say::talk(format_args!("saved: `rushes run{rehearsal} --plan {}` does that and nothing else", target::typed(path)));
    }
    let is_to_do = args.detailed_exitcode && plan.takes.iter().any(Planned::is_work);
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
    plan: &'a Plan,
    /// How many takes are left out.
    not_selected: usize,
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
fn table(plan: &Plan) -> String {
    let width = plan.takes.iter().map(|planned| planned.name.to_string().len()).max().unwrap_or(0);
    let price = |planned: &Planned| planned.price.map(|price| price.to_string()).unwrap_or_default();
    let prices = plan.takes.iter().map(|planned| price(planned).len()).max().filter(|longest| *longest > 0);
    let line = |planned: &Planned| {
        let (name, action) = (planned.name.to_string(), planned.action.as_str());
        let price = prices.map(|width| format!("{:>width$}  ", price(planned))).unwrap_or_default();
        format!("{name:width$}  {action:10}  {price}{}\n", planned.reason)
    };
    plan.takes.iter().map(line).collect()
}

/// What each named move of the manifest became: a line a move, under a gap.
fn legend(steps: &[Step]) -> String {
    let width = steps.iter().map(|step| step.to_string().chars().count()).max().unwrap_or(0);
    let line = |step: &Step| format!("motion: {:width$}  {}\n", step.to_string(), step.vector);
    let lines: String = steps.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// `3 submit (0.96 USD), 9 keep (2.88 USD); 3.84 USD in all`.
fn counts(plan: &Plan) -> String {
    let some = Action::ALL.into_iter().filter(|action| plan.count(*action) > 0);
    let several = some.clone().filter(|action| plan.bill(*action).is_known()).count() > 1;
    let count = |action: Action| {
        let (count, bill) = (plan.count(action), plan.bill(action));
        let price = if bill.is_known() { format!(" ({bill})") } else { String::new() };
        format!("{count} {}{price}", action.as_str())
    };
    let parts: Vec<_> = some.map(count).collect();
    let total = if several { format!("; {} in all", plan.total()) } else { String::new() };
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") + &total }
}
