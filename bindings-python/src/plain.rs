//! Reads callers' values as data; a value that JSON cannot express is named by its type, so that it becomes a finding.

use pyo3::{
    exceptions::PyException,
    prelude::*,
    types::{
        PyBool, PyByteArray, PyByteArrayMethods, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple,
        PyType,
    },
};
use serde_json::{Map, Number, Value, json};

/// The depth beyond which values are not read: deeper than any request, and enough to recognise one that holds itself.
const DEEPEST: usize = 64;

/// More values than any request or page of records has, long texts counted as several. The limit ends the reading of objects
/// that hold another twice at each level.
const MOST: usize = 100_000;

/// Reads texts, numbers, booleans, None, lists, mappings, dataclasses, pydantic's models, and bytes.
pub fn plain(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    Reader { left: MOST }.read(value, 0)
}

/// Reads one of several arguments, in the way in which a member of a map of them would be read.
pub fn argument(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    Reader { left: MOST }.read(value, 1)
}

struct Reader {
    /// The number of values that may still be read.
    left: usize,
}

impl Reader {
    /// Reads a value. An exception of the caller's object becomes a finding too, unless it must not be stopped.
    fn read(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        let py = value.py();
        self.looked_into(value, depth).or_else(|error| match error.is_instance_of::<PyException>(py) {
            true => Ok(odd(&format!("a {} that raises {}", value.get_type().name()?, error.get_type(py).name()?))),
            false => Err(error),
        })
    }

    fn looked_into(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(match text.to_str() {
                Ok(text) if self.takes(text.len(), depth) => text.into(),
                Ok(_) => odd(LARGE),
                Err(_) => odd("text that is not Unicode"),
            });
        }
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(self.bytes(bytes.as_bytes(), depth));
        }
        if let Ok(bytes) = value.cast::<PyByteArray>() {
            return Ok(self.bytes(&bytes.to_vec(), depth));
        }
        if !self.takes(0, depth) {
            return Ok(odd(LARGE));
        }
        if value.is_none() {
            return Ok(Value::Null);
        }
        if let Ok(flag) = value.cast::<PyBool>() {
            return Ok(flag.is_true().into());
        }
        if let Ok(number) = value.cast::<PyInt>() {
            return Ok(match (number.extract::<i64>(), number.extract::<u64>()) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => json!({ "$type": "a whole number", "text": digits(number) }),
            });
        }
        if let Ok(number) = value.cast::<PyFloat>() {
            let called = if number.value().is_nan() { "NaN" } else { "infinity" };
            return Ok(Number::from_f64(number.value()).map_or_else(|| odd(called), Value::Number));
        }
        if depth == DEEPEST {
            return Ok(odd("something that is too deep"));
        }
        // Arguments and their members are read in any case, so that a finding names the member that is too large.
        if depth < 2 {
            return self.held(value, depth);
        }
        let read = if self.left > 0 { self.held(value, depth)? } else { Value::Null };
        Ok(if self.left > 0 { read } else { odd(LARGE) })
    }

    /// Reads a value that holds others.
    fn held(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        if let Ok(list) = value.cast::<PyList>() {
            return list.iter().map(|item| self.read(&item, depth + 1)).collect();
        }
        if let Ok(list) = value.cast::<PyTuple>() {
            return list.iter().map(|item| self.read(&item, depth + 1)).collect();
        }
        if let Ok(members) = value.cast::<PyDict>() {
            return members
                .iter()
                .map(|(name, member)| Ok((name_of(&name)?, self.read(&member, depth + 1)?)))
                .collect();
        }
        if let Ok(mapping) = value.cast::<PyMapping>() {
            let pairs = mapping.items()?.into_iter().map(|pair| {
                let (name, member): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
                Ok((name_of(&name)?, self.read(&member, depth + 1)?))
            });
            return pairs.collect();
        }
        match members(value)? {
            Some(members) => self.given(&members, depth),
            None => {
                let name = value.get_type().name()?.to_string();
                let article =
                    if name.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                Ok(odd(&format!("{article} {name}")))
            }
        }
    }

    /// Reads attributes; one that is None counts as not given.
    fn given(&mut self, members: &Bound<'_, PyDict>, depth: usize) -> PyResult<Value> {
        let mut given = Map::new();
        for (name, member) in members.iter().filter(|(_, member)| !member.is_none()) {
            given.insert(name_of(&name)?, self.read(&member, depth + 1)?);
        }
        Ok(given.into())
    }

    fn bytes(&mut self, bytes: &[u8], depth: usize) -> Value {
        if self.takes(bytes.len(), depth) { json!({ "$type": "bytes", "bytes": bytes }) } else { odd(LARGE) }
    }

    /// Is there room for a value of this length?
    fn takes(&mut self, length: usize, depth: usize) -> bool {
        let left = self.left.checked_sub(1 + length / 1024);
        self.left = left.unwrap_or_default();
        left.is_some() || depth <= 2
    }
}

/// The digits of a whole number, unless there are more than Python writes or people read.
fn digits(number: &Bound<'_, PyInt>) -> String {
    let digits = number.py().get_type::<PyInt>().call_method1("__repr__", (number,));
    match digits.and_then(|digits| digits.extract::<String>()) {
        Ok(digits) if digits.len() <= 80 => digits,
        _ => "a number of more than 80 digits".to_owned(),
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

/// Reads a name; if it is not text, or not Unicode, whatever can be shown of it.
fn name_of(name: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = name.str()?;
    Ok(match text.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => text.call_method1("encode", ("utf-8", "replace"))?.call_method0("decode")?.extract()?,
    })
}

/// The name for a value with more members than are read.
const LARGE: &str = "something that is too large";

fn odd(what: &str) -> Value {
    json!({ "$type": what })
}
