//! What was declared, and where each declaration stands.

use std::collections::HashMap;

use axum::http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use wechatpay_customs::{
    api::{declare, query},
    model::{Count, OrderType, State, VerifyDepartment},
};

use crate::{answer::Refusal, clock};

/// How long after its declaration a record goes to customs.
const PROCESSING_AFTER_S: i64 = 60;
/// How long after its declaration customs has taken it.
const SUCCESS_AFTER_S: i64 = 180;
/// The most records of a query that names no limit.
const LIMIT: u32 = 20;

struct Record {
    request: declare::Request,
    sub_order_id: Option<String>,
    declared_at: i64,
}

impl Record {
    /// The state, and since when.
    fn state(&self, now: i64) -> (State, i64) {
        let (state, after) = match now - self.declared_at {
            SUCCESS_AFTER_S.. => (State::Success, SUCCESS_AFTER_S),
            PROCESSING_AFTER_S.. => (State::Processing, PROCESSING_AFTER_S),
            _ => (State::Undeclared, 0),
        };
        (state, self.declared_at + after)
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
}

impl Records {
    pub(crate) fn new(sub_order_ids: String) -> Records {
        Records { list: Vec::new(), places: HashMap::new(), sub_order_ids, sub_orders: 0 }
    }

    fn with(&self, order_type: OrderType, number: &str) -> Vec<&Record> {
        let places = self.places.get(&(order_type, number.to_owned()));
        places.into_iter().flatten().filter_map(|place| self.list.get(*place)).collect()
    }

    /// Keeps a declaration, unless its payment or sub-order was declared to the same customs before.
    pub(crate) fn declare(&mut self, request: declare::Request, now: i64) -> Result<Value, Refusal> {
        let known = match &request.sub_order_no {
            Some(number) => self.with(OrderType::SubOrderNo, number),
            None => self.with(OrderType::OutTradeNo, &request.out_trade_no),
        };
        let same = |record: &&Record| {
            record.request.customs == request.customs && record.request.sub_order_no == request.sub_order_no
        };
        match known.into_iter().find(same) {
            Some(record) if record.request == request => return Ok(declared(record, now)),
            Some(_) => {
                return Err(Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "INVALID_REQUEST",
                    "The information re-entered for customs declaration differs from the original",
                    "重新提交的报关信息与原信息不一致",
                ));
            }
            None => {}
        }
        let sub_order_id = request.sub_order_no.is_some().then(|| {
            self.sub_orders += 1;
            format!("{}{:010}", self.sub_order_ids, self.sub_orders)
        });
        let numbers = [
            (OrderType::OutTradeNo, Some(&request.out_trade_no)),
            (OrderType::TransactionId, Some(&request.transaction_id)),
            (OrderType::SubOrderNo, request.sub_order_no.as_ref()),
            (OrderType::SubOrderId, sub_order_id.as_ref()),
        ];
        for (order_type, number) in numbers {
            if let Some(number) = number {
                self.places.entry((order_type, number.clone())).or_default().push(self.list.len());
            }
        }
        let record = Record { request, sub_order_id, declared_at: now };
        let answer = declared(&record, now);
        self.list.push(record);
        Ok(answer)
    }

    /// Finds the records of a payment or sub-order at one customs.
    pub(crate) fn query(&self, request: &query::Request, now: i64) -> Result<Value, Refusal> {
        let known = self.with(request.order_type.clone(), &request.order_no);
        let Some(first) = known.first() else {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "ORDER_NOT_EXIST",
                format!("No declaration is known with this {}", request.order_type),
                "报关单不存在",
            ));
        };
        let offset = request.offset.map_or(0, |offset| offset.0);
        let limit = request.limit.map_or(LIMIT, |limit| limit.0);
        let found: Vec<&Record> =
            known.iter().copied().filter(|record| record.request.customs == request.customs).collect();
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
        modify_time: Some(clock::beijing(since)),
        ..query::Declaration::default()
    }
}

/// The verifying institution's number: 31 digits that follow from the payment's number.
fn trade_id(transaction_id: &str) -> String {
    let hash = digest(&SHA256, transaction_id.as_bytes());
    hash.as_ref().iter().take(31).map(|byte| char::from(b'0' + byte % 10)).collect()
}
