//! `index.html`: the takes to look at in a browser, opened from disk or served. One file that loads nothing but the videos and posters
//! beside it. The structure is in `page.html`, the look in `style`, what it does in `script`; here they become one page, and a
//! policy that lets nothing else run.

mod cost;
mod data;
mod policy;
#[cfg(test)]
mod tests;

use minijinja::{Environment, UndefinedBehavior, context};

use self::data::Data;
use self::policy::policy;
use super::{Renderer, Report, summary};

/// Renders `index.html`.
pub(crate) struct Page;

/// How the page is looked at, which decides where picks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageMode {
    /// From disk, or from any server of files: picks stay in the browser until they are saved to a file.
    File,
    /// From `rushes review`: picks are sent to it at once.
    Review,
}

const TEMPLATE: &str = include_str!("page.html");

const STYLE: &str = concat!(
    include_str!("style/base.css"),
    include_str!("style/wall.css"),
    include_str!("style/viewer.css"),
    include_str!("style/panels.css"),
    include_str!("style/print.css"),
);

/// One script in the order in which its parts need each other: first what only computes, then what owns something, then what is seen.
const SCRIPT: &str = concat!(
    include_str!("script/words.js"),
    include_str!("script/query.js"),
    include_str!("script/layout.js"),
    include_str!("script/runs.js"),
    include_str!("script/dom.js"),
    include_str!("script/memory.js"),
    include_str!("script/theme.js"),
    include_str!("script/slices.js"),
    include_str!("script/takes.js"),
    include_str!("script/keepers.js"),
    include_str!("script/reviews.js"),
    include_str!("script/pictures.js"),
    include_str!("script/shuttle.js"),
    include_str!("script/transport.js"),
    include_str!("script/verdict.js"),
    include_str!("script/card.js"),
    include_str!("script/preview.js"),
    include_str!("script/wall.js"),
    include_str!("script/details.js"),
    include_str!("script/viewer.js"),
    include_str!("script/compare.js"),
    include_str!("script/attention.js"),
    include_str!("script/cost.js"),
    include_str!("script/chart.js"),
    include_str!("script/timeline.js"),
    include_str!("script/sheet.js"),
    include_str!("script/filters.js"),
    include_str!("script/pending.js"),
    include_str!("script/keys.js"),
    include_str!("script/main.js"),
);

impl Renderer for Page {
    fn file_name(&self) -> &'static str {
        "index.html"
    }

    fn render(&self, report: &Report<'_>) -> String {
        page(report, PageMode::File)
    }
}

/// The page about these takes.
pub fn page(report: &Report<'_>, mode: PageMode) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let data = Data::new(report);
    let values = context! {
        mode => mode.as_str(),
        policy => policy(mode, STYLE, SCRIPT),
        title => summary(report),
        style => STYLE,
        data => data.head(),
        shots => data.shots(),
        script => SCRIPT,
    };
    // The name's ending is what turns the escaping on.
    let text = environment.render_named_str("index.html", TEMPLATE, values);
    text.expect("the template and what it shows are made for each other")
}

impl PageMode {
    /// The mode as the script knows it.
    fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Review => "review",
        }
    }
}
