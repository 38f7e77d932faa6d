//! The core for Python: converts, forwards, raises; releases the GIL for work that takes time.

mod drive;
mod fork;
mod mailbox;
mod plain;
mod response;
mod runtime;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use pyo3::{
    exceptions::{PyImportError, PyOSError},
    prelude::*,
    types::{PyDict, PyMapping, PyTuple},
};
use pythonize::pythonize;
use serde::Serialize;
use serde_json::{Map, Value, json};
use wechatpay_customs::{
    Error, client, engine,
    engine::SignedBy,
    host::{self, Answer},
    options::{Convention, TransportOptions},
};

use crate::{
    drive::{Handle, Ours},
    plain::{argument, plain},
};

/// Connections to send over. Clients that are given the same transport share them. Making one does not do I/O.
#[pyclass(frozen, module = "wechatpay_customs")]
struct Transport(client::Transport);

#[pymethods]
impl Transport {
    /// Makes connections that use a proxy, or that trust other certificates than the system's.
    #[new]
    #[pyo3(signature = (*, proxy=None, ca_certificates=None))]
    fn new(
        py: Python<'_>,
        proxy: Option<&Bound<'_, PyAny>>,
        ca_certificates: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut given = serde_json::Map::new();
        for (name, value) in [("proxy", proxy), ("ca_certificates", ca_certificates)] {
            given.insert(name.to_owned(), value.map_or(Ok(Value::Null), plain)?);
        }
        TransportOptions::from_value(given.into(), Convention::Python)
            .and_then(|options| client::Transport::new(&options))
            .map(Transport)
            .map_err(|error| raised(py, &error))
    }

    fn __repr__(&self) -> &'static str {
        "<wechatpay_customs.Transport>"
    }
}

/// The state that the calls of a client share.
#[pyclass(frozen)]
struct Client {
    ours: Arc<Ours>,
    closed: AtomicBool,
}

/// The options that are functions of the caller's.
const FUNCTIONS: [&str; 4] = ["signer", "on_attempt", "clock", "transport"];

/// Reads options; `sends` says that requests will be signed. Returns the client, and those of `FUNCTIONS` that were given.
///
/// Unusable functions stay among the options, so that the core refuses them.
#[pyfunction]
fn opened<'py>(options: &Bound<'py, PyAny>, sends: bool) -> PyResult<Bound<'py, PyTuple>> {
    let py = options.py();
    let (mut given, mut functions) = (options.clone(), [const { None }; FUNCTIONS.len()]);
    let mut transport = None;
    let mapping = options.cast::<PyMapping>().ok().and_then(|mapping| {
        let core = PyDict::new(py);
        core.update(mapping).ok().map(|()| core)
    });
    if let Some(core) = mapping {
        for (name, function) in FUNCTIONS.iter().zip(&mut functions) {
            match core.get_item(name)? {
                Some(found) if *name == "transport" && found.is_instance_of::<Transport>() => {
                    transport = Some(found.cast_into::<Transport>()?.get().0.clone());
                    core.del_item(name)?;
                }
                Some(found) if found.is_callable() => {
                    *function = Some(found);
                    core.del_item(name)?;
                }
                _ => {}
            }
        }
        let sends_otherwise = functions[3].is_some() || core.get_item("transport")?.is_some_and(|it| !it.is_none());
        if transport.is_none() && !sends_otherwise {
            let own = ["proxy", "ca_certificates"].map(|name| core.get_item(name).ok().flatten());
            if own.iter().flatten().any(|value| !value.is_none()) {
                transport = Some(Transport::new(py, own[0].as_ref(), own[1].as_ref())?.0);
            }
            for name in ["proxy", "ca_certificates"] {
                if core.contains(name)? {
                    core.del_item(name)?;
                }
            }
        }
        given = core.into_any();
    }
    let (signs, transports) = (functions[0].is_some(), functions[3].is_some());
    let given = plain(&given)?;
    let made = || {
        let signing = if signs { SignedBy::Caller } else { SignedBy::Core };
        let account = host::account(given, Convention::Python, signing)?;
        if sends {
            account.require_signing()?;
        }
        let transport = (!transports).then(|| transport.unwrap_or_else(client::Transport::of_process));
        Ours::new(account, transport)
    };
    let ours = Arc::new(made().map_err(|error| raised(py, &error))?);
    let client = Bound::new(py, Client { ours, closed: AtomicBool::new(false) })?;
    let functions = functions.map(|function| function.unwrap_or_else(|| py.None().into_bound(py)));
    let opened: Vec<_> = [client.into_any()].into_iter().chain(functions).collect();
    PyTuple::new(py, opened)
}

