//! A model of the service, as far as the life of a declaration needs it.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wechatpay_customs::{
    Operation,
    engine::{Account, Event, Now, SignedBy},
    options::{Convention, Options},
};

pub const EPOCH_MS: i64 = 1_767_225_600_000;
const TRANSACTION: &str = "1000320306201511078440737890";
const ORDER: &str = "20150806125346";
/// The refusal of a declare with other data than were declared before.
pub const DIFFERS: &str = "The re-entered data is inconsistent with the original data";
/// The seconds after which a declaration goes on to its next state.
const MOVES_AFTER_S: i64 = 100;

/// What happens to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    NotSent,
    LostBefore,
    LostAfter,
    Failing,
    Busy,
    CrashBefore,
    CrashAfter,
    /// Somebody else changes the record first.
    Rival,
}

pub fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        8 => Just(Fault::None),
        1 => Just(Fault::NotSent),
        1 => Just(Fault::LostBefore),
        2 => Just(Fault::LostAfter),
        1 => Just(Fault::Failing),
        1 => Just(Fault::Busy),
        1 => Just(Fault::CrashBefore),
        1 => Just(Fault::CrashAfter),
        1 => Just(Fault::Rival),
    ]
}

/// What stands at the service when the first run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Nothing,
    Same,
    Different,
    /// Parts where the whole is wanted, the whole where a part is.
    Otherwise,
    Sibling,
}

pub fn before() -> impl Strategy<Value = Before> {
    prop_oneof![
        3 => Just(Before::Nothing),
        1 => Just(Before::Same),
        2 => Just(Before::Different),
        1 => Just(Before::Otherwise),
        1 => Just(Before::Sibling),
    ]
}

pub fn later(now: Now, ms: u64) -> Now {
    Now { unix_ms: now.unix_ms + ms as i64, mono_ms: now.mono_ms + ms }
}

/// The declaration that is wanted.
pub fn wanted(part: bool, duty: i64) -> Value {
    let mut wanted = json!({
        "out_trade_no": ORDER, "transaction_id": TRANSACTION, "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
        "duty": duty,
    });
    if part {
        wanted["sub_order_no"] = json!("part-1");
        wanted["fee_type"] = json!("CNY");
        for (name, fee) in [("order_fee", 888), ("transport_fee", 88), ("product_fee", 800)] {
            wanted[name] = json!(fee);
        }
    }
    wanted
}

/// The options of a client; keys are read once.
pub fn account() -> Arc<Account> {
    static OPTIONS: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../tests/vectors/options.json")).expect("options are JSON")
    });
    let mut options = OPTIONS.clone();
    // The model signs by its word.
    options.as_object_mut().expect("a map").remove("private_key");
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    Arc::new(Account::new(options, SignedBy::Caller).expect("the keys are right"))
}

