//! `rushes moves`: the named camera moves, and the axes that each stands for.

use serde::Serialize;

use super::args::{Format, Moves as Args, Talk};
use super::target;
use super::{Failure, say};
use crate::manifest::ExtraColumns;
use crate::motion::{Move, Moves, Origin, Speed};
use crate::report::Exit;

/// What everybody should know who reads the table.
const NOTE: &str = "
The provider does not document what its axes do, so this table is a convention;
`moves:` in a manifest overrides it.
";

/// Carries out `rushes moves`.
pub(super) fn moves(args: &Args, talk: Talk) -> Result<Exit, Failure> {
    let moves = match &args.manifest {
        Some(path) => target::read_manifests(std::slice::from_ref(path), ExtraColumns::Keep)?.moves,
        None => Moves::default(),
    };
    match args.format {
        Format::Json => {
            let shown = Shown { moves: moves.iter().collect(), speeds: Speed::NAMED.map(Factor::from) };
            say::line(serde_json::to_string_pretty(&shown).expect("moves are strings and finite numbers"));
        }
        Format::Text => {
            say::data(table(&moves));
            if !talk.quiet {
                say::data(format_args!("\n{}", speeds()));
                say::data(NOTE);
            }
        }
    }
    Ok(Exit::Done)
}

/// The table as data.
#[derive(Serialize)]
struct Shown<'a> {
    moves: Vec<&'a Move>,
    speeds: [Factor; 2],
}

/// A speed, and what it multiplies the numbers of a move by.
#[derive(Serialize)]
struct Factor {
    name: String,
    factor: f64,
}

impl From<Speed> for Factor {
    fn from(speed: Speed) -> Self {
        Self { name: speed.to_string(), factor: speed.factor() }
    }
}

/// A line a move.
fn table(moves: &Moves) -> String {
    let widest = |text: fn(&Move) -> String| moves.iter().map(|known| text(known).chars().count()).max().unwrap_or(0);
    let (names, vectors) = (widest(|known| known.name.clone()), widest(|known| known.vector.to_string()));
    let line = |known: &Move| {
        let (name, vector) = (&known.name, known.vector.to_string());
        let line = format!("{name:names$}  {vector:vectors$}  {}", remarks(known));
        format!("{}\n", line.trim_end())
    };
    moves.iter().map(line).collect()
}

/// What else a move is called, and whether the manifest says what it stands for.
fn remarks(known: &Move) -> String {
    let from = if known.origin == Origin::Manifest { "(manifest) " } else { "" };
    let aliases = known.aliases.join(", ");
    if aliases.is_empty() { from.to_owned() } else { format!("{from}also {aliases}") }
}

/// `slow is 0.5 times as much, fast 2 times; a number is so many times.`
fn speeds() -> String {
    let [slow, fast] = Speed::NAMED.map(|speed| format!("`{speed}` is {} times as much", speed.factor()));
    format!("{slow}, {fast}, and a number that many times: `push in 0.4`.\n")
}
