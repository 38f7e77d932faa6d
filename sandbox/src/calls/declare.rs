//! `declare`: keeps a declaration, unless its payment or sub-order was declared to the same customs before.

use wechatpay_customs::{
    api::{
        Endpoint,
        declare::{Request, Response},
    },
    model::VerifyDepartment,
};

use super::{Admitted, Answered, PREFIXES, Route};
use crate::{
    answer::Refusal,
    lock,
    records::{Forced, Record},
};

impl Answered for Request {
    const ROUTE: Route = Route { method: "POST", prefixes: PREFIXES, path: "/customs/orders" };
    const NUMBERS: &'static [&'static str] = &["out_trade_no", "transaction_id", "sub_order_no"];

    fn answer(self, given: &Admitted<'_>) -> Result<Response, Refusal> {
        let now = given.now;
        let mut records = lock(&given.service.records);
        match records.find(&self.out_trade_no, self.sub_order_no.as_ref(), &self.customs) {
            Some((_, record)) if record.request == self => return Ok(shown(record, now)),
            Some(_) => return Err(Refusal::of_row(Self::OPERATION, "declared_data_differs")),
            None => {}
        }
        records.payments.check(&self, records.declared(&self, None), given.settings.wrong_amount)?;
        let sub_order_id = self.sub_order_no.is_some().then(|| records.next_sub_order_id());
        let forced = given.fault.and_then(|fault| Forced::by(fault, now));
        let record = Record { forced, ..Record::new(self, sub_order_id, now) };
        let answer = shown(&record, now);
        let place = records.end();
        given.keep(Self::OPERATION, &mut records, place, record)?;
        Ok(answer)
    }
}

fn shown(record: &Record, now: i64) -> Response {
    let request = &record.request;
    Response {
        appid: request.appid.clone(),
        mchid: request.mchid.clone(),
        state: record.state(now).0,
        out_trade_no: Some(request.out_trade_no.clone()),
        transaction_id: Some(request.transaction_id.clone()),
        sub_order_no: request.sub_order_no.clone(),
        sub_order_id: record.sub_order_id.clone(),
        verify_department: Some(VerifyDepartment::Unionpay),
        verify_department_trade_id: Some(record.trade_id()),
        ..Response::default()
    }
}
