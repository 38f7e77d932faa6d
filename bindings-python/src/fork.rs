//! Makes forks wait until other threads do not compute: a forked process has only the forking thread, so a lock that another
//! held would never open.

use std::{
    cell::{Cell, RefCell},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use pyo3::prelude::*;

static COMPUTING: RwLock<()> = RwLock::new(());

thread_local! {
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
    static IS_COMPUTING: Cell<bool> = const { Cell::new(false) };
}

/// A guard held while locks may be taken, never while waiting for anything.
pub struct Computing(Option<RwLockReadGuard<'static, ()>>);

impl Drop for Computing {
    fn drop(&mut self) {
        if self.0.is_some() {
            IS_COMPUTING.set(false);
        }
    }
}

/// Waits for forks. Must not be called with the GIL, because a fork under way may wait for that, unless this thread computes
/// already.
pub fn computing() -> Computing {
    if IS_COMPUTING.replace(true) {
        return Computing(None);
    }
    Computing(Some(COMPUTING.read().unwrap_or_else(PoisonError::into_inner)))
}

/// Does the same with the GIL; `None` during a fork.
pub fn computing_now() -> Option<Computing> {
    if IS_COMPUTING.get() {
        return None;
    }
    let guard = COMPUTING.try_read().ok()?;
    IS_COMPUTING.set(true);
    Some(Computing(Some(guard)))
}

/// Waits for all computations that began before.
pub fn wait() {
    drop(COMPUTING.write().unwrap_or_else(PoisonError::into_inner));
}

/// Prepares a fork; called before it.
#[pyfunction]
pub fn before_fork(py: Python<'_>) {
    py.detach(|| {
        let guard = COMPUTING.write().unwrap_or_else(PoisonError::into_inner);
        FORKING.with_borrow_mut(|forking| *forking = Some(guard));
    });
}

/// Ends a fork; called after it, in both processes.
#[pyfunction]
pub fn after_fork() {
    drop(FORKING.take());
}
