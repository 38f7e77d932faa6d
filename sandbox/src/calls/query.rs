//! `query`: finds the records of a payment or sub-order at one customs.

use wechatpay_customs::{
    api::query::{Declaration, Request, Response},
    model::{Count, VerifyDepartment},
};

use super::{Admitted, Answered, PREFIXES, Route};
use crate::{answer::Refusal, clock, lock, records::Record};

/// The most records of a query that names no limit.
const LIMIT: u32 = 20;

impl Answered for Request {
    const ROUTE: Route = Route { method: "GET", prefixes: PREFIXES, path: "/customs/orders" };
    const NUMBERS: &'static [&'static str] = &["order_no"];

    fn answer(self, given: &Admitted<'_>) -> Result<Response, Refusal> {
        let records = lock(&given.service.records);
        let known = records.with(self.order_type.clone(), &self.order_no);
        let mut known = known.filter_map(|(_, record)| record.shown(given.now)).peekable();
        let Some(first) = known.peek().copied() else {
            return Err(Refusal::order_not_exist(format!("No declaration is known with this {}", self.order_type)));
        };
        let offset = self.offset.map_or(0, |offset| offset.0);
        let limit = self.limit.map_or(LIMIT, |limit| limit.0);
        let found: Vec<&Record> = known.filter(|record| record.request.customs == self.customs).collect();
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let page = found.iter().skip(count(offset)).take(count(limit));
        Ok(Response {
            appid: first.request.appid.clone(),
            mchid: first.request.mchid.clone(),
            transaction_id: Some(first.request.transaction_id.clone()),
            verify_department: Some(VerifyDepartment::Unionpay),
            verify_department_trade_id: Some(first.trade_id()),
            offset: Some(Count(offset)),
            limit: Some(Count(limit)),
            total_count: u32::try_from(found.len()).ok().map(Count),
            data: page.map(|record| shown(record, given.now)).collect(),
            ..Response::default()
        })
    }
}

fn shown(record: &Record, now: i64) -> Declaration {
    let request = &record.request;
    let (state, since) = record.state(now);
    Declaration {
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
        explanation: record.explanation(now),
        modify_time: Some(clock::beijing(since)),
        ..Declaration::default()
    }
}
