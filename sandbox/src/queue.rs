//! The faults that wait for their requests.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};
use wechatpay_customs::Operation;

use crate::faults::Fault;

/// The beginning of an order number that names a fault, which the order then meets.
const BY_NUMBER: &str = "fault@";

/// A fault that waits for its request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Queued {
    #[serde(flatten)]
    pub fault: Fault,
    /// Only for a request that names this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Only for this operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The number of requests that it still meets.
    pub times: u32,
}

impl Queued {
    /// Reads a fault from a request's body.
    pub(crate) fn read(body: &[u8]) -> Result<Queued, String> {
        let mut given: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| format!("the body must be a JSON object: {error}"))?;
        let order = match given.remove("order") {
            None => None,
            Some(Value::String(order)) if !order.is_empty() => Some(order),
            Some(_) => return Err("`order` must be the text of an order number".to_owned()),
        };
        let operation = match given.remove("operation") {
            None => None,
            Some(name) => {
                let name = name.as_str().unwrap_or_default();
                Some(Operation::named(name).map_err(|error| error.message.clone())?)
            }
        };
        let times = match given.remove("times") {
            None => 1,
            Some(times) => times
                .as_u64()
                .and_then(|times| u32::try_from(times).ok())
                .filter(|times| *times > 0)
                .ok_or_else(|| format!("`times` must be a whole number from 1 to {}", u32::MAX))?,
        };
        let fault = Fault::read(Value::Object(given))?;
        Ok(Queued { fault, order, operation, times })
    }
}

/// The faults that wait, in order.
#[derive(Default)]
pub(crate) struct Faults {
    queue: Vec<Queued>,
    /// The order numbers that met the fault they name, each with the operation that did.
    met: HashSet<(Operation, String)>,
}

impl Faults {
    pub(crate) fn add(&mut self, queued: Queued) {
        self.queue.push(queued);
    }

    /// Removes the faults that wait; an order number that met its fault does not meet it again.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }

    pub(crate) fn list(&self) -> &[Queued] {
        &self.queue
    }

    /// The fault that a request meets: the first in the queue that fits it, else the one that its number names.
    pub(crate) fn take(&mut self, operation: Operation, numbers: &[String]) -> Option<Fault> {
        let meets = |queued: &Queued| {
            queued.fault.waits_for(queued.operation, operation)
                && queued.order.as_ref().is_none_or(|order| numbers.contains(order))
        };
        if let Some(place) = self.queue.iter().position(meets)
            && let Some(queued) = self.queue.get_mut(place)
        {
            let fault = queued.fault.clone();
            queued.times -= 1;
            if queued.times == 0 {
                self.queue.remove(place);
            }
            return Some(fault);
        }
        let named = numbers.iter().find_map(|number| {
            let name = number.strip_prefix(BY_NUMBER)?.split('@').next()?;
            Fault::named(name).map(|fault| (fault, number))
        });
        let (fault, number) = named?;
        let first = self.met.insert((operation, number.clone()));
        (first && fault.waits_for(None, operation)).then_some(fault)
    }
}
