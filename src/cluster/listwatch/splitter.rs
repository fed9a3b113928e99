//! The splitter: a list body comes in as bytes at any chunk boundary, its elements go out one by one, and the body is
//! never held. What stands around the elements (kind, metadata, columns, or a whole Status) is kept as a small document.
//!
//! It refuses to validate elements beyond their brackets: who decodes an element finds out what is wrong with it.

use memchr::memchr2;

/// The largest single element or watch line that is read, in bytes. etcd's own cap is 1.5 MiB; aggregated servers reach
/// 16 MiB.
pub const ITEM_CAP: usize = 32 << 20;

/// The largest rest of a body (everything but its elements), in bytes.
const REST_CAP: usize = 4 << 20;

/// One element of the top-level `items` or `rows` array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// Its bytes, without the blanks around it.
    Whole(&'a [u8]),
    /// It was longer than the cap and was skipped.
    TooLarge,
}

/// Why a body cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitError {
    /// It does not begin with a JSON object (a proxy's HTML page, say).
    NotAnObject,
    /// What stands around the elements is too large.
    RestTooLarge,
    /// Something follows the object.
    Trailing,
    /// It ends in the middle.
    Unterminated,
}

impl std::fmt::Display for SplitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SplitError::NotAnObject => "the answer is not a JSON object",
            SplitError::RestTooLarge => "the answer's head is larger than 4 MiB",
            SplitError::Trailing => "something follows the JSON object",
            SplitError::Unterminated => "the answer ends in the middle",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the object.
    Start,
    /// Around the elements.
    Envelope,
    /// Between two elements.
    Between,
    /// Inside an object or array that is an element.
    Nested,
    /// Inside an element that is a number, a word or a string.
    Scalar,
    /// After the object.
    Done,
}

/// Cuts a list body into its elements.
#[derive(Debug)]
pub struct Splitter {
    place: Place,
    nesting: Nesting,
    rest: Vec<u8>,
    key_from: Option<usize>,
    expects_key: bool,
    is_list_key: bool,
    is_list_value: bool,
    element: Vec<u8>,
    too_large: bool,
    cap: usize,
}

impl Default for Splitter {
    fn default() -> Splitter {
        Splitter::with_cap(ITEM_CAP)
    }
}

impl Splitter {
    /// A splitter that skips elements longer than `cap` bytes.
    pub fn with_cap(cap: usize) -> Splitter {
        Splitter {
            place: Place::Start,
            nesting: Nesting::default(),
            rest: Vec::new(),
            key_from: None,
            expects_key: false,
            is_list_key: false,
            is_list_value: false,
            element: Vec::new(),
            too_large: false,
            cap,
        }
    }

    /// Takes the next bytes and hands out each element that they complete.
    ///
    /// # Errors
    /// When the body is no JSON object, has something behind it, or a head that is too large.
    pub fn feed(&mut self, chunk: &[u8], on: &mut dyn FnMut(&Head<'_>, Element<'_>)) -> Result<(), SplitError> {
        let mut at = 0;
        while at < chunk.len() {
            at += match self.place {
                Place::Start => self.start(&chunk[at..])?,
                Place::Envelope => self.envelope(&chunk[at..])?,
                Place::Between => self.between(&chunk[at..]),
                Place::Nested => self.nested(&chunk[at..], on),
                Place::Scalar => self.scalar(&chunk[at..], on),
                Place::Done => match chunk[at..].iter().all(u8::is_ascii_whitespace) {
                    true => chunk.len() - at,
                    false => return Err(SplitError::Trailing),
                },
            };
        }
        Ok(())
    }

    /// The body's rest: the whole document with its elements taken out.
    ///
    /// # Errors
    /// When the body has not ended.
    pub fn finish(self) -> Result<Vec<u8>, SplitError> {
        match self.place {
            Place::Done => Ok(self.rest),
            _ => Err(SplitError::Unterminated),
        }
    }

    fn start(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        let blank = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match bytes.get(blank) {
            None => Ok(blank),
            Some(b'{') => {
                self.place = Place::Envelope;
                Ok(blank)
            }
            Some(_) => Err(SplitError::NotAnObject),
        }
    }