#[pymethods]
impl Client {
    /// Begins a call with fields, if it takes any, and the keywords given beside them.
    #[pyo3(signature = (call, limits, fields=None, more=None))]
    fn begin<'py>(
        &self,
        call: &Bound<'py, PyDict>,
        limits: &Bound<'py, PyDict>,
        fields: Option<&Bound<'py, PyAny>>,
        more: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Handle> {
        let py = call.py();
        if self.closed.load(Ordering::Relaxed) {
            return Err(raised(py, &client::closed()));
        }
        let (mut call, limits) = (plain(call)?, plain(limits)?);
        if fields.is_some() || more.is_some() {
            call["fields"] = together(fields, more)?;
        }
        self.begun(py, call, limits)
    }

    /// Continues reading page by page: takes an answer, if there is one, and returns its records and the call for the next
    /// page, if there is one.
    #[pyo3(signature = (function, given, answer))]
    fn page<'py>(
        &self,
        py: Python<'py>,
        function: &str,
        given: &Bound<'py, Given>,
        answer: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Option<Handle>)> {
        let Given { fields, limits, state } = given.get();
        let answer = answer.map_or(Ok(Value::Null), plain)?;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let arguments = json!({ "fields": fields, "state": state.take(), "answer": answer });
        let page = host::call(function, arguments, Some(&self.ours.account), Convention::Python);
        let Answer::Page { operation, records, request, state: reached } = page.map_err(|error| raised(py, &error))?
        else {
            return Err(raised(py, &client::unsupported(format!("{function} does not go by pages"))));
        };
        *state = reached;
        drop(state);
        let call = request.map(|fields| json!({ "call": "operation", "operation": operation, "fields": fields }));
        let call = call.map(|call| self.begun(py, call, limits.clone())).transpose()?;
        Ok((to_python(py, &records)?, call))
    }

    /// Calls a pure function by name, with the client's options filled in.
    fn call<'py>(
        &self,
        py: Python<'py>,
        function: &str,
        arguments: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        pure(py, function, arguments, Some(self))
    }

    /// Refuses further calls.
    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    fn __repr__(&self) -> &'static str {
        "<wechatpay_customs client>"
    }
}

impl Client {
    fn begun(&self, py: Python<'_>, call: Value, limits: Value) -> PyResult<Handle> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(raised(py, &client::closed()));
        }
        let name = call["operation"].as_str().or(call["call"].as_str()).unwrap_or_default().to_owned();
        let engine = client::seed()
            .and_then(|seed| host::engine(Arc::clone(&self.ours.account), call, limits, Convention::Python, seed));
        Ok(Handle::new(name, Arc::clone(&self.ours), engine.map_err(|error| raised(py, &error))?))
    }
}

/// The caller's arguments for reading page by page, hidden from tools that print the frames of a traceback.
#[pyclass(frozen)]
struct Given {
    fields: Value,
    limits: Value,
    state: Mutex<Value>,
}

#[pymethods]
impl Given {
    /// Takes fields, the keywords given beside them, and the limits of each call.
    #[new]
    #[pyo3(signature = (fields, more, limits))]
    fn new(fields: Option<&Bound<'_, PyAny>>, more: &Bound<'_, PyDict>, limits: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Given { fields: together(fields, Some(more))?, limits: plain(limits)?, state: Mutex::default() })
    }
}

