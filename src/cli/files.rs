//! The files that a command line or a manifest names: found on disk, in an order that does not change from run to run.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::target::name;
use crate::manifest::{Files, Source};
use crate::select::Glob;

/// The most that is read of a manifest, in bytes.
const CAP: u64 = 1 << 30;

/// Any folders, or none, in a pattern.
const ANY_FOLDERS: &str = "**";

/// The files of this machine.
#[derive(Debug)]
pub(super) struct Disk;

impl Files for Disk {
    fn find(&self, from: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
        found(from.parent().unwrap_or_else(|| Path::new("")), Path::new(pattern)).map_err(|error| error.to_string())
    }

    fn open(&self, path: &Path) -> Result<Source, String> {
        open(path).map_err(|error| error.to_string())
    }

    fn identity(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

/// The file at `path`.
pub(super) fn open(path: &Path) -> io::Result<Source> {
    read(path, File::open(path)?)
}

/// Standard input, to its end.
pub(super) fn standard_input() -> io::Result<Source> {
    read(Path::new("-"), io::stdin().lock())
}

fn read(path: &Path, bytes: impl Read) -> io::Result<Source> {
    let mut all = Vec::new();
    bytes.take(CAP).read_to_end(&mut all)?;
    Ok(Source::new(name(path), all))
}

/// The file at `path`, seen from `base`; where there is none and `path` has a `*` or `?` in it, all files that fit, sorted.
pub(super) fn found(base: &Path, path: &Path) -> io::Result<Vec<PathBuf>> {
    let whole = base.join(path);
    if whole.exists() || !path.components().any(|part| pattern(part).is_some()) {
        return Ok(vec![whole]);
    }
    let mut found = vec![base.to_owned()];
    for part in path.components() {
        let mut deeper = Vec::new();
        for folder in found {
            match pattern(part) {
                Some(ANY_FOLDERS) => descend(folder, &mut deeper)?,
                Some(pattern) => deeper.extend(fitting(&folder, pattern)?),
                None => deeper.push(folder.join(part)),
            }
        }
        found = deeper;
    }
    found.retain(|path| path.is_file());
    found.sort();
    found.dedup();
    Ok(found)
}

/// What `part` of a path says, if that is a pattern.
fn pattern(part: Component<'_>) -> Option<&str> {
    let Component::Normal(part) = part else { return None };
    part.to_str().filter(|part| part.contains(['*', '?']))
}

/// What in `folder` fits `pattern`; what is hidden only where the pattern begins with a dot too.
fn fitting(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let glob = Glob::of(pattern);
    let fits = |name: &str| (!name.starts_with('.') || pattern.starts_with('.')) && glob.fits_exactly(name);
    let names = names(folder)?.into_iter().filter(|name| fits(name));
    Ok(names.map(|name| folder.join(name)).collect())
}

/// Adds `folder` and all folders in it, but for hidden ones and links.
fn descend(folder: PathBuf, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for name in names(&folder)?.into_iter().filter(|name| !name.starts_with('.')) {
        let inner = folder.join(name);
        if fs::symlink_metadata(&inner)?.is_dir() {
            descend(inner, found)?;
        }
    }
    found.push(folder);
    Ok(())
}

/// What is in `folder`, as far as text can name it; nothing if that is no folder.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if !place.is_dir() {
        return Ok(Vec::new());
    }
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().into_string().ok());
    fs::read_dir(place)?.filter_map(|entry| name(entry).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("b/c.yaml")).unwrap();
        fs::create_dir_all(at("a/.d")).unwrap();
        for file in ["z.yaml", "a/2.csv", "a/1.csv", "a/.d/0.csv", "b/1.csv", "b/c.yaml/3.CSV", ".hidden.yaml", "what?.yaml"] {
            fs::write(at(file), "").unwrap();
        }
        for (pattern, expected) in [
            ("*.yaml", &["what?.yaml", "z.yaml"][..]),
            (".*.yaml", &[".hidden.yaml"]),
            ("?/*.csv", &["a/1.csv", "a/2.csv", "b/1.csv"]),
            ("a/../b/*.csv", &["a/../b/1.csv"]),
            ("**/1.*", &["a/1.csv", "b/1.csv"]),
            ("**/**/*.CSV", &["b/c.yaml/3.CSV"]),
            ("a/**/*.csv", &["a/1.csv", "a/2.csv"]),
            ("what?.yaml", &["what?.yaml"]),
            ("b/*.yaml", &[]),
            ("none/*.yaml", &[]),
            ("none.yaml", &["none.yaml"]),
        ] {
            let expected: Vec<PathBuf> = expected.iter().map(|path| at(path)).collect();
            assert_eq!(found(folder.path(), Path::new(pattern)).unwrap(), expected, "{pattern}");
            assert_eq!(found(Path::new(""), &at(pattern)).unwrap(), expected, "{pattern}");
            assert_eq!(Disk.find(&at("main.yaml"), pattern).unwrap(), expected, "{pattern}");
        }
    }
}