    /// The head is small: a byte at a time is fast enough here.
    fn envelope(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.rest.len() >= REST_CAP {
                return Err(SplitError::RestTooLarge);
            }
            self.rest.push(byte);
            let was_string = self.nesting.string;
            let closed = self.nesting.step(byte);
            if closed {
                self.place = Place::Done;
                return Ok(at + 1);
            }
            if self.nesting.depth != 1 {
                // A bracket that opened belongs to a value that is not a list's.
                if self.is_list_value && byte == b'[' && !was_string {
                    self.is_list_value = false;
                    self.place = Place::Between;
                    return Ok(at + 1);
                }
                self.is_list_value = false;
                continue;
            }
            match (was_string, self.nesting.string) {
                (false, true) => {
                    self.is_list_value = false;
                    if self.expects_key {
                        self.expects_key = false;
                        self.key_from = Some(self.rest.len());
                    }
                }
                (true, false) => {
                    if let Some(from) = self.key_from.take() {
                        let key = &self.rest[from..self.rest.len() - 1];
                        self.is_list_key = key == b"items" || key == b"rows";
                    }
                }
                (true, true) => {}
                (false, false) => match byte {
                    b'{' | b',' => {
                        self.expects_key = true;
                        self.is_list_key = false;
                        self.is_list_value = false;
                    }
                    b':' => self.is_list_value = std::mem::take(&mut self.is_list_key),
                    byte if byte.is_ascii_whitespace() => {}
                    _ => self.is_list_value = false,
                },
            }
        }
        Ok(bytes.len())
    }

    fn between(&mut self, bytes: &[u8]) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                // A stray `}` counts as blank: the decoders of its neighbours find out.
                b',' | b'}' => {}
                b']' => {
                    self.rest.push(byte);
                    self.nesting = Nesting {
                        depth: 1,
                        ..Nesting::default()
                    };
                    self.place = Place::Envelope;
                    return at + 1;
                }
                byte if byte.is_ascii_whitespace() => {}
                byte => {
                    self.nesting = Nesting::default();
                    self.place = match byte {
                        b'{' | b'[' => Place::Nested,
                        _ => Place::Scalar,
                    };
                    return at;
                }
            }
        }
        bytes.len()
    }

    fn nested(&mut self, bytes: &[u8], on: &mut dyn FnMut(&Head<'_>, Element<'_>)) -> usize {
        let end = self.nesting.close(bytes);
        let taken = end.unwrap_or(bytes.len());
        self.collect(&bytes[..taken], end.is_some(), on);
        taken
    }

    fn scalar(&mut self, bytes: &[u8], on: &mut dyn FnMut(&Head<'_>, Element<'_>)) -> usize {
        let mut taken = bytes.len();
        for (at, &byte) in bytes.iter().enumerate() {
            if !self.nesting.string && (matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace()) {
                taken = at;
                break;
            }
            self.nesting.step(byte);
        }
        let ended = taken < bytes.len();
        self.collect(&bytes[..taken], ended, on);
        taken
    }

    fn collect(&mut self, bytes: &[u8], ended: bool, on: &mut dyn FnMut(&Head<'_>, Element<'_>)) {
        if self.element.len() + bytes.len() > self.cap {
            self.too_large = true;
            self.element = Vec::new();
        }
        if !ended {
            if !self.too_large {
                self.element.extend_from_slice(bytes);
            }
            return;
        }
        self.place = Place::Between;
        let head = Head(&self.rest);
        if std::mem::take(&mut self.too_large) {
            on(&head, Element::TooLarge);
        } else if self.element.is_empty() {
            on(&head, Element::Whole(bytes));
        } else {
            self.element.extend_from_slice(bytes);
            on(&head, Element::Whole(&self.element));
            self.element.clear();
            // One giant must not hold its memory for the rest of the list.
            self.element.shrink_to(1 << 20);
        }
    }
}

/// What came before the elements, while they come.
#[derive(Debug)]
pub struct Head<'a>(&'a [u8]);

