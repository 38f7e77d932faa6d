//! What was declared, and where each declaration stands.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    api::{declare, modify, query, redeclare, verify_identity},
    catalogue,
    model::{Count, CustomsCode, OrderType, State, VerifyDepartment},
};

use crate::{
    answer::Refusal,
    clock,
    payments::{Identities, Payments, WrongAmount, documented},
    store::Store,
};

/// How long after its declaration a record goes to customs.
const PROCESSING_AFTER_S: i64 = 60;
/// How long after its declaration customs has taken it.
const SUCCESS_AFTER_S: i64 = 180;
/// The most records of a query that names no limit.
const LIMIT: u32 = 20;

/// One declaration.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// As it was declared, or changed since.
    request: declare::Request,
    sub_order_id: Option<String>,
    /// When it was declared, changed or pushed again.
    since: i64,
    /// Its state then.
    first: State,
    /// Told to stay as it is.
    forced: Option<Forced>,
}

/// A state that a record was told to have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Forced {
    pub state: State,
    pub explanation: Option<String>,
    pub since: i64,
}

impl Record {
    /// The state, and since when.
    fn state(&self, now: i64) -> (State, i64) {
        if let Some(forced) = &self.forced {
            return (forced.state.clone(), forced.since);
        }
        let (state, after) = match now.saturating_sub(self.since) {
            SUCCESS_AFTER_S.. => (State::Success, SUCCESS_AFTER_S),
            PROCESSING_AFTER_S.. => (State::Processing, PROCESSING_AFTER_S),
            _ => (self.first.clone(), 0),
        };
        (state, self.since.saturating_add(after))
    }

    fn explanation(&self) -> Option<String> {
        self.forced.as_ref().and_then(|forced| forced.explanation.clone())
    }

    fn is_of(&self, customs: &CustomsCode, sub_order_no: Option<&String>) -> bool {
        self.request.customs == *customs && self.request.sub_order_no.as_ref() == sub_order_no
    }
}

/// All records of the one merchant, in order of declaration.
pub(crate) struct Records {
    list: Vec<Record>,
    /// Places in the list by every number that a query can go by.
    places: HashMap<(OrderType, String), Vec<usize>>,
    /// The first 18 digits of each sub-order id; the others count.
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

