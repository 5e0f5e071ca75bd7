//! Templates in prompts and ids: a text, and what it becomes with some variables. Knows nothing of rows and places.
//!
//! A template can reach its variables and nothing else: no file, no environment, no other template. What one may take in time and
//! memory is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use crate::manifest::diagnostic::{known, nearest, quoted};
use crate::manifest::value::{Wrong, wrong};

/// What one filling-in may take: so many instructions, or 64 times as many bytes. Far more than a prompt can need.
const FUEL: u64 = 50_000;
/// Deeper nesting than this is no prompt.
const MAX_DEPTH: usize = 50;
/// What opens a part that is not taken as it is written.
const MARKS: [&str; 3] = ["{{", "{%", "{#"];
/// Words of the template language, which no variable can be called.
const RESERVED: [&str; 14] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "True", "false", "False", "none", "None", "loop"];

/// Fills in templates.
pub(crate) struct Engine {
    environment: Environment<'static>,
}

/// The variables of one template and what they stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    set: BTreeMap<String, Value>,
    /// Those that stand for something wrong, which has been reported.
    spoilt: BTreeSet<String>,
    /// Whether nobody can tell which others there should be, for a reason that has been reported.
    open: bool,
}

/// A part of a template that cannot be filled in, in bytes, and why.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) wrong: Wrong,
}

/// Whether `text` is a template. If not, it says what it says, to the letter.
pub(crate) fn is_template(text: &str) -> bool {
    // Hardly any text has a brace in it, and there can be a million of them.
    text.contains('{') && MARKS.iter().any(|mark| text.contains(mark))
}

/// Whether a template can have a variable of this name.
pub(crate) fn is_name(word: &str) -> bool {
    let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plain && word.len() <= 100 && word.starts_with(|c: char| !c.is_ascii_digit()) && !RESERVED.contains(&word) && word != "self"
}

/// `text` as a part of an id: what an id cannot have becomes a dash.
pub(crate) fn slug(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    text.split(|c| !safe(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

impl Values {
    /// Lets `name` stand for `text`. A `bare` word is a number or a boolean where that spells the same.
    pub(crate) fn set(&mut self, name: &str, text: &str, bare: bool) {
        self.spoilt.remove(name);
        self.set.insert(name.to_owned(), if bare { number_or_boolean(text) } else { Value::from(text) });
    }

    /// Lets `name` stand for something wrong, which has been reported; so nobody needs to miss it. Where it is no name, that holds
    /// for what it was perhaps meant to be: for `my-look` these are `my_look`, `my` and `look`.
    pub(crate) fn spoil(&mut self, name: &str) {
        let words = || name.split(|c: char| !c.is_alphanumeric() && c != '_');
        for name in words().map(str::to_owned).chain([words().collect::<Vec<_>>().join("_")]) {
            self.set.remove(&name);
            self.spoilt.insert(name);
        }
    }

    /// Lets every other name be one that nobody needs to miss.
    pub(crate) fn spoil_all(&mut self) {
        self.open = true;
    }

    /// Whether there is no variable at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.spoilt.is_empty() && !self.open
    }
}

/// What a bare word says; as text where a number would be spelled otherwise when it is filled in, as `007` and `0.40` would.
fn number_or_boolean(text: &str) -> Value {
    let boolean = crate::manifest::value::boolean(text).ok().map(Value::from);
    let whole = || text.parse::<i64>().ok().map(Value::from);
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
    let alike = |value: &Value| value.to_string() == text;
    boolean.or_else(|| whole().filter(alike)).or_else(|| number().filter(alike)).unwrap_or_else(|| Value::from(text))
}

impl Default for Engine {
    /// With the template language's own filters, and `slug`, which makes a text a part of an id.
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(MAX_DEPTH);
        environment.set_debug(true);
        environment.add_filter("slug", |text: String| slug(&text));
        Self { environment }
    }
}

impl Engine {
    /// Whether `template` can be filled in. `Err` has what is wrong with it whatever the values: it cannot be read, or it names
    /// variables other than `values`; nothing where it names one of those that are spoilt.
    pub(crate) fn examine(&self, template: &str, values: &Values) -> Result<(), Vec<Fault>> {
        let read = self.environment.template_from_str(template).map_err(|error| vec![fault(template, &error)])?;
        let global = |name: &str| self.environment.globals().any(|(known, _)| known == name);
        let mut unknown: Vec<String> = read.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !values.set.contains_key(name) && !global(name));
        if unknown.is_empty() {
            return Ok(());
        }
        unknown.retain(|name| !values.spoilt.contains(name) && !values.open);
        let mut faults: Vec<Fault> = unknown.iter().map(|name| undefined(template, name, values)).collect();
        faults.sort_by_key(|fault| fault.span.start);
        Err(faults)
    }

    /// `template` with `values` filled in.
    pub(crate) fn fill(&self, template: &str, values: &Values) -> Result<String, Fault> {
        let filled = self.environment.render_str(template, Value::from(values.set.clone()));
        filled.map_err(|error| fault(template, &error))
    }
}

