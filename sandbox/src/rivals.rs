//! Somebody else who changes the merchant's declarations.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use wechatpay_customs::{
    Operation,
    api::declare,
    model::{CustomsCode, OrderType},
};

use crate::{
    answer::Refusal,
    calls::Spec,
    faults::Change,
    fields, lock,
    log::{Effects, effect},
    records::{Record, Records},
    server::Service,
};

/// The declaration that is changed.
#[derive(Deserialize)]
struct Which {
    out_trade_no: String,
    sub_order_no: Option<String>,
    customs: Option<CustomsCode>,
}

/// The members of a body that say which declaration is changed.
const WHICH: [&str; 3] = ["out_trade_no", "sub_order_no", "customs"];

impl Service {
    /// Modifies a declaration at once, and says how many records that are: one at each customs.
    pub(crate) fn change(&self, body: &[u8], effects: &Effects) -> Result<Value, String> {
        let mut given: Map<String, Value> = serde_json::from_slice(body).map_err(unusable)?;
        let which: Map<String, Value> = WHICH.into_iter().filter_map(|name| given.remove_entry(name)).collect();
        let (which, change) = (read::<Which>(which)?, read::<Change>(given)?);
        change.checked()?;
        let mut records = lock(&self.records);
        let places = records.with(OrderType::OutTradeNo, &which.out_trade_no).filter(|(_, record)| {
            let own = &record.request;
            own.sub_order_no == which.sub_order_no
                && which.customs.as_ref().is_none_or(|customs| own.customs == *customs)
        });
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        if places.is_empty() {
            let error =
                "there is no such declaration; `sub_order_no` must be given for a part of a payment, and only then";
            return Err(error.to_owned());
        }
        for place in &places {
            modify(&mut records, *place, &change, self.clock.now(), effects).map_err(|refusal| refusal.en)?;
        }
        Ok(json!({ "changed": places.len() }))
    }

    /// Changes the declaration that a request names just before it is carried out, or declares what it would declare.
    pub(crate) fn go_before(
        &self,
        change: &Change,
        call: &Spec,
        query: &str,
        body: &[u8],
        effects: &Effects,
    ) -> Result<(), Refusal> {
        let named = |names: &[&str]| fields::numbers(names, query, body);
        let (numbers, customs) = (named(call.numbers), named(&["customs"]));
        let part = !named(&["sub_order_no", "sub_order_id"]).is_empty();
        let now = self.clock.now();
        let mut records = lock(&self.records);
        let mut places = records.places(&numbers);
        places.retain(|place| {
            records.at(*place).is_some_and(|record| {
                // A query finds the parts of a payment by the payment's number as well.
                let whole_or_part = call.operation == Operation::Query || record.request.sub_order_no.is_some() == part;
                whole_or_part && customs.iter().all(|customs| record.request.customs.as_str() == customs)
            })
        });
        for place in &places {
            modify(&mut records, *place, change, now, effects)?;
        }
        if !places.is_empty() || call.operation != Operation::Declare {
            return Ok(());
        }
        let fields = fields::of_body(call.operation, body, &lock(&self.settings).rules())?;
        fields::require_ours(&fields, &self.config, true)?;
        let request = change.applied(&fields::request::<declare::Request>(fields)?);
        let sub_order_id = request.sub_order_no.is_some().then(|| records.next_sub_order_id());
        let place = records.end();
        keep(&mut records, place, Operation::Declare, Record::new(request, sub_order_id, now), effects)
    }
}

impl Change {
    fn applied(&self, to: &declare::Request) -> declare::Request {
        declare::Request {
            merchant_customs_no: self.merchant_customs_no.as_ref().unwrap_or(&to.merchant_customs_no).clone(),
            duty: self.duty.or(to.duty),
            order_fee: self.order_fee.or(to.order_fee),
            transport_fee: self.transport_fee.or(to.transport_fee),
            product_fee: self.product_fee.or(to.product_fee),
            ..to.clone()
        }
    }
}

/// Does what a modify does, whatever rules its data break.
fn modify(records: &mut Records, place: usize, change: &Change, now: i64, effects: &Effects) -> Result<(), Refusal> {
    let Some(known) = records.at(place) else { return Ok(()) };
    let record = known.modified(change.applied(&known.request), now);
    keep(records, place, Operation::Modify, record, effects)
}

fn keep(
    records: &mut Records,
    place: usize,
    operation: Operation,
    record: Record,
    effects: &Effects,
) -> Result<(), Refusal> {
    let effect = effect("rival", operation, &record);
    records.keep(place, record)?;
    effects.borrow_mut().push(effect);
    Ok(())
}

fn read<T: DeserializeOwned>(given: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(given.into()).map_err(unusable)
}

fn unusable(error: serde_json::Error) -> String {
    format!("the body cannot be used: {error}")
}
