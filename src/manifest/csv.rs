//! CSV manifests: a line of column names, then one shot a row. No settings: those come from the command line.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use crate::manifest::Format;
use crate::manifest::diagnostic::{Diagnostic, Place, listed, quoted};
use crate::manifest::dialect::{Dialect, Separator, names_columns};
use crate::manifest::film;
use crate::manifest::records::{Record, Records, Written};
use crate::manifest::row::{Cell, Extra, Field, Node, Row, Value, extra_twice, said_twice};
use crate::manifest::sheet::Sheet;
use crate::manifest::source::Source;

/// Excel writes tables in blocks of so many rows, and leaves out columns at the end in which a whole block has nothing
/// ("Column delimiters missing in an Excel spreadsheet that is saved as text", Microsoft's article 77295).
const BLOCK: usize = 16;

/// Quotation marks that do not quote.
const CURLY: [char; 5] = ['“', '”', '„', '«', '»'];

/// The end of the name of a file in which tabs are likely.
const TSV: &str = "tsv";

/// Values between commas, semicolons or tabs, as spreadsheet programs write them.
#[derive(Debug)]
pub(crate) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv", TSV]
    }

    /// Column names and nothing else on the first line.
    fn recognises(&self, text: &str) -> bool {
        names_columns(text)
    }

    fn read<'a>(&self, source: &'a Source, sheet: &mut Sheet<'a>) {
        let dialect = match Dialect::of(source.text(), likely(source.name())) {
            Ok(dialect) => dialect,
            Err(mistake) => return sheet.found.push(*mistake),
        };
        let mut records = Records::new(source.text(), dialect);
        let Some(header) = records.find(|record| !record.is_blank()) else { return };
        let Some(columns) = Columns::read(&header, dialect.separator, sheet) else { return };
        sheet.table = Some(Table { columns, records, block: Vec::with_capacity(BLOCK), is_first: true });
    }
}

/// The rows of a table, as far as they have not been read.
pub(crate) struct Table<'a> {
    columns: Columns,
    records: Records<'a>,
    block: Vec<Record>,
    is_first: bool,
}

impl<'a> Table<'a> {
    /// Reads some more rows into `sheet`; whether there were any.
    pub(crate) fn read_on(&mut self, sheet: &mut Sheet<'a>) -> bool {
        // The header is a row of the first block.
        let (rows, widest) = if self.is_first { (BLOCK - 1, self.columns.fields.len()) } else { (BLOCK, 0) };
        self.is_first = false;
        self.block.clear();
        self.block.extend(self.records.by_ref().take(rows));
        self.columns.block(&self.block, widest, sheet);
        !self.block.is_empty()
    }
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// What most likely separates the columns of the file called `name`, for all that one can tell without looking into it.
fn likely(name: &str) -> Separator {
    let end = Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case(TSV));
    if end { Separator::Tab } else { Separator::Comma }
}

/// What each column is.
struct Columns {
    separator: Separator,
    fields: Vec<Option<Column>>,
    places: Vec<Place>,
    /// What columns with unknown names were probably meant to be.
    misspelt: Vec<Field>,
    /// The columns without a name that have something in them, which has been reported.
    nameless: Vec<Place>,
}

/// What a column is about.
#[derive(Debug, Clone, PartialEq)]
enum Column {
    /// A field of a shot.
    Field(Field),
    /// Something that only its author knows, under this name.
    Extra(Box<str>),
}

impl Columns {
    /// Reads the column names; none if it makes no sense to read on.
    fn read(header: &Record, separator: Separator, sheet: &mut Sheet<'_>) -> Option<Self> {
        let broken = header.broken.iter().map(|(_, mistake)| mistake.clone());
        let mistakes: Vec<_> =
            if header.broken.is_empty() { no_header(header).into_iter().collect() } else { broken.collect() };
        if !mistakes.is_empty() {
            sheet.found.extend(mistakes);
            return None;
        }
        let (fields, places, misspelt, nameless) = Default::default();
        let mut columns = Self { separator, fields, places, misspelt, nameless };
        for cell in &header.cells {
            let field = columns.column(cell, sheet);
            columns.fields.push(field);
            columns.places.push(cell.at);
        }
        columns.count_takes_once(sheet);
        columns.report_missing(header, sheet);
        Some(columns)
    }