    fn with<'a>(&'a self, order_type: OrderType, number: &str) -> impl Iterator<Item = (usize, &'a Record)> + use<'a> {
        let places = self.places.get(&(order_type, number.to_owned()));
        places.into_iter().flatten().filter_map(|place| self.list.get(*place).map(|record| (*place, record)))
    }

    /// Keeps a record on the disk, if there is a file, and only then in memory.
    fn keep(&mut self, place: usize, record: Record) -> Result<(), Refusal> {
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

    /// Forgets every declaration, payment and identity, in the file as well.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        if let Some(store) = &self.store {
            store.reset()?;
        }
        *self = Records::new(std::mem::take(&mut self.sub_order_ids), self.store.take(), Vec::new());
        Ok(())
    }

    /// Keeps how far the clock is ahead.
    pub(crate) fn keep_ahead(&self, ahead_s: i64) -> Result<(), String> {
        self.store.as_ref().map_or(Ok(()), |store| store.set_ahead(ahead_s))
    }

    /// The record of a payment or sub-order at a customs.
    fn find(
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
    fn declared(&self, request: &declare::Request, but: Option<usize>) -> i64 {
        self.with(OrderType::OutTradeNo, &request.out_trade_no)
            .filter(|(place, record)| Some(*place) != but && record.request.customs == request.customs)
            .filter_map(|(_, record)| record.request.order_fee)
            .map(|fen| i64::from(fen.0))
            .sum()
    }

    /// Keeps a declaration, unless its payment or sub-order was declared to the same customs before.
    pub(crate) fn declare(
        &mut self,
        request: declare::Request,
        now: i64,
        wrong_amount: WrongAmount,
        forced: Option<Forced>,
    ) -> Result<Value, Refusal> {
        match self.find(&request.out_trade_no, request.sub_order_no.as_ref(), &request.customs) {
            Some((_, record)) if record.request == request => return Ok(declared(record, now)),
            Some(_) => return Err(documented("declared_data_differs")),
            None => {}
        }
        self.payments.check(&request, self.declared(&request, None), wrong_amount)?;
        let sub_order_id =
            request.sub_order_no.is_some().then(|| format!("{}{:010}", self.sub_order_ids, self.sub_orders + 1));
        let record = Record { request, sub_order_id, since: now, first: State::Undeclared, forced };
        let answer = declared(&record, now);
        self.keep(self.list.len(), record)?;
        Ok(answer)
    }

    /// Puts another declaration in the place of one.
    pub(crate) fn modify(
        &mut self,
        request: modify::Request,
        now: i64,
        wrong_amount: WrongAmount,
    ) -> Result<Value, Refusal> {
        let known = self.find(&request.out_trade_no, request.sub_order_no.as_ref(), &request.customs);
        let Some((place, known)) = known else {
            return Err(Refusal::order_not_exist("There is no declaration to modify"));
        };
        if (&known.request.out_trade_no, &known.request.transaction_id)
            != (&request.out_trade_no, &request.transaction_id)
        {
            return Err(Refusal::invalid_request(
                "Only merchant_customs_no, duty, order_fee, transport_fee and product_fee can be modified",
                "只能修改海关备案号、关税与金额",
            ));
        }
        let changed = declare::Request {
            merchant_customs_no: request.merchant_customs_no,
            duty: request.duty,
            order_fee: request.order_fee,
            transport_fee: request.transport_fee,
            product_fee: request.product_fee,
            ..known.request.clone()
        };
        let record = Record {
            request: changed,
            sub_order_id: known.sub_order_id.clone(),
            since: now,
            first: State::Submitted,
            forced: None,
        };
        self.payments.check(&record.request, self.declared(&record.request, Some(place)), wrong_amount)?;
        let answer = modified(&record, now);
        self.keep(place, record)?;
        Ok(answer)
    }

    /// Pushes a declaration again.
    pub(crate) fn redeclare(&mut self, request: &redeclare::Request, now: i64) -> Result<Value, Refusal> {
        let numbers = [
            (OrderType::SubOrderId, &request.sub_order_id),
            (OrderType::SubOrderNo, &request.sub_order_no),
            (OrderType::OutTradeNo, &request.out_trade_no),
            (OrderType::TransactionId, &request.transaction_id),
        ];
        let mut given = numbers.into_iter().filter_map(|(order_type, number)| Some((order_type, number.as_ref()?)));
        let split = request.sub_order_no.is_some() || request.sub_order_id.is_some();
        // Every number that is given must be the record's.
        let is_meant = |record: &Record| {
            let has = |given: &Option<String>, own: Option<&String>| given.is_none() || given.as_ref() == own;
            let own = &record.request;
            own.customs == request.customs
                && own.merchant_customs_no == request.merchant_customs_no
                && own.sub_order_no.is_some() == split
                && has(&request.out_trade_no, Some(&own.out_trade_no))
                && has(&request.transaction_id, Some(&own.transaction_id))
                && has(&request.sub_order_no, own.sub_order_no.as_ref())
                && has(&request.sub_order_id, record.sub_order_id.as_ref())
        };
        let known = given
            .next()
            .and_then(|(order_type, number)| self.with(order_type, number).find(|(_, record)| is_meant(record)));
        let Some((place, known)) = known else {
            return Err(match catalogue::by_reason(Operation::Redeclare, "declaration_not_found") {
                Some(entry) => Refusal::documented(entry),
                None => Refusal::order_not_exist("There is no declaration to push again"),
            });
        };
        let state = known.state(now).0;
        if !matches!(state, State::Success | State::Except) {
            return Err(Refusal::invalid_request(
                format!("A declaration in state {state} cannot be pushed again, only one in SUCCESS or EXCEPT"),
                format!("报关单状态为{state}，不能重推"),
            ));
        }
        let record = Record { since: now, first: State::Undeclared, forced: None, ..known.clone() };
        let answer = redeclared(&record, now);
        self.keep(place, record)?;
        Ok(answer)
    }

    /// Compares an identity, already decrypted, with that of who paid for a declared order.
    pub(crate) fn verify_identity(&self, request: &verify_identity::Request) -> Result<Value, Refusal> {
        let known = self.find(&request.out_trade_no, request.sub_order_no.as_ref(), &request.customs);
        if known.is_none_or(|(_, record)| {
            record.request.out_trade_no != request.out_trade_no
                || record.request.transaction_id != request.transaction_id
        }) {
            return Err(Refusal::order_not_exist("There is no declaration of this order"));
        }
        let (id, name) = (&request.certificate_id, &request.certificate_name);
        Ok(json!(verify_identity::Response {
            appid: request.appid.clone(),
            mchid: request.mchid.clone(),
            out_trade_no: Some(request.out_trade_no.clone()),
            transaction_id: Some(request.transaction_id.clone()),
            certificate_check_result: self.identities.compare(&request.out_trade_no, id, name),
            ..verify_identity::Response::default()
        }))
    }

    /// Gives all records with a number a state, and says how many there are.
    pub(crate) fn force(&mut self, number: &str, forced: &Forced) -> Result<usize, Refusal> {
        let kinds = [OrderType::OutTradeNo, OrderType::TransactionId, OrderType::SubOrderNo, OrderType::SubOrderId];
        let mut places: Vec<usize> =
            kinds.into_iter().flat_map(|kind| self.with(kind, number).map(|(place, _)| place)).collect();
        places.sort_unstable();
        places.dedup();
        for place in &places {
            if let Some(record) = self.list.get(*place).cloned() {
                self.keep(*place, Record { forced: Some(forced.clone()), ..record })?;
            }
        }
        Ok(places.len())
    }

    /// Finds the records of a payment or sub-order at one customs.
    pub(crate) fn query(&self, request: &query::Request, now: i64) -> Result<Value, Refusal> {
        let mut known = self.with(request.order_type.clone(), &request.order_no).map(|(_, record)| record).peekable();
        let Some(first) = known.peek().copied() else {
            return Err(Refusal::order_not_exist(format!("No declaration is known with this {}", request.order_type)));
        };
        let offset = request.offset.map_or(0, |offset| offset.0);
        let limit = request.limit.map_or(LIMIT, |limit| limit.0);
        let found: Vec<&Record> = known.filter(|record| record.request.customs == request.customs).collect();
        let page = found.iter().skip(offset as usize).take(limit as usize);
        let first = &first.request;
        let answer = query::Response {
            appid: first.appid.clone(),
            mchid: first.mchid.clone(),
            transaction_id: Some(first.transaction_id.clone()),
            verify_department: Some(VerifyDepartment::Unionpay),
            verify_department_trade_id: Some(trade_id(&first.transaction_id)),
            offset: Some(Count(offset)),
            limit: Some(Count(limit)),
            total_count: u32::try_from(found.len()).ok().map(Count),
            data: page.map(|record| shown(record, now)).collect(),
            ..query::Response::default()
        };
        Ok(json!(answer))
    }
}

