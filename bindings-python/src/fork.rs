//! Forks wait until nobody computes: a forked process has this thread alone, and a lock that another held would never open.

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

/// Held for a while in which locks may be taken, never while waiting for anything.
pub struct Computing(Option<RwLockReadGuard<'static, ()>>);

impl Drop for Computing {
    fn drop(&mut self) {
        if self.0.is_some() {
            IS_COMPUTING.set(false);
        }
    }
}

/// Waits for forks. Must not be called with the GIL, which a fork under way may wait for, unless this thread computes already.
pub fn computing() -> Computing {
    if IS_COMPUTING.replace(true) {
        return Computing(None);
    }
    Computing(Some(COMPUTING.read().unwrap_or_else(PoisonError::into_inner)))
}

/// The same with the GIL; nothing while there is a fork.
pub fn computing_now() -> Option<Computing> {
    if IS_COMPUTING.get() {
        return None;
    }
    let guard = COMPUTING.try_read().ok()?;
    IS_COMPUTING.set(true);
    Some(Computing(Some(guard)))
}

/// To be called before a fork.
#[pyfunction]
pub fn before_fork(py: Python<'_>) {
    py.detach(|| {
        let guard = COMPUTING.write().unwrap_or_else(PoisonError::into_inner);
        FORKING.with_borrow_mut(|forking| *forking = Some(guard));
    });
}

/// To be called after it, in both processes.
#[pyfunction]
pub fn after_fork() {
    drop(FORKING.take());
}