/// A variable that nobody has set.
fn undefined(template: &str, name: &str, values: &Values) -> Fault {
    let names: Vec<&str> = values.set.keys().map(String::as_str).take(20).collect();
    let help = match nearest(name, names.iter().copied().chain(values.spoilt.iter().map(String::as_str)))
        .filter(|near| near.len() > 1)
    {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            format!("say what it stands for: `vars: {{ {name}: … }}`; for the text `{{{{` itself write `{{{{ '{{{{' }}}}`")
        }
        None => format!("{}; others are set with `vars: {{ {name}: … }}`", known(&names)),
    };
    let message = format!("{} is not set; a template can only name what `vars` or a `matrix` sets", quoted(name));
    Fault { span: position(template, name), wrong: wrong(message, help) }
}

/// Why the engine gives up, and where.
fn fault(template: &str, error: &Error) -> Fault {
    let span = error.range().filter(|span| template.get(span.clone()).is_some_and(|part| !part.is_empty()));
    let line = || {
        let number = error.line().unwrap_or(1).saturating_sub(1);
        let start = template.split_inclusive('\n').take(number).map(str::len).sum();
        start..start + template.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len)
    };
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let fault = match error.kind() {
        ErrorKind::OutOfFuel => {
            wrong("this template makes more than any prompt needs", "use fewer and shorter loops, or write several shots")
        }
        ErrorKind::UnknownFilter => wrong(
            format!("this cannot be filled in: {why}"),
            "there are `upper`, `lower`, `title`, `capitalize`, `replace`, `trim`, `default`, `join`, `slug` and other filters of Jinja",
        ),
        ErrorKind::SyntaxError => wrong(
            format!("this is not a valid template: {why}"),
            "write `{{ name }}`; for the text `{{` itself write `{{ '{{' }}`, or put it between `{% raw %}` and `{% endraw %}`",
        ),
        _ => {
            wrong(format!("this cannot be filled in: {why}"), "write `{{ name }}`, with a name that `vars` or a `matrix` sets")
        }
    };
    Fault { span: span.unwrap_or_else(line), wrong: fault }
}

