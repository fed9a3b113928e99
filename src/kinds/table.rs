//! The Table API codec: what the server prints, read by column name. The way of every custom resource, of kinds whose
//! printed cells say all we show, and of those whose data is not to cross the wire (Secret, ConfigMap).
//! It refuses to guess: a word that is not well known says nothing about an object's health, and a printed duration
//! stays text, since the moment it counts from is not told. Only the age of the object itself lives.

use super::cell::{Align, Cell, Column, Field, Origin, Value};
use super::decode::{List, Meta, Part, Scratch, Text, parse};
use super::kind::{Codec, DecodeError, Kind};
use super::row::{Fact, Health, Row};
use super::words;
use crate::text::{Clean, Quantity};
use crate::theme::Role;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;

/// The most columns of a server that are read; a custom resource may define any number.
const COLUMNS: usize = 64;

/// The widest an unknown column of text may grow, in terminal cells.
const TEXT_CAP: u16 = 60;

/// How the server's printed columns of one kind are read.
#[derive(Clone, Copy, Debug)]
pub struct TableRules {
    /// Headers of the columns that show the object's health by their role.
    pub coloured: &'static [&'static str],
    /// How the object fares, by what was printed.
    pub health: fn(&Printed<'_>) -> Health,
    /// What links need, by what was printed.
    pub facts: fn(&Printed<'_>) -> Vec<Fact>,
}

impl TableRules {
    /// Nothing but columns: always in good health, leads nowhere.
    pub const PLAIN: TableRules = TableRules {
        coloured: &[],
        health: |_| Health::Good,
        facts: |_| Vec::new(),
    };
}

/// How a printed cell becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// As it stands.
    Text,
    /// A whole number.
    Int,
    /// A number or an amount such as `10Gi`, sorted by its value.
    Quantity,
    /// `1/2`
    Ratio,
}

/// A column as the server describes it: an entry of `columnDefinitions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ServerColumn {
    /// The name, in any case.
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `name` marks the column that holds the object's name.
    pub format: String,
    /// What it means; for a custom resource without words of its own, the JSON path it is read from.
    pub description: String,
    /// Above zero: only in the wide output.
    pub priority: i32,
}

/// The printed cells of one row, by header.
#[derive(Debug)]
pub struct Printed<'a> {
    /// metadata.namespace
    pub namespace: &'a Clean,
    /// metadata.name
    pub name: &'a Clean,
    sources: &'a [Source],
    cells: &'a [Text<'a>],
}

impl Printed<'_> {
    /// The text under this header (upper case); empty when there is no such column.
    pub fn get(&self, header: &str) -> &str {
        let place = self.sources.iter().position(|source| source.header == header);
        place.and_then(|place| self.cells.get(place)).map_or("", |text| text)
    }
}

/// What becomes of one of the server's columns.
#[derive(Debug)]
struct Source {
    header: String,
    read: Read,
    /// Which of the row's cells it fills; None when the row knows better (name, age).
    cell: Option<u8>,
    /// It shows the health of the object.
    coloured: bool,
    /// What its words say about the health, where no rules of the kind do.
    judge: Option<words::Judge>,
}

/// Reads the rows of one Table, by the columns that came with it.
#[derive(Debug)]
pub struct TableReader {
    columns: Arc<[Column]>,
    sources: Vec<Source>,
    rules: Option<&'static TableRules>,
    cells: usize,
}

