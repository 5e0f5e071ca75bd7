//! From text to a selector, or to everything that is wrong with the text.

use std::ops::Range;

use super::{CODE, Expression, Glob, Said, Standing, Test, Word};
use crate::manifest::diagnostic::{Diagnostic, Place, listed, quoted};
use crate::shot::Scene;

/// More parentheses inside each other than this are nobody's meaning.
const DEEPEST: usize = 50;

/// What may stand before a colon.
const KEYS: [&str; 4] = ["tag", "scene", "state", "review"];

/// What people who come from other languages write.
const FOREIGN: &[(&str, &str)] =
    &[("&&", "and"), ("&", "and"), ("||", "or"), ("|", "or"), (",", "or"), ("!", "not"), ("-", "not")];

/// Reads a whole selector.
pub(super) fn parse(text: &str) -> Result<Expression, Vec<Diagnostic>> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0, wrong: Vec::new() };
    match parser.whole() {
        Some(expression) if parser.wrong.is_empty() => Ok(expression),
        _ => Err(parser.wrong),
    }
}

/// The place of these bytes in `text`.
pub(super) fn place(text: &str, at: Range<usize>) -> Place {
    let before = &text[..at.start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Place::new(small(line), small(column), at)
}

/// Whether `text` begins as no name of a file and no id does: with one of the keys, and a colon.
pub(crate) fn begins_with_key(text: &str) -> bool {
    text.split_once(':').is_some_and(|(key, _)| KEYS.iter().any(|known| key.eq_ignore_ascii_case(known)))
}

/// The name that `word` was probably meant to be, whatever its case.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (word, most) = (word.to_lowercase(), (word.chars().count() / 3).max(1));
    // Longer ones are not compared: it takes the product of both lengths.
    let names = names.into_iter().filter(|name| name.len().abs_diff(word.len()) <= most && word.len() <= 200);
    let near = names.map(|name| (strsim::damerau_levenshtein(&word, &name.to_lowercase()), name));
    near.filter(|(far, _)| *far <= most).min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

struct Token {
    kind: Kind,
    at: Range<usize>,
}

enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// Characters, each with whether it was quoted.
    Word(Vec<(char, bool)>),
}

/// The text in pieces.
fn tokens(text: &str) -> Result<Vec<Token>, Vec<Diagnostic>> {
    let mut tokens = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some(&(start, first)) = characters.peek() {
        let single = match first {
            '(' => Some(Kind::Open),
            ')' => Some(Kind::Close),
            _ if first.is_whitespace() => None,
            _ => {
                let token = word(text, start)?;
                while characters.next_if(|(at, _)| *at < token.at.end).is_some() {}
                tokens.push(token);
                continue;
            }
        };
        characters.next();
        tokens.extend(single.map(|kind| Token { kind, at: start..start + first.len_utf8() }));
    }
    Ok(tokens)
}

/// The word that begins at `start`: up to white space or a parenthesis that is not quoted.
fn word(text: &str, start: usize) -> Result<Token, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    let mut end = text.len();
    for (at, character) in text[start..].char_indices().map(|(at, character)| (start + at, character)) {
        match quote {
            Some((_, mark)) if mark == character => quote = None,
            Some(_) => found.push((character, true)),
            None if matches!(character, '"' | '\'') => quote = Some((at, character)),
            None if character.is_whitespace() || matches!(character, '(' | ')') => {
                end = at;
                break;
            }
            None => found.push((character, false)),
        }
    }
    if let Some((at, _)) = quote {
        let open = Diagnostic::error(CODE, place(text, at..text.len()), "this quotation mark is never closed");
        return Err(vec![open.help("close it, or leave it out: only spaces and parentheses need quotation marks")]);
    }
    let kind = match text[start..end].to_ascii_lowercase().as_str() {
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        _ => Kind::Word(found),
    };
    Ok(Token { kind, at: start..end })
}

