//! Diagnostics as data: one JSON document of a shape that does not change within a [`VERSION`]. Its schema is
//! [`diagnostics_schema`](super::diagnostics_schema).

use serde::Serialize;

use crate::manifest::diagnostic::{Diagnostic, Place, count};
use crate::manifest::source::Source;

/// The shape's number. A field may be added within it; none goes, and none comes to mean something else.
pub(super) const VERSION: u32 = 1;

/// All `diagnostics` about `sources`, a manifest or the files that were read together, as one JSON document, in their order; none is
/// left out that was kept.
pub fn json(sources: &(impl AsRef<[Source]> + ?Sized), diagnostics: &[Diagnostic]) -> String {
    let shown = diagnostics.iter().filter_map(|diagnostic| Shown::new(sources.as_ref(), diagnostic)).collect();
    let (errors, warnings) = count(diagnostics);
    let document = Document { version: VERSION, errors, warnings, diagnostics: shown };
    serde_json::to_string_pretty(&document).expect("strings and whole numbers") + "\n"
}

/// All of it. Every field is always there; `null` is nothing to say.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    level: &'static str,
    code: &'a str,
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
    value: Option<&'a str>,
    allowed: Option<&'a [&'static str]>,
    help: Option<&'a str>,
    related: Vec<Related<'a>>,
    more: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
}

/// A stretch of a file: from the first character to right behind the last.
#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> Shown<'a> {
    fn new(sources: &'a [Source], diagnostic: &'a Diagnostic) -> Option<Self> {
        let related = diagnostic.related.iter();
        Some(Self {
            level: diagnostic.severity.as_str(),
            code: diagnostic.code,
            message: &diagnostic.message,
            at: At::new(sources, diagnostic.place)?,
            value: diagnostic.value.as_deref(),
            allowed: Some(diagnostic.allowed.as_slice()).filter(|allowed| !allowed.is_empty()),
            help: diagnostic.help.as_deref(),
            related: related.filter_map(|(place, why)| Some(Related { message: why, at: At::new(sources, *place)? })).collect(),
            more: diagnostic.more,
        })
    }
}

impl<'a> At<'a> {
    fn new(sources: &'a [Source], place: Place) -> Option<Self> {
        let source = place.source(sources)?;
        let (end_line, end_column) = source.end_of(place);
        Some(Self { file: source.name(), line: place.line, column: place.column, end_line, end_column })
    }
}
