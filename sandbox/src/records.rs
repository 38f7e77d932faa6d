//! The declarations and their states.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use wechatpay_customs::{
    api::declare,
    model::{CustomsCode, OrderType, State},
};

use crate::{answer::Refusal, clock::Lead, faults::Fault, identities::Identities, payments::Payments, store::Store};

/// The kinds of numbers that a record is found by.
const KINDS: [OrderType; 4] =
    [OrderType::OutTradeNo, OrderType::TransactionId, OrderType::SubOrderNo, OrderType::SubOrderId];
/// The seconds after its declaration when a record goes to customs.
const PROCESSING_AFTER_S: i64 = 60;
/// The seconds after its declaration when customs has accepted it.
const SUCCESS_AFTER_S: i64 = 180;

/// One declaration.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// As it was declared, or changed since.
    pub request: declare::Request,
    pub sub_order_id: Option<String>,
    /// When it was declared, changed or pushed again.
    pub since: i64,
    /// Its state then.
    pub first: State,
    /// Told to stay as it is.
    pub forced: Option<Forced>,
    /// Told to end so, and not in SUCCESS.
    #[serde(default)]
    pub ends: Option<Forced>,
    /// Told not to be shown yet.
    #[serde(default)]
    pub late: Option<Late>,
}

/// What queries show in a record's place.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Late {
    /// When they begin to show the record itself.
    until: i64,
    /// What they showed before it was changed.
    before: Option<Box<Record>>,
}

impl Late {
    /// For a change that a fault wants to be shown later, of `before` if there was a record; nothing for other faults.
    pub(crate) fn by(fault: &Fault, now: i64, before: Option<&Record>) -> Option<Late> {
        let Fault::LateRecord { seconds, .. } = fault else { return None };
        let before = before.and_then(|record| record.shown(now)).map(|record| Box::new(record.standing(now)));
        Some(Late { until: now.saturating_add(*seconds), before })
    }
}

/// A state that a fault gives a record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Forced {
    pub state: State,
    pub explanation: Option<String>,
    pub since: i64,
    /// How many times the record ends in that state again after it was pushed again.
    #[serde(default)]
    pub pushes: u32,
}

impl Forced {
    /// What a fault tells a record; nothing unless it is `state`.
    pub(crate) fn by(fault: &Fault, now: i64) -> Option<Forced> {
        let Fault::State { state, explanation, ago_s, pushes } = fault else { return None };
        let (state, explanation, since) = (state.clone(), explanation.clone(), now.saturating_sub(*ago_s));
        Some(Forced { state, explanation, since, pushes: *pushes })
    }
}

impl Record {
    /// The declaration that was made at a time.
    pub(crate) fn new(request: declare::Request, sub_order_id: Option<String>, now: i64) -> Record {
        Record { request, sub_order_id, since: now, first: State::Undeclared, forced: None, ends: None, late: None }
    }

    /// The declaration that a modify puts in its place.
    pub(crate) fn modified(&self, request: declare::Request, now: i64) -> Record {
        Record { first: State::Submitted, ..Record::new(request, self.sub_order_id.clone(), now) }
    }

    /// The same declaration, pushed again.
    pub(crate) fn pushed(&self, now: i64) -> Record {
        let ends = self.told(now).filter(|told| told.pushes > 0).map(|told| Forced {
            since: now.saturating_add(SUCCESS_AFTER_S),
            pushes: told.pushes - 1,
            ..told.clone()
        });
        Record { ends, ..Record::new(self.request.clone(), self.sub_order_id.clone(), now) }
    }

    /// The record that queries show.
    pub(crate) fn shown(&self, now: i64) -> Option<&Record> {
        match &self.late {
            Some(late) if now < late.until => late.before.as_deref(),
            _ => Some(self),
        }
    }

    /// The record as it is now, whatever the time.
    fn standing(&self, now: i64) -> Record {
        let (state, since) = self.state(now);
        let forced = Some(Forced { state, explanation: self.explanation(now), since, pushes: 0 });
        Record { forced, ends: None, late: None, ..self.clone() }
    }

    /// The state that it was told to be in by now.
    fn told(&self, now: i64) -> Option<&Forced> {
        self.forced.as_ref().or_else(|| self.ends.as_ref().filter(|ends| ends.since <= now))
    }

    /// The state, and since when.
    pub(crate) fn state(&self, now: i64) -> (State, i64) {
        if let Some(told) = self.told(now) {
            return (told.state.clone(), told.since);
        }
        let (state, after) = match now.saturating_sub(self.since) {
            SUCCESS_AFTER_S.. => (State::Success, SUCCESS_AFTER_S),
            PROCESSING_AFTER_S.. => (State::Processing, PROCESSING_AFTER_S),
            _ => (self.first.clone(), 0),
        };
        (state, self.since.saturating_add(after))
    }

    pub(crate) fn explanation(&self, now: i64) -> Option<String> {
        self.told(now).and_then(|told| told.explanation.clone())
    }

    /// The verifying institution's number: 31 digits that follow from the payment's number.
    pub(crate) fn trade_id(&self) -> String {
        let hash = digest(&SHA256, self.request.transaction_id.as_bytes());
        hash.as_ref().iter().take(31).map(|byte| char::from(b'0' + byte % 10)).collect()
    }

    fn is_of(&self, customs: &CustomsCode, sub_order_no: Option<&String>) -> bool {
        self.request.customs == *customs && self.request.sub_order_no.as_ref() == sub_order_no
    }
}

