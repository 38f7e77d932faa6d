//! JSON values; and JSON that keeps the order and repetition of members, to write it as other serialisers would.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// JSON text as this library writes it: without blanks, in UTF-8.
pub(crate) fn json_text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Takes a member's value; null if it is missing.
///
/// The member stays, as null: removing it would bring the code that shrinks trees into WASM for this alone.
pub(crate) fn take(members: &mut Map<String, Value>, name: &str) -> Value {
    members.get_mut(name).map(Value::take).unwrap_or_default()
}

/// Keeps only the members that `kept` accepts; like [`take`], without shrinking a tree.
pub(crate) fn retain(members: &mut Map<String, Value>, kept: fn(&str, &Value) -> bool) {
    if members.iter().all(|(name, value)| kept(name, value)) {
        return;
    }
    for (name, value) in std::mem::take(members) {
        if kept(&name, &value) {
            members.insert(name, value);
        }
    }
}

/// The name that a converter gives a value that JSON cannot express, such as `a Decimal`: it puts `{"$type": "a Decimal"}`
/// in the value's place, with `text` if the value can be written, and `bytes` if it is bytes.
pub(crate) fn unsaid(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() <= 2)?;
    let named = |name: &String| ["$type", "text", "bytes"].contains(&name.as_str());
    members.get("$type").filter(|_| members.keys().all(named))?.as_str()
}

/// The bytes that a converter gave, or a list of numbers.
pub(crate) fn byte_list(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Object(members) => members.get_mut("bytes")?.as_array_mut(),
        list => list.as_array_mut(),
    }
}

/// An object made of these members, whose values are taken.
pub(crate) fn object(members: &mut [(&str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in members {
        object.insert((*name).to_owned(), value.take());
    }
    Value::Object(object)
}

/// JSON as it stood in a text, with the order and repetition of members.
pub(crate) enum Json {
    /// A number, a truth value or null.
    Plain(Value),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

#[cfg(test)]
thread_local! {
    /// Counts how often two names were compared to sort maps.
    pub(crate) static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The style in which a serialiser writes.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub name: &'static str,
    pub between: &'static str,
    pub colon: &'static str,
    pub indent: usize,
    /// Writes characters beyond ASCII as `\uXXXX`.
    pub ascii: bool,
    /// Writes `/` as `\/`.
    pub slashes: bool,
}

const fn layout(name: &'static str, between: &'static str, colon: &'static str, indent: usize) -> Style {
    Style { name, between, colon, indent, ascii: false, slashes: false }
}

pub(crate) const LAYOUTS: &[Style] = &[
    layout("compact", ",", ":", 0),
    layout("with `, ` and `: `", ", ", ": ", 0),
    layout("indented by 2", ",", ": ", 2),
    layout("indented by 4", ",", ": ", 4),
];

impl Json {
    /// The number of lists and maps nested in one another; the parser takes at most 128.
    pub(crate) fn depth(&self) -> usize {
        let inside = match self {
            Json::Plain(_) | Json::Text(_) => return 0,
            Json::List(list) => list.iter().map(Json::depth).max(),
            Json::Map(map) => map.iter().map(|(_, value)| value.depth()).max(),
        };
        1 + inside.unwrap_or(0)
    }

    /// Sorts the members of each map by name; members of the same name keep their order.
    pub(crate) fn sort(&mut self) {
        match self {
            Json::Plain(_) | Json::Text(_) => {}
            Json::List(list) => list.iter_mut().for_each(Json::sort),
            Json::Map(map) => {
                map.sort_by(|(name, _), (other, _)| {
                    #[cfg(test)]
                    COMPARISONS.with(|count| count.set(count.get() + 1));
                    name.cmp(other)
                });
                map.iter_mut().for_each(|(_, value)| value.sort());
            }
        }
    }

    pub(crate) fn written(&self, style: Style) -> String {
        let mut out = String::new();
        self.write(style, 0, &mut out);
        out
    }

    fn write(&self, style: Style, depth: usize, out: &mut String) {
        match self {
            Json::Plain(value) => out.push_str(&json_text(value)),
            Json::Text(text) => write_text(text, style, out),
            Json::List(list) => {
                out.push('[');
                members(list.iter(), style, depth, out, |item, out| item.write(style, depth + 1, out));
                out.push(']');
            }
            Json::Map(map) => {
                out.push('{');
                members(map.iter(), style, depth, out, |(name, value), out| {
                    write_text(name, style, out);
                    out.push_str(style.colon);
                    value.write(style, depth + 1, out);
                });
                out.push('}');
            }
        }
    }
}

fn members<T>(
    members: impl ExactSizeIterator<Item = T>,
    style: Style,
    depth: usize,
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    let indent = |depth: usize, out: &mut String| {
        if style.indent > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', depth * style.indent));
        }
    };
    let any = members.len() > 0;
    for (index, member) in members.enumerate() {
        if index > 0 {
            out.push_str(style.between);
        }
        indent(depth + 1, out);
        write(member, out);
    }
    if any {
        indent(depth, out);
    }
}

fn write_text(text: &str, style: Style, out: &mut String) {
    for character in json_text(&text.into()).chars() {
        match character {
            '/' if style.slashes => out.push_str("\\/"),
            _ if style.ascii && !character.is_ascii() => {
                let mut units = [0; 2];
                out.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            _ => out.push(character),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

impl From<Json> for Value {
    /// The last one of repeated members counts.
    fn from(json: Json) -> Value {
        match json {
            Json::Plain(value) => value,
            Json::Text(text) => Value::String(text),
            Json::List(list) => Value::Array(list.into_iter().map(Value::from).collect()),
            Json::Map(map) => {
                let mut members = Map::new();
                for (name, value) in map {
                    members.insert(name, value.into());
                }
                Value::Object(members)
            }
        }
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Plain(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Plain(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Plain(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut given: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = given.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut given: A) -> Result<Json, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = given.next_entry()? {
            map.push(member);
        }
        Ok(Json::Map(map))
    }
}
