//! From the bytes of an element or event to changes of rows, by the codec of the kind. An object that cannot be decoded
//! becomes a row that says so; it never costs its neighbours anything.

use super::whole::WholeReader;
use crate::describe::references::{Referrer, edges, facts, referrer};
use crate::kinds::decode::{Meta, Part, parse};
use crate::kinds::table::{ServerColumn, TableReader};
use crate::kinds::{Cell, Codec, Column, DecodeError, Fact, Field, Health, Kind, Row, Scratch, Uid, status_column};
use crate::msg::Delta;
use crate::msg::Failure;
use crate::text::Clean;
use crate::theme::Role;
use crate::want::Shape;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Rows of one object's bytes.
pub type ContainerRows = fn(&[u8], &mut Scratch) -> Result<Vec<Row>, DecodeError>;

/// How objects become rows.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// A small struct over the whole object.
    Slim(fn(&[u8], &mut Scratch) -> Result<Row, DecodeError>, &'static Kind),
    /// Several rows an object.
    Containers(ContainerRows, &'static [Column]),
    /// Objects as they are.
    Whole,
    /// What objects refer to; how they fare where the kind says so.
    References(Option<&'static Kind>, Option<&'static Referrer>),
    /// What the server prints.
    Table(Option<&'static Kind>),
}

impl How {
    /// The way for objects of this kind in this version and shape.
    pub fn choose(
        kind: Option<&'static Kind>,
        version: &str,
        shape: Shape,
        containers: (ContainerRows, &'static [Column]),
    ) -> How {
        match (shape, kind) {
            (Shape::Containers, _) => How::Containers(containers.0, containers.1),
            (Shape::Whole, _) => How::Whole,
            (Shape::References, kind) => How::References(kind.filter(|kind| kind.versions.contains(&version)), None),
            (Shape::Objects, Some(kind)) => match kind.codec {
                Codec::Slim(decode) if kind.versions.contains(&version) => How::Slim(decode, kind),
                _ => How::Table(Some(kind)),
            },
            (Shape::Objects, None) => How::Table(None),
        }
    }

    /// The way for what objects of this resource refer to. Secrets and config maps are printed by the server all the
    /// same: their data never crosses the wire, and what they refer to is not worth it.
    pub fn references(self, group: &str, resource: &str) -> How {
        match self {
            How::References(kind, _) if group.is_empty() && matches!(resource, "secrets" | "configmaps") => {
                How::Table(kind)
            }
            How::References(kind, _) => How::References(kind, referrer(group, resource)),
            other => other,
        }
    }

    /// Whether rows hold their objects.
    pub fn is_whole(&self) -> bool {
        matches!(self, How::Whole)
    }

    /// Whether the server is to print.
    pub fn is_table(&self) -> bool {
        matches!(self, How::Table(_))
    }
}

/// The columns of objects that nobody prints.
const PLAIN: [Column; 2] = [Column::get("NAME", Field::Name, 0), Column::get("AGE", Field::Age, 3)];

/// The columns of what objects refer to: one word says how each fares.
const REFERRING: [Column; 3] = [
    Column::get("NAME", Field::Name, 0),
    Column::get("STATUS", Field::Cell(0), 1),
    Column::get("AGE", Field::Age, 3),
];

/// Reads the elements and events of one source.
#[derive(Debug)]
pub struct Reader {
    how: How,
    scratch: Scratch,
    columns: Option<Arc<[Column]>>,
    table: Option<TableReader>,
    children: HashMap<Uid, Vec<Uid>>,
    whole: WholeReader,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
}

#[derive(Deserialize)]
struct PrintedRow<'a> {
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
}

/// What stands around the rows of a Table, and whether it is one.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Header<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    column_definitions: Option<Vec<ServerColumn>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PrintedRows<'a> {
    #[serde(borrow)]
    rows: Option<Vec<&'a RawValue>>,
}

impl Reader {
    /// A reader that has seen nothing.
    pub fn new(how: How) -> Reader {
        let columns = match how {
            How::Slim(_, kind) => Some(kind.columns.into()),
            How::Containers(_, columns) => Some(columns.into()),
            How::Whole => Some(PLAIN.as_slice().into()),
            How::References(..) => Some(REFERRING.as_slice().into()),
            How::Table(_) => None,
        };
        Reader {
            how,
            scratch: Scratch::new(),
            columns,
            table: None,
            children: HashMap::new(),
            whole: WholeReader::default(),
        }
    }

    /// With what it has to know to read whole objects.
    pub fn with_whole(self, whole: WholeReader) -> Reader {
        Reader { whole, ..self }
    }

    /// Why no more can be held, once that is so: for whole objects alone.
    pub fn over(&self) -> Option<&Failure> {
        self.whole.over()
    }

    /// An object was so large that its bytes were not handed over. Says whether that is the end of this list.
    pub fn too_large(&mut self) -> bool {
        let ends = matches!(self.how, How::Whole);
        if ends {
            self.whole.too_large();
        }
        ends
    }

    /// The columns, once they are known.
    pub fn columns(&self) -> Option<&Arc<[Column]>> {
        self.columns.as_ref()
    }

    /// Whether the head of a list body or a printed event has still to be seen to know the columns.
    pub fn wants_head(&self) -> bool {
        self.how.is_table()
    }

    /// Takes the head of a list body (the document before its first element, closed) or of a printed event.
    pub fn head(&mut self, document: &[u8]) {
        let How::Table(kind) = self.how else { return };
        let Ok(header) = serde_json::from_slice::<Header<'_>>(document) else {
            return;
        };
        self.header(kind, header);
    }

    fn header(&mut self, kind: Option<&'static Kind>, header: Header<'_>) {
        if header.kind != "Table" {
            self.table = None;
            self.columns = Some(PLAIN.as_slice().into());
        } else if let Some(definitions) = header.column_definitions.filter(|definitions| !definitions.is_empty()) {
            let table = TableReader::new(kind, &definitions);
            self.columns = Some(table.columns());
            self.table = Some(table);
        } else if self.table.is_none() {
            let table = TableReader::new(kind, &[]);
            self.columns = Some(table.columns());
            self.table = Some(table);
        }
    }

    /// An element of a list.
    ///
    /// # Errors
    /// When it cannot be decoded; a row that says so goes out where its name can be read.
    pub fn element(&mut self, bytes: &[u8], out: &mut dyn FnMut(Delta)) -> Result<(), DecodeError> {
        match self.how {
            How::Slim(decode, _) => match decode(bytes, &mut self.scratch) {
                Ok(row) => {
                    out(Delta::Upsert(row));
                    Ok(())
                }
                Err(error) => self.undecodable(bytes, error, out),
            },
            How::Containers(decode, _) => self.containers(decode, bytes, out),
            How::Whole => {
                if let Some(row) = self.whole.read(bytes, &mut self.scratch)? {
                    out(Delta::Upsert(row));
                }
                Ok(())
            }
            How::References(kind, referrer) => {
                let row = self.referring(kind, referrer, bytes)?;
                out(Delta::Upsert(row));
                Ok(())
            }
            How::Table(_) => match &self.table {
                Some(table) => match table.row(bytes, &mut self.scratch) {
                    Ok(row) => {
                        out(Delta::Upsert(row));
                        Ok(())
                    }
                    Err(error) => {
                        let printed = serde_json::from_slice::<PrintedRow<'_>>(bytes).ok();
                        match printed.and_then(|row| row.object) {
                            Some(object) => self.undecodable(object.get().as_bytes(), error, out),
                            None => Err(error),
                        }
                    }
                },
                None => {
                    out(Delta::Upsert(self.plain(bytes)?));
                    Ok(())
                }
            },
        }
    }

    /// The object of an ADDED or MODIFIED event.
    ///
    /// # Errors
    /// When it cannot be decoded, as for an element.
    pub fn changed(&mut self, object: &[u8], out: &mut dyn FnMut(Delta)) -> Result<(), DecodeError> {
        if !self.how.is_table() {
            return self.element(object, out);
        }
        self.head(object);
        if self.table.is_none() {
            return self.element(object, out);
        }
        for row in printed_rows(object)? {
            self.element(row.get().as_bytes(), out)?;
        }
        Ok(())
    }

    /// The object of a DELETED event.
    ///
    /// # Errors
    /// When it does not say which one it is.
    pub fn deleted(&mut self, object: &[u8], out: &mut dyn FnMut(Delta)) -> Result<(), DecodeError> {
        if self.how.is_table() {
            self.head(object);
            if self.table.is_some() {
                for row in printed_rows(object)? {
                    let printed: PrintedRow<'_> = parse_json(row.get().as_bytes())?;
                    let object = printed
                        .object
                        .ok_or_else(|| error("a printed row without its object"))?;
                    let row = self.plain(object.get().as_bytes())?;
                    out(Delta::Delete(row.uid));
                }
                return Ok(());
            }
        }
        let uid = self.plain(object)?.uid;
        match self.how {
            How::Containers(..) => {
                for child in self.children.remove(&uid).unwrap_or_default() {
                    out(Delta::Delete(child));
                }
            }
            How::Whole => {
                self.whole.forget(&uid);
                out(Delta::Delete(uid));
            }
            _ => out(Delta::Delete(uid)),
        }
        Ok(())
    }

    /// A list begins: what it does not show is gone, the parts of objects too.
    pub fn list_begins(&mut self) {
        self.children = HashMap::new();
        self.whole.list_begins();
    }

    /// A list is complete: forgets shared strings that no row holds any more.
    pub fn sweep(&mut self) {
        self.scratch.sweep();
    }

    fn containers(
        &mut self,
        decode: ContainerRows,
        bytes: &[u8],
        out: &mut dyn FnMut(Delta),
    ) -> Result<(), DecodeError> {
        let rows = match decode(bytes, &mut self.scratch) {
            Ok(rows) => rows,
            Err(error) => {
                // The row that says so stands in for the containers until they can be read.
                if let Ok(pod) = self.plain(bytes) {
                    let gone = self
                        .children
                        .insert(pod.uid.clone(), vec![pod.uid.clone()])
                        .unwrap_or_default();
                    gone.into_iter()
                        .filter(|child| *child != pod.uid)
                        .for_each(|child| out(Delta::Delete(child)));
                }
                return self.undecodable(bytes, error, out);
            }
        };
        let uid = self.plain(bytes)?.uid;
        let now: Vec<Uid> = rows.iter().map(|row| row.uid.clone()).collect();
        for gone in self.children.remove(&uid).unwrap_or_default() {
            if !now.contains(&gone) {
                out(Delta::Delete(gone));
            }
        }
        self.children.insert(uid, now);
        rows.into_iter().for_each(|row| out(Delta::Upsert(row)));
        Ok(())
    }

    /// A row of what the object refers to and how it fares; the object itself is let go.
    fn referring(
        &mut self,
        kind: Option<&'static Kind>,
        referrer: Option<&'static Referrer>,
        bytes: &[u8],
    ) -> Result<Row, DecodeError> {
        let mut row = match kind.map(|kind| (kind.codec, kind)) {
            Some((Codec::Slim(decode), kind)) => match decode(bytes, &mut self.scratch) {
                Ok(row) => {
                    let status = status_column(kind.columns).map(|column| row.cell(&column.field));
                    Row {
                        cells: status.into_iter().collect(),
                        ..row
                    }
                }
                Err(_) => self.plain(bytes)?,
            },
            _ => self.plain(bytes)?,
        };
        let value = parse_json(bytes)?;
        let selector = row.facts.iter().find(|fact| matches!(fact, Fact::Selector(_))).cloned();
        let mut told = facts(&edges(referrer, &value), &mut self.scratch.interner);
        told.extend(selector);
        row.facts = told.into();
        Ok(row)
    }

    /// A row of the metadata alone.
    fn plain(&mut self, object: &[u8]) -> Result<Row, DecodeError> {
        let named: Named<'_> = parse(object)?;
        named.metadata.row(&mut self.scratch)
    }

    fn undecodable(
        &mut self,
        object: &[u8],
        error: DecodeError,
        out: &mut dyn FnMut(Delta),
    ) -> Result<(), DecodeError> {
        if let Ok(mut row) = self.plain(object) {
            row.health = Health::Unknown;
            row.cells = Box::new([Cell::text(Clean::new("undecodable")).with(Role::Error)]);
            let named = format!("{}: {}", row.name.as_str(), error.message);
            out(Delta::Upsert(row));
            return Err(DecodeError { message: named });
        }
        Err(error)
    }
}

