//! The wall clock, which decides signatures, and the sandbox clock, which decides states.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, FixedOffset, SecondsFormat};

/// The farthest that the sandbox clock can be ahead: a hundred years.
pub(crate) const FARTHEST_S: i64 = 100 * 366 * 86_400;

/// The wall clock in milliseconds since 1970.
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The wall clock in Unix seconds.
pub(crate) fn wall_s() -> i64 {
    wall_ms() / 1000
}

/// RFC 3339 with milliseconds, in UTC.
pub(crate) fn utc(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// RFC 3339 with `+08:00`, as WeChat Pay writes times.
pub(crate) fn beijing(unix_s: i64) -> String {
    let time = DateTime::from_timestamp(unix_s, 0).unwrap_or_default();
    match FixedOffset::east_opt(8 * 3600) {
        Some(offset) => time.with_timezone(&offset).to_rfc3339(),
        None => time.to_rfc3339(),
    }
}

/// The wall clock, and the time by which it was advanced.
pub(crate) struct Clock {
    ahead_s: AtomicI64,
}

impl Clock {
    pub(crate) fn new(ahead_s: i64) -> Clock {
        Clock { ahead_s: ahead_s.into() }
    }

    /// The seconds by which it is ahead of the wall clock.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead_s.load(Ordering::SeqCst)
    }

    /// The sandbox clock in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        wall_s().saturating_add(self.ahead())
    }

    /// Returns to the wall clock.
    pub(crate) fn reset(&self) {
        self.ahead_s.store(0, Ordering::SeqCst);
    }

    /// Moves the clock forward and returns the new time; `None` for a step back, and for one that leads too far.
    pub(crate) fn advance(&self, by_s: i64) -> Option<i64> {
        let moved = |ahead: i64| ahead.checked_add(by_s).filter(|ahead| by_s >= 0 && *ahead <= FARTHEST_S);
        self.ahead_s.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).ok().map(|_| self.now())
    }
}