/// Reads tokens. `None` means that nothing more can be made out; why is in `wrong`.
struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// What is wrong. With single words it does not keep the rest from being read.
    wrong: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn whole(&mut self) -> Option<Expression> {
        let expression = self.any()?;
        match self.tokens.get(self.next) {
            None => Some(expression),
            Some(Token { kind: Kind::Close, at }) => {
                let help = "remove it, or add `(` where it begins";
                self.stop(at.clone(), "this parenthesis closes nothing", help)
            }
            Some(_) => self.unjoined(),
        }
    }

    fn any(&mut self) -> Option<Expression> {
        let mut parts = vec![self.all()?];
        while self.take(|kind| matches!(kind, Kind::Or)) {
            parts.push(self.all()?);
        }
        Some(only(parts).unwrap_or_else(Expression::Any))
    }

    fn all(&mut self) -> Option<Expression> {
        let mut parts = vec![self.one()?];
        while self.take(|kind| matches!(kind, Kind::And)) {
            parts.push(self.one()?);
        }
        Some(only(parts).unwrap_or_else(Expression::All))
    }

    fn one(&mut self) -> Option<Expression> {
        let mut denied = false;
        while self.take(|kind| matches!(kind, Kind::Not)) {
            denied = !denied;
        }
        let expression = self.group_or_word()?;
        Some(if denied { Expression::Not(Box::new(expression)) } else { expression })
    }

    fn group_or_word(&mut self) -> Option<Expression> {
        let Some(Token { kind, at }) = self.tokens.get(self.next) else {
            let end = self.text.trim_end().len();
            return self.stop(end..end, "something is missing here", EXAMPLE);
        };
        let at = at.clone();
        match kind {
            Kind::Open => {
                self.next += 1;
                self.group(at)
            }
            Kind::Word(characters) => {
                let read = test(characters);
                self.next += 1;
                // Any other test will do in the place of one that is wrong: nobody will ever ask it.
                let test = read.unwrap_or_else(|(what, help)| {
                    self.tell(at.clone(), what, help);
                    Test::Name(Glob::new(&[]))
                });
                Some(Expression::Word(Word { test, at }))
            }
            Kind::Close | Kind::And | Kind::Or | Kind::Not => {
                let found = quoted(&self.text[at.clone()]);
                self.stop(at, format!("something is missing before {found}"), EXAMPLE)
            }
        }
    }

    /// What stands behind an opening parenthesis, and the closing one.
    fn group(&mut self, open: Range<usize>) -> Option<Expression> {
        if self.depth == DEEPEST {
            return self.stop(open, format!("more than {DEEPEST} parentheses inside each other"), EXAMPLE);
        }
        self.depth += 1;
        let inside = self.any()?;
        self.depth -= 1;
        match self.tokens.get(self.next) {
            Some(Token { kind: Kind::Close, .. }) => self.next += 1,
            Some(_) => return self.unjoined(),
            None => return self.stop(open, "this parenthesis is never closed", "add `)` where it ends"),
        }
        Some(inside)
    }

    /// Two words side by side.
    fn unjoined(&mut self) -> Option<Expression> {
        let at = self.tokens.get(self.next)?.at.clone();
        let found = &self.text[at.clone()];
        let help = match FOREIGN.iter().find(|(foreign, _)| *foreign == found) {
            Some((foreign, word)) => format!("write `{word}` for `{foreign}`"),
            None => "join the two with `and` or `or`; a name with a space in it needs quotation marks".to_owned(),
        };
        self.stop(at, format!("`and` or `or` is missing before {}", quoted(found)), help)
    }

    fn take(&mut self, wanted: impl Fn(&Kind) -> bool) -> bool {
        let is = self.tokens.get(self.next).is_some_and(|token| wanted(&token.kind));
        self.next += usize::from(is);
        is
    }

    fn stop(&mut self, at: Range<usize>, what: impl Into<String>, help: impl Into<String>) -> Option<Expression> {
        self.tell(at, what, help);
        None
    }

    fn tell(&mut self, at: Range<usize>, what: impl Into<String>, help: impl Into<String>) {
        let error = Diagnostic::error(CODE, place(self.text, at.clone()), what).help(help);
        self.wrong.push(if at.is_empty() { error } else { error.value(&self.text[at]) });
    }
}

