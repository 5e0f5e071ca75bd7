//! `rushes completions` and `rushes man`: what the command line says about itself, for shells and for `man`.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::Args;
use super::{Failure, say};
use crate::report::Exit;

/// Prints a completion script.
pub(super) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "rushes", &mut script);
    say::bytes(&script);
    Exit::Done
}

/// Prints the manual page, each verb in a section of its own.
pub(super) fn man() -> Result<Exit, Failure> {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    render(&command, &mut page).map_err(Failure::machine)?;
    say::bytes(&page);
    Ok(Exit::Done)
}

fn render(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let name = verb.get_name();
        writeln!(page, ".SH \"RUSHES {}\"", name.to_uppercase())?;
        let man = clap_mangen::Man::new(verb.clone());
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
    }
    Ok(())
}
