//! Sheets: cells by header and object, as a client printed them, and how two of them are compared.

use portolan::kinds::{Column, Origin};
use portolan::store::{Mark, Table};
use serde_json::Value;
use std::collections::BTreeMap;

/// Namespace (empty where none is printed) and name.
pub type Key = (String, String);

/// What a client printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Headers in their order.
    pub headers: Vec<String>,
    /// Cells in the order of the headers, by object.
    pub rows: BTreeMap<Key, Vec<String>>,
}

impl Sheet {
    /// Reads what kubectl printed: columns begin where their headers begin, and two spaces at least stand between them.
    pub fn of_text(text: &str) -> Sheet {
        let mut lines = text.lines();
        let header: Vec<char> = lines.next().unwrap_or_default().chars().collect();
        let mut starts = Vec::new();
        for (place, letter) in header.iter().enumerate() {
            let after_gap = place == 0 || (place >= 2 && header[place - 1] == ' ' && header[place - 2] == ' ');
            if *letter != ' ' && after_gap {
                starts.push(place);
            }
        }
        let cut = |line: &[char]| -> Vec<String> {
            let cell = |(place, start): (usize, &usize)| {
                let end = starts.get(place + 1).copied().unwrap_or(line.len()).min(line.len());
                let cell: String = line[(*start).min(end)..end].iter().collect();
                cell.trim_end().to_owned()
            };
            starts.iter().enumerate().map(cell).collect()
        };
        let headers = cut(&header);
        let rows = lines.map(|line| cut(&line.chars().collect::<Vec<char>>()));
        Sheet::keyed(headers, rows.collect())
    }

    /// Prints a Table as kubectl does.
    pub fn of_table(table: &Value, with_namespace: bool) -> Sheet {
        let columns = table["columnDefinitions"].as_array().expect("a Table has columns");
        let mut headers: Vec<String> = columns
            .iter()
            .map(|column| column["name"].as_str().unwrap().to_uppercase())
            .collect();
        if with_namespace {
            headers.insert(0, "NAMESPACE".to_owned());
        }
        let rows = table["rows"].as_array().into_iter().flatten().map(|row| {
            let mut cells: Vec<String> = row["cells"].as_array().unwrap().iter().map(printed).collect();
            cells.truncate(columns.len());
            if with_namespace {
                let namespace = row["object"]["metadata"]["namespace"].as_str().unwrap_or_default();
                cells.insert(0, namespace.to_owned());
            }
            cells
        });
        Sheet::keyed(headers, rows.collect())
    }

    fn keyed(headers: Vec<String>, rows: Vec<Vec<String>>) -> Sheet {
        if rows.is_empty() {
            return Sheet {
                headers,
                rows: BTreeMap::new(),
            };
        }
        let place = |header: &str| headers.iter().position(|other| other == header);
        let name = place("NAME").unwrap_or_else(|| panic!("there is no NAME in {headers:?}"));
        let namespace = place("NAMESPACE");
        let mut keyed = BTreeMap::new();
        for cells in rows {
            // A default storage class carries a mark behind its name.
            let bare = cells[name].trim_end_matches(" (default)").to_owned();
            let key = (namespace.map(|place| cells[place].clone()).unwrap_or_default(), bare);
            let twice = keyed.insert(key.clone(), cells);
            assert!(twice.is_none(), "{key:?} was printed twice");
        }
        Sheet { headers, rows: keyed }
    }

    /// What our table says in the columns that kubectl has too, at this moment (unix seconds).
    pub fn of_ours(table: &Table, with_namespace: bool, now: i64) -> Sheet {
        let columns: Vec<&Column> = table
            .columns()
            .iter()
            .filter(|column| column.origin != Origin::Extra)
            .collect();
        let mut headers: Vec<String> = columns.iter().map(|column| column.name.to_string()).collect();
        if with_namespace {
            headers.insert(0, "NAMESPACE".to_owned());
        }
        let mut rows = BTreeMap::new();
        for id in table.ids().filter(|id| !matches!(table.mark(*id), Mark::Gone(_))) {
            let Some(row) = table.row(id) else { continue };
            let mut cells: Vec<String> = columns
                .iter()
                .map(|column| table.cell(id, &column.field).value.text(now).trim_end().to_owned())
                .collect();
            let namespace = if with_namespace { row.namespace.as_str() } else { "" };
            if with_namespace {
                cells.insert(0, namespace.to_owned());
            }
            rows.insert((namespace.to_owned(), row.name.as_str().to_owned()), cells);
        }
        Sheet { headers, rows }
    }

