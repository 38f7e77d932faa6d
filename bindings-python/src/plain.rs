//! What a caller gave, as data; what JSON cannot say is named by its type, so that it ends as a finding.

use pyo3::{
    prelude::*,
    types::{
        PyBool, PyByteArray, PyByteArrayMethods, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple,
        PyType,
    },
};
use serde_json::{Map, Number, Value, json};

/// Deeper than any request, and than it takes to find that something holds itself.
const DEEPEST: usize = 64;

/// Texts, numbers, booleans, nothing, lists, mappings, dataclasses, pydantic's models, and bytes as a list of numbers.
pub fn plain(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    read(value, 0)
}

fn read(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str().map_or_else(|_| odd("text that is not Unicode"), Value::from));
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(flag.is_true().into());
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return Ok(match (number.extract::<i64>(), number.extract::<u64>()) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            // Beyond 64 bits only its size matters: it is out of every range.
            _ => (if number.lt(0)? { -1e300 } else { 1e300 }).into(),
        });
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(Number::from_f64(number.value()).map_or_else(|| odd("not a number"), Value::Number));
    }
    if depth == DEEPEST {
        return Ok(odd("too deep"));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().into());
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return Ok(bytes.to_vec().into());
    }
    if let Ok(list) = value.cast::<PyList>() {
        return list.iter().map(|item| read(&item, depth + 1)).collect();
    }
    if let Ok(list) = value.cast::<PyTuple>() {
        return list.iter().map(|item| read(&item, depth + 1)).collect();
    }
    if let Ok(members) = value.cast::<PyDict>() {
        return members.iter().map(|(name, member)| Ok((name_of(&name)?, read(&member, depth + 1)?))).collect();
    }
    if let Ok(mapping) = value.cast::<PyMapping>() {
        let pairs = mapping.items()?.into_iter().map(|pair| {
            let (name, member): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            Ok((name_of(&name)?, read(&member, depth + 1)?))
        });
        return pairs.collect();
    }
    match members(value)? {
        Some(members) => given(&members, depth),
        None => Ok(odd(&format!("a {}", value.get_type().name()?))),
    }
}

/// The members of a dataclass or of a model of pydantic's.
fn members<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    if value.is_instance_of::<PyType>() {
        return Ok(None);
    }
    if let Some(fields) = value.getattr_opt("__dataclass_fields__")? {
        let members = PyDict::new(value.py());
        for name in fields.cast::<PyMapping>()?.keys()? {
            members.set_item(&name, value.getattr(name.cast::<PyString>()?)?)?;
        }
        return Ok(Some(members));
    }
    match value.getattr_opt("model_dump")? {
        Some(dump) => Ok(dump.call0()?.cast_into().ok()),
        None => Ok(None),
    }
}

/// An attribute that is None was not given.
fn given(members: &Bound<'_, PyDict>, depth: usize) -> PyResult<Value> {
    let mut given = Map::new();
    for (name, member) in members.iter().filter(|(_, member)| !member.is_none()) {
        given.insert(name_of(&name)?, read(&member, depth + 1)?);
    }
    Ok(given.into())
}

/// A name is text; of one that is none, or not Unicode, what can be shown.
fn name_of(name: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = name.str()?;
    Ok(match text.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => text.call_method1("encode", ("utf-8", "replace"))?.call_method0("decode")?.extract()?,
    })
}

fn odd(what: &str) -> Value {
    json!({ "$type": what })
}
