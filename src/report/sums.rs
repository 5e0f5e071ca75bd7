//! `SHA256SUMS`: the stored videos in the form that `sha256sum -c` reads, run in the output directory.

use std::fmt::Write as _;

use super::{Renderer, Report};
use crate::layout;

/// Renders `SHA256SUMS`.
pub(crate) struct Sums;

impl Renderer for Sums {
    fn file_name(&self) -> &'static str {
        layout::SUMS
    }

    /// Names of takes need none of the escaping that the format has for odd file names.
    fn render(&self, report: &Report<'_>) -> String {
        let mut text = String::new();
        for row in report.rows() {
            if let (Some(digest), Some(file)) = (row.facts.digest, &row.facts.file) {
                writeln!(text, "{digest}  {file}").expect("memory takes it");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{Renderer, Report, Sums};
    use crate::report::samples;

    #[test]
    fn lists_what_is_stored() {
        assert_snapshot!(Sums.render(&Report::new(&samples::takes_of_every_kind())), @"eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f  shots/SC010_SH010_T01.mp4");
    }
}
