//! `rushes completions` and `rushes man`: what the command line says about itself, for shells and for `man`.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::Failure;
use super::args::Args;
use crate::report::Exit;

/// Prints a completion script.
pub(super) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "rushes", &mut script);
    print(&script)
}

/// Prints the manual page, each verb in a section of its own.
pub(super) fn man() -> Result<Exit, Failure> {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    render(&command, &mut page).map_err(Failure::machine)?;
    print(&page)
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

/// Prints what is to be kept in a file. A reader that has gone away is no failure.
pub(super) fn print(bytes: &[u8]) -> Result<Exit, Failure> {
    match io::stdout().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::machine(error)),
        _ => Ok(Exit::Done),
    }
}