impl TableReader {
    /// Plans how the rows under these columns are read. `kind` is None for what we know nothing of; for a kind that is
    /// read in another way as a rule (its version is unknown to us) names and order of its columns still count.
    pub fn new(kind: Option<&'static Kind>, definitions: &[ServerColumn]) -> TableReader {
        let rules = kind.and_then(|kind| match kind.codec {
            Codec::Table(rules) => Some(rules),
            Codec::Slim(_) => None,
        });
        let known: &[Column] = kind.map_or(&[], |kind| kind.columns);
        // Cells that no server column fills stay empty, so that the kind's own numbers keep their meaning.
        let mut cells = known.iter().fold(0, |cells, column| match column.field {
            Field::Cell(cell) => cells.max(usize::from(cell) + 1),
            _ => cells,
        });
        let mut matched = vec![false; known.len()];
        // A second column with this mark holds another object's name, as the attacher of a volume attachment does.
        let marked_name = definitions.iter().position(|definition| definition.format == "name");
        let mut added: Vec<Column> = Vec::new();
        let mut sources: Vec<Source> = Vec::new();
        for (number, definition) in definitions.iter().enumerate().take(COLUMNS) {
            let header = Clean::new(&definition.name).as_str().to_uppercase();
            let place = (0..known.len()).find(|&place| !matched[place] && known[place].name == header);
            let field = match place {
                Some(place) => {
                    matched[place] = true;
                    known[place].field.clone()
                }
                None => {
                    let field = match &marked_name {
                        Some(marked) if *marked == number => Some(Field::Name),
                        marked => own_field(definition, &header, marked.is_some()),
                    }
                    .unwrap_or_else(|| {
                        cells += 1;
                        Field::Cell(u8::try_from(cells - 1).unwrap_or(u8::MAX))
                    });
                    added.push(column(definition, &header, &field));
                    field
                }
            };
            sources.push(Source {
                read: read_of(definition, &header, place.map(|place| &known[place])),
                cell: match field {
                    Field::Cell(cell) => Some(cell),
                    _ => None,
                },
                coloured: rules.is_some_and(|rules| rules.coloured.contains(&header.as_str())),
                judge: if rules.is_some() { None } else { words::judge(&header) },
                header,
            });
        }
        TableReader {
            columns: arrange(known, &matched, added).into(),
            sources,
            rules,
            cells,
        }
    }

    /// The columns of this table.
    pub fn columns(&self) -> Arc<[Column]> {
        Arc::clone(&self.columns)
    }

