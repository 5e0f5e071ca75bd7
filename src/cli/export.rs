//! `rushes export`: the stored takes in script order, as a file that editing programs read.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{self, Component, Path, PathBuf};

use super::args::{Export as Args, LinksTo, Talk, Which};
use super::vacant::{self, Kind};
use super::{Failure, believed, say, target};
use crate::clock::Clock;
use crate::edit::{self, Cut, FORMATS, Format, Links, Piece, Slot, Wish};
use crate::film::Film;
use crate::layout;
use crate::ledger;
use crate::manifest::Manifest;
use crate::report::{Exit, Report, Row};
use crate::shot::{Shot, ShotId, TakeName, TakeNo};
use crate::store;
use crate::take::{Event, Outcome, State, Take};

/// The folder of the slates that are seen in gaps, beside the file.
const SLUGS: &str = "slugs";
/// The form of what goes to standard output, where nothing is said.
const USUAL: &str = "otio";
/// What is no file.
const STANDARD_OUTPUT: &str = "-";

/// Carries out `rushes export`.
pub(super) fn export(args: &Args, talk: Talk) -> Result<Exit, Failure> {
    let format = format(args)?;
    let selectors = args.selection.read()?;
    let (root, manifest) = target::scripted(&args.target)?;
    if let Some(holder) = ledger::holder(&root) {
        say::talk(format_args!("somebody else holds it ({holder}): what a run stores from now on is not in this export"));
    }
    let mut takes = selectors.of(known(&root, manifest.as_ref())?)?;
    lose_missing(&root, &mut takes)?;
    let script = script(manifest.as_ref(), &takes);
    let cut = Cut::new(&script, &takes, wish(args, &root)).map_err(Failure::usage)?;
    if cut.clips().next().is_none() {
        return Err(nothing(args.takes, &takes));
    }
    match file(args) {
        Some(file) => write(&cut, format, args.links, &root, file)?,
        None => say::data(format.render(&cut, &links(args.links, &root, None)?)),
    }
    tell(&cut, &takes, format, args, talk);
    Ok(Exit::Done)
}

/// Leaves out takes whose videos somebody has removed, or put something else in the place of: nothing would be where a link leads. They
/// become what the next run finds them to be.
fn lose_missing(root: &Path, takes: &mut [Take]) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for take in takes {
        let State::Stored { asset, .. } = &take.state else { continue };
        let there = fs::metadata(root.join(layout::video(&take.name)));
        if !there.is_ok_and(|there| there.is_file() && there.len() == asset.bytes) {
            take.apply(Clock::start().now(), &Event::Missing).map_err(Failure::machine)?;
            missing.push(take.name.clone());
        }
    }
    if !missing.is_empty() {
        let missing = say::names(&missing);
        say::talk(format_args!("no longer on disk as they were stored, and left out: {missing}; run the manifest again"));
    }
    Ok(())
}

/// The file that is meant, if it is not standard output.
fn file(args: &Args) -> Option<&Path> {
    args.file.as_deref().filter(|file| *file != Path::new(STANDARD_OUTPUT))
}

/// The form that is meant: as it is said, else as the name of the file ends.
fn format(args: &Args) -> Result<&'static dyn Format, Failure> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let all = FORMATS.map(|format| format!(".{}", format.ending())).join(", ");
    let named = file(args);
    let ending = named.map_or(USUAL, |file| file.extension().and_then(|end| end.to_str()).unwrap_or_default());
    let found = FORMATS.into_iter().find(|format| ending.eq_ignore_ascii_case(format.ending()));
    found.ok_or_else(|| {
        let file = named.unwrap_or(Path::new("")).display();
        Failure::usage(format!("the name {file} does not tell what to write")).help(format!("end it in {all}, or say --format"))
    })
}

fn wish(args: &Args, root: &Path) -> Wish {
    let title = root.canonicalize().ok().and_then(|root| root.file_name().map(|name| name.to_string_lossy().into_owned()));
    Wish { title: title.unwrap_or_else(|| "rushes".to_owned()), choice: args.takes.into(), base: args.rate, start: args.start }
}

/// The takes of the ledger, in the order in which they were first planned, as far as the manifest asks for their shots; and for each
/// shot that it asks for in vain one that nothing has happened to.
fn known(root: &Path, manifest: Option<&Manifest>) -> Result<Vec<Take>, Failure> {
    let takes = believed::takes(root)?;
    let Some(manifest) = manifest else { return Ok(takes) };
    let asked: HashSet<&ShotId> = manifest.shots.iter().map(|shot| &shot.id).collect();
    let (mut takes, gone): (Vec<_>, Vec<_>) = takes.into_iter().partition(|take| asked.contains(&take.name.shot));
    if !gone.is_empty() {
        let gone: Vec<_> = gone.into_iter().map(|take| take.name).collect();
        say::talk(format_args!("left out, because the manifest has no such shot any more: {}", say::names(&gone)));
    }
    let there: HashSet<ShotId> = takes.iter().map(|take| take.name.shot.clone()).collect();
    takes.extend(manifest.shots.iter().filter(|shot| !there.contains(&shot.id)).map(wanted));
    Ok(takes)
}

