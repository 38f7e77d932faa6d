//! Brings results from the network thread to the thread of an event loop.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::{IntoPyObjectExt, prelude::*, types::PyTuple};
use tokio::runtime::Handle;

use crate::{drive::Turn, runtime::visit};

/// The mailbox of one event loop: it wakes the loop once for all results that came since the loop looked last.
#[pyclass(frozen)]
pub struct Mailbox(Arc<Inner>);

struct Inner {
    /// Wakes the loop; can be called on any thread.
    wake: Py<PyAny>,
    come: Mutex<Vec<(Py<PyAny>, Turn)>>,
}

/// The slot for a call's result.
#[derive(Clone)]
pub struct Slot(Arc<Inner>);

#[pymethods]
impl Mailbox {
    #[new]
    fn new(wake: Py<PyAny>) -> Self {
        Mailbox(Arc::new(Inner { wake, come: Mutex::default() }))
    }

    /// Takes all results that have come, each with the object that it was addressed to.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let come = std::mem::take(&mut *self.0.come.lock().unwrap_or_else(PoisonError::into_inner));
        let told = |turn: Turn| {
            // A result that cannot be converted must not keep the others waiting.
            turn.into_python(py)
                .or_else(|error| (PyTuple::empty(py), "raise", error.into_value(py)).into_bound_py_any(py))
        };
        come.into_iter().map(|(to, turn)| (to, told(turn)?).into_bound_py_any(py)).collect()
    }
}

impl Mailbox {
    pub fn slot(&self) -> Slot {
        Slot(Arc::clone(&self.0))
    }
}

impl Slot {
    /// Puts a result in; called on the network thread, which must not wait for the GIL.
    pub fn put(self, to: Py<PyAny>, turn: Turn) {
        let was_empty = {
            let mut come = self.0.come.lock().unwrap_or_else(PoisonError::into_inner);
            come.push((to, turn));
            come.len() == 1
        };
        if was_empty {
            Handle::current().spawn_blocking(move || {
                visit(|py| {
                    if let Err(error) = self.0.wake.call0(py) {
                        error.write_unraisable(py, None);
                    }
                });
            });
        }
    }
}
