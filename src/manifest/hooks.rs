//! Hooks as an author writes them: the section `on` of a manifest. Every mistake is collected. What stands there may be secret, so no
//! message repeats an address.

use std::time::Duration;

use jiff::SignedDuration;

use crate::hook::{Act, Address, BadHook, Format, HEALTHCHECKS, Hook, Hooks, Occasion};
use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted};
use crate::manifest::row::{Node, Value, wrong_shape};
use crate::manifest::section::{Entries, Entry, Form};

/// The name of the section.
pub(crate) const NAME: &str = "on";
/// The code of its mistakes.
pub(super) const CODE: &str = "hook";

const RUN: &str = "run";
const POST: &str = "post";
const FORMAT: &str = "format";
const TIMEOUT: &str = "timeout";

/// What the section has, and what a hook has that is a map.
pub(super) const TOP: [&str; 7] = ["start", "success", "partial", "failure", "unresolved", "locked", HEALTHCHECKS];
pub(super) const OF_A_HOOK: [&str; 4] = [RUN, POST, FORMAT, TIMEOUT];
/// What an address can be told.
pub(super) const FORMATS: [&str; 3] = ["json", "slack", "ping"];

/// A right section, a right hook and a right time, to copy.
const EXAMPLE: &str = "write `on: { failure: ./tell.sh, success: https://example.com/done }`";
const A_HOOK: &str = "write a command, a web address, or `{ run: [./tell.sh, ops], timeout: 30s }`";
const A_TIME: &str = "write `timeout: 30s`; at most 24h";

/// The hooks that `node` states, as far as they are right, and a mistake for each that is not.
pub(crate) fn read(node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Hooks {
    let mut reader = Reader { source, found };
    let mut hooks = Hooks::default();
    for Entry { name, node, .. } in reader.map(NAME, node, &TOP, EXAMPLE).unwrap_or_default() {
        for node in listed(node) {
            match Occasion::named(&name) {
                Some(occasion) => {
                    if let Some(hook) = reader.hook(&name, node) {
                        hooks.add(occasion, hook);
                    }
                }
                None => {
                    if let Some(address) = reader.address(HEALTHCHECKS, &node) {
                        hooks.add_healthchecks(&address);
                    }
                }
            }
        }
    }
    hooks
}

/// One thing, or several.
fn listed(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(nodes) => nodes,
        _ => vec![node],
    }
}

