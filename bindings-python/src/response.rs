//! Reads the response of the caller's own transport.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{
        PyBool, PyByteArray, PyByteArrayMethods, PyBytes, PyDict, PyList, PyMapping, PyMemoryView, PyString, PyTuple,
    },
};
use wechatpay_customs::engine::Event;

/// Reads a response from an object with attributes or from a mapping: `status` (or `status_code`), `headers`, and `body` (or
/// `content`).
///
/// # Errors
/// A `TypeError` that says what it lacks.
pub fn read(response: &Bound<'_, PyAny>, max_body: usize) -> PyResult<Event> {
    let status = part(response, ["status", "status_code"])?;
    let headers = part(response, ["headers", "headers"])?;
    let body = part(response, ["body", "content"])?;
    let number = if status.is_instance_of::<PyBool>() { None } else { status.extract::<u16>().ok() };
    let status = number.ok_or_else(|| not_a_response(response, "an HTTP status as `status`"))?;
    let mut body = bytes(&body)?.ok_or_else(|| not_a_response(response, "bytes as `body`"))?;
    let truncated = body.len() > max_body;
    body.truncate(max_body);
    let headers = pairs(&headers)?.ok_or_else(|| not_a_response(response, "texts as `headers`, a mapping or pairs"))?;
    Ok(Event::Response { status, headers, body, truncated })
}

fn not_a_response(response: &Bound<'_, PyAny>, lacks: &str) -> PyErr {
    let kind = response.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    if kind == "coroutine" {
        // Closed because nobody will await it, which Python would warn of beside the error.
        let _ = response.call_method0("close");
    }
    PyTypeError::new_err(format!(
        "the transport gave a {kind} without {lacks}; it must return an object or mapping with status, headers and body"
    ))
}

fn part<'py>(response: &Bound<'py, PyAny>, names: [&str; 2]) -> PyResult<Bound<'py, PyAny>> {
    // Checked last whether it is a mapping, because that takes longest.
    let is_dict = response.is_instance_of::<PyDict>();
    for name in names {
        if let Some(found) = if is_dict { None } else { response.getattr_opt(name)? } {
            return Ok(found);
        }
    }
    if let Ok(mapping) = response.cast::<PyMapping>() {
        for name in names {
            if mapping.contains(name)? {
                return mapping.get_item(name);
            }
        }
    }
    Err(not_a_response(response, &format!("`{}`", names[0])))
}

fn bytes(body: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    Ok(if body.is_none() {
        Some(Vec::new())
    } else if let Ok(bytes) = body.cast::<PyBytes>() {
        Some(bytes.as_bytes().to_vec())
    } else if let Ok(text) = body.cast::<PyString>() {
        Some(text.to_str()?.as_bytes().to_vec())
    } else if let Ok(bytes) = body.cast::<PyByteArray>() {
        Some(bytes.to_vec())
    } else if body.is_instance_of::<PyMemoryView>() {
        Some(body.call_method0("tobytes")?.extract()?)
    } else {
        None
    })
}

fn pairs(headers: &Bound<'_, PyAny>) -> PyResult<Option<Vec<(String, String)>>> {
    // httpx joins the values of a repeated header, unless it is asked in this way.
    let items = match if headers.is_instance_of::<PyDict>() { None } else { headers.getattr_opt("multi_items")? } {
        Some(items) => items.call0()?,
        None => match headers.getattr_opt("items")? {
            Some(items) => items.call0()?,
            None => headers.clone(),
        },
    };
    let Ok(items) = items.try_iter() else { return Ok(None) };
    let mut pairs = Vec::new();
    for item in items {
        let Ok((name, value)) = item?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() else { return Ok(None) };
        let Some(name) = text(&name) else { return Ok(None) };
        let several = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
        for value in if several { value.try_iter()?.collect::<PyResult<Vec<_>>>()? } else { vec![value] } {
            let Some(value) = text(&value) else { return Ok(None) };
            pairs.push((name.clone(), value));
        }
    }
    Ok(Some(pairs))
}

/// Text, or bytes as Latin-1, which is how headers travel.
fn text(value: &Bound<'_, PyAny>) -> Option<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_str().ok().map(str::to_owned);
    }
    value.cast::<PyBytes>().ok().map(|bytes| bytes.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}
