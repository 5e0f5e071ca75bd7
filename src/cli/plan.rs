//! `rushes plan`: what a run would do, and why.

use super::args::{Format, Plan as Args, Talk};
use super::target::{self, Warnings};
use super::{Failure, planning, say};
use crate::clock::Clock;
use crate::ledger;
use crate::plan::{Action, Consent, Plan};
use crate::report::Exit;

/// Carries out `rushes plan`.
pub(super) fn plan(args: &Args, talk: Talk) -> Result<Exit, Failure> {
    let manifest = target::read_manifest(&args.manifest, Warnings::OwnOnly)?;
    let root = target::output(&manifest, &args.manifest, args.output.as_ref(), args.simulate)?;
    let consent = Consent { retry_failed: args.retry_failed, regenerate: args.regenerate };
    let plan = planning::plan(&root, &manifest.shots, ledger::read(&root)?, consent, Clock::start().now())?;
    match args.format {
        Format::Json => say::line(serde_json::to_string_pretty(&plan).expect("a plan is strings")),
        Format::Text => say::data(table(&plan)),
    }
    if !talk.quiet && args.format == Format::Text {
        say::line(format_args!("{}: {}", root.display(), counts(&plan)));
    }
    Ok(Exit::Done)
}

/// A line a take.
fn table(plan: &Plan) -> String {
    let width = plan.takes.iter().map(|planned| planned.name.to_string().len()).max().unwrap_or(0);
    let line = |planned: &crate::plan::Planned| {
        format!("{:width$}  {:10}  {}\n", planned.name.to_string(), planned.action.as_str(), planned.reason)
    };
    plan.takes.iter().map(line).collect()
}

/// `3 submit, 9 keep`.
fn counts(plan: &Plan) -> String {
    let count = |action: Action| (plan.count(action), action.as_str());
    let some = Action::ALL.into_iter().map(count).filter(|(count, _)| *count > 0);
    let parts: Vec<_> = some.map(|(count, action)| format!("{count} {action}")).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}
