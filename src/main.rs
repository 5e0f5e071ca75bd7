//! The `rushes` executable: parse, run, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(rushes::cli::main().code())
}
