//! `redeclare`: pushes a declaration again.

use wechatpay_customs::{
    api::{
        Endpoint,
        redeclare::{Request, Response},
    },
    model::{OrderType, State},
};

use super::{Admitted, Answered, PREFIXES, Route};
use crate::{answer::Refusal, clock, lock, records::Record};

impl Answered for Request {
    const ROUTE: Route = Route { method: "POST", prefixes: PREFIXES, path: "/customs/redeclare" };
    const NUMBERS: &'static [&'static str] = &["out_trade_no", "transaction_id", "sub_order_no", "sub_order_id"];

    fn answer(self, given: &Admitted<'_>) -> Result<Response, Refusal> {
        let now = given.now;
        let mut records = lock(&given.service.records);
        let numbers = [
            (OrderType::SubOrderId, &self.sub_order_id),
            (OrderType::SubOrderNo, &self.sub_order_no),
            (OrderType::OutTradeNo, &self.out_trade_no),
            (OrderType::TransactionId, &self.transaction_id),
        ];
        let mut named = numbers.into_iter().filter_map(|(order_type, number)| Some((order_type, number.as_ref()?)));
        let known = named.next().and_then(|(order_type, number)| {
            records.with(order_type, number).find(|(_, record)| is_meant(&self, record))
        });
        let Some((place, known)) = known else {
            return Err(Refusal::of_row(Self::OPERATION, "declaration_not_found"));
        };
        let state = known.state(now).0;
        if !matches!(state, State::Success | State::Except) {
            return Err(Refusal::invalid_request(
                format!("A declaration in state {state} cannot be pushed again, only one in SUCCESS or EXCEPT"),
                format!("报关单状态为{state}，不能重推"),
            ));
        }
        let record = known.pushed(now);
        let answer = shown(&record, now);
        given.keep(Self::OPERATION, &mut records, place, record)?;
        Ok(answer)
    }
}

/// Every number that is given must be the record's.
fn is_meant(request: &Request, record: &Record) -> bool {
    let has = |given: &Option<String>, own: Option<&String>| given.is_none() || given.as_ref() == own;
    let split = request.sub_order_no.is_some() || request.sub_order_id.is_some();
    let own = &record.request;
    own.customs == request.customs
        && own.merchant_customs_no == request.merchant_customs_no
        && own.sub_order_no.is_some() == split
        && has(&request.out_trade_no, Some(&own.out_trade_no))
        && has(&request.transaction_id, Some(&own.transaction_id))
        && has(&request.sub_order_no, own.sub_order_no.as_ref())
        && has(&request.sub_order_id, record.sub_order_id.as_ref())
}

fn shown(record: &Record, now: i64) -> Response {
    let request = &record.request;
    let (state, since) = record.state(now);
    Response {
        appid: request.appid.clone(),
        mchid: request.mchid.clone(),
        state,
        out_trade_no: Some(request.out_trade_no.clone()),
        transaction_id: Some(request.transaction_id.clone()),
        sub_order_no: request.sub_order_no.clone(),
        sub_order_id: record.sub_order_id.clone(),
        modify_time: Some(clock::beijing(since)),
        ..Response::default()
    }
}