/// Where `template` first names the variable `name`: as a word of its own in a part that is filled in, and not within quotation
/// marks; all of the template if it cannot be told.
fn position(template: &str, name: &str) -> Range<usize> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut quote = None;
    let mut inside = false;
    for (at, c) in template.char_indices() {
        let rest = &template[at..];
        match quote {
            Some(open) if inside => quote = quote.filter(|_| c != open),
            _ if !inside => inside = rest.starts_with("{{") || rest.starts_with("{%"),
            _ if rest.starts_with("}}") || rest.starts_with("%}") => inside = false,
            _ if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {
                let before = template[..at].chars().next_back().is_some_and(|c| word(c) || c == '.');
                let after = rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(word));
                if after && !before {
                    return at..at + name.len();
                }
            }
        }
    }
    0..template.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, &str, bool)]) -> Values {
        let mut values = Values::default();
        for (name, text, bare) in pairs {
            values.set(name, text, *bare);
        }
        values
    }

    #[test]
    fn a_template_is_filled_in() {
        let values = values(&[("look", "film noir", false), ("n", "3", true), ("no", "007", true), ("wet", "False", true)]);
        for (template, expected) in [
            ("a cat, {{ look }}", "a cat, film noir"),
            ("SC{{ no }}_{{ look|slug }}_{{ n + 1 }}", "SC007_film-noir_4"),
            ("a {% if wet %}wet {% endif %}cat{# for now #}", "a cat"),
            ("{% for i in range(n) %}{{ i }}{% endfor %}", "012"),
            ("{{ '{{' }} {% raw %}{{ look }}{% endraw %}", "{{ {{ look }}"),
            ("<{{ look|upper|replace(' ', '&') }}>\n", "<FILM&NOIR>"),
        ] {
            assert!(Engine::default().examine(template, &values).is_ok(), "{template}");
            assert_eq!(Engine::default().fill(template, &values).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_found_before_it_is() {
        let values = values(&[("look", "noir", false)]);
        for (template, expected) in [
            ("a {{ lok }} cat, {{ n }}", &["lok", "n"][..]),
            ("lok {{ 'lok' ~ x.lok ~ lok }}", &["x", "lok"]),
            ("{% if false %}{{ never }}{% endif %}", &["never"]),
            ("{{ look|default(x) }} {{ range(3) }}", &["x"]),
            ("a {{ look", &["look"]),
            ("{% include 'x' %}", &["include"]),
            ("{% macro a() %}{% endmacro %}", &["macro"]),
        ] {
            let faults = Engine::default().examine(template, &values).unwrap_err();
            let found: Vec<_> = faults.iter().map(|fault| &template[fault.span.clone()]).collect();
            assert_eq!(found, expected, "{template}: {faults:?}");
        }
    }

    #[test]
    fn a_template_that_explodes_is_a_fault() {
        for template in [
            "{{ 'x' * 99999999999 }}",
            "{% set s = 'xxxxxxxx' %}{% for i in range(99) %}{% for j in range(99) %}{{ s * 1000 }}{% endfor %}{% endfor %}",
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "{{ 1 // 0 }}",
            "{{ range(99999999999) }}",
            "{{ 'x'|indent(99999999999) }}",
            "{{ x }}",
        ] {
            let fault = Engine::default().fill(template, &Values::default()).unwrap_err();
            assert!(template.get(fault.span.clone()).is_some(), "{template}: {fault:?}");
        }
    }

    proptest! {
        /// Whatever a variable says is filled in to the letter, and nothing in it is taken for a template.
        #[test]
        fn a_variable_is_filled_in_as_it_is(text in "\\PC{0,60}", bare in any::<bool>()) {
            let bare = bare && crate::manifest::value::boolean(&text).is_err();
            prop_assert_eq!(Engine::default().fill("{{ x }}", &values(&[("x", &text, bare)])).unwrap(), text);
        }

        /// No text makes the engine panic, and every fault is somewhere in it.
        #[test]
        fn any_text_is_filled_in_or_a_fault(text in "([{}%#]{1,2}| |x|[\"'|.*(]|é|for|in|if|set|=|[0-9]{1,30}){0,20}") {
            let (engine, values) = (Engine::default(), values(&[("x", "1", true)]));
            let mut faults = engine.examine(&text, &values).err().unwrap_or_default();
            faults.extend(engine.fill(&text, &values).err());
            for fault in faults {
                prop_assert!(text.get(fault.span.clone()).is_some(), "{:?}", fault);
            }
            prop_assert!(is_template(&text) || engine.fill(&text, &values).is_ok_and(|filled| filled == text));
        }
    }
}