pub fn answer(status: u16, body: &Value, now: Now) -> Event {
    static SERIAL: LazyLock<String> = LazyLock::new(|| {
        let options: Value = serde_json::from_str(include_str!("../../../tests/vectors/options.json")).expect("JSON");
        options["platform_keys"].as_object().and_then(|keys| keys.keys().next().cloned()).expect("a key")
    });
    let headers = [
        ("Wechatpay-Timestamp", seconds(now).to_string()),
        ("Wechatpay-Nonce", "nonce".to_owned()),
        ("Wechatpay-Signature", "AAAA".to_owned()),
        ("Wechatpay-Serial", SERIAL.clone()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Event::Response { status, headers, body: body.to_string().into_bytes(), truncated: false }
}

fn seconds(now: Now) -> i64 {
    now.unix_ms.div_euclid(1000)
}

fn time(seconds: i64) -> String {
    let since = seconds - EPOCH_MS / 1000 + 86_400;
    let (day, second) = (since / 86_400, since % 86_400);
    format!("2025-12-{:02}T{:02}:{:02}:{:02}+00:00", 31, second / 3600, second / 60 % 60, second % 60)
        .replace("2025-12-31", &if day == 0 { "2025-12-31".to_owned() } else { format!("2026-01-{day:02}") })
}

#[derive(Clone)]
struct Record {
    part: Option<String>,
    data: Map<String, Value>,
    state: String,
    changed_at: i64,
    shows_at: i64,
    /// What is shown until then.
    before: Option<Box<Record>>,
}

impl Record {
    fn shown(&self) -> Value {
        let mut shown = self.data.clone();
        shown.insert("state".to_owned(), json!(self.state));
        shown.insert("customs".to_owned(), json!("SHANGHAI_ZS"));
        shown.insert("modify_time".to_owned(), time(self.changed_at).into());
        if let Some(part) = &self.part {
            shown.insert("sub_order_no".to_owned(), part.as_str().into());
            shown.insert("sub_order_id".to_owned(), "1000320306201511078440737891".into());
        }
        Value::Object(shown)
    }
}

pub struct Service {
    records: Vec<Record>,
    late: i64,
    fates: std::vec::IntoIter<&'static str>,
    pub rivals: u32,
}

fn data(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("mch_customs_no".to_owned(), fields["merchant_customs_no"].clone());
    for name in ["duty", "order_fee", "transport_fee", "product_fee"] {
        data.extend(fields.get(name).map(|fee| (name.to_owned(), fee.clone())));
    }
    data
}

impl Service {
    pub fn new(before: Before, part: bool, late: u16, fates: Vec<&'static str>) -> Service {
        let mut service = Service { records: vec![], late: late.into(), fates: fates.into_iter(), rivals: 0 };
        let (stands, duty, named) = match before {
            Before::Nothing => return service,
            Before::Same => (part, 7, "part-1"),
            Before::Different => (part, 5, "part-1"),
            Before::Otherwise => (!part, 7, "part-1"),
            // Another part of the payment does not matter where a part is wanted.
            Before::Sibling if part => (true, 7, "part-2"),
            Before::Sibling => return service,
        };
        let wanted = wanted(stands, duty);
        service.records.push(Record {
            part: stands.then(|| named.to_owned()),
            data: data(wanted.as_object().expect("a map")),
            state: "UNDECLARED".to_owned(),
            changed_at: EPOCH_MS / 1000 - 30,
            shows_at: 0,
            before: None,
        });
        service
    }

    fn pass(&mut self, now: i64) {
        for record in &mut self.records {
            while now - record.changed_at >= MOVES_AFTER_S {
                let next = match record.state.as_str() {
                    "UNDECLARED" | "SUBMITTED" => "PROCESSING",
                    "PROCESSING" => self.fates.next().unwrap_or("SUCCESS"),
                    _ => break,
                };
                record.state = next.to_owned();
                record.changed_at += MOVES_AFTER_S;
            }
        }
    }

    fn find(&mut self, fields: &Map<String, Value>) -> Option<&mut Record> {
        let part = fields.get("sub_order_no").and_then(Value::as_str);
        self.records.iter_mut().find(|record| record.part.as_deref() == part)
    }

    /// Carries a request out; `Err` is a refusal.
    pub fn carry_out(
        &mut self,
        operation: Operation,
        fields: &Map<String, Value>,
        now: Now,
    ) -> Result<Value, &'static str> {
        let now = seconds(now);
        self.pass(now);
        let shows_at = now + self.late;
        let changed = |record: &mut Record, state: &str| {
            let before = Record { before: None, ..record.clone() };
            *record = Record {
                state: state.to_owned(),
                changed_at: now,
                shows_at,
                before: Some(Box::new(before)),
                ..record.clone()
            };
        };
        match operation {
            Operation::Declare => match self.find(fields) {
                None => {
                    let part = fields.get("sub_order_no").and_then(Value::as_str).map(str::to_owned);
                    let (data, state) = (data(fields), "UNDECLARED".to_owned());
                    self.records.push(Record { part, data, state, changed_at: now, shows_at, before: None });
                }
                Some(record) if record.data != data(fields) => return Err("INVALID_REQUEST"),
                Some(_) => {}
            },
            Operation::Modify => {
                let record = self.find(fields).ok_or("INVALID_REQUEST")?;
                changed(record, "SUBMITTED");
                record.data = data(fields);
            }
            Operation::Redeclare => match self.find(fields) {
                Some(record) if ["SUCCESS", "EXCEPT"].contains(&&*record.state) => changed(record, "UNDECLARED"),
                _ => return Err("INVALID_REQUEST"),
            },
            _ => {
                let shown: Vec<Value> = self
                    .records
                    .iter()
                    .filter_map(|record| match (&record.before, record.shows_at <= now) {
                        (_, true) => Some(record.shown()),
                        (Some(before), false) => Some(before.shown()),
                        (None, false) => None,
                    })
                    .collect();
                return Ok(json!({ "transaction_id": TRANSACTION, "total_count": shown.len(), "data": shown }));
            }
        }
        let record = self.find(fields).expect("there is one now");
        let mut answer = json!({ "state": record.state, "out_trade_no": ORDER });
        if operation != Operation::Declare {
            answer["modify_time"] = time(record.changed_at).into();
        }
        Ok(answer)
    }

    /// Somebody else changes the record, if there is one.
    pub fn rival(&mut self, part: bool, now: Now) {
        let mut other = wanted(part, 9);
        other["merchant_customs_no"] = json!("999999");
        let other = other.as_object().cloned().expect("a map");
        self.rivals += u32::from(self.carry_out(Operation::Modify, &other, now).is_ok());
    }

    /// The state in an answer to a query of the declaration that is wanted.
    pub fn state_in(&self, answer: &Value, part: bool) -> Option<String> {
        let own = |record: &&Value| record["sub_order_no"].as_str() == part.then_some("part-1");
        let record = answer["data"].as_array()?.iter().find(own)?;
        record["state"].as_str().map(str::to_owned)
    }

    fn own(&self, part: bool) -> Option<&Record> {
        self.records.iter().find(|record| record.part.as_deref() == part.then_some("part-1"))
    }

    /// The state of the declaration, if it stands as wanted.
    pub fn stands(&self, part: bool, duty: i64) -> Option<&str> {
        let wanted = wanted(part, duty);
        self.own(part).filter(|own| own.data == data(wanted.as_object().expect("a map"))).map(|own| own.state.as_str())
    }

    pub fn is_stuck(&self, part: bool) -> bool {
        self.own(part).is_some_and(|own| own.state == "stuck")
    }

    /// Is the same money declared as a whole and in parts?
    pub fn twice(&self) -> bool {
        self.records.iter().any(|record| record.part.is_none())
            && self.records.iter().any(|record| record.part.is_some())
    }
}