/// A take that a shot wants and nobody has planned.
fn wanted(shot: &Shot) -> Take {
    let name = TakeName::new(shot.id.clone(), TakeNo::FIRST);
    let key = shot.request.key("", TakeNo::FIRST);
    Take { about: shot.about.clone(), ..Take::new(name, shot.request.clone(), key, shot.tags.clone()) }
}

/// The shots of these takes in the order of the manifest, else in that of the takes.
fn script<'a>(manifest: Option<&'a Manifest>, takes: &'a [Take]) -> Vec<Slot<'a>> {
    let mut meant: HashSet<&ShotId> = takes.iter().map(|take| &take.name.shot).collect();
    if let Some(manifest) = manifest {
        return manifest.shots.iter().filter(|shot| meant.contains(&shot.id)).map(Slot::from).collect();
    }
    // What is asked for now is what was asked for last.
    let mut latest: HashMap<&ShotId, &Take> = HashMap::new();
    for take in takes {
        let known = latest.entry(&take.name.shot).or_insert(take);
        *known = if take.name.number > known.name.number { take } else { *known };
    }
    takes.iter().filter(|take| meant.remove(&take.name.shot)).map(|take| Slot::from(latest[&take.name.shot])).collect()
}

/// Why there is nothing to export, and what to do.
fn nothing(which: Which, takes: &[Take]) -> Failure {
    let stored = Report::new(takes).rows().iter().filter(|row| row.facts.file.is_some()).count() as u64;
    if stored == 0 {
        return Failure::usage("there is nothing to export: no take is stored")
            .help("`rushes status` shows how the takes stand; `rushes run` makes them");
    }
    let stored = say::count(stored, "stored take");
    match which {
        Which::Picks => Failure::usage(format!("there is nothing to export: of {stored} none is picked"))
            .help("pick some with `rushes review` or `rushes pick`, or say `--takes best` to have one of each shot"),
        Which::Best | Which::All => Failure::usage(format!("there is nothing to export: of {stored} none can be used"))
            .help("`rushes status` shows which are rejected or damaged; `--takes all` has the rejected ones too"),
    }
}

/// Writes the file, after the slates that it needs.
fn write(cut: &Cut<'_>, format: &dyn Format, how: LinksTo, root: &Path, file: &Path) -> Result<(), Failure> {
    // In a runtime a limit on the length of files is an error, and not the end of the process.
    let _runtime = super::runtime().map_err(Failure::machine)?;
    let export = Kind {
        what: "an export",
        known_as: "earlier export",
        is_one: &|there| format.is_own(there),
        help: "say another name, or move away what is there",
        unwritten,
    };
    let place = vacant::place(file, &export)?;
    let folder = place.parent().unwrap_or(Path::new("/"));
    let text = format.render(cut, &links(how, root, Some(folder))?);
    // Where there is no place for one of them, nothing is written at all.
    for (slug, film) in if format.needs_slugs() { slates(cut, &folder.join(SLUGS))? } else { Vec::new() } {
        let bytes = film.mp4();
        if !fs::read(&slug).is_ok_and(|there| there == bytes) {
            store::make_folder(slug.parent().unwrap_or(folder))?;
            store::write(&slug, bytes)?;
        }
    }
    Ok(store::write(&place, text)?)
}

/// The slates that are seen in gaps, each with the place in the folder `slugs` where it is to be written. An animatic that somebody has
/// put there by hand stays, and the slate has no place then.
fn slates(cut: &Cut<'_>, slugs: &Path) -> Result<Vec<(PathBuf, Film)>, Failure> {
    let is_new = !slugs.exists();
    let placed = cut.slugs().map(|(name, film)| {
        let slate = Kind {
            what: "a slate",
            known_as: "slate of an earlier export",
            is_one: &|there| film.is_one(there),
            help: "nothing was written; move it away, or write the list into another folder",
            unwritten,
        };
        let slug = slugs.join(name);
        let place = if is_new { slug } else { vacant::place(&slug, &slate)? };
        Ok((place, film))
    });
    placed.collect()
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::machine(format!("cannot write {}: {error}", path.display()));
    failure.help("see to that folder, or say another one")
}