    /// What the column under the name in `cell` is about. Reports a name that is unknown, and one that says what another says.
    fn column(&mut self, cell: &Written, sheet: &mut Sheet<'_>) -> Option<Column> {
        let column = film::column(&cell.text).map(Column::Field);
        let column = column.or_else(|| film::extra(&cell.text, sheet.extra_columns).map(Column::Extra));
        let first = self.fields.iter().position(|known| known.is_some() && *known == column);
        match (column, first) {
            (Some(Column::Field(field)), Some(first)) => {
                sheet.found.push(said_twice(&cell.text, field, cell.at, self.places[first]));
                None
            }
            (Some(Column::Extra(name)), Some(first)) => {
                sheet.found.push(extra_twice(&cell.text, &name, cell.at, self.places[first]));
                None
            }
            (None, _) if !cell.text.is_empty() => {
                let (meant, mistake) = film::unknown_column(&cell.text, cell.at);
                self.misspelt.extend(meant);
                sheet.found.push(mistake);
                None
            }
            (column, _) => column,
        }
    }

    /// Where the column of a field is.
    fn place(&self, field: Field) -> Option<Place> {
        let at = self.fields.iter().position(|column| *column == Some(Column::Field(field)))?;
        self.places.get(at).copied()
    }

    /// Holds that there is one way to say how many takes there are.
    fn count_takes_once(&self, sheet: &mut Sheet<'_>) {
        let (Some(number), Some(count)) = (self.place(Field::Take), self.place(Field::Takes)) else { return };
        let (first, second) = (number.min(count), number.max(count));
        let message = "`take` numbers takes in rows of their own, and `takes` counts them";
        let mistake = Diagnostic::error("duplicate-field", second, message).help("keep one of the two");
        sheet.found.push(mistake.related(first, "the other one is here"));
    }

    /// Misses the columns that every manifest should have, unless one is only misspelt, which has been reported.
    fn report_missing(&self, header: &Record, sheet: &mut Sheet<'_>) {
        let mistake = Diagnostic::error("missing-prompt", header.at, "there is no column `prompt`");
        let mistake = mistake.help("name the column that says what is to be seen `prompt` or `description`");
        let odd = Diagnostic::warning("missing-id", header.at, "there is no column `id`; shots are called after their prompts");
        let odd = odd.help("add a column `id`, or `scene` and `shot`: then a shot stays the same shot when its prompt changes");
        let numbered = self.place(Field::Shot).is_some();
        sheet.is_numbered = numbered;
        for (field, missing) in [
            (Field::Prompt, Some(mistake)),
            (Field::Id, Some(odd).filter(|_| !self.misspelt.contains(&Field::Shot))),
            (Field::Scene, None),
        ] {
            // Whose shots have numbers, misses an id where there is none.
            if self.place(field).is_none() && !(field == Field::Id && numbered) {
                sheet.lacking.push(field);
                sheet.found.extend(missing.filter(|_| !self.misspelt.contains(&field)));
            }
        }
    }

    /// Takes in rows that were written together, beside others that have `widest` cells.
    fn block(&mut self, block: &[Record], widest: usize, sheet: &mut Sheet<'_>) {
        let widest = block.iter().filter(|row| !row.is_empty()).map(|row| row.cells.len()).fold(widest, usize::max);
        for record in block {
            self.row(record, widest, sheet);
        }
    }

    fn row(&mut self, record: &Record, widest: usize, sheet: &mut Sheet<'_>) {
        let ragged = self.ragged(record, widest);
        if !record.broken.is_empty() {
            sheet.found.extend(record.broken.iter().map(|(_, mistake)| mistake.clone()));
        } else if let Some(mistake) = &ragged {
            sheet.found.push(mistake.clone());
        }
        // Behind a quotation mark that misleads, cells may be other cells.
        let is_shifted = !record.broken.is_empty() && record.cells.len() != self.fields.len();
        if ragged.is_some() || is_shifted || record.is_empty() {
            return;
        }
        let cells = record.cells.iter().zip(&self.fields).zip(&self.places).enumerate();
        let mut row = Row::empty(record.at);
        for (position, ((cell, field), name)) in cells {
            if cell.text.is_empty() {
                if *field == Some(Column::Field(Field::Prompt)) {
                    row.blank = Some(self.blank(cell, sheet.source));
                }
                continue;
            }
            let is_broken = record.broken.iter().any(|(broken, _)| *broken == position);
            match field {
                Some(Column::Field(field)) if is_broken => row.misspelt.push(*field),
                _ if is_broken => {}
                Some(Column::Field(field)) => {
                    row.cells.push(Cell { field: *field, name: *name, node: self.node(*field, cell, sheet.source) });
                }
                Some(Column::Extra(called)) => {
                    row.extra.push(Extra { name: called.clone(), at: *name, node: node(&cell.text, cell.at, sheet.source) });
                }
                None if self.nameless.contains(name) => {}
                None => {
                    let mistake = nameless(cell, *name, sheet.source);
                    self.nameless.extend(mistake.as_ref().map(|_| *name));
                    sheet.found.extend(mistake);
                }
            }
        }
        sheet.rows.push(row);
    }