/// All records of the merchant, in order of declaration.
pub(crate) struct Records {
    list: Vec<Record>,
    /// Places in the list by every number that a query can go by.
    places: HashMap<(OrderType, String), Vec<usize>>,
    /// The first 18 digits of each sub-order id; the remaining digits are a counter.
    sub_order_ids: String,
    sub_orders: u64,
    store: Option<Store>,
    pub payments: Payments,
    pub identities: Identities,
}

impl Records {
    pub(crate) fn new(sub_order_ids: String, store: Option<Store>, kept: Vec<Record>) -> Records {
        let mut records = Records {
            list: Vec::new(),
            places: HashMap::new(),
            sub_order_ids,
            sub_orders: 0,
            store,
            payments: Payments::default(),
            identities: Identities::default(),
        };
        kept.into_iter().for_each(|record| records.push(record));
        records
    }

    fn push(&mut self, record: Record) {
        let request = &record.request;
        let numbers = [
            (OrderType::OutTradeNo, Some(&request.out_trade_no)),
            (OrderType::TransactionId, Some(&request.transaction_id)),
            (OrderType::SubOrderNo, request.sub_order_no.as_ref()),
            (OrderType::SubOrderId, record.sub_order_id.as_ref()),
        ];
        for (order_type, number) in numbers {
            if let Some(number) = number {
                self.places.entry((order_type, number.clone())).or_default().push(self.list.len());
            }
        }
        self.sub_orders += u64::from(record.sub_order_id.is_some());
        self.list.push(record);
    }

    /// The records with a number of one kind, each with its place.
    pub(crate) fn with<'a>(
        &'a self,
        order_type: OrderType,
        number: &str,
    ) -> impl Iterator<Item = (usize, &'a Record)> + use<'a> {
        let places = self.places.get(&(order_type, number.to_owned()));
        places.into_iter().flatten().filter_map(|place| self.list.get(*place).map(|record| (*place, record)))
    }

    /// The places of the records that have every one of some numbers, whatever their kinds; of none for no number.
    pub(crate) fn places(&self, numbers: &[String]) -> Vec<usize> {
        let of = |number: &String| -> Vec<usize> {
            KINDS.into_iter().flat_map(|kind| self.with(kind, number).map(|(place, _)| place)).collect()
        };
        let mut numbers = numbers.iter();
        let mut places = numbers.next().map(of).unwrap_or_default();
        numbers.map(of).for_each(|others| places.retain(|place| others.contains(place)));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The record at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Record> {
        self.list.get(place)
    }

    /// The number that the next sub-order gets.
    pub(crate) fn next_sub_order_id(&self) -> String {
        format!("{}{:010}", self.sub_order_ids, self.sub_orders + 1)
    }

    /// The place of the next record.
    pub(crate) fn end(&self) -> usize {
        self.list.len()
    }

    /// Keeps a record on the disk, if there is a file, and only then in memory.
    pub(crate) fn keep(&mut self, place: usize, record: Record) -> Result<(), Refusal> {
        if let Some(store) = &self.store {
            store
                .save(place, &record)
                .map_err(|why| Refusal::system_error(format!("The state file cannot be written: {why}")))?;
        }
        match self.list.get_mut(place) {
            Some(old) => *old = record,
            None => self.push(record),
        }
        Ok(())
    }

    /// Forgets every declaration, payment and identity, in the file as well, which keeps the sandbox clock.
    pub(crate) fn reset(&mut self, speed: u32, lead: Lead) -> Result<(), String> {
        if let Some(store) = &self.store {
            store.reset(speed, lead)?;
        }
        *self = Records::new(std::mem::take(&mut self.sub_order_ids), self.store.take(), Vec::new());
        Ok(())
    }

    /// Saves the sandbox clock.
    pub(crate) fn keep_clock(&self, speed: u32, lead: Lead) -> Result<(), String> {
        self.store.as_ref().map_or(Ok(()), |store| store.set_clock(speed, lead))
    }

    /// The record of a payment or sub-order at a customs.
    pub(crate) fn find(
        &self,
        out_trade_no: &str,
        sub_order_no: Option<&String>,
        customs: &CustomsCode,
    ) -> Option<(usize, &Record)> {
        let mut known: Box<dyn Iterator<Item = (usize, &Record)>> = match sub_order_no {
            Some(number) => Box::new(self.with(OrderType::SubOrderNo, number)),
            None => Box::new(self.with(OrderType::OutTradeNo, out_trade_no)),
        };
        known.find(|(_, record)| record.is_of(customs, sub_order_no))
    }

    /// What a payment's sub-orders at a customs come to, but for one of them.
    pub(crate) fn declared(&self, request: &declare::Request, but: Option<usize>) -> i64 {
        self.with(OrderType::OutTradeNo, &request.out_trade_no)
            .filter(|(place, record)| Some(*place) != but && record.request.customs == request.customs)
            .filter_map(|(_, record)| record.request.order_fee)
            .map(|fen| i64::from(fen.0))
            .sum()
    }

    /// Gives all records with a number a state, and says how many there are.
    pub(crate) fn force(&mut self, number: &str, forced: &Forced) -> Result<usize, Refusal> {
        let places = self.places(&[number.to_owned()]);
        for place in &places {
            if let Some(record) = self.list.get(*place).cloned() {
                self.keep(*place, Record { forced: Some(forced.clone()), ..record })?;
            }
        }
        Ok(places.len())
    }
}
