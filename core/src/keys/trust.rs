use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::PlatformKeys;
use crate::{
    engine::Now,
    error::{Error, PLATFORM_KEY_INVALID},
    json::{json_text, object},
    options::KeyMaterial,
};

/// Certificates are downloaded anew after 11 hours; the rules pages ask for less than 12.
const FRESH_FOR_S: i64 = 11 * 3600;

/// Between two downloads that something forced, in milliseconds.
const LEAST_INTERVAL_MS: u64 = 60_000;

/// A serial that a download did not bring is not looked for again for this long, in milliseconds.
const MISSING_FOR_MS: u64 = 600_000;

/// The platform keys of one client, and when to download more.
#[derive(Default)]
pub(crate) struct Trust(Mutex<State>);

#[derive(Default)]
struct State {
    keys: Arc<PlatformKeys>,
    /// The number of the download that is under way, or that will be the next.
    flight: u64,
    /// When the keys were downloaded, or first used if they were given (Unix seconds).
    fetched_at: Option<i64>,
    /// When the last download was asked for because of its age, and when the last one ended (monotonic milliseconds).
    asked_at: Option<u64>,
    ended_at: Option<u64>,
    /// Why the last download failed, with its number.
    failure: Option<(u64, Error)>,
    /// Serials that a download did not bring, and until when they are not looked for again (monotonic milliseconds).
    missing: Vec<(String, u64)>,
}

/// What is to be done about the keys.
pub(crate) enum Refresh {
    /// Go on with those that are there.
    None,
    /// Download, as they are getting old; it may fail.
    Due(u64),
    /// There is no way on without a download.
    Urgent(u64),
    /// A download has just failed; another would not help.
    Failed(Error),
}

impl Trust {
    pub fn new(keys: PlatformKeys) -> Trust {
        Trust(Mutex::new(State { keys: Arc::new(keys), ..State::default() }))
    }

    /// What a panicking thread left is still whole: nothing here is changed in more than one step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn keys(&self) -> Arc<PlatformKeys> {
        Arc::clone(&self.state().keys)
    }

    /// Before a request: are there keys to verify its answer with and, if it needs that, to encrypt with?
    pub fn before(&self, encrypts: bool, now: Now) -> Refresh {
        let mut state = self.state();
        let now_s = now.unix_s();
        let verifies = state.keys.iter().any(|(_, key)| key.valid_at(now_s));
        if !verifies || (encrypts && state.keys.for_encryption(now_s).is_none()) {
            return state.urgent(now);
        }
        // Public keys do not expire; only certificates have an age.
        if state.keys.iter().all(|(_, key)| key.certificate().is_none()) {
            return Refresh::None;
        }
        let age = now_s.saturating_sub(*state.fetched_at.get_or_insert(now_s));
        let lately = |at: Option<u64>| at.is_some_and(|at| now.mono_ms.saturating_sub(at) < LEAST_INTERVAL_MS);
        // A negative age is a clock that was set back.
        if lately(state.asked_at) || lately(state.ended_at) || (0..FRESH_FOR_S).contains(&age) {
            return Refresh::None;
        }
        state.asked_at = Some(now.mono_ms);
        Refresh::Due(state.flight)
    }

    /// For an answer that names a key which was not among these: is there hope in a download?
    ///
    /// `None` also if the key has arrived meanwhile; the caller looks again.
    pub fn lacking(&self, serial: &str, seen: &Arc<PlatformKeys>, now: Now) -> Refresh {
        let mut state = self.state();
        state.missing.retain(|(_, until)| *until > now.mono_ms);
        match () {
            () if !Arc::ptr_eq(&state.keys, seen) || state.missing.iter().any(|(missing, _)| missing == serial) => {
                Refresh::None
            }
            () => state.urgent(now),
        }
    }

    /// After a download for this serial: it is not looked for again for some time.
    pub fn still_lacking(&self, serial: &str, now: Now) {
        let mut state = self.state();
        state.missing.retain(|(missing, _)| missing != serial);
        state.missing.push((serial.to_owned(), now.mono_ms.saturating_add(MISSING_FOR_MS)));
    }

    /// Is this download still to be made?
    pub fn awaits(&self, flight: u64) -> bool {
        self.state().flight == flight
    }

    /// Takes in keys that WeChat Pay sent.
    pub fn learn(&self, keys: PlatformKeys, now: Now) {
        let mut state = self.state();
        let known = Arc::unwrap_or_clone(std::mem::take(&mut state.keys));
        state.keys = Arc::new(known.without_expired(now.unix_s()).with(keys));
        state.fetched_at = Some(now.unix_s());
    }

    /// A download has ended, well or not.
    pub fn ended(&self, flight: u64, error: Option<Error>, now: Now) {
        let mut state = self.state();
        if state.flight == flight {
            state.flight = state.flight.wrapping_add(1);
            // What failed on its way may succeed the next moment.
            if error.as_ref().is_none_or(|error| !error.retryable) {
                state.ended_at = Some(now.mono_ms);
            }
            state.failure = error.map(|error| (flight, error));
        }
    }

    /// Why this download failed.
    pub fn failure(&self, flight: u64) -> Option<Error> {
        self.state().failure.as_ref().filter(|(of, _)| *of == flight).map(|(_, error)| error.clone())
    }

    /// The keys as one JSON text.
    pub fn export(&self) -> String {
        let state = self.state();
        json_text(&object(&mut [("fetched_at", state.fetched_at.into()), ("keys", state.keys.to_base64().into())]))
    }

    /// Takes in keys that were exported.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`.
    pub fn import(&self, text: &str) -> Result<(), Error> {
        let (fetched_at, given) = exported(text).ok_or_else(|| {
            Error::new(
                PLATFORM_KEY_INVALID,
                "these are no exported platform keys; give the text that `export_keys` gave, whole and unchanged",
            )
        })?;
        let keys = PlatformKeys::read(given.iter().map(|(id, key)| (id.as_str(), key)))?;
        let mut state = self.state();
        let known = Arc::unwrap_or_clone(std::mem::take(&mut state.keys));
        state.keys = Arc::new(known.with(keys));
        state.fetched_at = state.fetched_at.max(fetched_at);
        Ok(())
    }
}

impl State {
    fn urgent(&self, now: Now) -> Refresh {
        let ended_ms_ago = self.ended_at.map(|at| now.mono_ms.saturating_sub(at));
        match &self.failure {
            Some((_, error)) if ended_ms_ago.is_some_and(|ago| ago < LEAST_INTERVAL_MS) => {
                Refresh::Failed(error.clone())
            }
            _ if ended_ms_ago.is_some_and(|ago| ago < LEAST_INTERVAL_MS) => Refresh::None,
            _ => Refresh::Urgent(self.flight),
        }
    }
}

/// What [`Trust::export`] wrote: when the keys were downloaded, and their texts by id.
type Exported = (Option<i64>, Vec<(String, KeyMaterial)>);

fn exported(text: &str) -> Option<Exported> {
    let Ok(Value::Object(exported)) = serde_json::from_slice(text.as_bytes()) else { return None };
    let (Some(fetched_at), Some(Value::Object(keys)), 2) =
        (exported.get("fetched_at"), exported.get("keys"), exported.len())
    else {
        return None;
    };
    let fetched_at = match fetched_at {
        Value::Null => None,
        at => Some(at.as_i64()?),
    };
    let mut texts = Vec::with_capacity(keys.len());
    for (id, pem) in keys {
        texts.push((id.clone(), pem.as_str()?.into()));
    }
    Some((fetched_at, texts))
}
