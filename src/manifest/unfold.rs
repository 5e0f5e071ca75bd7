//! Row -> rows: one for every combination of its matrix, with all templates filled in. Afterwards a row is as if it had been written
//! like that, and every value stands where it was written.

use std::collections::HashMap;

use crate::manifest::diagnostic::{self, Diagnostic, Place, quoted};
use crate::manifest::group::Group;
use crate::manifest::matrix::{self, MAX_COMBINATIONS, Matrix};
use crate::manifest::row::{Cell, Field, Named, Node, Row, Value};
use crate::manifest::template::{Engine, Fault, Values, is_template};
use crate::manifest::vars;

/// More shots than this, from all matrices of a manifest together, are more likely a slip than a night's work.
const MAX_UNFOLDED: usize = 1_000_000;

/// Makes rows of rows.
#[derive(Default)]
pub(crate) struct Unfolder {
    engine: Engine,
    /// How many rows there are from matrices so far.
    made: usize,
}

/// What rows have around them: the whole manifest, or a group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Around {
    /// What their templates can name.
    values: Values,
    /// What multiplies each of them.
    matrix: Option<Matrix>,
    /// The prompt of those that have none, if it is a template.
    prompt: Option<Cell>,
}

impl Around {
    /// What stands around the rows of a manifest with these `vars`.
    pub(crate) fn manifest(vars: Option<&Named>, source: &str, found: &mut Vec<Diagnostic>) -> Self {
        let mut around = Self::default();
        around.add(vars, None, source, found);
        around
    }

    /// What stands around the rows of `group` in a manifest with this around all of them.
    pub(crate) fn group(&self, group: &Group, source: &str, found: &mut Vec<Diagnostic>) -> Self {
        let mut around = self.clone();
        match group.called(source) {
            Some(name) => around.values.set(group.word, &name, false),
            None if group.name.is_some() => around.values.spoil(group.word),
            None => {}
        }
        around.add(group.vars.as_ref(), group.matrix.as_ref(), source, found);
        around
    }

    /// Takes a prompt that is a template out of `defaults`; another prompt there is one that is said already.
    pub(crate) fn take_prompt(&mut self, defaults: &mut Row, source: &str) {
        let Some(at) = defaults.cells.iter().position(|cell| cell.field == Field::Prompt) else { return };
        self.prompt = says_template(&defaults.cells[at], source).then(|| defaults.cells.remove(at));
    }

    /// Adds what stands beside or under `vars` and `matrix`: they are inside of what there is already.
    fn add(&mut self, vars: Option<&Named>, matrix: Option<&Named>, source: &str, found: &mut Vec<Diagnostic>) {
        if let Some(vars) = vars {
            vars::read(vars, &mut self.values, source, found);
        }
        if let Some(named) = matrix {
            let inner = Matrix::read(named, source, found);
            self.multiply(inner, named.name, found);
        }
        let names = vars.map(|vars| entries(&vars.node)).unwrap_or_default();
        for (name, _) in names {
            let word = name.text(source).unwrap_or_default();
            if let Some(axis) = self.matrix.as_ref().and_then(|matrix| matrix.axis(word)) {
                found.push(in_the_matrix(word, name.at, axis.at));
            }
        }
    }

    /// Goes on with every combination of the matrix that there is with every one of `inner`.
    fn multiply(&mut self, inner: Matrix, at: Place, found: &mut Vec<Diagnostic>) {
        let Some(outer) = &self.matrix else {
            self.matrix = Some(inner);
            return;
        };
        let before = found.len();
        for axis in &inner.axes {
            let first = outer.axis(&axis.name);
            found.extend(first.map(|first| in_the_matrix(&axis.name, axis.at, first.at)));
        }
        let count = outer.combinations.len() * inner.combinations.len();
        if count > MAX_COMBINATIONS {
            found.push(matrix::too_many(count, at));
        }
        let is_wrong = outer.is_wrong || inner.is_wrong || found.len() > before;
        self.matrix = Some(if is_wrong { Matrix::wrong([&*outer.axes, &*inner.axes].concat()) } else { outer.times(&inner) });
    }
}

