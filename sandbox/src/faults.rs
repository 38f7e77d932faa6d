//! Faults that can be ordered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation, catalogue,
    model::{self, Fen},
    schema::Reason,
};

/// The farthest that a timestamp can be moved, in seconds: a hundred years.
const FARTHEST_S: i64 = 100 * 366 * 86_400;
/// The longest that an answer can take, in milliseconds: an hour.
const SLOWEST_MS: u64 = 3_600_000;

/// A fault. All but `late_record`, `rival` and `state` change the answer to one request.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
// Braces even around nothing: serde refuses unknown parameters only of such variants.
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// The answer lacks the `Wechatpay-…` headers.
    NoSignature {},
    /// The answer has the signature of another text.
    WrongSignature {},
    /// The answer has a signature that begins `WECHATPAY/SIGNTEST/`.
    ProbeSignature {},
    /// The answer's timestamp lies in the past, with a right signature.
    StaleClock {
        /// The seconds by which it lies in the past, or in the future if negative; 600 unless given.
        #[serde(default = "stale")]
        seconds: i64,
    },
    /// The answer names a serial that is not in any list.
    UnknownSerial {},
    /// The answer is signed by a new certificate, as are all answers after it.
    RotatedKey {},
    /// The answer has `Wechatpay-Signature` twice.
    DuplicatedHeader {},
    /// Half of the answer's body comes, then the connection ends.
    TruncatedBody {},
    /// The answer is unsigned HTML, as if from a proxy in the way.
    Html {
        /// The HTTP status; 200 unless given.
        #[serde(default = "ok")]
        status: u16,
        /// Does the operation take effect? Not unless given.
        #[serde(default)]
        carried_out: bool,
    },
    /// The answer is 429 `RATE_LIMITED`.
    RateLimited {
        /// `Retry-After`, in seconds; 1 unless given.
        #[serde(default = "second")]
        retry_after: u32,
    },
    /// The answer is 5xx: `SERVICE_UNAVAILABLE` for 503, else `SYSTEMERROR`.
    ServerError {
        /// The HTTP status; 500 unless given.
        #[serde(default = "internal")]
        status: u16,
        /// Does the operation take effect? Not unless given.
        #[serde(default)]
        carried_out: bool,
    },
    /// The answer comes late; the operation takes effect at once.
    Slow {
        /// The delay in milliseconds; 1000 unless given, an hour at most.
        #[serde(default = "slow")]
        ms: u64,
    },
    /// Some bytes of the answer's body come, then the connection ends.
    ResetAfter {
        /// The bytes of the body that come; none unless given.
        #[serde(default)]
        bytes: usize,
    },
    /// The connection ends at once; the operation takes effect later.
    Late {
        /// The milliseconds after which it takes effect; 1000 unless given, an hour at most.
        #[serde(default = "slow")]
        ms: u64,
    },
    /// What a declare, modify or redeclare does is carried out, but queries do not show it yet.
    LateRecord {
        /// The seconds of the sandbox clock for which queries show what was there before; 60 unless given, a hundred years at most.
        #[serde(default = "minute")]
        seconds: i64,
        /// Does an answer come? It does unless given; else the connection ends after the operation was carried out.
        #[serde(default = "yes")]
        answered: bool,
    },
    /// Just before the request, somebody else modifies the declaration that it names, or declares what it would declare.
    Rival(Change),
    /// The connection ends before the operation is carried out.
    DropBefore {},
    /// The connection ends after the operation was carried out.
    DropAfter {},
    /// The answer is a chosen refusal: `refusal`, or `status`, `code` and `message`.
    Error {
        /// A documented row by its name, or by its place in the catalogue, from 1.
        refusal: Option<Row>,
        /// The HTTP status, 400 to 599.
        status: Option<u16>,
        /// The error code.
        code: Option<String>,
        /// The message, of which 256 characters are sent.
        message: Option<String>,
        /// The refusal's `detail`, of any kind.
        detail: Option<Value>,
    },
    /// The records with the number `order` stay in a state; if there are none yet, the next one declared.
    State {
        /// The state.
        state: model::State,
        /// The record's `explanation`.
        explanation: Option<String>,
        /// The seconds of the sandbox clock since when it is in that state; 0 unless given, a hundred years at most.
        #[serde(default)]
        ago_s: i64,
        /// How many times the record ends in that state again after it was pushed again; 0 unless given.
        #[serde(default)]
        pushes: u32,
    },
}

/// The data that somebody else gives a declaration; what is not given stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// Its registration number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_customs_no: Option<String>,
    /// Its tariff in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duty: Option<Fen>,
    /// Its amount in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_fee: Option<Fen>,
    /// Its freight in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_fee: Option<Fen>,
    /// Its price of the goods in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_fee: Option<Fen>,
}