    /// Reads one element of the table's `rows`: its cells and, for everything else, the object's metadata.
    ///
    /// # Errors
    /// When the bytes are no JSON object, or hold no object with a name.
    pub fn row(&self, raw_row: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
        let raw: RawRow<'_> = parse(raw_row)?;
        let mut row = raw.object.metadata.row(scratch)?;
        let mut cells = vec![Cell::default(); self.cells];
        for (source, text) in self.sources.iter().zip(&raw.cells) {
            if let Some(cell) = source.cell.and_then(|cell| cells.get_mut(usize::from(cell))) {
                *cell = read_cell(source.read, text, scratch);
            }
        }
        match self.rules {
            Some(rules) => {
                let printed = Printed {
                    namespace: &row.namespace,
                    name: &row.name,
                    sources: &self.sources,
                    cells: &raw.cells,
                };
                let (health, facts) = ((rules.health)(&printed), (rules.facts)(&printed));
                row.health = health;
                row.facts = facts.into_boxed_slice();
            }
            None => {
                let judged = self.sources.iter().zip(&raw.cells).filter_map(|(source, text)| {
                    let health = source.judge?(text)?;
                    let cell = source.cell.and_then(|cell| cells.get_mut(usize::from(cell)));
                    if let Some(cell) = cell.filter(|_| health != Health::Good) {
                        cell.role = health.role();
                    }
                    Some(health)
                });
                row.health = words::together(judged);
            }
        }
        if row.deleting.is_some() && row.health == Health::Good {
            row.health = Health::Progress;
        }
        if row.health != Health::Good {
            for source in self.sources.iter().filter(|source| source.coloured) {
                if let Some(cell) = source.cell.and_then(|cell| cells.get_mut(usize::from(cell))) {
                    cell.role = row.health.role();
                }
            }
        }
        row.cells = cells.into_boxed_slice();
        Ok(row)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawRow<'a> {
    #[serde(borrow)]
    cells: List<Text<'a>>,
    #[serde(borrow)]
    object: Part<RawObject<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawObject<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
}

/// The field for a server's column that the row's metadata answers better than a printed cell.
fn own_field(definition: &ServerColumn, header: &str, name_is_marked: bool) -> Option<Field> {
    match header {
        // A custom resource may print something else under this header, behind the name itself.
        "NAME" => (!name_is_marked).then_some(Field::Name),
        // A custom resource may call something else its age; then the server's words tell the path.
        "AGE" => {
            let path = definition
                .description
                .split_once("(in JSONPath format):")
                .map(|(_, path)| path.trim());
            path.is_none_or(|path| path == ".metadata.creationTimestamp")
                .then_some(Field::Age)
        }
        _ => None,
    }
}

/// The column for what the server prints and the kind does not know.
fn column(definition: &ServerColumn, header: &str, field: &Field) -> Column {
    let wide = definition.priority > 0;
    let text = matches!(field, Field::Cell(_)) && !matches!(definition.kind.as_str(), "integer" | "number");
    Column {
        name: Cow::Owned(header.to_owned()),
        field: field.clone(),
        origin: if wide { Origin::Wide } else { Origin::Get },
        shown: !wide,
        align: if text || *field == Field::Name {
            Align::Left
        } else {
            Align::Right
        },
        give_way: match field {
            Field::Name => 0,
            Field::Age => 3,
            _ if wide => 8,
            _ if words::judge(header).is_some() => 2,
            _ => 5,
        },
        cap: if text { TEXT_CAP } else { 0 },
    }
}

/// The columns in their order: the kind's own as far as they can be filled, and what the server added, kubectl's before
/// ours. A kind we know nothing of gets what every table should have.
fn arrange(known: &[Column], matched: &[bool], added: Vec<Column>) -> Vec<Column> {
    let fillable = known
        .iter()
        .zip(matched)
        .filter(|(column, matched)| **matched || !matches!(column.field, Field::Cell(_)))
        .map(|(column, _)| column.clone());
    let (mut columns, extra): (Vec<Column>, Vec<Column>) = fillable.partition(|c| c.origin != Origin::Extra);
    columns.extend(added);
    columns.extend(extra);
    let has = |columns: &[Column], field: &Field| columns.iter().any(|column| column.field == *field);
    if !has(&columns, &Field::Name) && !columns.iter().any(|column| column.name == "NAME") {
        columns.insert(0, Column::get("NAME", Field::Name, 0));
    }
    if known.is_empty() {
        if !has(&columns, &Field::Age) {
            columns.push(Column::extra("AGE", Field::Age).show(3).right());
        }
        columns.push(Column::extra("OWNER", Field::Owner).cap(50));
    }
    columns
}

/// How a column is read: by the server's type, by a few headers that say more than it, and as a whole number where
/// the kind knows that one stands there (old printers call counts a string).
fn read_of(definition: &ServerColumn, header: &str, known: Option<&Column>) -> Read {
    match (definition.kind.as_str(), header) {
        ("integer", _) => Read::Int,
        ("number", _) => Read::Quantity,
        (_, "CAPACITY" | "SIZE" | "STORAGE" | "CPU" | "MEMORY") => Read::Quantity,
        (_, "READY") => Read::Ratio,
        _ if known.is_some_and(|column| column.align == Align::Right) => Read::Int,
        _ => Read::Text,
    }
}

/// The value of a printed cell. What does not have the form that was hoped for stays the text it is.
fn read_cell(read: Read, text: &str, scratch: &mut Scratch) -> Cell {
    if text.is_empty() {
        return Cell::default();
    }
    let value = match read {
        Read::Text => None,
        Read::Int => whole_number(text).map(Value::Int),
        Read::Quantity => Quantity::parse(text).map(|_| Value::Quantity(scratch.interner.clean(text))),
        Read::Ratio => ratio(text).map(|(part, whole)| Value::Ratio(part, whole)),
    };
    match value {
        Some(value) => Cell::new(value),
        None => {
            let cell = scratch.shared(text);
            let says_nothing = matches!(text, "<none>" | "<unset>" | "<unknown>");
            if says_nothing { cell.with(Role::Muted) } else { cell }
        }
    }
}

/// A number in the one form in which it would be written again.
fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

/// `part/whole`, both in the one form in which they would be written again.
fn ratio(text: &str) -> Option<(u32, u32)> {
    let (part, whole) = text.split_once('/')?;
    let count = |text: &str| whole_number(text).and_then(|number| u32::try_from(number).ok());
    Some((count(part)?, count(whole)?))
}
