//! One line of a watch, taken apart: its type, its object's bytes and the version it stands for. Versions are read apart
//! from rows, because an object whose row cannot be made still has one.

use super::status::Status;
use crate::kinds::decode::{Map, Part, Skip, Text};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A line of a watch.
#[derive(Debug)]
pub enum WatchLine<'a> {
    /// ADDED or MODIFIED.
    Changed {
        /// The object, or the Table that prints it.
        object: &'a [u8],
        /// Its version, empty when it has none.
        version: Cow<'a, str>,
    },
    /// DELETED.
    Deleted {
        /// The object as it was last, or the Table that prints it.
        object: &'a [u8],
        /// The version of the deletion.
        version: Cow<'a, str>,
    },
    /// BOOKMARK.
    Bookmark {
        /// Everything up to here has been sent.
        version: Cow<'a, str>,
        /// The initial objects of a streaming list are complete.
        initial_end: bool,
    },
    /// ERROR.
    Error(Status),
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    bound(deserialize = "A: Deserialize<'de> + Default")
)]
struct VersionMeta<'a, A> {
    #[serde(borrow)]
    resource_version: Text<'a>,
    annotations: A,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "A: Deserialize<'de> + Default"))]
struct Versioned<'a, A> {
    #[serde(borrow)]
    metadata: Part<VersionMeta<'a, A>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "A: Deserialize<'de> + Default"))]
struct Printed<'a, A> {
    #[serde(borrow)]
    object: Part<Versioned<'a, A>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "A: Deserialize<'de> + Default"))]
struct Whole<'a, A> {
    #[serde(borrow)]
    metadata: Part<VersionMeta<'a, A>>,
    #[serde(borrow)]
    rows: Vec<Printed<'a, A>>,
}