/// A record as a declare is answered.
fn declared(record: &Record, now: i64) -> Value {
    let request = &record.request;
    json!(declare::Response {
        appid: request.appid.clone(),
        mchid: request.mchid.clone(),
        state: record.state(now).0,
        out_trade_no: Some(request.out_trade_no.clone()),
        transaction_id: Some(request.transaction_id.clone()),
        sub_order_no: request.sub_order_no.clone(),
        sub_order_id: record.sub_order_id.clone(),
        verify_department: Some(VerifyDepartment::Unionpay),
        verify_department_trade_id: Some(trade_id(&request.transaction_id)),
        ..declare::Response::default()
    })
}

/// A record as a modify is answered.
fn modified(record: &Record, now: i64) -> Value {
    let request = &record.request;
    let (state, since) = record.state(now);
    json!(modify::Response {
        appid: request.appid.clone(),
        mchid: request.mchid.clone(),
        state,
        out_trade_no: Some(request.out_trade_no.clone()),
        transaction_id: Some(request.transaction_id.clone()),
        sub_order_no: request.sub_order_no.clone(),
        sub_order_id: record.sub_order_id.clone(),
        modify_time: Some(clock::beijing(since)),
        verify_department: Some(VerifyDepartment::Unionpay),
        verify_department_trade_id: Some(trade_id(&request.transaction_id)),
        ..modify::Response::default()
    })
}

/// A record as a redeclare is answered.
fn redeclared(record: &Record, now: i64) -> Value {
    let request = &record.request;
    let (state, since) = record.state(now);
    json!(redeclare::Response {
        appid: request.appid.clone(),
        mchid: request.mchid.clone(),
        state,
        out_trade_no: Some(request.out_trade_no.clone()),
        transaction_id: Some(request.transaction_id.clone()),
        sub_order_no: request.sub_order_no.clone(),
        sub_order_id: record.sub_order_id.clone(),
        modify_time: Some(clock::beijing(since)),
        ..redeclare::Response::default()
    })
}

/// A record as a query shows it.
fn shown(record: &Record, now: i64) -> query::Declaration {
    let request = &record.request;
    let (state, since) = record.state(now);
    query::Declaration {
        sub_order_no: request.sub_order_no.clone(),
        sub_order_id: record.sub_order_id.clone(),
        mch_customs_no: Some(request.merchant_customs_no.clone()),
        customs: Some(request.customs.clone()),
        fee_type: request.fee_type.clone(),
        order_fee: request.order_fee,
        duty: request.duty,
        transport_fee: request.transport_fee,
        product_fee: request.product_fee,
        state,
        explanation: record.explanation(),
        modify_time: Some(clock::beijing(since)),
        ..query::Declaration::default()
    }
}

/// The verifying institution's number: 31 digits that follow from the payment's number.
fn trade_id(transaction_id: &str) -> String {
    let hash = digest(&SHA256, transaction_id.as_bytes());
    hash.as_ref().iter().take(31).map(|byte| char::from(b'0' + byte % 10)).collect()
}