/// How the files are named in a cut that comes to lie in `folder`, or on standard output.
fn links(how: LinksTo, root: &Path, folder: Option<&Path>) -> Result<Links, Failure> {
    let failed = |error| Failure::machine(format!("cannot tell where {} lies: {error}", root.display()));
    let absolute = how == LinksTo::Absolute;
    let (to, slugs) = match (how, folder) {
        (LinksTo::Absolute, _) => (path::absolute(root).map_err(failed)?, folder.map(|folder| folder.join(SLUGS))),
        (LinksTo::Relative, None) => (PathBuf::new(), None),
        (LinksTo::Relative, Some(folder)) => {
            let to = relative(folder, &fs::canonicalize(root).map_err(failed)?).ok_or_else(|| {
                Failure::usage(format!("there is no way from {} to {}", folder.display(), root.display()))
                    .help("they are on two drives: say `--links absolute`")
            })?;
            (to, Some(PathBuf::from(SLUGS)))
        }
    };
    Ok(Links { folder: text(&to)?, absolute, slugs: slugs.map(|slugs| text(&slugs)).transpose()? })
}

/// The way from one folder to another, both named from the root.
fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    (common > 0).then(|| up.chain(to.components().skip(common)).collect())
}

/// A folder as a cut has it: empty, or with a `/` at its end.
fn text(path: &Path) -> Result<String, Failure> {
    let odd = || Failure::usage(format!("a cut cannot hold the path {}: it is not plain text", path.display()));
    let text = path.to_str().filter(|text| !text.contains(char::is_control)).ok_or_else(odd)?;
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    Ok(if text.is_empty() || text.ends_with('/') { text } else { text + "/" })
}

/// What was exported, and what whoever takes it on should know.
fn tell(cut: &Cut<'_>, takes: &[Take], format: &dyn Format, args: &Args, talk: Talk) {
    let gaps: HashSet<&ShotId> = cut.gaps().map(|gap| gap.slot.id).collect();
    if !talk.quiet {
        let (clips, length) = (say::count(cut.clips().count() as u64, "clip"), cut.base.timecode(cut.end() - cut.start));
        let to = file(args).map(|file| format!(", to {}", file.display())).unwrap_or_default();
        let gaps = say::count(gaps.len() as u64, "gap");
        say::talk(format_args!("{clips} and {gaps}, {length} at {} frames a second{to}", cut.base));
    }
    let damaged = takes.iter().filter(|take| edit::is_damaged(&Row::new(take))).map(|take| &take.name);
    let damaged: Vec<_> = damaged.filter(|name| args.takes == Which::All || gaps.contains(&name.shot)).collect();
    let made: HashSet<&ShotId> = damaged.iter().map(|name| &name.shot).collect();
    let missing: Vec<_> = cut.gaps().filter(|gap| !made.contains(gap.slot.id)).map(Piece::name).collect();
    if !missing.is_empty() {
        say::talk(format_args!("missing: {}", some(&missing)));
    }
    if !damaged.is_empty() {
        let damaged: Vec<_> = damaged.iter().map(ToString::to_string).collect();
        say::talk(format_args!("damaged, and left out as long as nobody picks it: {}", some(&damaged)));
    }
    let several = passed_over(cut, takes, args.takes);
    if !several.is_empty() {
        let several = some(&several);
        say::talk(format_args!("picked, and not the latest pick of its shot: {several}; `--takes picks` has every one"));
    }
    let conformed: Vec<_> = cut.conformed().map(|row| row.take.name.to_string()).collect();
    if !conformed.is_empty() {
        say::talk(format_args!("of another rate than {}, and counted in its frames: {}", cut.base, some(&conformed)));
    }
    let odd = cut.clips().filter(|(_, row)| row.outcome == Outcome::OffSpec);
    let odd: Vec<_> = odd.map(|(piece, _)| piece.name()).collect();
    if !odd.is_empty() {
        say::talk(format_args!("off-spec: {}", some(&odd)));
    }
    if let Some(remark) = format.remark(cut) {
        say::talk(remark);
    }
}

/// The picks in whose place another one of the same shot is seen.
fn passed_over(cut: &Cut<'_>, takes: &[Take], which: Which) -> Vec<String> {
    let seen: HashSet<&TakeName> = cut.clips().map(|(_, row)| &row.take.name).collect();
    let shots: HashSet<&ShotId> = seen.iter().map(|name| &name.shot).collect();
    let picks = takes
        .iter()
        .filter(|take| which == Which::Best && take.record.review.is_pick() && matches!(take.state, State::Stored { .. }));
    let others = picks.map(|take| &take.name).filter(|name| shots.contains(&name.shot) && !seen.contains(name));
    others.map(ToString::to_string).collect()
}

/// The first few of these names.
fn some(names: &[String]) -> String {
    const LISTED: usize = 10;
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{more}", names[..names.len().min(LISTED)].join(", "))
}
