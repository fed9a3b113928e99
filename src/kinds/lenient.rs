//! Values that are read whatever stands there: the types of which the kinds' small structs are made. Null, a missing field
//! and a value of the wrong type are all the same: nothing. Text is borrowed from the bytes where it has no escapes.

use crate::text::parse_time;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// Nothing: skips whatever stands there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Skip;

impl<'de> Deserialize<'de> for Skip {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Skip, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Skip)
    }
}

/// Any leaf, as it stands there.
enum Scalar<'a> {
    Other,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Scalar<'de>, E> {
        Ok(i64::try_from(value).map_or(Scalar::Float(value as f64), Scalar::Int))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Float(value))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Scalar<'de>, S::Error> {
        drain_seq(seq).map(|()| Scalar::Other)
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Scalar<'de>, M::Error> {
        drain_map(map).map(|()| Scalar::Other)
    }
}

fn drain_seq<'de, S: SeqAccess<'de>>(mut seq: S) -> Result<(), S::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_map<'de, M: MapAccess<'de>>(mut map: M) -> Result<(), M::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A string. A number or a bool is taken as it is written; anything else is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        Ok(Text(match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Other => Cow::Borrowed(""),
            Scalar::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Scalar::Int(value) => Cow::Owned(value.to_string()),
            Scalar::Float(value) => Cow::Owned(value.to_string()),
            Scalar::Text(text) => text,
        }))
    }
}

/// A whole number, None when there is none. A number in quotes counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Int(pub Option<i64>);

impl Int {
    /// The number, or zero.
    pub fn value(self) -> i64 {
        self.0.unwrap_or(0)
    }

    /// The number as a count: zero when negative, and never above what a count holds.
    pub fn count(self) -> u32 {
        self.or(0)
    }

    /// The number as a count, or this when there is none.
    pub fn or(self, missing: u32) -> u32 {
        self.0
            .map_or(missing, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Int, D::Error> {
        Ok(Int(match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Int(value) => Some(value),
            Scalar::Float(value) if value.is_finite() && value.fract() == 0.0 => Some(value as i64),
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }))
    }
}

/// A bool, None when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

impl Flag {
    /// Whether it stands there and is true.
    pub fn is_true(self) -> bool {
        self.0 == Some(true)
    }

    /// Its value, or this when there is none.
    pub fn or(self, missing: bool) -> bool {
        self.0.unwrap_or(missing)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Flag, D::Error> {
        Ok(Flag(match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Bool(value) => Some(value),
            Scalar::Text(text) => text.parse().ok(),
            _ => None,
        }))
    }
}

/// A moment in unix seconds, None when there is none or when it cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub Option<i64>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<When, D::Error> {
        Ok(When(match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Text(text) => parse_time(&text),
            _ => None,
        }))
    }
}

/// A whole number or a string, as ports, percentages and thresholds are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IntOrString<'a> {
    /// Not there.
    #[default]
    None,
    /// A number.
    Int(i64),
    /// A name or a percentage.
    Text(Cow<'a, str>),
}

impl fmt::Display for IntOrString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::None => Ok(()),
            IntOrString::Int(number) => write!(f, "{number}"),
            IntOrString::Text(text) => f.write_str(text),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for IntOrString<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<IntOrString<'a>, D::Error> {
        Ok(match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Int(number) => IntOrString::Int(number),
            Scalar::Text(text) => IntOrString::Text(text),
            _ => IntOrString::None,
        })
    }
}

/// A struct that may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Maybe<T> {
        Maybe(None)
    }
}

impl<T> Maybe<T> {
    /// What stands there.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Whether something stands there.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

/// Whatever is no list and no map counts as missing.
macro_rules! leaves_are_nothing {
    () => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    leaves_are_nothing!();
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Maybe<T>, S::Error> {
        drain_seq(seq).map(|()| Maybe(None))
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Maybe<T>, M::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|value| Maybe(Some(value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Maybe<T>, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

/// A struct that is all defaults when it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part<T>(pub T);

impl<T> Deref for Part<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part<T>, D::Error> {
        Maybe::<T>::deserialize(deserializer).map(|value| Part(value.0.unwrap_or_default()))
    }
}

/// A list. What is not a list is an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> List<T> {
        List(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    leaves_are_nothing!();
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<List<T>, M::Error> {
        drain_map(map).map(|()| List::default())
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<List<T>, S::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(List(items))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// A list of structs; an element that is none is all defaults, so that places in the list stay what they are.
pub type Parts<T> = List<Part<T>>;

/// A map with string keys, in the order in which it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map<'a, V = Text<'a>>(pub Vec<(Text<'a>, V)>);

impl<V> Default for Map<'_, V> {
    fn default() -> Self {
        Map(Vec::new())
    }
}

impl<'a, V> Deref for Map<'a, V> {
    type Target = [(Text<'a>, V)];
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> Map<'_, V> {
    /// The value of a key.
    pub fn find(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(k, _)| &**k == key).map(|(_, v)| v)
    }
}

struct MapVisitor<'a, V>(PhantomData<(&'a (), V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for MapVisitor<'a, V> {
    type Value = Map<'a, V>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    leaves_are_nothing!();
    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Self::Value, S::Error> {
        drain_seq(seq).map(|()| Map::default())
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Map(entries))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Map<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MapVisitor(PhantomData))
    }
}