struct Reader<'a> {
    source: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn map(&mut self, path: &str, node: Node, names: &[&'static str], help: &str) -> Option<Vec<Entry>> {
        Some(Entries::read(&Form { path, names, help, hint }, node, self.source, self.found)?.list)
    }

    /// A text, a list of words, or a map.
    fn hook(&mut self, event: &str, node: Node) -> Option<Hook> {
        if let Some(text) = node.text(self.source) {
            return self.text(event, text, node.at);
        }
        match node.value {
            Value::List(_) => self.words(event, node).map(|words| Hook::new(Act::Run(words))),
            Value::Map(_) => self.spelled_out(event, node),
            other => self.mistake(wrong_shape(event, node.at, &other, "a command or a web address").help(A_HOOK)),
        }
    }

    fn text(&mut self, event: &str, text: &str, at: Place) -> Option<Hook> {
        if text.trim_start().starts_with('-') {
            let flag = Diagnostic::error(CODE, at, format!("{} is a flag and no command", quoted(text)));
            return self.mistake(flag.help(format!("a list of words is one of the hooks: write `{event}: [[./tell.sh, …]]`")));
        }
        Hook::from_text(text).map_err(|why| self.bad(event, why, at)).ok()
    }

    /// A program and its words.
    fn words(&mut self, name: &str, node: Node) -> Option<Vec<String>> {
        let at = node.at;
        let words = listed(node).iter().map(|word| word.text(self.source).map(str::to_owned)).collect::<Option<Vec<_>>>();
        let words = words.filter(|words| words.first().is_some_and(|program| !program.trim().is_empty()));
        let mistake = || Diagnostic::error(CODE, at, format!("`{name}` must be a program and its words"));
        words.or_else(|| self.mistake(mistake().help("write `run: [./tell.sh, ops]`")))
    }

    /// A map of `run` or `post`, and how.
    fn spelled_out(&mut self, event: &str, node: Node) -> Option<Hook> {
        let (at, before) = (node.at, self.found.len());
        let (mut acts, mut format, mut timeout) = (Vec::new(), None, None);
        for Entry { name, node, .. } in self.map(event, node, &OF_A_HOOK, A_HOOK)? {
            match name.as_str() {
                RUN => acts.extend(self.run(node)),
                POST => acts.extend(self.address(POST, &node).map(|address| Act::Post(address, Format::Json))),
                FORMAT => format = self.format(&node).map(|format| (format, node.at)),
                _ => timeout = self.timeout(&node),
            }
        }
        let mut acts = acts.into_iter();
        let act = match (acts.next(), acts.next(), format) {
            _ if self.found.len() > before => return None,
            (Some(Act::Post(address, _)), None, Some((format, _))) => Act::Post(address, format),
            (Some(_), None, Some((_, at))) => {
                let idle = Diagnostic::error(CODE, at, "a command has no `format`: it is given the summary as JSON");
                return self.mistake(idle.help("remove it"));
            }
            (Some(act), None, None) => act,
            (None, ..) => {
                let idle = Diagnostic::error(CODE, at, "this hook does nothing: it has neither `run` nor `post`");
                return self.mistake(idle.help(A_HOOK));
            }
            (Some(_), Some(_), _) => {
                let both = Diagnostic::error(CODE, at, "this hook has both `run` and `post`");
                return self.mistake(both.help(format!("make two hooks of it: `{event}: [{{ run: … }}, {{ post: … }}]`")));
            }
        };
        Some(Hook { act, timeout: timeout.unwrap_or(Hook::TIMEOUT) })
    }

    fn run(&mut self, node: Node) -> Option<Act> {
        let Some(text) = node.text(self.source) else { return self.words(RUN, node).map(Act::Run) };
        if text.trim().is_empty() {
            self.bad(RUN, BadHook::Empty, node.at);
            return None;
        }
        Some(Act::Shell(text.trim().to_owned()))
    }

    fn address(&mut self, name: &str, node: &Node) -> Option<Address> {
        let address = node.text(self.source).map_or(Err(BadHook::Address), str::parse);
        address.map_err(|why| self.bad(name, why, node.at)).ok()
    }

    fn format(&mut self, node: &Node) -> Option<Format> {
        let text = node.text(self.source).unwrap_or_default();
        match text {
            "json" => Some(Format::Json),
            "slack" => Some(Format::Slack),
            "ping" => Some(Format::Ping),
            _ => {
                let near = nearest(text, FORMATS).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let unknown = Diagnostic::error(CODE, node.at, format!("no hook has the format {}", quoted(text)));
                self.mistake(unknown.value(text).help(format!("{near}{}", known(&FORMATS))).allowed(&FORMATS))
            }
        }
    }

    fn timeout(&mut self, node: &Node) -> Option<Duration> {
        let text = node.text(self.source).unwrap_or_default();
        let time = text.trim().parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        let time = time.filter(|time| !time.is_zero() && *time <= Hook::LONGEST);
        let mistake = || Diagnostic::error(CODE, node.at, format!("`timeout` must be a time, not {}", quoted(text)));
        time.or_else(|| self.mistake(mistake().value(text).help(A_TIME)))
    }

    /// What is wrong with a text, which is not repeated.
    fn bad(&mut self, name: &str, why: BadHook, at: Place) {
        let (message, help) = match why {
            BadHook::Address => (
                format!("`{name}` must be an http or https address"),
                format!("write it in full: `{name}: https://example.com/done`"),
            ),
            _ => (format!("`{name}` says nothing to do"), A_HOOK.to_owned()),
        };
        self.found.push(Diagnostic::error(CODE, at, message).help(help));
    }

    fn mistake<T>(&mut self, mistake: Diagnostic) -> Option<T> {
        self.found.push(mistake);
        None
    }
}