/// Merges fields and keywords; a keyword that is None counts as not given. Fields that are not a map become a finding.
fn together(fields: Option<&Bound<'_, PyAny>>, more: Option<&Bound<'_, PyDict>>) -> PyResult<Value> {
    let mut fields = match (fields, more) {
        (Some(fields), _) => argument(fields)?,
        (None, Some(_)) => Value::Object(Map::new()),
        (None, None) => Value::Null,
    };
    if let (Value::Object(fields), Some(more)) = (&mut fields, more)
        && !fields.contains_key("$type")
    {
        for (name, value) in more.iter().filter(|(_, value)| !value.is_none()) {
            fields.insert(name.str()?.to_string_lossy().into_owned(), argument(&value)?);
        }
    }
    Ok(fields)
}

/// Calls a pure function by name.
#[pyfunction]
fn call<'py>(py: Python<'py>, function: &str, arguments: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    pure(py, function, arguments, None)
}

fn pure<'py>(
    py: Python<'py>,
    function: &str,
    arguments: &Bound<'py, PyDict>,
    client: Option<&Client>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = plain(arguments)?;
    let value = runtime::detached(py, || {
        let _computing = fork::computing();
        host::call(function, arguments, client.map(|client| &*client.ours.account), Convention::Python)
    });
    to_python(py, &value.map_err(|error| raised(py, &error))?)
}

/// The response of the caller's own transport, for a call to go on with.
#[pyclass(frozen)]
struct Received(engine::Event);

#[pymethods]
impl Received {
    #[new]
    fn new(response: &Bound<'_, PyAny>, max_body: usize) -> PyResult<Self> {
        response::read(response, max_body).map(Received)
    }
}

/// Reports an exception that cannot be caught.
#[pyfunction]
fn unraisable(error: Bound<'_, PyAny>, r#where: &Bound<'_, PyAny>) {
    let py = error.py();
    PyErr::from_value(error).write_unraisable(py, Some(r#where));
}

/// The error for a place where a client cannot work; `why` says what is missing and what to do.
#[pyfunction]
fn unsupported<'py>(py: Python<'py>, why: &str) -> Bound<'py, PyAny> {
    raised(py, &client::unsupported(why)).into_value(py).into_bound(py).into_any()
}

fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    pythonize(py, value).map_err(Into::into)
}

/// The exception for an error; the classes are Python's.
fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let made = || {
        let details = to_python(py, error)?;
        py.import("wechatpay_customs._errors")?.getattr("from_details")?.call1((details,))
    };
    match made() {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// The exception for an error, with a library's description as its cause.
fn raised_from(py: Python<'_>, error: &Error, why: Option<String>) -> PyErr {
    let raised = raised(py, error);
    raised.set_cause(py, why.map(PyOSError::new_err));
    raised
}

/// The compiled module of the package.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // SAFETY: the GIL is held, so there is a current interpreter.
    let interpreter = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
    // Python refuses this itself from 3.12 on. Older ones would share state that belongs to a single interpreter.
    if interpreter != 0 {
        return Err(PyImportError::new_err("the module does not support loading in subinterpreters"));
    }
    module.add_class::<Transport>()?;
    module.add_class::<Client>()?;
    module.add_class::<Handle>()?;
    module.add_class::<Given>()?;
    module.add_class::<Received>()?;
    module.add_class::<mailbox::Mailbox>()?;
    module.add_function(wrap_pyfunction!(call, module)?)?;
    module.add_function(wrap_pyfunction!(opened, module)?)?;
    module.add_function(wrap_pyfunction!(unraisable, module)?)?;
    module.add_function(wrap_pyfunction!(unsupported, module)?)?;
    module.add_function(wrap_pyfunction!(fork::before_fork, module)?)?;
    module.add_function(wrap_pyfunction!(fork::after_fork, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::ending, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
