//! `rushes pick` and `rushes reject`: what those say who have watched, into the ledger. Beside a run that is on, and at no cost.

mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::{Pick, Place, Reject, Remarks, Talk, Target};
use super::{Failure, reports, say, target};
use crate::clock::Clock;
use crate::ledger::{self, LedgerError, Reviews, Told};
use crate::report::Exit;
use crate::review::{Change, Picks, Verdict};
use crate::shot::TakeName;

/// Carries out `rushes pick`.
pub(super) fn pick(args: Pick, talk: Talk) -> Result<Exit, Failure> {
    match &args.from {
        Some(file) => from(file, &args.words, &args.place, talk),
        None => say(&args.words, Verdict::Pick, args.remarks, &args.place, talk),
    }
}

/// Carries out `rushes reject`.
pub(super) fn reject(args: Reject, talk: Talk) -> Result<Exit, Failure> {
    say(&args.words, Verdict::Reject, args.remarks, &args.place, talk)
}

/// Says the same of all takes that these words mean.
fn say(words: &[PathBuf], verdict: Verdict, remarks: Remarks, place: &Place, talk: Talk) -> Result<Exit, Failure> {
    let (takes, named) = split(words, place);
    let root = output(named, place)?;
    let takes: Vec<_> = takes.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let takes = words::meant(&takes, &ledger::read(&root)?).map_err(|wrong| refused(&wrong))?;
    let verdict = if remarks.clear { None } else { Some(verdict) };
    let change = Change::More { verdict: Some(verdict), rating: remarks.rating.map(Some), note: remarks.note };
    write(&root, &takes.into_iter().map(|take| (take, change.clone())).collect::<Vec<_>>(), talk)
}

/// Says what the page has saved.
fn from(file: &Path, words: &[PathBuf], place: &Place, talk: Talk) -> Result<Exit, Failure> {
    let named = match words {
        [] => None,
        [named] => Some(named),
        [word, ..] => {
            let both = format!("--from {} says which takes are meant, and so does {}", file.display(), word.display());
            return Err(Failure::usage(both).help("say one or the other; nothing was written"));
        }
    };
    let name = target::name(file);
    let text = if file == Path::new("-") { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
    let text = text.map_err(|error| Failure::usage(format!("cannot read the picks {name}: {error}")))?;
    let told = |wrong: &str| format!("{name}: {wrong}");
    let all = |wrong: &[String]| refused(&wrong.iter().map(|wrong| told(wrong)).collect::<Vec<_>>());
    let Picks(picks) = Picks::read(&text).map_err(|bad| all(bad.mistakes()))?;
    let root = output(named, place)?;
    let takes = ledger::read(&root)?;
    let unknown: Vec<_> = picks.iter().filter_map(|(take, _)| words::watched(take, &takes).err()).collect();
    if !unknown.is_empty() {
        return Err(all(&unknown));
    }
    write(&root, &picks.into_iter().map(|(take, review)| (take, Change::All(review))).collect::<Vec<_>>(), talk)
}

/// The words for takes, and the one that names a manifest or an output directory: the last one, if there is such a file.
fn split<'a>(words: &'a [PathBuf], place: &Place) -> (&'a [PathBuf], Option<&'a PathBuf>) {
    match words {
        [takes @ .., last] if !takes.is_empty() && place.output.is_none() && last.exists() => (takes, Some(last)),
        takes => (takes, None),
    }
}

/// The output directory that is meant.
pub(super) fn output(named: Option<&PathBuf>, place: &Place) -> Result<PathBuf, Failure> {
    if named.is_none() && place.output.is_none() {
        return target::only_one(place.simulate);
    }
    target::existing(&Target { place: named.cloned(), output: place.output.clone(), simulate: place.simulate })
}

/// Writes it down, and makes the files of the output directory say so.
fn write(root: &Path, changes: &[(TakeName, Change)], talk: Talk) -> Result<Exit, Failure> {
    let Some(mut reviews) = Reviews::open(root)? else {
        return Err(LedgerError::Replaced { path: root.join(crate::layout::LEDGER) }.into());
    };
    let told = reviews.say(Clock::start().now(), changes)?;
    drop(reviews);
    if !talk.quiet {
        tell(changes, &told);
    }
    reports::refresh(root, talk)?;
    Ok(Exit::Done)
}

/// Tells what is said of takes now that was not said before.
fn tell(changes: &[(TakeName, Change)], told: &[Told]) {
    let new = || changes.iter().zip(told).filter(|(_, told)| told.is_new);
    for (what, verdict) in
        [("picked", Some(Verdict::Pick)), ("rejected", Some(Verdict::Reject)), ("neither picked nor rejected", None)]
    {
        let takes: Vec<_> =
            new().filter(|(_, told)| told.review.verdict == verdict).map(|((take, _), _)| take.clone()).collect();
        if !takes.is_empty() {
            say::talk(format_args!("{what}: {}", say::names(&takes)));
        }
    }
    let takes = |count: usize| say::count(count as u64, "take");
    let same = match changes.len() - new().count() {
        0 => String::new(),
        same => format!("; of {} the same was said before", takes(same)),
    };
    say::talk(format_args!("{} changed{same}", takes(new().count())));
}

/// The end of words that cannot be meant, each of which is told.
fn refused(wrong: &[String]) -> Failure {
    for wrong in wrong {
        say::talk(format_args!("rushes: {wrong}"));
    }
    let found = say::count(wrong.len() as u64, "mistake");
    Failure::usage(format!("{found}; nothing was written"))
        .help("`rushes status` lists the takes; write for example SC010_SH020 T02")
}
