//! What was declared, and where each declaration stands.

use std::collections::HashMap;

use axum::http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use wechatpay_customs::{
    api::{declare, query},
    model::{OrderType, State, VerifyDepartment},
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

    /// Fields of the declaration, under their own names; those that it lacks are left out.
    fn fields(&self, names: &[&str]) -> Map<String, Value> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&self.request) else { return Map::new() };
        if let Some(id) = &self.sub_order_id {
            fields.insert("sub_order_id".to_owned(), id.as_str().into());
        }
        fields.retain(|name, _| names.contains(&name.as_str()));
        fields
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
        let data: Vec<Value> = page.map(|record| shown(record, now)).collect();
        let mut answer = first.fields(&["appid", "mchid", "transaction_id"]);
        verified(&mut answer, &first.request.transaction_id);
        answer.extend([
            ("offset".to_owned(), offset.into()),
            ("limit".to_owned(), limit.into()),
            ("total_count".to_owned(), found.len().into()),
            ("data".to_owned(), data.into()),
        ]);
        Ok(answer.into())
    }
}

/// A record as a declare is answered.
fn declared(record: &Record, now: i64) -> Value {
    let mut answer =
        record.fields(&["appid", "mchid", "out_trade_no", "transaction_id", "sub_order_no", "sub_order_id"]);
    answer.insert("state".to_owned(), record.state(now).0.as_str().into());
    verified(&mut answer, &record.request.transaction_id);
    answer.into()
}

/// A record as a query shows it.
fn shown(record: &Record, now: i64) -> Value {
    let mut shown = record.fields(&[
        "sub_order_no",
        "sub_order_id",
        "customs",
        "fee_type",
        "order_fee",
        "duty",
        "transport_fee",
        "product_fee",
    ]);
    let (state, since) = record.state(now);
    shown.insert("mch_customs_no".to_owned(), record.request.merchant_customs_no.as_str().into());
    shown.insert("state".to_owned(), state.as_str().into());
    shown.insert("modify_time".to_owned(), clock::beijing(since).into());
    shown.into()
}

/// Adds who verified the payment: UnionPay, under 31 digits that follow from the payment's number.
fn verified(answer: &mut Map<String, Value>, transaction_id: &str) {
    let hash = digest(&SHA256, transaction_id.as_bytes());
    let digits: String = hash.as_ref().iter().take(31).map(|byte| char::from(b'0' + byte % 10)).collect();
    answer.insert("verify_department".to_owned(), json!(VerifyDepartment::Unionpay));
    answer.insert("verify_department_trade_id".to_owned(), digits.into());
}
