//! `matrix` -> the combinations of its values, or what is wrong with it.
//!
//! There is a combination for every way to take one value from each list; `exclude` takes some of them away and `include` adds
//! others. A name that is a field of a shot says what the shot has there; every other name is a variable.

use std::collections::HashSet;

use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted, shorten};
use crate::manifest::row::{Field, Named, Node, Value, named_twice, wrong_shape};
use crate::manifest::template::{is_name, slug};
use crate::manifest::vars;

/// More combinations than this are more likely a slip than a shot.
pub(crate) const MAX_COMBINATIONS: usize = 10_000;
/// The code of every mistake in a matrix.
pub(crate) const CODE: &str = "matrix";
/// What to write, wherever something else stands.
const EXAMPLE: &str = "write `matrix: { look: [noir, pastel], n: [1, 2, 3] }`";
pub(super) const INCLUDE: &str = "include";
pub(super) const EXCLUDE: &str = "exclude";

/// Names, the values of each, and which of them go together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matrix {
    /// The names, in the order in which they are written.
    pub(crate) axes: Vec<Axis>,
    /// What goes together: for each axis which of its values. None if anything is wrong with it.
    pub(crate) combinations: Vec<Vec<usize>>,
    /// Whether anything is wrong with it, which has been reported; then it may lack axes and values.
    pub(crate) is_wrong: bool,
}

/// A name, and what it stands for in turn.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    /// The name.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) at: Place,
    /// The field of a shot that it sets.
    pub(crate) field: Option<Field>,
    /// Its values: those of its list, then those that only an `include` has.
    pub(crate) values: Vec<Node>,
}

impl Matrix {
    /// The matrix that stands under `named`; with what is wrong with it in `found`.
    pub(crate) fn read(named: &Named, source: &str, found: &mut Vec<Diagnostic>) -> Self {
        let before = found.len();
        let mut reader = Reader { matrix: Self::default(), source, found };
        reader.read(named);
        let Self { axes, combinations, .. } = reader.matrix;
        if found.len() > before { Self::wrong(axes) } else { Self { axes, combinations, is_wrong: false } }
    }

    /// A matrix of these axes that cannot multiply anything, for a reason that has been reported.
    pub(crate) fn wrong(axes: Vec<Axis>) -> Self {
        Self { axes, combinations: Vec::new(), is_wrong: true }
    }

    /// Every combination of this one with every one of `inner`.
    pub(crate) fn times(&self, inner: &Self) -> Self {
        let pairs = self.combinations.iter().flat_map(|outer| inner.combinations.iter().map(move |inner| (outer, inner)));
        Self {
            axes: self.axes.iter().chain(&inner.axes).cloned().collect(),
            combinations: pairs.map(|(outer, inner)| outer.iter().chain(inner).copied().collect()).collect(),
            is_wrong: false,
        }
    }

    /// The axis called `name`.
    pub(crate) fn axis(&self, name: &str) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.name == name)
    }

    /// Each axis with the value that it has in `combination`.
    pub(crate) fn chosen<'m>(&'m self, combination: &'m [usize]) -> impl Iterator<Item = (&'m Axis, &'m Node)> {
        self.axes.iter().zip(combination).map(|(axis, value)| (axis, &axis.values[*value]))
    }

    /// What tells `combination` from the others, as the end of an id.
    pub(crate) fn suffix(&self, combination: &[usize], source: &str) -> String {
        let part = |(axis, value): (&Axis, &usize)| {
            let words = axis.values[*value].text(source).map(slug).filter(|words| !words.is_empty());
            // What cannot be spelled in an id is counted.
            format!("_{}", words.unwrap_or_else(|| (value + 1).to_string()))
        };
        self.axes.iter().zip(combination).map(part).collect()
    }

    /// `combination` for a message.
    pub(crate) fn told(&self, combination: &[usize], source: &str) -> String {
        let said = |node: &Node| node.text(source).map_or_else(|| spelled(node, source), str::to_owned);
        let parts = self.chosen(combination).map(|(axis, node)| format!("{}: {}", axis.name, shorten(&said(node), 20)));
        format!("`{}`", parts.collect::<Vec<_>>().join(", "))
    }
}

