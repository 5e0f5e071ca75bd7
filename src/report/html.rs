//! `index.html`: the takes to look at in a browser, opened from disk or served. One file without scripts that loads nothing but
//! the videos beside it. The look is in `page.css`, the structure in `page.html`; here is only what they show.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::{Renderer, Report, Row, Totals, show, summary};
use crate::digest::Digest;
use crate::layout;
use crate::price::Bill;
use crate::request::{Ratio, Request};
use crate::take::{Outcome, TaskId};

/// Renders `index.html`.
pub(crate) struct Page;

/// With more videos than this, the browser loads nothing of one before it is played.
const PEEK_AT: usize = 100;
/// With more videos than this, links stand in for players: ten thousand players take a browser ten seconds to set up.
const PLAY_AT: usize = 1000;
/// With more takes than this that need attention, the list at the top says how many more there are.
const LIST_AT_TOP: usize = 50;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

impl Renderer for Page {
    fn file_name(&self) -> &'static str {
        "index.html"
    }

    fn render(&self, report: &Report<'_>) -> String {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build().expect("the usual delimiters"));
        // The name's ending is what turns the escaping on.
        let text = environment.render_named_str(self.file_name(), TEMPLATE, Serde(View::new(report)));
        text.expect("the template and what it shows are made for each other")
    }
}

/// Everything that the template shows. Text of others is made visible here and escaped there.
#[derive(Serialize)]
struct View {
    title: String,
    policy: String,
    style: &'static str,
    /// How much of a video the browser loads before it is played; `None` for links in place of players.
    preload: Option<&'static str>,
    takes: usize,
    totals: Vec<Total>,
    size: String,
    price: Option<String>,
    attention: Vec<Pointer>,
    unlisted: usize,
    shots: Vec<ShotView>,
}

#[derive(Serialize)]
struct Total {
    outcome: &'static str,
    count: usize,
}

/// A line of the list at the top.
#[derive(Serialize)]
struct Pointer {
    name: String,
    outcome: &'static str,
    reason: Option<String>,
}

/// A shot: what its latest take asks for, and all its takes.
#[derive(Serialize)]
struct ShotView {
    id: String,
    tags: Vec<String>,
    notes: Option<String>,
    /// Its scene, and the fields of the author's own.
    about: Vec<(String, String)>,
    ask: Ask,
    takes: Vec<TakeView>,
}

/// What a take asks for.
#[derive(Serialize)]
struct Ask {
    prompt: String,
    settings: String,
}

#[derive(Serialize)]
struct TakeView {
    name: String,
    number: String,
    outcome: &'static str,
    shape: &'static str,
    reason: Option<String>,
    help: Option<String>,
    /// Where it differs from what the shot's latest take asks for.
    ask: Option<Ask>,
    film: Option<Film>,
    facts: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct Film {
    file: String,
    sidecar: String,
}

impl View {
    fn new(report: &Report<'_>) -> Self {
        let totals = report.totals();
        let attention = most_urgent_first(report);
        let stored = report.rows().iter().filter(|row| row.facts.file.is_some()).count();
        Self {
            title: summary(report),
            policy: policy(),
            style: STYLE,
            preload: preload(stored),
            takes: totals.takes(),
            totals: present(&totals),
            size: show::size(report.bytes()),
            price: Some(report.bill()).filter(Bill::is_known).map(|bill| bill.to_string()),
            unlisted: attention.len().saturating_sub(LIST_AT_TOP),
            attention: attention.into_iter().take(LIST_AT_TOP).map(Pointer::new).collect(),
            shots: report.shots().filter_map(ShotView::new).collect(),
        }
    }
}

/// What needs attention: first what may have been paid for in vain, last what needs only another run.
fn most_urgent_first<'r, 'a>(report: &'r Report<'a>) -> Vec<&'r Row<'a>> {
    let mut rows: Vec<_> = report.rows().iter().filter(|row| row.needs_attention()).collect();
    rows.sort_by_key(|row| match row.outcome {
        Outcome::Unresolved => 0,
        Outcome::Failed | Outcome::Rejected => 1,
        _ => 2,
    });
    rows
}

/// Nothing may be loaded or run but the videos beside the page and this very style. `file:` is for browsers in which a page opened
/// from disk has no origin of its own.
fn policy() -> String {
    let style = base64(Digest::of(STYLE.as_bytes()).as_bytes());
    format!("default-src 'none'; media-src 'self' file:; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'")
}

/// The encoding of RFC 4648, section 4, in which policies name digests.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().zip([16, 8, 0]).fold(0, |bits, (&byte, shift)| bits | u32::from(byte) << shift);
        let digits = [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]));
        text.extend(&digits[..=chunk.len()]);
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}

