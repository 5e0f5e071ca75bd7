//! `rushes pick` and `rushes reject`: what those say who have watched, into the ledger. Beside a run that is on, and at no cost.

mod words;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::words::Known;
use super::args::{Pick, Place, Reject, Remarks, Talk, Target};
use super::{Failure, believed, reports, say, target};
use crate::clock::Clock;
use crate::layout;
use crate::ledger::{LedgerError, Lookup, Reviews, Told};
use crate::report::Exit;
use crate::review::{Change, Note, Picks, Review, Verdict};
use crate::shot::{ShotId, TakeName};

/// The most that is read of picks, in bytes: ten thousand takes with a page of notes each.
const LARGEST: u64 = 64 << 20;

/// Of so many mistakes each is told.
const LISTED: usize = 20;

/// What to do where words mean no takes.
const TAKES: &str = "`rushes status` lists the takes; write for example SC010_SH020 T02";
/// What to do where a file is of no use.
const FILE: &str =
    "--from takes a picks.json that the page of this output directory has saved; `rushes status` lists its takes";

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
    if let [only] = takes
        && named.is_none()
        && (only.components().nth(1).is_some() || place.output.is_none() && only.join(layout::LEDGER).exists())
    {
        // No take is called like a path; and where an output directory is named alone, nothing says which takes of it.
        return Err(Failure::usage(format!("which takes of {}? it names none", target::typed(only))).help(TAKES));
    }
    let root = output(named, place)?;
    let takes: Vec<_> = takes.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let known = believed::takes(&root)?;
    let known = Known::new(&known);
    let takes = known.meant(&takes).map_err(|wrong| refused(wrong.iter().map(|wrong| known.told(wrong)), TAKES))?;
    let change = if remarks.clear {
        Change::All(Review { verdict: None, rating: remarks.rating, note: remarks.note.and_then(Note::said) })
    } else {
        Change::More { verdict: Some(Some(verdict)), rating: remarks.rating.map(Some), note: remarks.note }
    };
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
    let mut text = String::new();
    let bytes: &mut dyn Read = if file == Path::new("-") { &mut io::stdin().lock() } else { &mut opened(file, &name)? };
    let read = bytes.take(LARGEST + 1).read_to_string(&mut text);
    if text.len() as u64 > LARGEST {
        return Err(Failure::usage(format!("{name} has more than {} MB, and no picks have so many", LARGEST >> 20)));
    }
    read.map_err(|error| Failure::usage(format!("cannot read the picks {name}: {error}")))?;
    let told = |wrong: &str| format!("{name}: {wrong}");
    let Picks(picks) = Picks::read(&text).map_err(|bad| refused(bad.mistakes().iter().map(|wrong| told(wrong)), FILE))?;
    let root = output(named, place)?;
    let known = believed::takes(&root)?;
    let known = Known::new(&known);
    let unknown: Vec<_> = picks.iter().filter_map(|(take, _)| known.watched(take).err()).collect();
    if !unknown.is_empty() {
        return Err(refused(unknown.iter().map(|wrong| told(&known.told(wrong))), FILE));
    }
    write(&root, &picks.into_iter().map(|(take, review)| (take, Change::All(review))).collect::<Vec<_>>(), talk)
}

/// The picks, if they can be read.
fn opened(file: &Path, name: &str) -> Result<File, Failure> {
    File::open(file).map_err(|error| Failure::usage(format!("cannot read the picks {name}: {error}")))
}

/// The words for takes, and the one that names a manifest or an output directory: the last one, if there is such a file, and it is not
/// there by chance beside a take or a shot that is called so.
fn split<'a>(words: &'a [PathBuf], place: &Place) -> (&'a [PathBuf], Option<&'a PathBuf>) {
    match words {
        [takes @ .., last] if !takes.is_empty() && last.exists() && !is_take(last, place) => (takes, Some(last)),
        takes => (takes, None),
    }
}

/// Whether a word that is also a path means a take: where it is no output directory, and the one that is meant without it knows such a
/// take or shot.
fn is_take(word: &Path, place: &Place) -> bool {
    let text = word.to_string_lossy();
    let shot = text.parse::<ShotId>().ok().into_iter().chain(text.parse::<TakeName>().ok().map(|take| take.shot));
    let knows = |root: PathBuf| {
        let ledger = Lookup::open(&root).ok().flatten();
        ledger.is_some_and(|mut ledger| shot.into_iter().any(|shot| ledger.takes(&shot).is_ok_and(|takes| !takes.is_empty())))
    };
    !word.join(layout::LEDGER).exists() && (words::number(&text).is_some() || output(None, place).is_ok_and(knows))
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
        return Err(LedgerError::Replaced { path: root.join(layout::LEDGER) }.into());
    };
    // In it a file that becomes too long is an error, and not the end.
    let runtime = super::runtime().map_err(Failure::machine)?;
    let told = reviews.say(Clock::start().now(), changes)?;
    drop(reviews);
    if !talk.quiet {
        tell(root, changes, &told);
    }
    runtime.block_on(reports::refresh(root, talk))?;
    Ok(Exit::Done)
}

/// Tells what is said of takes now that was not said before.
fn tell(root: &Path, changes: &[(TakeName, Change)], told: &[Told]) {
    let new = || changes.iter().zip(told).filter(|(_, told)| told.is_new);
    for what in ["picked", "rejected", "rated or noted, and neither picked nor rejected", "nothing is said any more of"] {
        let takes: Vec<_> = new().filter(|(_, told)| said(&told.review) == what).map(|((take, _), _)| take.clone()).collect();
        if !takes.is_empty() {
            say::talk(format_args!("{what}: {}", say::names(&takes)));
        }
    }
    let takes = |count: usize| say::count(count as u64, "take");
    let same = match changes.len() - new().count() {
        0 => String::new(),
        same => format!("; of {} the same was said before", takes(same)),
    };
    say::talk(format_args!("{} changed{same}; {}", takes(new().count()), root.display()));
}

/// What is said in a review, in a word.
fn said(review: &Review) -> &'static str {
    match review.verdict {
        Some(Verdict::Pick) => "picked",
        Some(Verdict::Reject) => "rejected",
        None if review.is_empty() => "nothing is said any more of",
        None => "rated or noted, and neither picked nor rejected",
    }
}

/// The end of what cannot be meant, the first of which is told, with what to do.
fn refused(wrong: impl ExactSizeIterator<Item = String>, help: &str) -> Failure {
    let count = wrong.len();
    for wrong in wrong.take(LISTED) {
        say::talk(format_args!("rushes: {wrong}"));
    }
    if count > LISTED {
        say::talk(format_args!("… and {} more", count - LISTED));
    }
    let found = say::count(count as u64, "mistake");
    Failure::usage(format!("{found}; nothing was written")).help(help)
}