impl Change {
    /// Makes sure that something is changed, and to values that the fields can have.
    pub(crate) fn checked(&self) -> Result<(), String> {
        if *self == Change::default() {
            let names = "`merchant_customs_no`, `duty`, `order_fee`, `transport_fee` and `product_fee`";
            return Err(format!("at least one must be given of {names}"));
        }
        if self.merchant_customs_no.as_ref().is_some_and(|number| !(1..=32).contains(&number.chars().count())) {
            return Err("`merchant_customs_no` must have 1 to 32 characters".to_owned());
        }
        match [self.duty, self.order_fee, self.transport_fee, self.product_fee].into_iter().flatten().min() {
            Some(Fen(..0)) => Err("amounts must not be negative".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Names a documented row.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Row {
    /// Its place in the catalogue, from 1.
    Place(usize),
    /// Its name there.
    Name(#[schemars(with = "Reason")] String),
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

fn minute() -> i64 {
    60
}

fn yes() -> bool {
    true
}

/// The names of all faults, as the schema of [`Fault`] has them.
fn names() -> Vec<String> {
    let schema = Value::from(schemars::schema_for!(Fault));
    let named = |fault: &Value| fault.pointer("/properties/fault/const")?.as_str().map(str::to_owned);
    schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(named).collect()
}

impl Fault {
    /// The fault that an order number names: one with its defaults, a state, or a documented refusal.
    pub(crate) fn named(name: &str) -> Option<Fault> {
        if model::State::KNOWN.contains(&name) {
            return Some(Fault::State { state: name.into(), explanation: None, ago_s: 0, pushes: 0 });
        }
        let refusal = name.parse().map_or_else(|_| Row::Name(name.to_owned()), Row::Place);
        if row(&refusal, None).is_some() {
            return Some(Fault::Error {
                refusal: Some(refusal),
                status: None,
                code: None,
                message: None,
                detail: None,
            });
        }
        Fault::read(json!({ "fault": name })).ok()
    }

    /// Reads a fault with its parameters.
    pub(crate) fn read(given: Value) -> Result<Fault, String> {
        let names = names();
        let listed = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let name = match given.get("fault") {
            Some(Value::String(name)) if names.contains(name) => name.clone(),
            None => return Err(format!("`fault` must be given, the name of a fault; expected one of {}", listed())),
            Some(other) => return Err(format!("no such fault: {other}; expected one of {}", listed())),
        };
        let fault: Fault = serde_json::from_value(given).map_err(|error| format!("the fault `{name}`: {error}"))?;
        fault.checked().map_err(|why| format!("the fault `{name}`: {why}"))?;
        Ok(fault)
    }

    /// The fault for the log, without the texts of a chosen refusal, because a real one quotes a person's data there.
    pub(crate) fn logged(&self) -> Value {
        match self {
            Fault::Error { refusal, status, .. } => json!({ "fault": "error", "refusal": refusal, "status": status }),
            fault => json!(fault),
        }
    }

    /// Does it wait for a request of this operation, if it was ordered for `wanted`?
    pub(crate) fn waits_for(&self, wanted: Option<Operation>, operation: Operation) -> bool {
        let changes = [Operation::Declare, Operation::Modify, Operation::Redeclare];
        match self {
            // A state can wait only for the record that has it.
            Fault::State { .. } => operation == Operation::Declare,
            Fault::Rival(_) if wanted.is_none() => operation != Operation::Certificates,
            Fault::LateRecord { .. } if wanted.is_none() => changes.contains(&operation),
            _ => wanted.is_none_or(|wanted| wanted == operation),
        }
    }

    /// Makes sure that the parameters are possible.
    fn checked(&self) -> Result<(), String> {
        let within = |name: &str, sound: bool, bounds: &str| match sound {
            true => Ok(()),
            false => Err(format!("`{name}` must lie between {bounds}")),
        };
        let sound = |seconds: &i64| (0..=FARTHEST_S).contains(seconds);
        let ahead = format!("0 and {FARTHEST_S}, a hundred years");
        match self {
            Fault::StaleClock { seconds } => {
                let bounds = format!("-{FARTHEST_S} and {FARTHEST_S}, a hundred years");
                within("seconds", seconds.unsigned_abs() <= FARTHEST_S.unsigned_abs(), &bounds)
            }
            Fault::Rival(change) => change.checked(),
            Fault::LateRecord { seconds, .. } => within("seconds", sound(seconds), &ahead),
            Fault::State { ago_s, .. } => within("ago_s", sound(ago_s), &ahead),
            Fault::Slow { ms } | Fault::Late { ms } => {
                within("ms", *ms <= SLOWEST_MS, &format!("0 and {SLOWEST_MS}, an hour"))
            }
            Fault::Html { status, .. } => within("status", (200..=599).contains(status), "200 and 599"),
            Fault::ServerError { status, .. } => within("status", (500..=599).contains(status), "500 and 599"),
            Fault::Error { refusal: Some(refusal), status: None, code: None, message: None, detail: None } => {
                match row(refusal, None) {
                    Some(_) => Ok(()),
                    None => Err(format!(
                        "`refusal` must be the place (1 to {}) or name of a documented row",
                        catalogue::ENTRIES.len()
                    )),
                }
            }
            Fault::Error { refusal: None, status: Some(400..=599), code: Some(_), message: Some(_), .. } => Ok(()),
            Fault::Error { .. } => {
                Err("it takes either `refusal`, or `status` (400 to 599), `code` and `message`".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Finds a documented row; a name is looked up among the rows of `operation` first, if one is given.
pub(crate) fn row(refusal: &Row, operation: Option<Operation>) -> Option<&'static catalogue::Entry> {
    match refusal {
        Row::Place(place) => catalogue::ENTRIES.get(place.checked_sub(1)?),
        Row::Name(name) => {
            let own = operation.and_then(|operation| catalogue::by_reason(operation, name));
            own.or_else(|| catalogue::ENTRIES.iter().find(|entry| entry.reason == name))
        }
    }
}
