//! `modify`: puts another declaration in the place of one.

use wechatpay_customs::{
    api::{
        Endpoint, declare,
        modify::{Request, Response},
    },
    model::VerifyDepartment,
};

use super::{Admitted, Answered, PREFIXES, Route};
use crate::{answer::Refusal, clock, lock, records::Record};

impl Answered for Request {
    const ROUTE: Route = Route { method: "PATCH", prefixes: PREFIXES, path: "/customs/orders" };
    const NUMBERS: &'static [&'static str] = &["out_trade_no", "transaction_id", "sub_order_no"];

    fn answer(self, given: &Admitted<'_>) -> Result<Response, Refusal> {
        let now = given.now;
        let mut records = lock(&given.service.records);
        let known = records.find(&self.out_trade_no, self.sub_order_no.as_ref(), &self.customs);
        let Some((place, known)) = known else {
            return Err(Refusal::order_not_exist("There is no declaration to modify"));
        };
        if (&known.request.out_trade_no, &known.request.transaction_id) != (&self.out_trade_no, &self.transaction_id) {
            return Err(Refusal::invalid_request(
                "Only merchant_customs_no, duty, order_fee, transport_fee and product_fee can be modified",
                "只能修改海关备案号、关税与金额",
            ));
        }
        let changed = declare::Request {
            merchant_customs_no: self.merchant_customs_no,
            duty: self.duty,
            order_fee: self.order_fee,
            transport_fee: self.transport_fee,
            product_fee: self.product_fee,
            ..known.request.clone()
        };
        let record = known.modified(changed, now);
        let declared = records.declared(&record.request, Some(place));
        records.payments.check(&record.request, declared, given.settings.wrong_amount)?;
        let answer = shown(&record, now);
        given.keep(Self::OPERATION, &mut records, place, record)?;
        Ok(answer)
    }
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
        verify_department: Some(VerifyDepartment::Unionpay),
        verify_department_trade_id: Some(record.trade_id()),
        ..Response::default()
    }
}