    /// The cell of an object under a header.
    pub fn cell(&self, key: &Key, header: &str) -> Option<&str> {
        let place = self.headers.iter().position(|other| other == header)?;
        self.rows.get(key)?.get(place).map(String::as_str)
    }
}

/// A cell as kubectl prints it: one line at most, and nothing for null.
fn printed(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => {
            let line = text.split(['\n', '\r', '\u{c}']).next().unwrap_or_default();
            let cut = if line.len() < text.len() { "..." } else { "" };
            format!("{line}{cut}").trim_end().to_owned()
        }
        other => other.to_string(),
    }
}

/// How cells of a server may differ from ours, and why that is right. The newest printers are what we follow.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Group and plural; an empty plural is every resource.
    pub resource: &'static str,
    /// The column.
    pub header: &'static str,
    /// Servers before this minor version show it; `u32::MAX` is every server.
    pub before: u32,
    /// What is different.
    pub how: How,
    /// Why it is right all the same.
    pub why: &'static str,
}

/// What is different.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// Only we have the column.
    OnlyOurs,
    /// Only they have the column.
    OnlyTheirs,
    /// They have it in another place.
    Place,
    /// They may say one of these for what we say.
    Cell(fn(ours: &str) -> Vec<String>),
}

/// Compares our sheets of one list, taken at several moments, with the second client's. What they print of an age must
/// be what we say at one of these moments. Returns what is different, by object; the empty key is the headers.
pub fn differences(
    resource: &str,
    minor: u32,
    named: &[Difference],
    ours: &[Sheet],
    theirs: &Sheet,
) -> BTreeMap<Key, String> {
    let mut found = BTreeMap::new();
    let Some(first) = ours.first() else { return found };
    let rule = |header: &str| {
        named.iter().find(|named| {
            (named.resource.is_empty() || named.resource == resource) && named.header == header && minor < named.before
        })
    };
    let is = |header: &str, only: fn(&How) -> bool| rule(header).is_some_and(|named| only(&named.how));
    let both = |headers: &[String], only: fn(&How) -> bool| -> Vec<String> {
        headers.iter().filter(|header| !is(header, only)).cloned().collect()
    };
    let our_headers = both(&first.headers, |how| matches!(how, How::OnlyOurs | How::Place));
    let their_headers = both(&theirs.headers, |how| matches!(how, How::OnlyTheirs | How::Place));
    // Of nothing kubectl prints no header either.
    if !theirs.rows.is_empty() && our_headers != their_headers {
        found.insert(
            Key::default(),
            format!("headers\n  ours   {our_headers:?}\n  theirs {their_headers:?}"),
        );
        return found;
    }
    for (key, cells) in &theirs.rows {
        let mut wrong = Vec::new();
        if !first.rows.contains_key(key) {
            found.insert(key.clone(), "is missing in ours".to_owned());
            continue;
        }
        for (header, theirs) in theirs.headers.iter().zip(cells) {
            if is(header, |how| matches!(how, How::OnlyTheirs)) {
                continue;
            }
            let cells = ours.iter().filter_map(|sheet| sheet.cell(key, header));
            let mut said: Vec<String> = match rule(header).map(|named| named.how) {
                Some(How::Cell(may_be)) => cells.flat_map(may_be).collect(),
                _ => cells.map(str::to_owned).collect(),
            };
            said.dedup();
            if !said.contains(theirs) {
                wrong.push(format!("{header}: ours {said:?}, theirs {theirs:?}"));
            }
        }
        if !wrong.is_empty() {
            found.insert(key.clone(), wrong.join("; "));
        }
    }
    for key in first.rows.keys().filter(|key| !theirs.rows.contains_key(*key)) {
        found.insert(key.clone(), "is missing in theirs".to_owned());
    }
    found
}
