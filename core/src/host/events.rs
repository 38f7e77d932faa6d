//! Reads events as a host language gives them, and writes outcomes as it takes them.

use serde_json::Value;

use super::calls::headers;
use crate::engine::{Event, Failure, Outcome, Sent};

impl Event {
    /// Reads an event as a host language gives it: its name, its other members, and its bytes (`signature` or `body`).
    ///
    /// Unknown event names become `Start`, which the engine then rejects as out of order.
    pub fn from_parts(name: &str, members: Value, bytes: Vec<u8>) -> Event {
        Event::read(name, members, bytes).unwrap_or(Event::Start)
    }

    fn read(name: &str, mut members: Value, bytes: Vec<u8>) -> Option<Event> {
        let mut member = |name: &str| members.get_mut(name).map(Value::take).unwrap_or_default();
        Some(match name {
            "start" => Event::Start,
            "signed" => Event::Signed { signature: bytes },
            "host_failed" => Event::HostFailed,
            "timed_out" => Event::TimedOut,
            "response" => Event::Response {
                status: member("status").as_u64().and_then(|status| u16::try_from(status).ok())?,
                headers: headers(member("headers"), name).ok()?,
                body: bytes,
                truncated: member("truncated").as_bool()?,
            },
            "failed" => Event::Failed {
                sent: match member("sent").as_str()? {
                    "no" => Sent::No,
                    _ => Sent::Unknown,
                },
                cause: match member("cause").as_str()? {
                    "dns" => Failure::Dns,
                    "connect" => Failure::Connect,
                    "tls" => Failure::Tls,
                    "certificate" => Failure::Certificate,
                    "timeout" => Failure::Timeout,
                    "reset" => Failure::Reset,
                    "body" => Failure::Body,
                    _ => Failure::Other,
                },
            },
            "verified" => Event::Verified { ok: member("ok").as_bool()? },
            "woke" => Event::Woke,
            "keys_ready" => Event::KeysReady,
            "keys_failed" => Event::KeysFailed { error: member("error") },
            "cancel" => Event::Cancel,
            _ => return None,
        })
    }
}

impl Outcome {
    /// Changes every value that came from a caller or from the network.
    pub(crate) fn values(&mut self, change: fn(&mut Value)) {
        match self {
            Outcome::Ok { value, warnings, .. } => {
                change(value);
                warnings.iter_mut().for_each(|warning| change(&mut warning.value));
            }
            Outcome::Prepared { warnings, .. } => warnings.iter_mut().for_each(|warning| change(&mut warning.value)),
            Outcome::Plain { value } => change(value),
            Outcome::Err(error) => error.values(change),
            Outcome::Host | Outcome::Cancelled { .. } => {}
        }
    }
}