impl<'a> WatchLine<'a> {
    /// A change in the form in which API servers write it: its object is what stands between the known beginning and the
    /// last bracket, so the line need not be read once more to find it. Nothing when it has another form or is garbled.
    fn as_usual(line: &'a [u8], table: bool) -> Option<WatchLine<'a>> {
        let (kind, rest) = [
            ("ADDED", line.strip_prefix(br#"{"type":"ADDED","object":"#)),
            ("MODIFIED", line.strip_prefix(br#"{"type":"MODIFIED","object":"#)),
            ("DELETED", line.strip_prefix(br#"{"type":"DELETED","object":"#)),
        ]
        .into_iter()
        .find_map(|(kind, rest)| Some((kind, rest?)))?;
        let object = rest.trim_ascii_end().strip_suffix(b"}")?;
        // Reading the version reads the object to its end: what is garbled, or has something behind it, is found here.
        let version = version_of(object, table).ok()?;
        Some(match kind {
            "DELETED" => WatchLine::Deleted { object, version },
            _ => WatchLine::Changed { object, version },
        })
    }

    /// Takes a line apart. `table`: whether objects come printed.
    ///
    /// # Errors
    /// When it is no event; says what is wrong.
    pub fn parse(line: &'a [u8], table: bool) -> Result<WatchLine<'a>, String> {
        if let Some(read) = WatchLine::as_usual(line, table) {
            return Ok(read);
        }
        let line: Line<'a> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let object = line.object.get().as_bytes();
        match &*line.kind {
            "ADDED" | "MODIFIED" => Ok(WatchLine::Changed {
                version: version_of(object, table)?,
                object,
            }),
            "DELETED" => Ok(WatchLine::Deleted {
                version: version_of(object, table)?,
                object,
            }),
            "BOOKMARK" => {
                let whole: Whole<'a, Map<'a>> = serde_json::from_slice(object).map_err(|error| error.to_string())?;
                let says_end = |meta: &VersionMeta<'a, Map<'a>>| {
                    meta.annotations
                        .find("k8s.io/initial-events-end")
                        .is_some_and(|value| &**value == "true")
                };
                let row = whole.rows.first().map(|row| &row.object.metadata);
                let initial_end = says_end(&whole.metadata) || row.is_some_and(|meta| says_end(meta));
                let version = pick(whole.metadata, whole.rows);
                Ok(WatchLine::Bookmark { version, initial_end })
            }
            "ERROR" => Ok(WatchLine::Error(Status::from_object(object))),
            kind => Err(format!("an event of the unknown type {:.40}", kind)),
        }
    }
}

fn version_of(object: &[u8], table: bool) -> Result<Cow<'_, str>, String> {
    if !table {
        let versioned: Versioned<'_, Skip> = serde_json::from_slice(object).map_err(|error| error.to_string())?;
        return Ok(versioned.metadata.0.resource_version.0);
    }
    let whole: Whole<'_, Skip> = serde_json::from_slice(object).map_err(|error| error.to_string())?;
    Ok(pick(whole.metadata, whole.rows))
}

/// A printed event carries the version on its row's object, and newer servers on the Table too.
fn pick<'a, A>(own: Part<VersionMeta<'a, A>>, rows: Vec<Printed<'a, A>>) -> Cow<'a, str> {
    let row = rows
        .into_iter()
        .next()
        .map(|row| row.object.0.metadata.0.resource_version.0);
    match row {
        Some(version) if !version.is_empty() => version,
        _ => own.0.resource_version.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str, table: bool) -> String {
        match WatchLine::parse(line.as_bytes(), table) {
            Ok(WatchLine::Changed { version, .. }) => format!("changed {version}"),
            Ok(WatchLine::Deleted { version, .. }) => format!("deleted {version}"),
            Ok(WatchLine::Bookmark { version, initial_end }) => format!("bookmark {version} {initial_end}"),
            Ok(WatchLine::Error(status)) => format!("error {}", status.code),
            Err(_) => "garbled".to_owned(),
        }
    }

    #[test]
    fn lines() {
        for (line, table, expected) in [
            (
                r#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"5"}}}"#,
                false,
                "changed 5",
            ),
            (
                r#"{"type":"MODIFIED","object":{"metadata":{"resourceVersion":["x"]}}}"#,
                false,
                "changed ",
            ),
            (r#"{"type":"MODIFIED","object":{"metadata":7}}"#, false, "changed "),
            (
                r#"{"type":"DELETED","object":{"kind":"Table","metadata":{},"rows":[{"cells":[1],"object":{"metadata":{"resourceVersion":"6"}}}]}}"#,
                true,
                "deleted 6",
            ),
            (
                r#"{"type":"BOOKMARK","object":{"kind":"Table","metadata":{"resourceVersion":"9"},"rows":[]}}"#,
                true,
                "bookmark 9 false",
            ),
            (
                r#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}"#,
                false,
                "bookmark 9 true",
            ),
            (
                r#"{"type":"BOOKMARK","object":{"rows":[{"object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}]}}"#,
                true,
                "bookmark 9 true",
            ),
            (
                r#"{"type":"ERROR","object":{"kind":"Status","code":410}}"#,
                false,
                "error 410",
            ),
            (
                r#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"5"}},"more":1}"#,
                false,
                "changed 5",
            ),
            (
                r#"{"type":"DELETED","object":{"metadata":{"resourceVersion":"5"}} }  "#,
                false,
                "deleted 5",
            ),
            (
                r#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"5"}}"#,
                false,
                "garbled",
            ),
            (
                r#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"5"}}}}"#,
                false,
                "garbled",
            ),
            (
                r#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"5"}},"type":"DELETED","object":{}}"#,
                false,
                "garbled",
            ),
            (r#"{"type":"NEW","object":{}}"#, false, "garbled"),
            (r#"{"type":"ADDED"}"#, false, "garbled"),
            (r#"{"type":"ADDED","object":{"metadata":"#, false, "garbled"),
            ("<html>", false, "garbled"),
        ] {
            assert_eq!(told(line, table), expected, "{line}");
        }
    }
}