impl Unfolder {
    /// Whether `row` is one shot as it is written.
    pub(crate) fn is_plain(around: &Around, row: &Row, source: &str) -> bool {
        let mut prompt_or_id = row.cells.iter().filter(|cell| matches!(cell.field, Field::Prompt | Field::Id));
        let bare = row.vars.is_none() && row.matrix.is_none() && around.matrix.is_none();
        let own_prompt = || around.prompt.is_none() || row.cell(Field::Prompt).is_some();
        bare && own_prompt() && !prompt_or_id.any(|cell| says_template(cell, source))
    }

    /// The rows that `row` amounts to. Where that cannot be said, they are good for nothing but to find what else is wrong: in the row
    /// itself, and in each value of its matrix.
    pub(crate) fn unfold(&mut self, around: &Around, mut row: Row, source: &str, found: &mut Vec<Diagnostic>) -> Vec<Row> {
        let mut around = around.clone();
        around.add(row.vars.take().as_deref(), row.matrix.take().as_deref(), source, found);
        let matrix = around.matrix.take();
        let sets_prompt = |matrix: &Matrix| matrix.axes.iter().any(|axis| axis.field == Some(Field::Prompt));
        let has_prompt = row.cell(Field::Prompt).is_some()
            || row.misspelt.contains(&Field::Prompt)
            || matrix.as_ref().is_some_and(sets_prompt);
        row.cells.extend(around.prompt.take().filter(|_| !has_prompt));
        let fits = matrix.as_ref().is_none_or(|matrix| self.fits(matrix, &mut row, found));
        let mut known = around.values.clone();
        for axis in matrix.iter().flat_map(|matrix| &matrix.axes) {
            if fits { known.set(&axis.name, "", false) } else { known.spoil(&axis.name) }
        }
        if matrix.as_ref().is_some_and(|matrix| matrix.is_wrong && matrix.axes.is_empty()) {
            known.spoil_all();
        }
        self.examine(&mut row, &known, source, found);
        let fits = fits && matrix.as_ref().is_none_or(|matrix| self.has_good_prompts(matrix, &known, source, found));
        let written = Written { row, values: around.values, source };
        match matrix {
            Some(matrix) if fits => self.multiply(&written, &matrix, found),
            Some(matrix) => written.samples(&self.engine, &matrix, found),
            None => vec![written.filled_in(&self.engine, written.row.clone(), &written.values, found)],
        }
    }

    /// Whether `matrix` can multiply `row`.
    fn fits(&mut self, matrix: &Matrix, row: &mut Row, found: &mut Vec<Diagnostic>) -> bool {
        let mut fits = !matrix.is_wrong;
        for axis in &matrix.axes {
            if let Some(cell) = axis.field.and_then(|field| row.cell(field)) {
                found.push(in_the_matrix(&axis.name, cell.name, axis.at));
                fits = false;
            }
        }
        if row.cell(Field::Id).is_none() && !row.misspelt.contains(&Field::Id) {
            let missing = Diagnostic::error("missing-id", row.at, "a shot with a matrix needs an `id`");
            found.push(missing.help("add `id: SC010`; the values are put behind it, or wherever `{{ look }}` stands in it"));
            row.spoil(Field::Id);
        }
        let before_it = self.made;
        self.made = before_it.saturating_add(matrix.combinations.len());
        if self.made > MAX_UNFOLDED && before_it <= MAX_UNFOLDED {
            let message = format!("the matrices of this manifest make more than {MAX_UNFOLDED} shots");
            found.push(Diagnostic::error("too-large", row.at, message).help("split it into several manifests"));
        }
        fits && self.made <= MAX_UNFOLDED
    }

