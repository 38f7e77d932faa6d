//! The pace of an account: how fast its calls may go out, learnt from the service's answers 429.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The seconds over which requests are counted.
const WINDOW: usize = 3;
/// The milliseconds without a 429 after which the pace is free again.
const FORGOTTEN_MS: u64 = 60_000;
/// The longest that `Retry-After` can hold calls or delay a download, in milliseconds: one odd answer must not stop a client
/// for weeks.
pub(super) const LONGEST_WAIT_MS: u64 = 3_600_000;
/// The least calls a second.
const SLOWEST: f64 = 0.5;
/// The share of the refused rate up to which the rate grows fast.
const NEARLY: f64 = 0.95;
/// The growth a second below that share, and beyond it.
const FAST: f64 = 0.5;
const SLOW: f64 = 0.02;

/// The pace of an account. Each call takes the next time slot and sleeps until then.
#[derive(Default)]
pub(crate) struct Pace(Mutex<State>);

#[derive(Default)]
struct State {
    sent: Counter,
    accepted: Counter,
    /// The limit; `None` as long as the service has refused nothing.
    limit: Option<Limit>,
    /// The time before which nothing is sent (monotonic milliseconds).
    held_until: u64,
}

struct Limit {
    /// The calls a second.
    rate: f64,
    /// The calls a second that the service accepted when it last refused others; infinite after the first refusal, when
    /// all that is known is that there were too many.
    refused: f64,
    /// The time of the next slot (monotonic milliseconds).
    next: f64,
    /// The times of the last reduction, growth and refusal (monotonic milliseconds).
    reduced_at: u64,
    grown_at: u64,
    refused_at: u64,
}

/// Counts what happened in the last seconds.
#[derive(Default)]
struct Counter {
    second: u64,
    counts: [u32; WINDOW],
}

impl Counter {
    fn count(&mut self, now_ms: u64) {
        self.turn(now_ms);
        if let Some(count) = self.counts.first_mut() {
            *count = count.saturating_add(1);
        }
    }

    /// The rate a second, by the fullest of the last seconds.
    fn rate(&mut self, now_ms: u64) -> f64 {
        self.turn(now_ms);
        self.counts.iter().copied().max().map_or(0.0, f64::from)
    }

    fn turn(&mut self, now_ms: u64) {
        let second = now_ms / 1000;
        let passed = usize::try_from(second.saturating_sub(self.second)).unwrap_or(WINDOW).min(WINDOW);
        if passed > 0 {
            self.counts.rotate_right(passed);
            self.counts.iter_mut().take(passed).for_each(|count| *count = 0);
            self.second = second;
        }
    }
}

impl Pace {
    /// Ignores poisoning: each change leaves the numbers usable.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next time slot, and returns the milliseconds until then; leaves it to others if those are more than
    /// `most_ms`, because the call will not be sent then.
    pub fn wait(&self, now_ms: u64, most_ms: u64) -> u64 {
        let mut state = self.state();
        let earliest = state.held_until.max(now_ms);
        let limit = state.limit.take_if(|limit| now_ms.saturating_sub(limit.refused_at) < FORGOTTEN_MS);
        let slot = limit.as_ref().map_or(earliest as f64, |limit| limit.next.max(earliest as f64));
        let wait = (slot.ceil() as u64).saturating_sub(now_ms);
        let taken = wait <= most_ms;
        state.limit = limit.map(|limit| match taken {
            true => Limit { next: slot + 1000.0 / limit.rate, ..limit },
            false => limit,
        });
        if taken {
            state.sent.count(now_ms.saturating_add(wait));
        }
        wait
    }

    /// Notes an answer that accepts the pace.
    pub fn accepted(&self, now_ms: u64) {
        let mut state = self.state();
        state.accepted.count(now_ms);
        if let Some(limit) = &mut state.limit {
            let seconds = now_ms.saturating_sub(limit.grown_at) as f64 / 1000.0;
            limit.grown_at = now_ms;
            let nearly = limit.refused * NEARLY;
            // Growth counts from the second after a reduction, when the service has seen the new rate.
            if now_ms.saturating_sub(limit.reduced_at) >= 1000 {
                let growth = if limit.rate < nearly { FAST } else { SLOW };
                let grown = limit.rate * (1.0 + growth * seconds.min(1.0));
                limit.rate = if limit.rate < nearly { grown.min(nearly) } else { grown };
            }
        }
    }

    /// Notes an answer 429; nothing more is sent before `retry_after` milliseconds have passed.
    pub fn refused(&self, retry_after: Option<u64>, now_ms: u64) {
        let mut state = self.state();
        let state = &mut *state;
        state.held_until =
            state.held_until.max(now_ms.saturating_add(retry_after.unwrap_or_default().min(LONGEST_WAIT_MS)));
        let accepted = state.accepted.rate(now_ms).max(SLOWEST);
        match &mut state.limit {
            Some(limit) => {
                limit.refused_at = now_ms;
                if now_ms.saturating_sub(limit.reduced_at) >= 1000 {
                    limit.reduced_at = now_ms;
                    limit.refused = accepted;
                    limit.rate = limit.rate.min(accepted * 0.9).max(SLOWEST);
                }
            }
            None => {
                let rate = (state.sent.rate(now_ms) / 2.0).max(SLOWEST);
                let next = state.held_until as f64;
                state.limit = Some(Limit {
                    rate,
                    refused: f64::INFINITY,
                    next,
                    reduced_at: now_ms,
                    grown_at: now_ms,
                    refused_at: now_ms,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_does_not_wait_leaves_its_slot_to_others() {
        let pace = Pace::default();
        for at in 0..8 {
            assert_eq!(pace.wait(at, 0), 0);
        }
        pace.refused(Some(5_000), 10);
        // However often it is tried, the next slot comes no later.
        for _ in 0..100 {
            assert_eq!(pace.wait(10, 2_000), 5_000);
        }
        assert_eq!(pace.wait(10, 60_000), 5_000);
        assert!(pace.wait(10, 60_000) > 5_000);
    }

    #[test]
    fn one_answer_holds_calls_for_an_hour_at_most() {
        let pace = Pace::default();
        pace.refused(Some(86_400_000), 0);
        assert_eq!(pace.wait(0, u64::MAX), LONGEST_WAIT_MS);
    }
}
