//! The service's clock, as its answers show it.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::keys::limits::FRESH_S;

/// The most seconds by which the local clock is corrected.
const MOST_S: i64 = 3600;

/// The service's clock: by how many seconds it is ahead of the local one.
#[derive(Default)]
pub(crate) struct ServiceClock(AtomicI64);

impl ServiceClock {
    /// The service's time when the local clock shows `local` (Unix seconds).
    pub fn at(&self, local: i64) -> i64 {
        local.saturating_add(self.0.load(Ordering::Relaxed))
    }

    /// The time by which to judge an answer of this timestamp: the service's, as far as it is known; else the answer's own.
    pub fn judging(&self, stamp: Option<i64>, local: i64) -> i64 {
        let known = self.at(local);
        match stamp.filter(|stamp| is_correctable(stamp.saturating_sub(local))) {
            Some(stamp) if !is_fresh(stamp.saturating_sub(known)) => stamp,
            _ => known,
        }
    }

    /// Takes the service's time from an answer.
    pub fn learn(&self, service: i64, local: i64) {
        let ahead = service.saturating_sub(local);
        if is_correctable(ahead) {
            self.0.store(ahead, Ordering::Relaxed);
        }
    }

    /// Takes the time of a refusal because of the signature; was the request's time so wrong that it may be the cause?
    pub fn explains(&self, service: i64, local: i64) -> bool {
        let is_wrong = !is_fresh(service.saturating_sub(self.at(local)));
        let is_correctable = is_correctable(service.saturating_sub(local));
        if is_wrong && is_correctable {
            self.learn(service, local);
        }
        is_wrong && is_correctable
    }
}

fn is_fresh(apart: i64) -> bool {
    apart.saturating_abs() < FRESH_S
}

fn is_correctable(apart: i64) -> bool {
    apart.saturating_abs() < MOST_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_followed_within_an_hour() {
        let clock = ServiceClock::default();
        assert_eq!([clock.judging(Some(1000), 0), clock.judging(Some(3600), 0), clock.judging(None, 7)], [1000, 0, 7]);
        assert!(!clock.explains(299, 0) && !clock.explains(3600, 0));
        assert!(clock.explains(-300, 0));
        assert_eq!([clock.at(1000), clock.judging(Some(900), 1000)], [700, 700]);
        clock.learn(1010, 1000);
        assert_eq!(clock.at(2000), 2010);
        clock.learn(9999, 1000);
        assert_eq!(clock.at(2000), 2010);
    }
}
