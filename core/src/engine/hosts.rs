use std::sync::{Mutex, MutexGuard, PoisonError};

/// The milliseconds for which a host is avoided after it could not be reached once.
const FIRST_MS: u64 = 30_000;
/// The most milliseconds for which it is avoided after it could not be reached again and again.
const LONGEST_MS: u64 = 300_000;

/// Which of a client's hosts could not be reached lately.
pub(crate) struct Hosts(Mutex<Vec<Mark>>);

/// The mark of a host that could not be reached; without times if it is in order.
#[derive(Clone, Copy, Default)]
struct Mark {
    /// The time before which the host is avoided (monotonic milliseconds).
    until: u64,
    /// The milliseconds for which it was avoided last.
    span: u64,
}

impl Hosts {
    pub fn new(count: usize) -> Hosts {
        Hosts(Mutex::new(vec![Mark::default(); count]))
    }

    /// Ignores poisoning: each change is a single step, so a panicking thread leaves the marks whole.
    fn marks(&self) -> MutexGuard<'_, Vec<Mark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self) -> usize {
        self.marks().len()
    }

    /// The host to send to, none of `except` unless those are all.
    ///
    /// That is the first without a mark, or else the one whose mark ends first. A host whose mark has ended is tried by the
    /// call that gets it here; the others avoid it until it is known whether it can be reached.
    pub fn pick(&self, except: &[usize], now_ms: u64) -> usize {
        let mut marks = self.marks();
        if marks.len() < 2 {
            return 0;
        }
        let all = (0..marks.len()).all(|host| except.contains(&host));
        let allowed = |host: &usize| all || !except.contains(host);
        let until = |host: &usize| marks.get(*host).map_or(0, |mark| mark.until);
        let mut hosts = (0..marks.len()).filter(allowed);
        let free = hosts.clone().find(|host| until(host) <= now_ms);
        let host = free.or_else(|| hosts.by_ref().min_by_key(until)).unwrap_or_default();
        if let Some(mark) = marks.get_mut(host).filter(|mark| mark.span > 0) {
            mark.until = now_ms.saturating_add(mark.span);
        }
        host
    }

    /// Notes that a host could not be reached. A single host is never avoided.
    pub fn failed(&self, host: usize, now_ms: u64) {
        let mut marks = self.marks();
        if let (true, Some(mark)) = (marks.len() > 1, marks.get_mut(host)) {
            mark.span = mark.span.saturating_mul(2).clamp(FIRST_MS, LONGEST_MS);
            mark.until = now_ms.saturating_add(mark.span);
        }
    }

    /// Notes that a host has answered.
    pub fn reached(&self, host: usize) {
        if let Some(mark) = self.marks().get_mut(host) {
            *mark = Mark::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_cannot_be_reached_is_avoided_for_longer_and_longer() {
        let hosts = Hosts::new(2);
        assert_eq!(hosts.pick(&[], 0), 0);
        hosts.failed(0, 0);
        assert_eq!([hosts.pick(&[], 1), hosts.pick(&[], 29_999)], [1, 1]);
        // One call tries it again; the others do not wait for that.
        assert_eq!([hosts.pick(&[], 30_000), hosts.pick(&[], 30_001)], [0, 1]);
        hosts.failed(0, 31_000);
        assert_eq!([hosts.pick(&[], 90_999), hosts.pick(&[], 91_000)], [1, 0]);
        for _ in 0..5 {
            hosts.failed(0, 100_000);
        }
        assert_eq!([hosts.pick(&[], 399_999), hosts.pick(&[], 400_000)], [1, 0]);
        hosts.reached(0);
        assert_eq!([hosts.pick(&[], 400_001), hosts.pick(&[], 400_002)], [0, 0]);
    }

    #[test]
    fn where_all_are_marked_the_mark_that_ends_first_decides() {
        let hosts = Hosts::new(3);
        hosts.failed(0, 10);
        hosts.failed(2, 5);
        hosts.failed(1, 20);
        assert_eq!(hosts.pick(&[], 30), 2);
        assert_eq!(hosts.pick(&[2], 30), 0);
        assert_eq!(hosts.pick(&[0, 1, 2], 40), 1);
    }

    #[test]
    fn a_single_host_is_never_avoided() {
        let hosts = Hosts::new(1);
        hosts.failed(0, 0);
        assert_eq!([hosts.pick(&[], 1), hosts.pick(&[0], 1)], [0, 0]);
    }
}
