//! `rushes report`: one of the reports, on standard output. The files in the output directory are the run's to write.

use std::path::Path;

use super::args::{Report as Args, ReportFormat};
use super::{Failure, believed, say, target};
use crate::ledger;
use crate::report::{Exit, RENDERERS, Report, Sheet, table};

/// Carries out `rushes report`.
pub(super) fn report(args: &Args) -> Result<Exit, Failure> {
    let selectors = args.selection.read()?;
    let root = target::existing(&args.target)?;
    let takes = selectors.of(believed::takes(&root)?)?;
    let report = Report::new(&takes);
    match args.format {
        ReportFormat::Text => print_table(&report, &root)?,
        ReportFormat::Json => say::data(results(&report)),
        ReportFormat::Csv => say::data(rendered("results.csv", &report)),
        ReportFormat::Junit => say::data(rendered("junit.xml", &report)),
        ReportFormat::Html => say::data(rendered("index.html", &report)),
    }
    Ok(report.exit().max(args.strict.exit(report.rows().iter().map(|row| row.take))))
}

/// The table for people, as wide as the terminal is.
pub(super) fn print_table(report: &Report<'_>, root: &Path) -> Result<(), Failure> {
    let doubts = report.rows().iter().any(|row| row.unresolved.is_some());
    let evidence = if doubts { ledger::evidence(root)? } else { Vec::new() };
    say::data(table(report, Sheet { width: say::width(), place: &target::typed(root), evidence: &evidence }));
    Ok(())
}

/// What `results.json` says.
pub(super) fn results(report: &Report<'_>) -> String {
    rendered("results.json", report)
}

fn rendered(name: &str, report: &Report<'_>) -> String {
    let renderer = RENDERERS.iter().find(|renderer| renderer.file_name() == name);
    renderer.expect("one of the renderers").render(report)
}
