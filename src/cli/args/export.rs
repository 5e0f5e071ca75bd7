//! What can be said to `rushes export`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, ValueEnum};

use super::{Selection, Target};
use crate::edit::{Choice, FORMATS, Format, Timebase, Timecode};

/// `rushes export`.
#[derive(Debug, Group)]
pub(in crate::cli) struct Export {
    /// Which output directory. A manifest also says in which order, and what is missing.
    #[command(flatten)]
    pub target: Target,
    /// The form of the cut [default: as the name of FILE ends, else otio].
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    pub format: Option<&'static dyn Format>,
    /// Write this file, in place of an earlier export; otherwise, and as `-`, the cut goes to standard output. With `concat`, slates of what is
    /// missing go into the folder `slugs` beside it.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which takes of a shot; one without any is a gap.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Which::Best)]
    pub takes: Which,
    /// How videos are linked to.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Links::Relative)]
    pub links: Links,
    /// Frames per second of the cut: 24, 25, 23.976 … [default: as most of its clips have].
    #[arg(long, value_name = "RATE")]
    pub rate: Option<Timebase>,
    /// The timecode that the cut begins with.
    #[arg(long, value_name = "TIMECODE", default_value = "01:00:00:00")]
    pub start: Timecode,
    /// Which takes.
    #[command(flatten)]
    pub selection: Selection,
}

/// Which takes of a shot are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Which {
    /// One: the pick, else the highest rating, else the latest that is not rejected.
    Best,
    /// Those that were picked.
    Picks,
    /// Every stored one, also those that were rejected or are off-spec; what is damaged only where it was picked.
    All,
}

/// How videos are linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Links {
    /// From where the file lies, so that both can be moved together; on standard output, from the output directory.
    Relative,
    /// From the root of the file system.
    Absolute,
}

impl From<Which> for Choice {
    fn from(which: Which) -> Self {
        match which {
            Which::Best => Self::Best,
            Which::Picks => Self::Picks,
            Which::All => Self::All,
        }
    }
}

/// One of the formats, by its name.
fn format() -> impl TypedValueParser<Value = &'static dyn Format> {
    let names = PossibleValuesParser::new(FORMATS.map(Format::name));
    names.map(|name| *FORMATS.iter().find(|format| format.name() == name).expect("one of those that are possible"))
}