fn preload(videos: usize) -> Option<&'static str> {
    match videos {
        _ if videos <= PEEK_AT => Some("metadata"),
        _ if videos <= PLAY_AT => Some("none"),
        _ => None,
    }
}

fn present(totals: &Totals) -> Vec<Total> {
    totals.present().map(|(outcome, count)| Total { outcome: outcome.as_str(), count }).collect()
}

impl Pointer {
    fn new(row: &Row<'_>) -> Self {
        let reason = row.reason.as_deref().map(|reason| show::clip(reason, 100));
        Self { name: row.take.name.to_string(), outcome: row.outcome.as_str(), reason }
    }
}

impl ShotView {
    fn new(rows: &[Row<'_>]) -> Option<Self> {
        let latest = rows.last()?;
        Some(Self {
            id: latest.shot.to_string(),
            tags: latest.facts.tags.iter().map(|tag| show::visible(tag)).collect(),
            notes: latest.facts.notes.map(show::visible),
            about: about(latest),
            ask: Ask::new(latest.facts.request),
            takes: rows.iter().map(|row| TakeView::new(row, latest.facts.request)).collect(),
        })
    }
}

impl Ask {
    fn new(request: &Request) -> Self {
        Self { prompt: show::visible(&request.prompt), settings: show::settings(request) }
    }
}

impl TakeView {
    fn new(row: &Row<'_>, latest: &Request) -> Self {
        let request = row.facts.request;
        let film = row.facts.file.as_ref();
        Self {
            name: row.take.name.to_string(),
            number: row.number.to_string(),
            outcome: row.outcome.as_str(),
            shape: shape(&request.ratio),
            reason: row.reason.as_deref().map(show::visible),
            help: row.help.clone(),
            ask: (request != latest).then(|| Ask::new(request)),
            film: film.map(|file| Film { file: file.clone(), sidecar: layout::sidecar(&row.take.name) }),
            facts: facts(row),
        }
    }
}

/// What else is said about the shot.
fn about(row: &Row<'_>) -> Vec<(String, String)> {
    let scene = row.facts.scene.map(|scene| ("scene".to_owned(), scene.to_string()));
    let own = row.facts.metadata.iter().map(|(name, value)| (show::visible(name), show::visible(value)));
    scene.into_iter().chain(own).collect()
}

fn shape(ratio: &Ratio) -> &'static str {
    match ratio.sides() {
        (width, height) if width > height => "wide",
        (width, height) if width < height => "tall",
        _ => "square",
    }
}

