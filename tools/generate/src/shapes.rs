//! The part of JSON Schema that the core's types make use of, read strictly: what is not known here is an error.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Result;

/// A type, and what it means; nothing if there is nothing to say.
#[derive(Clone)]
pub struct Documented {
    pub doc: String,
    pub shape: Shape,
}

/// What a value looks like.
#[derive(Clone)]
pub enum Shape {
    Any,
    Null,
    Boolean,
    Integer,
    /// A span of time, in the host's own unit.
    Milliseconds,
    Text,
    /// One word and no other.
    Word(String),
    Bytes,
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Map(Box<Shape>),
    Record(Record),
    Named(String),
    Either(Vec<Documented>),
}

/// Members in order.
#[derive(Clone)]
pub struct Record {
    pub members: Vec<Member>,
    /// May there be others?
    pub open: bool,
}

/// One member of a record.
#[derive(Clone)]
pub struct Member {
    pub name: String,
    pub doc: String,
    pub shape: Shape,
    pub required: bool,
}

/// Documentation on one line.
pub fn line(text: &str) -> Result<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Rustdoc's links, and what would end a comment or be an escape in another language.
    match ["[`", "*/", "\"\"\"", "\\"].iter().find(|mark| line.contains(**mark)) {
        Some(mark) => Err(format!("documentation for other languages must not hold {mark}: {line}").into()),
        None => Ok(line),
    }
}

impl Documented {
    /// Reads a schema.
    pub fn read(schema: &Value) -> Result<Documented> {
        let mut rest = match schema {
            Value::Bool(true) => Map::new(),
            Value::Object(members) => members.clone(),
            _ => return Err(format!("not a schema: {schema}").into()),
        };
        let doc = line(rest.remove("description").as_ref().and_then(Value::as_str).unwrap_or_default())?;
        let shape = shape(&mut rest)?;
        match rest.keys().next() {
            Some(key) => Err(format!("`{key}` is not known to `cargo xtask generate`: {schema}").into()),
            None => Ok(Documented { doc, shape }),
        }
    }
}

fn shape(rest: &mut Map<String, Value>) -> Result<Shape> {
    // No type of the other languages has bounds.
    for bound in ["minimum", "maximum", "minItems", "maxItems"] {
        rest.remove(bound);
    }
    if let Some(reference) = rest.remove("$ref") {
        let name = reference.as_str().and_then(|path| path.strip_prefix("#/$defs/"));
        return Ok(Shape::Named(name.ok_or("a reference leads out of the schema")?.to_owned()));
    }
    if let Some(Value::Array(options)) = rest.remove("anyOf").or_else(|| rest.remove("oneOf")) {
        return options.iter().map(Documented::read).collect::<Result<_>>().map(Shape::Either);
    }
    let words = match (rest.remove("const"), rest.remove("enum")) {
        (Some(word), None) => Some(vec![word]),
        (None, Some(Value::Array(words))) => Some(words),
        (None, None) => None,
        _ => return Err("`enum` must be a list, and not beside `const`".into()),
    };
    let kind = rest.remove("type");
    match (words, kind) {
        (Some(words), None | Some(Value::String(_))) => {
            let words = words.iter().map(|word| word.as_str().map(|word| Shape::Word(word.to_owned())));
            let words: Option<Vec<Shape>> = words.collect();
            Ok(either(words.ok_or("only texts can be listed")?))
        }
        (None, None) => Ok(Shape::Any),
        (None, Some(Value::String(kind))) => of_kind(&kind, rest),
        (None, Some(Value::Array(kinds))) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.into_iter().map(|kind| of_kind(kind, rest)).collect::<Result<_>>().map(either)
        }
        (words, kind) => Err(format!("{words:?} cannot be of type {kind:?}").into()),
    }
}

fn either(mut shapes: Vec<Shape>) -> Shape {
    match shapes.len() {
        1 => shapes.remove(0),
        _ => Shape::Either(shapes.into_iter().map(|shape| Documented { doc: String::new(), shape }).collect()),
    }
}

