//! What a shot says of its takes: how many it wants, or which.

use std::collections::BTreeMap;

use crate::manifest::diagnostic::{Diagnostic, Place, quoted};
use crate::manifest::row::Node;
use crate::manifest::value::{Read, whole, wrong};
use crate::shot::{TakeList, TakeNo, Takes};

/// What a mistake in it is called.
const CODE: &str = "takes";

/// What to do about one.
const HELP: &str = "write how many takes you want, as `takes: 2`, or their numbers, as `takes: [1, 3]`; in a sheet, as `1 3`";

/// The takes of a text: how many, or two numbers and more between spaces, commas and semicolons; 1 to 999 each. A number alone is
/// always how many.
pub(crate) fn takes(text: &str) -> Read<Takes> {
    let words = || text.split(is_between).filter(|word| !word.is_empty());
    if words().count() < 2 {
        let count = number(text).map(Takes::Count);
        return count.ok_or_else(|| {
            wrong(format!("`takes` must be a whole number from 1 to {}, not {}", TakeNo::MAX, quoted(text)), HELP)
        });
    }
    let mut numbers = Vec::new();
    for word in words() {
        let number = number(word).ok_or_else(|| wrong(no_number(word), HELP))?;
        if numbers.contains(&number) {
            return Err(wrong(twice(number), HELP));
        }
        numbers.push(number);
    }
    TakeList::try_from(numbers).map(Takes::Listed).map_err(|none| wrong(none.to_string(), HELP))
}

/// The takes of a list in the format of the manifest, which stands `at` this place. `None` if anything is wrong with it.
pub(crate) fn listed(items: &[Node], at: Place, source: &str, found: &mut Vec<Diagnostic>) -> Option<Takes> {
    let before = found.len();
    let mut numbers = BTreeMap::new();
    for item in items {
        let Some(text) = item.text(source) else {
            let message = format!("an item of `takes` is {}, but must be the number of a take", item.value.kind());
            found.push(Diagnostic::error("wrong-type", item.at, message).help(HELP));
            continue;
        };
        let Some(number) = number(text) else {
            found.push(Diagnostic::error(CODE, item.at, no_number(text)).value(text).help(HELP));
            continue;
        };
        match numbers.get(&number) {
            Some(first) => {
                let mistake = Diagnostic::error(CODE, item.at, twice(number)).value(text).help("keep one of the two");
                found.push(mistake.related(*first, "first listed here"));
            }
            None => drop(numbers.insert(number, item.at)),
        }
    }
    let numbers: Vec<_> = numbers.into_keys().collect();
    if found.len() > before {
        return None;
    }
    let list = TakeList::try_from(numbers);
    list.map_err(|_| found.push(Diagnostic::error(CODE, at, "`takes` is an empty list").help(HELP))).ok().map(Takes::Listed)
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';')
}

fn number(text: &str) -> Option<TakeNo> {
    whole(text).and_then(|number| TakeNo::try_from(number).ok())
}

fn no_number(text: &str) -> String {
    format!("`takes` lists take numbers, from 1 to {}, and {} is none", TakeNo::MAX, quoted(text))
}

fn twice(number: TakeNo) -> String {
    format!("`takes` lists take {} twice", number.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_count_or_several_numbers() {
        for (text, expected) in [
            ("3", "3"),
            (" 1 ", "1"),
            ("2.0", "2"),
            ("999", "999"),
            ("1, 3", "[1, 3]"),
            ("1;3", "[1, 3]"),
            ("3 1", "[1, 3]"),
            ("1,3;\t12 ", "[1, 3, 12]"),
        ] {
            assert_eq!(takes(text).expect(text).to_string(), expected, "{text:?}");
        }
        for text in
            ["", "0", "1000", "1.5", "-1", "two", "5,", ",", "1-3", "[1, 3]", "1, 0", "1, 1", "1 x", "99999999999999999999"]
        {
            assert!(takes(text).is_err(), "{text:?}");
        }
    }
}