fn printed_rows(object: &[u8]) -> Result<Vec<&RawValue>, DecodeError> {
    Ok(parse_json::<PrintedRows<'_>>(object)?.rows.unwrap_or_default())
}

fn parse_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes).map_err(|reason| error(&reason.to_string()))
}

fn error(message: &str) -> DecodeError {
    DecodeError {
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Value, containers, kind};

    fn how(group: &str, resource: &str, version: &str) -> How {
        let how = How::choose(kind(group, resource), version, Shape::References, (containers, &[]));
        how.references(group, resource)
    }

    fn rows(how: How, object: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut take = |delta| match delta {
            Delta::Upsert(row) => rows.push(row),
            Delta::Delete(_) => {}
        };
        Reader::new(how).element(object.as_bytes(), &mut take).unwrap();
        rows
    }

    #[test]
    fn what_an_object_refers_to_stays_and_the_object_goes() {
        let pod = r#"{"metadata":{"name":"cart","namespace":"shop","uid":"u","labels":{"app":"cart"}},"spec":{"nodeName":"node-a",
            "containers":[{"name":"a","image":"x"}],"volumes":[{"secret":{"secretName":"tls"}}]},
            "status":{"phase":"Running","containerStatuses":[{"name":"a","ready":false,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}"#;
        let rows = rows(how("", "pods", "v1"), pod);
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(row.health, Health::Bad);
        assert_eq!(row.cells.len(), 1, "one word says how it fares");
        assert!(matches!(&row.cells[0].value, Value::Text(text) if text.as_str() == "CrashLoopBackOff"));
        let named: Vec<(&str, &str)> = row
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Names(relation, one) => Some((*relation, one.name.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(named, [("runs on", "node-a"), ("volume", "tls")]);
        assert!(row.whole.is_none());
    }

    #[test]
    fn kinds_that_are_not_known_tell_their_owners() {
        let object = r#"{"metadata":{"name":"x","namespace":"shop","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"a"},
            {"apiVersion":"v1","kind":"Pod","name":"b"}]},"spec":{"volumes":3}}"#;
        let rows = rows(how("example.dev", "websites", "v1"), object);
        assert_eq!(rows[0].facts.len(), 2);
    }

    #[test]
    fn secrets_and_config_maps_are_printed_by_the_server_in_every_shape_of_lists() {
        for resource in ["secrets", "configmaps"] {
            assert!(how("", resource, "v1").is_table(), "{resource}");
        }
    }
}
