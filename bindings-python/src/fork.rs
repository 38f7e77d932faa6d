//! Forks wait until nobody computes: a forked process has this thread alone, and a lock that another held would never open.

use std::{
    cell::RefCell,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use pyo3::prelude::*;

static COMPUTING: RwLock<()> = RwLock::new(());

thread_local! {
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Held for a while in which locks may be taken, never while waiting for anything, the GIL included.
pub fn computing() -> RwLockReadGuard<'static, ()> {
    COMPUTING.read().unwrap_or_else(PoisonError::into_inner)
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