const EXAMPLE: &str = "for example: `SC010_* and not (tag:hero or state:stored)`";

/// The only one, or all of them.
fn only(mut parts: Vec<Expression>) -> Result<Expression, Vec<Expression>> {
    match parts.pop() {
        Some(last) if parts.is_empty() => Ok(last),
        last => {
            parts.extend(last);
            Err(parts)
        }
    }
}

/// What a word asks, or what is wrong with it and what to do about it.
fn test(characters: &[(char, bool)]) -> Result<Test, (String, String)> {
    let Some(colon) = characters.iter().position(|found| *found == (':', false)) else {
        return name(characters).map(Test::Name);
    };
    let (key, value) = (letters(&characters[..colon]), &characters[colon + 1..]);
    let keys = || format!("known are {}; an id stands for itself", listed(&KEYS.map(|key| format!("{key}:"))));
    let Some(key) = KEYS.into_iter().find(|known| key.eq_ignore_ascii_case(known)) else {
        let help = nearest(&key, KEYS).map_or_else(keys, |near| format!("did you mean `{near}:{}`?", letters(value)));
        return Err((format!("there is nothing called {}", quoted(&format!("{key}:"))), help));
    };
    if value.is_empty() {
        return Err((format!("`{key}:` says nothing"), format!("write for example `{key}:{}`, without a space", sample(key))));
    }
    Ok(match key {
        "tag" => Test::Tag(Glob::new(value)),
        "scene" => Test::Scene(Glob::new(value), scene(value)),
        "state" => Test::State(one_of("state", Standing::ALL, Standing::as_str, &letters(value))?),
        _ => Test::Review(one_of("review", Said::ALL, Said::as_str, &letters(value))?),
    })
}

fn sample(key: &str) -> &'static str {
    match key {
        "tag" => "hero",
        "scene" => "SC010",
        "state" => "failed",
        _ => "picked",
    }
}

/// The scene that is written here, unless `*` or `?` stand for several.
fn scene(characters: &[(char, bool)]) -> Option<Scene> {
    let is_one = !characters.iter().any(|found| matches!(found, ('*' | '?', false)));
    letters(characters).parse().ok().filter(|_| is_one)
}

/// The one of `all` that is called `word`.
fn one_of<T: Copy, const N: usize>(
    what: &str,
    all: [T; N],
    name: impl Fn(T) -> &'static str,
    word: &str,
) -> Result<T, (String, String)> {
    let words = all.map(&name);
    let known = all.into_iter().find(|one| name(*one).eq_ignore_ascii_case(word));
    known.ok_or_else(|| {
        let near = nearest(word, words).map(|near| format!("did you mean `{near}`? "));
        (format!("there is no {what} {}", quoted(word)), format!("{}known are {}", near.unwrap_or_default(), listed(&words)))
    })
}

/// The glob of an id; what can be in no id is no name of anything.
fn name(characters: &[(char, bool)]) -> Result<Glob, (String, String)> {
    let is_odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    let odd = characters.iter().find(|(c, quoted)| is_odd(*c) && (*quoted || !matches!(c, '*' | '?')));
    let text = letters(characters);
    let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == text);
    match (foreign, odd) {
        (Some((foreign, word)), _) => Err((format!("{} is no id", quoted(foreign)), format!("write `{word}` for it"))),
        (None, Some((odd, _))) => {
            let help = "join several with `and`, `or`, `not`; a tag is written `tag:hero`".to_owned();
            Err((format!("no id contains {}", quoted(&odd.to_string())), help))
        }
        (None, None) if characters.is_empty() => Err(("an id cannot be empty".to_owned(), EXAMPLE.to_owned())),
        (None, None) => Ok(Glob::new(characters)),
    }
}

fn letters(characters: &[(char, bool)]) -> String {
    characters.iter().map(|(character, _)| *character).collect()
}