/// Reads one matrix.
struct Reader<'a> {
    matrix: Matrix,
    source: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: Place, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic::error(CODE, at, message).help(help));
    }

    fn read(&mut self, named: &Named) {
        let Value::Map(entries) = &named.node.value else {
            let mistake = wrong_shape("matrix", named.node.at, &named.node.value, "a map of names and lists");
            return self.found.push(mistake.help(EXAMPLE));
        };
        let before = self.found.len();
        for (at, (name, values)) in entries.iter().enumerate() {
            let word = name.text(self.source).unwrap_or_default();
            match entries[..at].iter().find(|(other, _)| other.text(self.source) == Some(word)) {
                Some((first, _)) => {
                    self.found.push(named_twice(word, name.at, first.at));
                    if let Some(axis) = self.matrix.axes.iter_mut().find(|axis| axis.name == word) {
                        axis.values.extend_from_slice(listed(values));
                    }
                }
                None if word == INCLUDE || word == EXCLUDE => {}
                None => self.axis(word, name.at, values),
            }
        }
        let list = |wanted: &str| entries.iter().find(|(name, _)| name.text(self.source) == Some(wanted)).map(|(_, list)| list);
        let (included, excluded) = (list(INCLUDE), list(EXCLUDE));
        if self.matrix.axes.is_empty() {
            if let Some(list) = included {
                self.axes_of_the_first(list);
            }
        } else if self.found.len() == before {
            self.multiply(named.name);
        }
        if let Some(list) = excluded {
            self.exclude(list);
        }
        if let Some(list) = included {
            self.include(list);
        }
        if self.matrix.combinations.is_empty() && self.found.len() == before {
            let help = if self.matrix.axes.is_empty() { EXAMPLE } else { "leave fewer out, or remove the shot" };
            self.wrong(named.name, "nothing is left of this matrix: there would be no shot", help);
        }
    }

    /// Takes in a name with the list of its values.
    fn axis(&mut self, word: &str, at: Place, values: &Node) {
        let field = self.field(word, at);
        let items = listed(values);
        self.matrix.axes.push(Axis { name: word.to_owned(), at, field, values: items.to_vec() });
        if !matches!(values.value, Value::List(_)) {
            let mistake = wrong_shape(word, values.at, &values.value, "a list of values");
            self.found.push(mistake.help(format!("write `{}: [ … ]`", shorten(word, 40))));
        } else if items.is_empty() {
            self.wrong(values.at, format!("{} has no values: there would be no shot", quoted(word)), EXAMPLE);
        }
        let mut seen = HashSet::new();
        for item in items {
            let good = field.is_some() || vars::scalar(word, item, self.source, self.found).is_some();
            if good && !seen.insert(spelled(item, self.source)) {
                self.wrong(
                    item.at,
                    format!("{} has this value twice: the shots would be the same", quoted(word)),
                    "remove it here",
                );
            }
        }
    }

    /// The field that `word` sets; a mistake if it is neither a field nor a variable.
    fn field(&mut self, word: &str, at: Place) -> Option<Field> {
        match Field::called(word) {
            Some(Field::Id) => {
                let help = "write the `id` of the shot as a template: `id: SC010_{{ look }}`";
                self.wrong(at, "`id` cannot be in a matrix", help);
                None
            }
            None if !is_name(word) => {
                self.found.push(vars::no_name(word, at));
                None
            }
            field => field,
        }
    }

    /// Without lists, the names are those of the first combination that is written out.
    fn axes_of_the_first(&mut self, included: &Node) {
        let Value::List(items) = &included.value else { return };
        let Some(Value::Map(entries)) = items.first().map(|first| &first.value) else { return };
        for (name, _) in entries {
            let word = name.text(self.source).unwrap_or_default();
            let field = self.field(word, name.at);
            self.matrix.axes.push(Axis { name: word.to_owned(), at: name.at, field, values: Vec::new() });
        }
    }

    /// Makes all combinations of the lists, unless they are too many.
    fn multiply(&mut self, at: Place) {
        let lengths = self.matrix.axes.iter().map(|axis| axis.values.len());
        let count = lengths.fold(1_usize, usize::saturating_mul);
        if count > MAX_COMBINATIONS {
            return self.found.push(too_many(count, at));
        }
        self.matrix.combinations = vec![Vec::new()];
        for axis in &self.matrix.axes {
            let longer = |combination: Vec<usize>| {
                (0..axis.values.len()).map(move |value| combination.iter().copied().chain([value]).collect())
            };
            self.matrix.combinations = std::mem::take(&mut self.matrix.combinations).into_iter().flat_map(longer).collect();
        }
    }

    fn exclude(&mut self, list: &Node) {
        for entries in self.maps(EXCLUDE, list) {
            let before = self.found.len();
            let chosen: Vec<_> = entries.iter().filter_map(|(name, value)| self.listed(name, value)).collect();
            if self.found.len() == before {
                let fits = |combination: &Vec<usize>| chosen.iter().all(|(axis, value)| combination[*axis] == *value);
                self.matrix.combinations.retain(|combination| !fits(combination));
            }
        }
    }

    fn include(&mut self, list: &Node) {
        let key = |combination: &[usize], matrix: &Matrix, source: &str| {
            matrix.chosen(combination).map(|(_, node)| spelled(node, source)).collect::<Vec<_>>()
        };
        let mut seen: HashSet<_> = self.matrix.combinations.iter().map(|it| key(it, &self.matrix, self.source)).collect();
        for entries in self.maps(INCLUDE, list) {
            let Some(combination) = self.written_out(entries) else { continue };
            let at = entries.first().map_or(list.at, |(name, _)| name.at);
            if !seen.insert(key(&combination, &self.matrix, self.source)) {
                self.wrong(at, "this combination is in the matrix already: the shots would be the same", "remove it here");
            } else if self.matrix.combinations.len() == MAX_COMBINATIONS {
                return self.found.push(too_many(MAX_COMBINATIONS + 1, at));
            } else {
                self.matrix.combinations.push(combination);
            }
        }
    }

    /// The maps in the list of an `include` or `exclude`.
    fn maps<'n>(&mut self, name: &str, list: &'n Node) -> Vec<&'n [(Node, Node)]> {
        let example = format!("write `{name}: [{{ look: noir, n: 1 }}]`");
        let Value::List(items) = &list.value else {
            let mistake = wrong_shape(name, list.at, &list.value, "a list of combinations");
            self.found.push(mistake.help(example));
            return Vec::new();
        };
        let mut maps = Vec::new();
        for item in items {
            match &item.value {
                Value::Map(entries) if entries.is_empty() => self.wrong(item.at, "this combination is empty", example.clone()),
                Value::Map(entries) => maps.push(entries.as_slice()),
                other => {
                    let mistake =
                        wrong_shape(&format!("a combination of `{name}`"), item.at, other, "a map of names and values");
                    self.found.push(mistake.help(example.clone()));
                }
            }
        }
        if maps.len() > MAX_COMBINATIONS {
            self.wrong(
                list.at,
                format!("`{name}` has more than {MAX_COMBINATIONS} combinations"),
                "write several shots instead",
            );
            maps.clear();
        }
        maps
    }

    /// Which axis `name` is, and which of its values `value`.
    fn listed(&mut self, name: &Node, value: &Node) -> Option<(usize, usize)> {
        let axis = self.known(name)?;
        let wanted = spelled(value, self.source);
        let words: Vec<String> = self.matrix.axes[axis].values.iter().map(|value| spelled(value, self.source)).collect();
        let position = words.iter().position(|word| *word == wanted);
        // An axis without values is wrong itself, which has been reported.
        if position.is_none() && !words.is_empty() {
            let words: Vec<&str> = words.iter().map(String::as_str).take(20).collect();
            let help = meant(&wanted, &words);
            let message =
                format!("{} is never {}, so this excludes nothing", quoted(&self.matrix.axes[axis].name), quoted(&wanted));
            self.wrong(value.at, message, help);
        }
        position.map(|position| (axis, position))
    }

    /// The axis called `name`; a mistake if there is none.
    fn known(&mut self, name: &Node) -> Option<usize> {
        let word = name.text(self.source).unwrap_or_default();
        let axis = self.matrix.axes.iter().position(|axis| axis.name == word);
        if axis.is_none() {
            let words: Vec<&str> = self.matrix.axes.iter().map(|axis| axis.name.as_str()).collect();
            let help = meant(word, &words);
            let mistake = Diagnostic::error("unknown-field", name.at, format!("{} is not in this matrix", quoted(word)));
            self.found.push(mistake.value(word).help(help));
        }
        axis
    }

    /// A combination with a value for every name.
    fn written_out(&mut self, entries: &[(Node, Node)]) -> Option<Vec<usize>> {
        let before = self.found.len();
        let mut chosen = vec![None; self.matrix.axes.len()];
        for (name, value) in entries {
            let Some(at) = self.known(name) else { continue };
            let axis = &self.matrix.axes[at];
            if axis.field.is_none() {
                vars::scalar(&axis.name, value, self.source, self.found);
            }
            if chosen[at].is_some() {
                let message = format!("{} is given twice", quoted(&axis.name));
                self.wrong(name.at, message, "keep one of the two");
            }
            let axis = &mut self.matrix.axes[at];
            let wanted = spelled(value, self.source);
            let known = axis.values.iter().position(|value| spelled(value, self.source) == wanted);
            chosen[at] = Some(known.unwrap_or_else(|| {
                axis.values.push(value.clone());
                axis.values.len() - 1
            }));
        }
        let missing = chosen.iter().position(Option::is_none).map(|axis| quoted(&self.matrix.axes[axis].name));
        if let Some(missing) = missing.filter(|_| self.found.len() == before) {
            let at = entries.first().map_or(Place::START, |(name, _)| name.at);
            self.wrong(at, format!("this combination does not say what {missing} is"), "name everything that is in the matrix");
        }
        chosen.into_iter().collect::<Option<_>>().filter(|_| self.found.len() == before)
    }
}

/// The items of a list; none of anything else.
fn listed(values: &Node) -> &[Node] {
    if let Value::List(items) = &values.value { items } else { &[] }
}

/// The mistake of a matrix with so many combinations.
pub(crate) fn too_many(count: usize, at: Place) -> Diagnostic {
    let count = if count == usize::MAX { "more than any number of".to_owned() } else { count.to_string() };
    let message = format!("this matrix makes {count} shots; at most {MAX_COMBINATIONS} can come from one");
    Diagnostic::error(CODE, at, message).help("use fewer or shorter lists, or exclude less and write several shots")
}

/// What `word` was probably meant to be.
fn meant(word: &str, words: &[&str]) -> String {
    let near = nearest(word, words.iter().copied()).filter(|near| near.len() > 1);
    near.map_or_else(|| known(words), |near| format!("did you mean `{near}`?"))
}

/// What `node` says, so that two nodes that say the same are equal.
fn spelled(node: &Node, source: &str) -> String {
    match &node.value {
        Value::List(items) => format!("[{}]", items.iter().map(|item| spelled(item, source)).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |(name, value): &(Node, Node)| format!("{}: {}", spelled(name, source), spelled(value, source));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        _ => node.text(source).unwrap_or_default().to_owned(),
    }
}