fn of_kind(kind: &str, rest: &mut Map<String, Value>) -> Result<Shape> {
    if kind == "null" {
        return Ok(Shape::Null);
    }
    let format = rest.remove("format");
    Ok(match (kind, format.as_ref().and_then(Value::as_str)) {
        ("boolean", None) => Shape::Boolean,
        ("string", None) => Shape::Text,
        ("integer", Some("milliseconds")) => Shape::Milliseconds,
        ("integer", Some("uint" | "uint16" | "uint32" | "uint64" | "int32" | "int64")) => Shape::Integer,
        ("array", Some("bytes")) => {
            rest.remove("items");
            Shape::Bytes
        }
        ("array", None) => match (rest.remove("items"), rest.remove("prefixItems")) {
            (Some(items), None) => Shape::List(Box::new(Documented::read(&items)?.shape)),
            (None, Some(Value::Array(items))) => {
                let items: Result<_> = items.iter().map(|item| Documented::read(item).map(|item| item.shape)).collect();
                Shape::Tuple(items?)
            }
            _ => return Err("a list has items of one type or of a type each".into()),
        },
        ("object", None) => object(rest)?,
        (kind, format) => return Err(format!("type {kind} of format {format:?} is not known").into()),
    })
}

fn object(rest: &mut Map<String, Value>) -> Result<Shape> {
    let others = rest.remove("additionalProperties");
    let order = names(rest.remove("propertyOrder"));
    let required = names(rest.remove("required")).unwrap_or_default();
    let properties = match (rest.remove("properties"), &order) {
        (Some(Value::Object(properties)), _) => properties,
        (_, Some(_)) => Map::new(),
        _ => return Ok(Shape::Map(Box::new(Documented::read(&others.unwrap_or(Value::Bool(true)))?.shape))),
    };
    // Where nothing is optional, `required` is in the order of the declaration.
    let order = order.unwrap_or_else(|| required.clone());
    if order.iter().collect::<BTreeSet<_>>() != properties.keys().collect() {
        return Err(format!("a type with optional members must state `propertyOrder`: {:?}", properties.keys()).into());
    }
    let members = order.into_iter().map(|name| {
        let Documented { doc, shape } = Documented::read(&properties[&name])?;
        let required = required.contains(&name);
        // What may be left out is left out; it is not null.
        let shape = if required { shape } else { shape.given() };
        Ok(Member { name, doc, shape, required })
    });
    let open = match others {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err("a record's other members are of any type or there are none".into()),
    };
    Ok(Shape::Record(Record { members: members.collect::<Result<_>>()?, open }))
}

fn names(list: Option<Value>) -> Option<Vec<String>> {
    list?.as_array().map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

impl Shape {
    /// The same without null.
    pub fn given(self) -> Shape {
        match self {
            Shape::Either(mut options) => {
                options.retain(|option| !matches!(option.shape, Shape::Null));
                match options.len() {
                    1 => options.remove(0).shape,
                    _ => Shape::Either(options),
                }
            }
            shape => shape,
        }
    }

    /// Every type that it names.
    pub fn names(&self, found: &mut BTreeSet<String>) {
        match self {
            Shape::Named(name) => drop(found.insert(name.clone())),
            Shape::List(shape) | Shape::Map(shape) => shape.names(found),
            Shape::Tuple(shapes) => shapes.iter().for_each(|shape| shape.names(found)),
            Shape::Record(record) => record.members.iter().for_each(|member| member.shape.names(found)),
            Shape::Either(options) => options.iter().for_each(|option| option.shape.names(found)),
            _ => {}
        }
    }

    /// Its members, if it is a record.
    pub fn record(&self) -> Result<&Record> {
        match self {
            Shape::Record(record) => Ok(record),
            _ => Err("a record is needed here".into()),
        }
    }
}