/// What is known of the take, for those who want to look closer.
fn facts(row: &Row<'_>) -> Vec<(&'static str, String)> {
    let facts = &row.facts;
    let doubt = row.unresolved.as_ref();
    let took = facts.submitted_at.zip(facts.finished_at).and_then(|(from, to)| show::span(from, to));
    let all = [
        ("task", facts.task_id.map(TaskId::to_string)),
        ("submitted", facts.submitted_at.map(show::moment)),
        ("took", took),
        ("attempts", (facts.attempts > 1).then(|| facts.attempts.to_string())),
        ("price", facts.price.map(|price| price.to_string())),
        ("size", facts.bytes.map(show::size)),
        ("sha-256", facts.digest.map(|digest| digest.to_string())),
        ("names task", doubt.and_then(|doubt| doubt.named_task).map(TaskId::to_string)),
        ("request id", doubt.and_then(|doubt| doubt.request_id).map(str::to_owned)),
        ("last bytes", doubt.and_then(|doubt| doubt.last_bytes).map(str::to_owned)),
        ("token", doubt.and_then(|doubt| doubt.token).map(|token| token.to_string())),
    ];
    all.into_iter().filter_map(|(name, fact)| Some((name, show::visible(&fact?)))).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::{Digest, Page, Renderer, Report, STYLE, TEMPLATE, base64, show};
    use crate::report::samples;
    use crate::take::{Doubt, State, Take};

    /// The page without its style and the style's digest.
    fn body(takes: &[Take]) -> String {
        let digest = base64(Digest::of(STYLE.as_bytes()).as_bytes()).replace('/', "&#x2f;");
        Page.render(&Report::new(takes)).replace(STYLE, "").replace(&digest, "STYLE")
    }

    #[test]
    fn a_shot_with_a_good_and_a_bad_take() {
        assert_snapshot!(body(&samples::a_good_and_a_bad_take()), @r##"
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src &#x27;none&#x27;; media-src &#x27;self&#x27; file:; style-src &#x27;sha256-STYLE&#x27;; base-uri &#x27;none&#x27;; form-action &#x27;none&#x27;">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>rushes: 2 takes: 1 stored, 1 failed</title>
        <style></style>
        </head>
        <body>
        <header>
        <h1>Rushes</h1>
        <p class="totals"><b>2</b> takes of <b>1</b> shot, 1.2 MB of video, 0.32 USD for 1 of 2</p>
        <ul class="totals">
        <li class="stored"><b>1</b> stored</li>
        <li class="failed"><b>1</b> failed</li>
        </ul>
        </header>
        <main>
        <nav aria-labelledby="attention">
        <h2 id="attention">Needs attention</h2>
        <ul>
        <li><a href="#SC010_SH020_T02">SC010_SH020_T02</a> <span class="badge failed">failed</span> <span class="reason" dir="auto">content policy: the prompt, says &quot;the policy&quot;, is =HYPERLINK(&quot;http:&#x2f;&#x2f;x&quot;)</span></li>
        </ul>
        </nav>
        <section>
        <div class="shot">
        <h2>SC010_SH020</h2>
        <p class="prompt" dir="auto">=HYPERLINK(&quot;http:&#x2f;&#x2f;x&quot;)</p>
        <p class="settings" dir="auto">gen4_turbo · 16:9 · 5 s · cinematic · y 0.4, r -6</p>
        <p class="notes" dir="auto">at dawn, &quot;maybe&quot;</p>
        <dl>
        <dt dir="auto">scene</dt><dd dir="auto">SC010</dd>
        <dt dir="auto">x_lens</dt><dd dir="auto">=35 mm</dd>
        </dl>
        <ul class="tags">
        <li dir="auto">hero</li>
        <li dir="auto">night</li>
        </ul>
        </div>
        <div class="takes">
        <article id="SC010_SH020_T01" class="wide">
        <video controls playsinline preload="metadata" src="shots&#x2f;SC010_SH020_T01.mp4" aria-label="SC010_SH020_T01"></video>
        <h3>T01 <span class="badge stored">stored</span></h3>
        <p class="prompt" dir="auto">A lighthouse at dawn, fog rolling in from the sea</p>
        <p class="settings" dir="auto">gen4_turbo · 16:9 · 5 s · cinematic · y 0.4, r -6</p>
        <details>
        <summary>Details</summary>
        <dl>
        <dt>task</dt><dd>task_0c6a1f2e</dd>
        <dt>submitted</dt><dd>2026-11-22 01:00:00 UTC</dd>
        <dt>took</dt><dd>3 min 16 s</dd>
        <dt>price</dt><dd>0.32 USD</dd>
        <dt>size</dt><dd>1.2 MB</dd>
        <dt>sha-256</dt><dd>eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f</dd>
        </dl>
        <p><a href="shots&#x2f;SC010_SH020_T01.mp4">video</a> · <a href="shots&#x2f;SC010_SH020_T01.json">provenance</a></p>
        </details>
        </article>
        <article id="SC010_SH020_T02" class="wide">
        <div class="blank failed" aria-hidden="true">failed</div>
        <h3>T02 <span class="badge failed">failed</span></h3>
        <p class="reason" dir="auto">content policy: the prompt, says &quot;the policy&quot;, is =HYPERLINK(&quot;http:&#x2f;&#x2f;x&quot;)</p>
        <p class="help">edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an account suspended</p>
        <details>
        <summary>Details</summary>
        <dl>
        <dt>task</dt><dd>task_0c6a1f2e</dd>
        <dt>submitted</dt><dd>2026-11-22 01:00:00 UTC</dd>
        <dt>took</dt><dd>3 min 16 s</dd>
        </dl>
        </details>
        </article>
        </div>
        </section>
        </main>
        </body>
        </html>
        "##);
    }

    #[test]
    fn the_policy_names_the_style_as_it_stands_in_the_page() {
        let page = Page.render(&Report::new(&[]));
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
        assert!(!TEMPLATE.contains("style=") && !TEMPLATE.contains("<script"), "the policy would block it");
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn many_videos_are_not_loaded_before_they_are_played() {
        let many = |count| (1..=count).map(|n| samples::take(&format!("S{n}_T01"), samples::stored())).collect::<Vec<_>>();
        assert!(body(&many(100)).contains(r#"preload="metadata""#));
        assert!(body(&many(101)).contains(r#"preload="none""#));
        let page = body(&many(1001));
        assert!(page.contains(r#"class="film""#) && !page.contains("<video"));
    }

    proptest! {
        #[test]
        fn no_text_of_others_becomes_markup(takes in samples::takes()) {
            let inert: Vec<_> = takes.iter().map(without_markup).collect();
            let (page, expected) = (body(&takes), body(&inert));
            for mark in ['<', '>', '"', '\''] {
                prop_assert_eq!(page.matches(mark).count(), expected.matches(mark).count(), "{}", mark);
            }
            let reorders = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!page.contains(reorders));
        }
    }

    /// The same take with every text of an author or a provider spelled in digits, so that equal stays equal and empty empty.
    fn without_markup(take: &Take) -> Take {
        let mut take = take.clone();
        let spell = |text: &mut String| {
            let digits: Vec<_> = show::visible(text).bytes().map(|b| b.to_string()).collect();
            *text = digits.join("_");
        };
        for text in [&mut take.request.prompt, &mut take.request.style, &mut take.request.model] {
            spell(text);
        }
        take.tags.iter_mut().chain(&mut take.about.notes).for_each(spell);
        let metadata = std::mem::take(&mut take.about.metadata).into_iter().enumerate();
        take.about.metadata = metadata
            .map(|(number, (_, mut value))| {
                spell(&mut value);
                (number.to_string(), value)
            })
            .collect();
        take.record.deferred_because.iter_mut().for_each(spell);
        match &mut take.state {
            State::Unresolved(Doubt { why, task, request_id, last_bytes }) => {
                spell(why);
                *task = task.take().and("task".parse().ok());
                request_id.iter_mut().chain(last_bytes).for_each(spell);
            }
            State::Rejected { why, .. } => spell(why),
            State::Accepted { task, seen, .. } => {
                seen.iter_mut().for_each(spell);
                *task = "task".parse().unwrap();
            }
            State::Ready { task, link } | State::Stored { task, link, .. } => {
                spell(link);
                *task = "task".parse().unwrap();
            }
            State::Failed { task, why, .. } => {
                spell(why);
                *task = "task".parse().unwrap();
            }
            State::Planned { .. } | State::Submitting => {}
        }
        take
    }
}