    /// Where an empty cell is, with the separator behind it, so that there is something to see.
    fn blank(&self, cell: &Written, source: &str) -> Place {
        let span = cell.at.span();
        let behind = source.as_bytes().get(span.end) == Some(&self.separator.byte());
        Place::new(cell.at.line, cell.at.column, span.start..span.end + usize::from(behind))
    }

    /// A row that does not fit under the columns. Further cells with nothing in them are none.
    fn ragged(&self, record: &Record, widest: usize) -> Option<Diagnostic> {
        let (cells, columns) = (record.cells.len(), self.fields.len());
        let curly = between_curly(&record.cells);
        let extra = record.cells.iter().skip(columns).find(|cell| !cell.text.is_empty() || curly.is_some());
        if record.is_empty() || (extra.is_none() && cells >= columns.min(widest)) {
            return None;
        }
        let odd = extra.and(curly).or(extra);
        let at = odd.map_or(record.at, |cell| cell.at);
        let message = format!("this row has {cells} cells, but there are {columns} columns");
        let mistake = Diagnostic::error("ragged-row", at, message);
        let mistake = odd.map_or(mistake.clone(), |cell| mistake.value(&cell.text));
        let name = self.separator.name();
        let help = if curly.is_some() {
            format!("a text with a {name} in it stands between straight quotation marks, `\"`; curly ones do not quote")
        } else {
            format!("a text with a {name} in it stands between quotation marks, `\"`; empty cells keep their {name}s")
        };
        Some(mistake.help(help))
    }

    /// What a cell says. Where commas do not separate columns, they may well begin the decimals of a number.
    fn node(&self, field: Field, cell: &Written, source: &str) -> Node {
        let number = match field {
            _ if self.separator == Separator::Comma => None,
            Field::Motion => with_points(&cell.text),
            _ if film::is_number(field) => with_a_point(&cell.text),
            _ => None,
        };
        // Takes have no decimals but zeros: `1,3` are two of them.
        let number = number.filter(|number| field != Field::Takes || number.trim_end_matches('0').ends_with('.'));
        let said = number.map_or_else(|| film::said(field, &cell.text), Cow::Owned);
        node(&said, cell.at, source)
    }
}

/// The first of several cells that were meant to be one, between quotation marks that do not quote.
fn between_curly(cells: &[Written]) -> Option<&Written> {
    let once = |cell: &Written| cell.text.matches(CURLY).count() == 1;
    let opens = cells.iter().position(|cell| cell.text.starts_with(CURLY) && once(cell))?;
    let closes = cells[opens + 1..].iter().any(|cell| cell.text.ends_with(CURLY) && once(cell));
    cells.get(opens).filter(|_| closes)
}

/// What stands at a place.
fn node(said: &str, at: Place, source: &str) -> Node {
    let plain = source.get(at.span()) == Some(said) && !said.starts_with(['"', '\'']);
    Node { at, value: if plain { Value::Plain } else { Value::Text(said.into()) } }
}

/// A number with a comma before its decimals, as others write it.
fn with_a_point(text: &str) -> Option<String> {
    let (whole, decimals) = text.split_once(',')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = digits(whole.trim_start_matches(['+', '-'])) && digits(decimals) && !decimals.is_empty();
    sound.then(|| format!("{whole}.{decimals}"))
}

/// Moves with such numbers between them: `push in 0,4, pan left`.
fn with_points(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let is_decimal = |at: usize| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1));
    let pointed = text.char_indices().map(|(at, c)| if c == ',' && is_decimal(at) { '.' } else { c });
    text.contains(',').then(|| pointed.collect())
}

/// A header that is none.
fn no_header(header: &Record) -> Option<Diagnostic> {
    let known = header.cells.iter().any(|cell| film::column(&cell.text).is_some());
    let first = header.cells.iter().find(|cell| !cell.text.is_empty()).filter(|_| !known)?;
    let message = format!("the first line must name the columns, but {} is no column", quoted(&first.text));
    let names = ["id", "prompt", "ratio", "style", "model", "seconds", "motion.x", "takes", "tags"];
    let mistake = Diagnostic::error("header", header.at, message);
    Some(
        mistake
            .value(&first.text)
            .help(format!("begin with `id,prompt`; columns are {}, or what film people call these", listed(&names))),
    )
}

/// A cell under a column without a name. Cells under an unknown name have been reported with it.
fn nameless(cell: &Written, name: Place, source: &str) -> Option<Diagnostic> {
    let empty = source[name.span()].trim_matches(['"', ' ']).is_empty();
    let mistake = || Diagnostic::error("unknown-field", cell.at, "this cell's column has no name").value(&cell.text);
    empty.then(|| mistake().help("name the column in the first line, or remove the cell"))
}
