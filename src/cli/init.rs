//! `rushes init`: a manifest to begin with, and beside it the schema that editors read it by. Asks nothing, overwrites nothing.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::args::{Init, Talk};
use super::{Failure, say, target};
use crate::manifest;
use crate::report::Exit;

/// The manifest. Its first line points to [`SCHEMA`].
const STARTER: &str = include_str!("starter.yaml");

/// What the schema is called. It lies beside the manifest, so that editors need no network.
const SCHEMA: &str = "rushes.schema.json";

/// Carries out `rushes init`.
pub(super) fn init(args: &Init, talk: Talk) -> Result<Exit, Failure> {
    let path = args.manifest.as_path();
    if path.extension().is_none_or(|end| end != "yaml" && end != "yml") {
        let other = format!("{} is no name for a YAML file", path.display());
        return Err(Failure::usage(other)
            .help("say `rushes init shots.yaml`; a sheet needs no more than `id,prompt` in its first line"));
    }
    if !put(path, STARTER)? {
        let taken = format!("{} is there already, and is not overwritten", path.display());
        return Err(Failure::usage(taken).help("say another name: `rushes init other.yaml`"));
    }
    let schema = path.with_file_name(SCHEMA);
    let current =
        put(&schema, &manifest::schema())? || fs::read_to_string(&schema).is_ok_and(|text| text == manifest::schema());
    if !current {
        let (name, typed) = (schema.display(), target::typed(&schema));
        say::talk(format_args!(
            "rushes: {name} is from another version, and is left as it is; `rushes schema > {typed}` renews it"
        ));
    }
    if !talk.quiet {
        let typed = target::typed(path);
        say::line(format_args!("{} is written; rehearse it: rushes run {typed} --simulate", path.display()));
    }
    Ok(Exit::Done)
}

/// Makes a file with this text; `false` if there is one already.
fn put(path: &Path, text: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot write {}: {error}", path.display());
        if error.kind() == ErrorKind::NotFound { Failure::usage(message) } else { Failure::machine(message) }
    };
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        file => file.map_err(failed)?,
    };
    file.write_all(text.as_bytes()).map(|()| true).map_err(|error| {
        // Half of it would be in the way of the next attempt.
        fs::remove_file(path).ok();
        failed(error)
    })
}
