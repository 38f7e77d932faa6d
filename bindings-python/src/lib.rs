//! The core for Python: converts, forwards, raises; what takes time is done with the GIL released.

mod drive;
mod fork;
mod mailbox;
mod plain;
mod response;
mod runtime;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use pyo3::{
    exceptions::{PyImportError, PyOSError},
    prelude::*,
    types::PyDict,
};
use pythonize::pythonize;
use serde::Serialize;
use serde_json::Value;
use wechatpay_customs::{Error, client, engine, engine::Signing, host, options::Convention, options::TransportOptions};

use crate::{
    drive::{Handle, Ours},
    plain::plain,
};

/// Connections to send over. Clients that are given the same one share them; making one does no I/O.
#[pyclass(frozen, module = "wechatpay_customs")]
struct Transport(client::Transport);

#[pymethods]
impl Transport {
    /// Makes connections through a proxy, or that trust other certificates than the system's.
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

/// What the calls of a client share.
#[pyclass(frozen)]
struct Client {
    ours: Arc<Ours>,
    closed: AtomicBool,
}

#[pymethods]
impl Client {
    /// Reads options; `sends` tells that requests will be signed, `signs` and `transports` that the caller does so.
    #[new]
    #[pyo3(signature = (options, sends, signs, transports, transport))]
    fn new(
        options: &Bound<'_, PyDict>,
        sends: bool,
        signs: bool,
        transports: bool,
        transport: Option<&Bound<'_, Transport>>,
    ) -> PyResult<Self> {
        let py = options.py();
        let options = plain(options)?;
        let made = || {
            let signing = if signs { Signing::Caller } else { Signing::Core };
            let shared = host::shared(options, Convention::Python, signing)?;
            if sends {
                shared.require_signing()?;
            }
            let transport = match transport {
                _ if transports => None,
                Some(transport) => Some(transport.get().0.clone()),
                None => Some(client::Transport::of_process()),
            };
            Ours::new(shared, transport)
        };
        let ours = made().map_err(|error| raised(py, &error))?;
        Ok(Client { ours: Arc::new(ours), closed: AtomicBool::new(false) })
    }

    /// Begins a call; `clock` is the time in Unix seconds, if it is not the system's.
    fn begin(&self, call: &Bound<'_, PyDict>, limits: &Bound<'_, PyDict>) -> PyResult<Handle> {
        let py = call.py();
        if self.closed.load(Ordering::Relaxed) {
            return Err(raised(py, &client::closed()));
        }
        let (call, limits) = (plain(call)?, plain(limits)?);
        let engine = client::seed()
            .and_then(|seed| host::engine(Arc::clone(&self.ours.shared), call, limits, Convention::Python, seed));
        Ok(Handle::new(Arc::clone(&self.ours), engine.map_err(|error| raised(py, &error))?))
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
        host::call(function, arguments, client.map(|client| &*client.ours.shared), Convention::Python)
    });
    to_python(py, &value.map_err(|error| raised(py, &error))?)
}

/// What a caller gave, as data.
#[pyfunction(name = "plain")]
fn plainly<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    to_python(value.py(), &plain(value)?)
}

/// What a transport of the caller's own gave, for a call to go on with.
#[pyclass(frozen)]
struct Received(engine::Event);

#[pymethods]
impl Received {
    #[new]
    fn new(response: &Bound<'_, PyAny>, max_body: usize) -> PyResult<Self> {
        response::read(response, max_body).map(Received)
    }
}

/// Reports an exception that nobody can catch.
#[pyfunction]
fn unraisable(error: Bound<'_, PyAny>, r#where: &Bound<'_, PyAny>) {
    let py = error.py();
    PyErr::from_value(error).write_unraisable(py, Some(r#where));
}

/// The error of a client that cannot work where it was called; `why` says what is missing and what to do.
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

/// The same, caused by what a library beneath said.
fn raised_from(py: Python<'_>, error: &Error, why: Option<String>) -> PyErr {
    let raised = raised(py, error);
    raised.set_cause(py, why.map(PyOSError::new_err));
    raised
}

/// The module that the package is built around.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // SAFETY: the GIL is held, so there is a current interpreter.
    let interpreter = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
    // From 3.12 on Python refuses this by itself. Older ones would share what belongs to one interpreter alone.
    if interpreter != 0 {
        return Err(PyImportError::new_err("the module does not support loading in subinterpreters"));
    }
    module.add_class::<Transport>()?;
    module.add_class::<Client>()?;
    module.add_class::<Handle>()?;
    module.add_class::<Received>()?;
    module.add_class::<mailbox::Mailbox>()?;
    module.add_function(wrap_pyfunction!(call, module)?)?;
    module.add_function(wrap_pyfunction!(plainly, module)?)?;
    module.add_function(wrap_pyfunction!(unraisable, module)?)?;
    module.add_function(wrap_pyfunction!(unsupported, module)?)?;
    module.add_function(wrap_pyfunction!(fork::before_fork, module)?)?;
    module.add_function(wrap_pyfunction!(fork::after_fork, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::ending, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