    /// Holds that the templates of `row` are some, and name nothing that is not among `values`. Others are taken out of it.
    fn examine(&self, row: &mut Row, values: &Values, source: &str, found: &mut Vec<Diagnostic>) {
        let bad = templates(row, source).filter(|cell| !self.is_good(&cell.node, values, source, found));
        let bad: Vec<Field> = bad.map(|cell| cell.field).collect();
        for field in bad {
            row.spoil(field);
        }
    }

    /// The same for the prompts in `matrix`; whether all of them are good.
    fn has_good_prompts(&self, matrix: &Matrix, values: &Values, source: &str, found: &mut Vec<Diagnostic>) -> bool {
        let prompts = matrix.axes.iter().filter(|axis| axis.field == Some(Field::Prompt)).flat_map(|axis| &axis.values);
        let templates = prompts.filter(|node| node.text(source).is_some_and(is_template));
        templates.filter(|node| !self.is_good(node, values, source, found)).count() == 0
    }

    /// Whether the template that `node` says can be filled in.
    fn is_good(&self, node: &Node, values: &Values, source: &str, found: &mut Vec<Diagnostic>) -> bool {
        let examined = self.engine.examine(node.text(source).unwrap_or_default(), values);
        let is_good = examined.is_ok();
        found.extend(examined.err().unwrap_or_default().into_iter().map(|fault| placed(fault, node, source)));
        is_good
    }

    /// A row for each combination, unless two would have one id.
    fn multiply(&self, written: &Written<'_>, matrix: &Matrix, found: &mut Vec<Diagnostic>) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::with_capacity(matrix.combinations.len());
        let mut ids: HashMap<String, &[usize]> = HashMap::new();
        let mut clashed = false;
        let before = found.len();
        for combination in &matrix.combinations {
            let known = found.len();
            let row = written.combined(&self.engine, matrix, combination, found);
            diagnostic::forget_alike(found, before, known);
            let id = row.cell(Field::Id).and_then(|id| Some((id.node.at, id.node.text(written.source)?.trim().to_owned())));
            let Some((at, id)) = id else {
                rows.push(row);
                continue;
            };
            match ids.get(&id.to_ascii_lowercase()) {
                None => {
                    ids.insert(id.to_ascii_lowercase(), combination);
                    rows.push(row);
                }
                // Once is enough: the others are the same mistake.
                Some(first) if !clashed => {
                    clashed = true;
                    let (first, this) = (matrix.told(first, written.source), matrix.told(combination, written.source));
                    let message = format!("the id {} is used twice, for {first} and for {this}", quoted(&id));
                    let names: Vec<_> = matrix.axes.iter().map(|axis| format!("{{{{ {} }}}}", axis.name)).collect();
                    let help = format!("name in the `id` what tells them apart: `id: SC010_{}`", names.join("_"));
                    found.push(Diagnostic::error("duplicate-id", at, message).value(&id).help(help));
                }
                Some(_) => {}
            }
        }
        rows
    }
}

/// A row whose templates can be filled in, and what with.
struct Written<'a> {
    row: Row,
    values: Values,
    source: &'a str,
}