impl Head<'_> {
    /// The document so far, closed, as JSON.
    pub fn document(&self) -> Vec<u8> {
        let mut document = self.0.to_vec();
        document.extend_from_slice(b"]}");
        document
    }
}

/// Counts brackets outside strings.
#[derive(Clone, Copy, Debug, Default)]
struct Nesting {
    depth: u32,
    string: bool,
    escaped: bool,
}

/// Marks the bytes that mean something outside strings.
const STRUCTURE: [u8; 256] = {
    let mut table = [0u8; 256];
    table[b'"' as usize] = 1;
    table[b'{' as usize] = 2;
    table[b'[' as usize] = 2;
    table[b'}' as usize] = 3;
    table[b']' as usize] = 3;
    table
};

impl Nesting {
    /// Takes one byte; true when it closes the outermost bracket.
    fn step(&mut self, byte: u8) -> bool {
        if self.string {
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.string = false;
            }
            return false;
        }
        match STRUCTURE[usize::from(byte)] {
            1 => self.string = true,
            2 => self.depth = self.depth.saturating_add(1),
            3 => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }

    /// Where the outermost bracket closes (the place after it); None when it stays open.
    fn close(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.string {
                if self.escaped {
                    bytes.get(at)?;
                    at += 1;
                    self.escaped = false;
                }
                at += memchr2(b'"', b'\\', bytes.get(at..)?)? + 1;
                if bytes[at - 1] == b'"' {
                    self.string = false;
                } else {
                    self.escaped = true;
                }
                continue;
            }
            let rest = bytes.get(at..)?;
            at += rest.iter().position(|byte| STRUCTURE[usize::from(*byte)] != 0)? + 1;
            match STRUCTURE[usize::from(bytes[at - 1])] {
                1 => self.string = true,
                2 => self.depth = self.depth.saturating_add(1),
                _ => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn split(body: &[u8], cuts: &[usize]) -> Result<(Vec<Vec<u8>>, Vec<u8>), SplitError> {
        split_capped(body, cuts, ITEM_CAP)
    }

    fn split_capped(body: &[u8], cuts: &[usize], cap: usize) -> Result<(Vec<Vec<u8>>, Vec<u8>), SplitError> {
        let mut splitter = Splitter::with_cap(cap);
        let mut elements = Vec::new();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            splitter.feed(&body[pair[0]..pair[1]], &mut |head, element| {
                serde_json::from_slice::<Value>(&head.document()).expect("a head is JSON");
                elements.push(match element {
                    Element::Whole(bytes) => bytes.to_vec(),
                    Element::TooLarge => b"too large".to_vec(),
                });
            })?;
        }
        Ok((elements, splitter.finish()?))
    }

    #[test]
    fn elements_and_rest_of_hand_written_bodies() {
        for (body, elements, rest) in [
            (r#"{"items":[]}"#, vec![], r#"{"items":[]}"#),
            (
                r#"{"items":null,"kind":"PodList"}"#,
                vec![],
                r#"{"items":null,"kind":"PodList"}"#,
            ),
            (
                r#" {"kind":"L","items" : [ {"a":"]}"} , {"b":[1]} ],"z":1} "#,
                vec![r#"{"a":"]}"}"#, r#"{"b":[1]}"#],
                r#"{"kind":"L","items" : [],"z":1}"#,
            ),
            (
                r#"{"metadata":{"items":[1,2]},"rows":[{}]}"#,
                vec!["{}"],
                r#"{"metadata":{"items":[1,2]},"rows":[]}"#,
            ),
            (
                r#"{"kind":"items","x":["items",[1]],"items":["a,]\"",7,null,[2]]}"#,
                vec![r#""a,]\"""#, "7", "null", "[2]"],
                r#"{"kind":"items","x":["items",[1]],"items":[]}"#,
            ),
            (
                r#"{"a":"items","b":[1],"items":{"x":[1]}}"#,
                vec![],
                r#"{"a":"items","b":[1],"items":{"x":[1]}}"#,
            ),
            (
                r#"{"items":[{"s":"\\"},{"s":"\\\""}]}"#,
                vec![r#"{"s":"\\"}"#, r#"{"s":"\\\""}"#],
                r#"{"items":[]}"#,
            ),
        ] {
            for cut in 0..body.len() {
                let (found, left) = split(body.as_bytes(), &[cut]).unwrap_or_else(|error| panic!("{body}: {error}"));
                assert_eq!(
                    found,
                    elements.iter().map(|e| e.as_bytes().to_vec()).collect::<Vec<_>>(),
                    "{body} cut at {cut}"
                );
                assert_eq!(String::from_utf8_lossy(&left).trim(), rest, "{body} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for (body, error) in [
            ("", SplitError::Unterminated),
            ("   ", SplitError::Unterminated),
            ("<html>", SplitError::NotAnObject),
            ("[1]", SplitError::NotAnObject),
            (r#"{"items":[{"a":1},"#, SplitError::Unterminated),
            (r#"{"items":[{"a":1"#, SplitError::Unterminated),
            (r#"{"items":[]"#, SplitError::Unterminated),
            (r#"{"items":[]}x"#, SplitError::Trailing),
            (r#"{} {}"#, SplitError::Trailing),
        ] {
            assert_eq!(split(body.as_bytes(), &[]), Err(error), "{body}");
        }
        let mut body = br#"{"metadata":""#.to_vec();
        body.resize(REST_CAP + 100, b'x');
        assert_eq!(split(&body, &[1000]), Err(SplitError::RestTooLarge));
    }

    #[test]
    fn a_giant_is_skipped_and_its_neighbours_are_not() {
        let body = format!(
            r#"{{"items":[{{"a":1}},{{"s":"{}"}},{{"b":2}},"{}"]}}"#,
            "x".repeat(500),
            "y".repeat(500)
        );
        for cut in 0..body.len() {
            let (found, _) = split_capped(body.as_bytes(), &[cut], 100).expect("splits");
            assert_eq!(found, [&b"{\"a\":1}"[..], b"too large", b"{\"b\":2}", b"too large"]);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\[\\]{}\",:\\\\a-c\\n\u{e9}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("items|rows|[\"\\\\{a-c]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_chunking_gives_what_a_parser_gives(
            items in prop::collection::vec(value(), 0..6),
            before in value(), after in value(), rows in any::<bool>(), pretty in any::<bool>(),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let key = if rows { "rows" } else { "items" };
            let document = json!({"a": before, key: items, "z": after});
            let body = if pretty { serde_json::to_vec_pretty(&document) } else { serde_json::to_vec(&document) }.expect("writes");
            let (found, rest) = split(&body, &cuts).expect("splits");
            let found: Vec<Value> = found.iter().map(|bytes| serde_json::from_slice(bytes).expect("element")).collect();
            prop_assert_eq!(found, items);
            let rest: Value = serde_json::from_slice(&rest).expect("rest");
            prop_assert_eq!(&rest["a"], &document["a"]);
            prop_assert_eq!(&rest["z"], &document["z"]);
        }

        #[test]
        fn garbage_never_panics_and_chunking_never_matters(
            body in "[\\[\\]{}\",:\\\\a1 ]{0,40}", start in prop_oneof![Just(""), Just("{\"items\":["), Just("{\"rows\":[{")],
            cuts in prop::collection::vec(any::<usize>(), 0..8),
        ) {
            let body = format!("{start}{body}");
            let mut plain = Splitter::default();
            let mut cut = Splitter::default();
            let mut one = Vec::new();
            let mut many = Vec::new();
            let keep = |into: &mut Vec<Vec<u8>>, element: Element<'_>| {
                if let Element::Whole(bytes) = element { into.push(bytes.to_vec()) }
            };
            let whole = plain.feed(body.as_bytes(), &mut |_, e| keep(&mut one, e));
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let mut parts = Ok(());
            for pair in cuts.windows(2) {
                parts = cut.feed(&body.as_bytes()[pair[0]..pair[1]], &mut |_, e| keep(&mut many, e));
                if parts.is_err() { break; }
            }
            prop_assert_eq!(whole, parts);
            prop_assert_eq!(one, many);
        }
    }
}
