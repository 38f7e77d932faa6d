use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{Now, pace::LONGEST_WAIT_MS};
use crate::{
    base::{
        json::{json_text, object},
        secret::KeyMaterial,
    },
    keys::{Listed, PlatformKeys},
    words::error::{Error, ErrorKind, PLATFORM_KEY_INVALID},
};

/// Certificates are downloaded anew after 11 hours; the rules pages ask for less than 12.
const FRESH_FOR_S: i64 = 11 * 3600;

/// The least milliseconds between two forced downloads.
const LEAST_INTERVAL_MS: u64 = 60_000;

/// The milliseconds for which a serial that a download did not bring is not looked for again.
const MISSING_FOR_MS: u64 = 600_000;

/// The platform keys of one client, and when to download more.
#[derive(Default)]
pub(crate) struct Trust(Mutex<Store>);

#[derive(Default)]
struct Store {
    keys: Arc<PlatformKeys>,
    /// The number of the download that is under way, or else of the next.
    flight: u64,
    /// The time when the keys were downloaded, or first used if they were given (Unix seconds).
    fetched_at: Option<i64>,
    /// The time when a download was last asked for because of the keys' age (monotonic milliseconds).
    asked_at: Option<u64>,
    /// The time before which no other download is forced (monotonic milliseconds).
    rests_until: u64,
    /// The error of the last download, with its number.
    failure: Option<(u64, Error)>,
    /// Serials that a download did not bring, each with the time before which it is not looked for again (monotonic
    /// milliseconds).
    missing: Vec<(String, u64)>,
    /// Serials of the last list whose certificates cannot be used, each with the error.
    skipped: Vec<(usize, String, Error)>,
}

/// The advice of [`Trust`] on downloading keys.
pub(crate) enum Refresh {
    /// Go on with the keys that are there.
    None,
    /// Download, because they are getting old; the call goes on even if that fails.
    Due(u64),
    /// Download, because the call cannot go on without.
    Urgent(u64),
    /// Do not download: the last one has just failed, and another would not help yet.
    Failed(Error),
    /// Do not download yet: the last one has just succeeded and did not help; after so many milliseconds another may.
    Later {
        rest_ms: u64,
        /// Was this very serial looked for?
        missing: bool,
    },
}

impl Trust {
    pub fn new(keys: PlatformKeys) -> Trust {
        Trust(Mutex::new(Store { keys: Arc::new(keys), ..Store::default() }))
    }