impl Written<'_> {
    /// The row that `combination` makes.
    fn combined(&self, engine: &Engine, matrix: &Matrix, combination: &[usize], found: &mut Vec<Diagnostic>) -> Row {
        let mut row = self.row.clone();
        let mut values = self.values.clone();
        for (axis, node) in matrix.chosen(combination) {
            if let Some(text) = node.text(self.source) {
                values.set(&axis.name, text, node.value == Value::Bare);
            }
            if axis.field.is_some() {
                row.take(&axis.name, axis.at, node.clone(), self.source, found);
            }
        }
        if let Some(id) = row.cells.iter_mut().find(|cell| cell.field == Field::Id && !says_template(cell, self.source)) {
            let text = id.node.text(self.source).map(|id| id.trim().to_owned() + &matrix.suffix(combination, self.source));
            if let Some(text) = text {
                id.node = Node { at: id.node.at, value: Value::Text(text.into()) };
            }
        }
        self.filled_in(engine, row, &values, found)
    }

    /// The row, and again with each value of a `matrix` that cannot multiply it. They have no id, and nobody needs to miss what the
    /// matrix would have said.
    fn samples(&self, engine: &Engine, matrix: &Matrix, found: &mut Vec<Diagnostic>) -> Vec<Row> {
        let mut row = self.filled_in(engine, self.row.clone(), &self.values, found);
        row.spoil(Field::Id);
        let may_say = |field| matrix.axes.is_empty() || matrix.axes.iter().any(|axis| axis.field == Some(field));
        row.misspelt.extend(Some(Field::Prompt).filter(|field| may_say(*field)));
        let most = matrix.axes.iter().map(|axis| axis.values.len()).max().unwrap_or_default();
        let mut rows = vec![row.clone()];
        for value in 0..most {
            let mut row = row.clone();
            for axis in &matrix.axes {
                let (Some(field), Some(node)) = (axis.field, axis.values.get(value)) else { continue };
                row.cells.retain(|cell| cell.field != field);
                row.take(&axis.name, axis.at, node.clone(), self.source, found);
            }
            rows.push(row);
        }
        rows
    }

    /// `row` with its templates filled in.
    fn filled_in(&self, engine: &Engine, mut row: Row, values: &Values, found: &mut Vec<Diagnostic>) -> Row {
        let mut spoilt = Vec::new();
        for cell in row
            .cells
            .iter_mut()
            .filter(|cell| matches!(cell.field, Field::Prompt | Field::Id) && says_template(cell, self.source))
        {
            match engine.fill(cell.node.text(self.source).unwrap_or_default(), values) {
                Ok(text) => {
                    if values.is_empty() {
                        found.push(became(cell, &text));
                    }
                    cell.node = Node { at: cell.node.at, value: Value::Text(text.into()) };
                }
                Err(fault) => {
                    found.push(placed(fault, &cell.node, self.source));
                    spoilt.push(cell.field);
                }
            }
        }
        for field in spoilt {
            row.spoil(field);
        }
        row
    }
}

/// The cells of `row` that are to be filled in.
fn templates<'r>(row: &'r Row, source: &'r str) -> impl Iterator<Item = &'r Cell> {
    row.cells.iter().filter(move |cell| matches!(cell.field, Field::Prompt | Field::Id) && says_template(cell, source))
}

fn says_template(cell: &Cell, source: &str) -> bool {
    cell.node.text(source).is_some_and(is_template)
}

fn entries(node: &Node) -> &[(Node, Node)] {
    if let Value::Map(entries) = &node.value { entries } else { &[] }
}

/// A fault in the template that `node` says, where it is.
fn placed(fault: Fault, node: &Node, source: &str) -> Diagnostic {
    let at = node.part(source, fault.span.clone());
    let said = node.text(source).and_then(|text| text.get(fault.span.clone())).unwrap_or_default();
    fault.wrong.at("template", at).value(said)
}

/// A text with marks of a template in it, where nothing is there to be filled in: whoever meant it literally should know.
fn became(cell: &Cell, text: &str) -> Diagnostic {
    let message = format!("`{}` is a template here, and becomes {}", cell.field.name(), quoted(text.trim()));
    let odd = Diagnostic::warning("template", cell.node.at, message);
    odd.help("for the text `{{` itself write `{{ '{{' }}`; to say that you know, set some `vars`")
}

fn in_the_matrix(name: &str, at: Place, first: Place) -> Diagnostic {
    let message = format!("{} is given, but it is in the matrix too", quoted(name));
    Diagnostic::error(matrix::CODE, at, message).value(name).help("keep one of the two").related(first, "in the matrix here")
}
