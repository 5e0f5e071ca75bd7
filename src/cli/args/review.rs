//! What can be said to `rushes pick`, `rushes reject` and `rushes review`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as Group;

use crate::review::{Note, Rating};

/// Which output directory, where it is no word among others.
#[derive(Debug, Group)]
pub(in crate::cli) struct Place {
    /// The output directory, where it is not what the manifest says.
    #[arg(short, long, value_name = "DIR", alias = "out")]
    pub output: Option<PathBuf>,
    /// The output directory of rehearsals.
    #[arg(long)]
    pub simulate: bool,
}

/// What else is said of the takes; what is not said stays as it is.
#[derive(Debug, Group)]
pub(in crate::cli) struct Remarks {
    /// How good they are: 1 to 5.
    #[arg(long, value_name = "N")]
    pub rating: Option<Rating>,
    /// A note; an empty one takes the note back.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<Note>,
    /// Take back all that was said before, the verdict too; what is said beside this is said anew.
    #[arg(long)]
    pub clear: bool,
}

/// `rushes pick`.
#[derive(Debug, Group)]
pub(in crate::cli) struct Pick {
    /// Takes as `SC010_SH020 T02` or `SC010_SH020_T02`, or a shot alone that has one video; then, if it is not clear, a manifest or an
    /// output directory.
    #[arg(value_name = "TAKE|MANIFEST|DIR", required_unless_present = "from")]
    pub words: Vec<PathBuf>,
    /// Say what this file says, which the page has saved; `-` reads it from standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rating", "note", "clear"])]
    pub from: Option<PathBuf>,
    /// What else.
    #[command(flatten)]
    pub remarks: Remarks,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// `rushes reject`.
#[derive(Debug, Group)]
pub(in crate::cli) struct Reject {
    /// Takes as `SC010_SH020 T02` or `SC010_SH020_T02`, or a shot alone that has one video; then, if it is not clear, a manifest or an
    /// output directory.
    #[arg(value_name = "TAKE|MANIFEST|DIR", required = true)]
    pub words: Vec<PathBuf>,
    /// What else.
    #[command(flatten)]
    pub remarks: Remarks,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// `rushes review`.
#[derive(Debug, Group)]
pub(in crate::cli) struct Review {
    /// A manifest or an output directory; otherwise this directory, or the only one under `out`.
    #[arg(value_name = "MANIFEST|DIR")]
    pub target: Option<PathBuf>,
    /// Where to listen; only this machine itself. Port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = loopback)]
    pub listen: SocketAddr,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// An address that nobody else can reach.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let addr: SocketAddr = text.parse().map_err(|error: std::net::AddrParseError| error.to_string())?;
    let is_own = addr.ip().is_loopback();
    if is_own { Ok(addr) } else { Err("only this machine may listen: 127.0.0.1:PORT or [::1]:PORT".to_owned()) }
}
