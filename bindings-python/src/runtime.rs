//! The single thread for a process's network calls.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    thread::{self, ThreadId},
};

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use wechatpay_customs::client;

use crate::{fork, raised};

/// The runtime, made at the first call; a forked process gets its own.
pub fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);
    let mut made = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match *made {
        Some((of, runtime)) if of == process => Ok(runtime),
        _ => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(1).thread_name("wechatpay-customs").enable_all();
            let built = builder.build().map_err(|error| {
                let why = format!("no thread for network calls can be started ({error}); raise the limit of threads");
                raised(py, &client::unsupported(why))
            })?;
            // The parent's runtime must not be dropped here: its threads are not in this process.
            let runtime = Box::leak(Box::new(built));
            *made = Some((process, runtime));
            Ok(runtime)
        }
    }
}

/// The thread that shuts the interpreter down.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// Prepares for the interpreter's shutdown; called when it begins. Waits for our threads that are using the interpreter.
#[pyfunction]
pub fn ending(py: Python<'_>) {
    ENDING.get_or_init(|| thread::current().id());
    py.detach(fork::wait);
}

/// Lets a thread of ours use the interpreter, unless that is shutting down; a shutdown waits until it is done.
pub fn visit<T>(action: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _computing = fork::computing();
    if is_ending() { None } else { Python::try_attach(action) }
}

/// Does lengthy work without the GIL. If the interpreter is shutting down, it never returns: the process ends without it.
pub fn detached<T: Send>(py: Python<'_>, action: impl FnOnce() -> T + Send) -> T {
    py.detach(|| {
        let done = action();
        while is_ending() {
            thread::park();
        }
        done
    })
}

/// Is another thread shutting the interpreter down? CPython then ends any thread that returns to it in the midst of Rust.
fn is_ending() -> bool {
    ENDING.get().is_some_and(|by| *by != thread::current().id())
}
