//! The core for Python: converts, forwards, raises; calls run on the Rust driver with the GIL released.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use pyo3::{
    exceptions::{PyKeyboardInterrupt, PyRuntimeError},
    prelude::*,
    types::PyDict,
};
use pythonize::{depythonize, pythonize};
use serde::Serialize;
use tokio::runtime::{Handle, Runtime};
use wechatpay_customs::{
    Error, Options, client,
    engine::{Call, Emit, Outcome},
    host,
    options::Convention,
};

/// A client of the core.
#[pyclass(frozen)]
struct Client(client::Client);

#[pymethods]
impl Client {
    /// Reads options; `sends` tells that requests will be signed, `observer` is called with what an engine emits.
    #[new]
    #[pyo3(signature = (options, sends, observer=None))]
    fn new(options: &Bound<'_, PyDict>, sends: bool, observer: Option<Py<PyAny>>) -> PyResult<Self> {
        let py = options.py();
        let options =
            Options::from_value(depythonize(options)?, Convention::Python).map_err(|error| raised(py, &error))?;
        let made = if sends { client::Client::new(options) } else { client::Client::for_parsing(options) };
        let client = made.map_err(|error| raised(py, &error))?;
        Ok(Client(match observer {
            None => client,
            Some(observer) => client.on_attempt(move |emit| observe(&observer, emit)),
        }))
    }

    /// Drives a call to its end and gives the answer, or the prepared request, as a dictionary.
    fn run<'py>(
        &self,
        py: Python<'py>,
        call: &Bound<'py, PyDict>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, options) = (depythonize(call)?, depythonize(options)?);
        let read = Call::from_value(call)
            .and_then(|call| Options::for_call(options, Convention::Python).map(|options| (call, options)));
        let (call, options) = read.map_err(|error| raised(py, &error))?;
        if Handle::try_current().is_ok() {
            return Err(PyRuntimeError::new_err("a client cannot be used from within on_attempt"));
        }
        let mut interrupt = None;
        let runtime = runtime()?;
        let outcome = py.detach(|| runtime.block_on(self.0.run(call, options, interrupted(&mut interrupt))));
        match outcome {
            Ok(Outcome::Ok { value, request_id, warnings }) => {
                let answer = to_python(py, &value)?;
                answer.set_item("request_id", request_id)?;
                answer.set_item("warnings", to_python(py, &warnings)?)?;
                Ok(answer)
            }
            Ok(Outcome::Prepared { request, warnings }) => {
                let prepared = to_python(py, &request)?;
                prepared.set_item("warnings", to_python(py, &warnings)?)?;
                Ok(prepared)
            }
            Ok(Outcome::Err(error)) | Err(error) => Err(raised(py, &error)),
            Ok(Outcome::Host | Outcome::Cancelled { .. }) => {
                Err(interrupt.unwrap_or_else(|| PyRuntimeError::new_err("the call was given up")))
            }
        }
    }

    /// Calls a pure function by name, with the client's options filled in.
    fn call<'py>(
        &self,
        py: Python<'py>,
        function: &str,
        arguments: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let value = host::call(function, depythonize(arguments)?, Some(self.0.shared()), Convention::Python);
        to_python(py, &value.map_err(|error| raised(py, &error))?)
    }

    fn __repr__(&self) -> &'static str {
        "<wechatpay_customs client>"
    }
}

/// An observer must not change what it observes: what it raises is only reported.
fn observe(observer: &Py<PyAny>, emit: &Emit) {
    Python::attach(|py| {
        let called = to_python(py, emit).and_then(|attempt| observer.call1(py, (attempt,)));
        match called {
            Ok(_) => {}
            // Ctrl-C is not the observer's: it ends the call.
            Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
                let again = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
                if let Err(error) = again {
                    error.write_unraisable(py, None);
                }
            }
            Err(error) => error.write_unraisable(py, Some(observer.bind(py))),
        }
    });
}

/// Ready when a signal handler of Python's raised, as on Ctrl-C.
async fn interrupted(raised: &mut Option<PyErr>) {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if let Err(error) = Python::attach(|py| py.check_signals()) {
            *raised = Some(error);
            return;
        }
    }
}

/// The one thread for network calls of this process; a forked process gets its own.
fn runtime() -> PyResult<&'static Runtime> {
    static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);
    let mut made = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match *made {
        Some((of, runtime)) if of == process => Ok(runtime),
        _ => {
            let built = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            let built = built.map_err(|error| {
                PyRuntimeError::new_err(format!("no thread for network calls can be started: {error}"))
            })?;
            // What the parent had must not be dropped here: its threads are not in this process.
            let runtime = Box::leak(Box::new(built));
            *made = Some((process, runtime));
            Ok(runtime)
        }
    }
}

/// Calls a pure function by name.
#[pyfunction]
fn call<'py>(py: Python<'py>, function: &str, arguments: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let value =
        host::call(function, depythonize(arguments)?, None, Convention::Python).map_err(|error| raised(py, &error))?;
    to_python(py, &value)
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

/// The module that the package is built around.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Client>()?;
    module.add_function(wrap_pyfunction!(call, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
