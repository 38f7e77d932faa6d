//! What goes wrong on demand.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wechatpay_customs::{Operation, catalogue, model};

/// An order with a number that begins so meets the fault that the number names next.
const BY_NUMBER: &str = "fault@";

/// One thing that goes wrong. All but `state` are about the answer to one request.
#[derive(Debug, Clone, Serialize, Deserialize)]
// Braces even around nothing: serde refuses unknown parameters only of such variants.
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// No `Wechatpay-*` headers.
    NoSignature {},
    /// The signature of another text.
    WrongSignature {},
    /// A signature that begins `WECHATPAY/SIGNTEST/`.
    ProbeSignature {},
    /// A timestamp that lies back, rightly signed.
    StaleClock {
        #[serde(default = "stale")]
        seconds: i64,
    },
    /// A serial that no list has.
    UnknownSerial {},
    /// A new certificate, which signs from this answer on.
    RotatedKey {},
    /// `Wechatpay-Signature` twice.
    DuplicatedHeader {},
    /// Half of the body, then the end of the connection.
    TruncatedBody {},
    /// HTML by a proxy in the way.
    Html {
        #[serde(default = "ok")]
        status: u16,
        #[serde(default)]
        carried_out: bool,
    },
    /// 429, and when to come again.
    RateLimited {
        #[serde(default = "second")]
        retry_after: u32,
    },
    /// 5xx.
    ServerError {
        #[serde(default = "internal")]
        status: u16,
        #[serde(default)]
        carried_out: bool,
    },
    /// An answer that takes its time.
    Slow {
        #[serde(default = "slow")]
        ms: u64,
    },
    /// The connection ends before the operation is carried out.
    DropBefore {},
    /// The connection ends after it.
    DropAfter {},
    /// A refusal of one's choice.
    Error {
        /// The number or name of a documented row.
        refusal: Option<Value>,
        status: Option<u16>,
        code: Option<String>,
        message: Option<String>,
        detail: Option<Value>,
    },
    /// The state of a record.
    State { state: model::State, explanation: Option<String> },
}

fn stale() -> i64 {
    600
}

fn ok() -> u16 {
    200
}

fn internal() -> u16 {
    500
}

fn second() -> u32 {
    1
}

fn slow() -> u64 {
    1000
}

impl Fault {
    /// The fault that an order number names: one with its defaults, a state, or a documented refusal.
    fn named(name: &str) -> Option<Fault> {
        if model::State::KNOWN.contains(&name) {
            return Some(Fault::State { state: name.into(), explanation: None });
        }
        let refusal = name.parse::<u64>().map_or_else(|_| json!(name), |number| json!(number));
        if row(&refusal, None).is_some() {
            return Some(Fault::Error {
                refusal: Some(refusal),
                status: None,
                code: None,
                message: None,
                detail: None,
            });
        }
        let fault: Fault = serde_json::from_value(json!({ "fault": name })).ok()?;
        fault.checked().is_ok().then_some(fault)
    }

    /// What the log shows: of a refusal of one's choice not the texts, as a real one quotes a person's data there.
    pub(crate) fn logged(&self) -> Value {
        match self {
            Fault::Error { refusal, status, .. } => json!({ "fault": "error", "refusal": refusal, "status": status }),
            fault => json!(fault),
        }
    }