/// What may have been meant.
fn hint(path: &str, word: &str) -> Option<String> {
    let is_any_end = path == NAME && matches!(word, "always" | "end" | "finish" | "done");
    is_any_end.then(|| format!("say it for each event that it is for; {}", known(&TOP)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Source, read as read_manifest, render};

    const SHOT: &str = "shots: [{ id: SC010, prompt: a cat }]\n";

    fn hooks(section: &str) -> Hooks {
        let text = format!("{SHOT}on: {section}\n");
        let source = Source::new("a.yaml", text.into());
        read_manifest(&source, None).unwrap_or_else(|found| panic!("{}", render(&source, &found, false))).hooks
    }

    /// What is wrong with a section: codes, messages and help.
    fn told(section: &str) -> String {
        let source = Source::new("a.yaml", format!("{SHOT}on: {section}\n").into());
        let Err(found) = read_manifest(&source, None) else { panic!("{section} is taken") };
        let line =
            |d: &Diagnostic| format!("{}:{} {}; {}", d.place.line, d.place.column, d.message, d.help.as_deref().unwrap_or("-"));
        found.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn all_names_are_those_of_the_occasions() {
        assert_eq!(TOP[..6], Occasion::ALL.map(Occasion::as_str));
    }

    #[test]
    fn a_hook_is_a_text_a_list_of_words_or_a_map() {
        let words = |words: &[&str]| Act::Run(words.iter().map(|word| (*word).to_owned()).collect());
        let shell = |text: &str| Act::Shell(text.to_owned());
        let post = |format| Act::Post("https://example.com/x".parse().unwrap(), format);
        for (section, expected) in [
            ("{ start: ./tell.sh now | cat }", vec![shell("./tell.sh now | cat")]),
            ("{ start: [[./tell.sh, now, 5]] }", vec![words(&["./tell.sh", "now", "5"])]),
            ("{ start: [a b, c] }", vec![shell("a b"), shell("c")]),
            ("{ start: { run: [./tell.sh, --now] } }", vec![words(&["./tell.sh", "--now"])]),
            ("{ start: { run: a b } }", vec![shell("a b")]),
            ("{ start: 'https://example.com/x' }", vec![post(Format::Json)]),
            ("{ start: { post: 'https://example.com/x', format: slack } }", vec![post(Format::Slack)]),
            ("{ start: [{ post: 'https://example.com/x', format: ping }, a] }", vec![post(Format::Ping), shell("a")]),
            ("{ success: a }", vec![]),
            ("{ start: [] }", vec![]),
            ("", vec![]),
        ] {
            let acts: Vec<_> = hooks(section).on(Occasion::Start).into_iter().map(|hook| hook.act).collect();
            assert_eq!(acts, expected, "{section}");
        }
        let timeouts = hooks("{ start: [{ run: a, timeout: 1h 30m }, b] }").on(Occasion::Start);
        assert_eq!(timeouts.iter().map(|hook| hook.timeout.as_secs()).collect::<Vec<_>>(), [5400, 30]);
        let checks = hooks("{ healthchecks: ['https://example.com/a', 'https://example.com/b'], start: c }");
        assert_eq!(checks.on(Occasion::Start).len(), 3);
        assert_eq!(checks.on(Occasion::Locked).len(), 2);
    }

    #[test]
    fn every_mistake_is_told_at_its_place_and_no_address_is() {
        for (section, expected) in [
            ("{ sucess: a }", "2:7 unknown field `on.sucess`; did you mean `success`?"),
            (
                "{ always: a }",
                "2:7 unknown field `on.always`; say it for each event that it is for; known are `start`, `success`, `partial`, `failure`, `unresolved`, `locked` or `healthchecks`",
            ),
            ("{ start: { ruun: a } }", "2:16 unknown field `start.ruun`; did you mean `run`?"),
            (
                "{ start: { run: a, post: 'https://a.example' } }",
                "2:14 this hook has both `run` and `post`; make two hooks of it",
            ),
            ("{ start: { timeout: 3s } }", "2:14 this hook does nothing: it has neither `run` nor `post`"),
            ("{ start: { run: a, format: slack } }", "2:32 a command has no `format`"),
            (
                "{ start: { run: a, timeout: 30 } }",
                "2:33 `timeout` must be a time, not `30`; write `timeout: 30s`; at most 24h",
            ),
            ("{ start: { run: a, timeout: 25h } }", "2:33 `timeout` must be a time"),
            ("{ start: { run: a, timeout: 0s } }", "2:33 `timeout` must be a time"),
            ("{ start: { post: secret.example/x } }", "2:22 `post` must be an http or https address"),
            (
                "{ start: { post: 'https://a.example', format: slak } }",
                "2:51 no hook has the format `slak`; did you mean `slack`?",
            ),
            ("{ healthchecks: secret }", "2:21 `healthchecks` must be an http or https address"),
            ("{ start: [./tell.sh, --now] }", "2:26 `--now` is a flag and no command; a list of words is one of the hooks"),
            ("{ start: [[]] }", "2:15 `start` must be a program and its words"),
            ("{ start: [[a, [b]]] }", "2:15 `start` must be a program and its words"),
            ("{ start: '' }", "2:14 `start` says nothing to do"),
            ("{ start: { run: ' ' } }", "2:21 `run` says nothing to do"),
            ("notify.sh", "2:5 `on` is"),
        ] {
            let told = told(section);
            assert!(told.starts_with(expected) && told.lines().count() == 1, "{section}: {told}");
            assert!(!told.contains("secret"), "{section}: {told}");
        }
    }

    #[test]
    fn a_hook_with_nothing_in_it_is_a_mistake() {
        assert!(told("{ start: }").contains("`start`"));
        assert!(told("{ start: [~] }").contains("`start`"));
    }
}
