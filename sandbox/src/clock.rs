//! The wall clock, which decides signatures, and the sandbox clock, which decides states.

use std::{
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, FixedOffset, SecondsFormat};

use crate::lock;

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

/// The greatest speed of the sandbox clock: a day in each second.
pub(crate) const FASTEST: u32 = 86_400;

/// A clock that runs some times as fast as the wall clock, and is ahead of it.
pub(crate) struct Clock {
    pub speed: u32,
    lead: Mutex<Lead>,
}

/// How far the sandbox clock is ahead of the wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lead {
    /// The seconds by which it was ahead at `since_ms`, and was advanced since.
    pub ahead_s: i64,
    /// The time of the wall clock from which on it runs ahead by itself.
    pub since_ms: i64,
}

impl Lead {
    /// The lead of a clock that starts now.
    pub(crate) fn none() -> Lead {
        Lead { ahead_s: 0, since_ms: wall_ms() }
    }

    /// Its milliseconds at a time of the wall clock, at most a hundred years.
    fn at(self, wall_ms: i64, speed: u32) -> i64 {
        let since = wall_ms.saturating_sub(self.since_ms).max(0);
        let gained = since.saturating_mul(i64::from(speed) - 1);
        self.ahead_s.saturating_mul(1000).saturating_add(gained).min(FARTHEST_S * 1000)
    }

    /// The same lead, with what a clock of this speed has gained made a part of `ahead_s`; it does not step back.
    pub(crate) fn renewed(self, speed: u32) -> Lead {
        let now = wall_ms();
        Lead { ahead_s: self.at(now, speed).saturating_add(999) / 1000, since_ms: now }
    }
}

impl Clock {
    pub(crate) fn new(speed: u32, lead: Lead) -> Clock {
        Clock { speed, lead: lead.into() }
    }

    pub(crate) fn lead(&self) -> Lead {
        *lock(&self.lead)
    }

    /// The sandbox clock in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        let wall_ms = wall_ms();
        wall_ms.saturating_add(self.lead().at(wall_ms, self.speed)) / 1000
    }

    /// Starts again.
    pub(crate) fn reset(&self, lead: Lead) {
        *lock(&self.lead) = lead;
    }

    /// Moves the clock forward and returns the new time; `None` for a step back, and for one that leads too far.
    pub(crate) fn advance(&self, by_s: i64) -> Option<i64> {
        let mut lead = lock(&self.lead);
        lead.ahead_s = lead.ahead_s.checked_add(by_s).filter(|ahead| by_s >= 0 && *ahead <= FARTHEST_S)?;
        drop(lead);
        Some(self.now())
    }
}