    /// Are the parameters such that they can be done?
    fn checked(&self) -> Result<(), String> {
        match self {
            Fault::Html { status, .. } if !(200..=599).contains(status) => {
                Err("`status` must lie between 200 and 599".to_owned())
            }
            Fault::ServerError { status, .. } if !(500..=599).contains(status) => {
                Err("`status` must lie between 500 and 599".to_owned())
            }
            Fault::Error { refusal: Some(refusal), status: None, code: None, message: None, detail: None } => {
                match row(refusal, None) {
                    Some(_) => Ok(()),
                    None => Err(format!(
                        "`refusal` must be the number (1 to {}) or name of a documented row",
                        catalogue::ENTRIES.len()
                    )),
                }
            }
            Fault::Error { refusal: None, status: Some(400..=599), code: Some(_), message: Some(_), .. } => Ok(()),
            Fault::Error { .. } => {
                Err("`error` takes either `refusal`, or `status` (400 to 599), `code` and `message`".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// A documented row by its number, counted from 1, or its name; by its name it may be the row of one operation.
pub(crate) fn row(refusal: &Value, operation: Option<Operation>) -> Option<&'static catalogue::Entry> {
    match refusal {
        Value::Number(number) => {
            let place = usize::try_from(number.as_u64()?).ok()?.checked_sub(1)?;
            catalogue::ENTRIES.get(place)
        }
        Value::String(name) => {
            let own = operation.and_then(|operation| catalogue::by_reason(operation, name));
            own.or_else(|| catalogue::ENTRIES.iter().find(|entry| entry.reason == name))
        }
        _ => None,
    }
}

/// A fault that waits for its request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Queued {
    #[serde(flatten)]
    pub fault: Fault,
    /// Only for a request that names this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Only for this operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// For how many requests more.
    pub times: u32,
}

impl Queued {
    /// Reads a fault as it is posted.
    pub(crate) fn read(body: &[u8]) -> Result<Queued, String> {
        let mut given: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| format!("the body must be a JSON object: {error}"))?;
        let order = match given.remove("order") {
            None => None,
            Some(Value::String(order)) if !order.is_empty() => Some(order),
            Some(_) => return Err("`order` must be the text of an order number".to_owned()),
        };
        let operation = match given.remove("operation") {
            None => None,
            Some(name) => {
                let name = name.as_str().unwrap_or_default();
                Some(Operation::named(name).map_err(|error| error.message.clone())?)
            }
        };
        let times = match given.remove("times") {
            None => 1,
            Some(times) => times
                .as_u64()
                .and_then(|times| u32::try_from(times).ok())
                .filter(|times| *times > 0)
                .ok_or("`times` must be a whole number from 1")?,
        };
        let fault: Fault =
            serde_json::from_value(Value::Object(given)).map_err(|error| format!("no such fault: {error}"))?;
        fault.checked()?;
        Ok(Queued { fault, order, operation, times })
    }
}

/// The faults that wait, in order.
#[derive(Default)]
pub(crate) struct Faults {
    queue: Vec<Queued>,
    /// The order numbers that met the fault they name, each with the operation that did.
    met: HashSet<(Operation, String)>,
}

impl Faults {
    pub(crate) fn add(&mut self, queued: Queued) {
        self.queue.push(queued);
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }

    pub(crate) fn list(&self) -> &[Queued] {
        &self.queue
    }

    /// The fault that a request meets: the first in the queue that is for it, else the one that its number names.
    pub(crate) fn take(&mut self, operation: Operation, numbers: &[String]) -> Option<Fault> {
        let meets = |queued: &Queued| {
            // A state can wait only for the record that has it.
            let wanted = match queued.fault {
                Fault::State { .. } => Some(Operation::Declare),
                _ => queued.operation,
            };
            wanted.is_none_or(|wanted| wanted == operation)
                && queued.order.as_ref().is_none_or(|order| numbers.contains(order))
        };
        if let Some(place) = self.queue.iter().position(meets)
            && let Some(queued) = self.queue.get_mut(place)
        {
            let fault = queued.fault.clone();
            queued.times -= 1;
            if queued.times == 0 {
                self.queue.remove(place);
            }
            return Some(fault);
        }
        let named = numbers.iter().find_map(|number| {
            let name = number.strip_prefix(BY_NUMBER)?.split('@').next()?;
            Fault::named(name).map(|fault| (fault, number))
        });
        let (fault, number) = named?;
        let first = self.met.insert((operation, number.clone()));
        (first && (operation == Operation::Declare || !matches!(fault, Fault::State { .. }))).then_some(fault)
    }
}