    /// Ignores poisoning: each change is a single step, so a panicking thread leaves the store whole.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn keys(&self) -> Arc<PlatformKeys> {
        Arc::clone(&self.store().keys)
    }

    /// Before a request: are there keys to verify its answer and, if `encrypts`, to encrypt with?
    pub fn before(&self, encrypts: bool, now: Now) -> Refresh {
        let mut store = self.store();
        let now_s = now.unix_s();
        let verifies = store.keys.iter().any(|(_, key)| key.valid_at(now_s));
        if !verifies || (encrypts && store.keys.for_encryption(now_s).is_none()) {
            return store.urgent(now);
        }
        // Public keys do not expire; only certificates have an age.
        if store.keys.iter().all(|(_, key)| key.certificate().is_none()) {
            return Refresh::None;
        }
        let age = now_s.saturating_sub(*store.fetched_at.get_or_insert(now_s));
        let asked = store.asked_at.is_some_and(|at| now.mono_ms.saturating_sub(at) < LEAST_INTERVAL_MS);
        // The age is negative if the clock was set back.
        if asked || store.rest(now) > 0 || (0..FRESH_FOR_S).contains(&age) {
            return Refresh::None;
        }
        store.asked_at = Some(now.mono_ms);
        Refresh::Due(store.flight)
    }

    /// After an answer that names a key which `seen` does not hold: may a download help?
    ///
    /// Also returns `None` if the keys have changed meanwhile; the caller then looks again.
    pub fn lacking(&self, serial: &str, seen: &Arc<PlatformKeys>, now: Now) -> Refresh {
        let mut store = self.store();
        store.missing.retain(|(_, until)| *until > now.mono_ms);
        if !Arc::ptr_eq(&store.keys, seen) {
            return Refresh::None;
        }
        match store.missing.iter().find(|(missing, _)| missing == serial) {
            Some((_, until)) => Refresh::Later { rest_ms: until.saturating_sub(now.mono_ms), missing: true },
            None => store.urgent(now),
        }
    }

    /// The error for this serial's certificate, if the last list held it but it cannot be used.
    pub fn skipped(&self, serial: &str) -> Option<Error> {
        self.store().skipped.iter().find(|(_, skipped, _)| skipped == serial).map(|(_, _, error)| error.clone())
    }

    /// Notes that a download did not bring this serial, so that it is not looked for again for some time.
    pub fn still_lacking(&self, serial: &str, now: Now) {
        let mut store = self.store();
        store.missing.retain(|(missing, _)| missing != serial);
        store.missing.push((serial.to_owned(), now.mono_ms.saturating_add(MISSING_FOR_MS)));
    }

    /// Is this download still needed?
    pub fn awaits(&self, flight: u64) -> bool {
        self.store().flight == flight
    }

    /// Takes in keys that WeChat Pay sent.
    pub fn learn(&self, listed: &Listed, now: Now) {
        let mut store = self.store();
        let known = Arc::unwrap_or_clone(std::mem::take(&mut store.keys));
        store.keys = Arc::new(known.without_expired(now.unix_s()).with(listed.keys.clone()));
        store.fetched_at = Some(now.unix_s());
        store.skipped.clone_from(&listed.skipped);
    }

    /// Notes the end of a download, with its error if it failed.
    pub fn ended(&self, flight: u64, error: Option<Error>, now: Now) {
        let mut store = self.store();
        if store.flight == flight {
            store.flight = store.flight.wrapping_add(1);
            // A download without an answer may succeed the next moment; any answer asks for patience.
            if error.as_ref().is_none_or(|error| error.kind != ErrorKind::Transport) {
                let asked = error.as_ref().and_then(|error| error.retry_after).unwrap_or_default();
                store.rests_until = now.mono_ms.saturating_add(asked.clamp(LEAST_INTERVAL_MS, LONGEST_WAIT_MS));
            }
            store.failure = error.map(|error| (flight, error));
        }
    }

    /// The error of this download, saying when another may be forced.
    pub fn failure(&self, flight: u64, now: Now) -> Option<Error> {
        let store = self.store();
        store.failure.as_ref().filter(|(of, _)| *of == flight).map(|(_, error)| store.with_next_download(error, now))
    }

    /// Exports the keys as one JSON text.
    pub fn export(&self) -> String {
        let store = self.store();
        json_text(&object(&mut [("fetched_at", store.fetched_at.into()), ("keys", store.keys.to_base64().into())]))
    }

    /// Imports exported keys, if `sound` finds nothing wrong with them.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`.
    pub fn import(&self, text: &str, sound: impl Fn(&PlatformKeys) -> Result<(), Error>) -> Result<(), Error> {
        let (fetched_at, given) = exported(text).ok_or_else(|| {
            Error::new(
                PLATFORM_KEY_INVALID,
                "this text is not an export of platform keys; give the text that `export_keys` gave, whole and unchanged",
            )
        })?;
        let keys = PlatformKeys::read(given.iter().map(|(id, key)| (id.as_str(), key)))?;
        sound(&keys)?;
        let mut store = self.store();
        let known = Arc::unwrap_or_clone(std::mem::take(&mut store.keys));
        store.keys = Arc::new(known.with(keys));
        store.fetched_at = store.fetched_at.max(fetched_at);
        Ok(())
    }
}

impl Store {
    /// Milliseconds until another download may be forced.
    fn rest(&self, now: Now) -> u64 {
        self.rests_until.saturating_sub(now.mono_ms)
    }

    fn urgent(&self, now: Now) -> Refresh {
        match (self.rest(now), &self.failure) {
            (0, _) => Refresh::Urgent(self.flight),
            (_, Some((_, error))) => Refresh::Failed(self.with_next_download(error, now)),
            (rest_ms, None) => Refresh::Later { rest_ms, missing: false },
        }
    }

    /// Adds to a download's error when another may be forced.
    fn with_next_download(&self, error: &Error, now: Now) -> Error {
        match self.rest(now) {
            0 => error.clone(),
            rest => error.clone().with(|details| {
                details.message.push_str(&next_download(rest));
                details.retry_after = details.retryable.then_some(rest);
            }),
        }
    }
}

/// Says when another download may be forced, to be put after a reason.
pub(crate) fn next_download(rest_ms: u64) -> String {
    format!("; the next download is allowed in {} s", rest_ms.div_ceil(1000))
}

/// The data that [`Trust::export`] writes: the time of the download, and the keys' texts by id.
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
