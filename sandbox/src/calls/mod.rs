//! The calls of the API, one file each: where a call leads, how it is read, what it does, and its answer.
//!
//! [`each_operation!`] names the files, so that an operation without one does not compile.

use hyper::HeaderMap;
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    api::{self, Endpoint},
    each_operation,
};

use crate::{
    answer::Refusal,
    faults::Fault,
    fields,
    log::{Effects, effect},
    records::{Late, Record, Records},
    server::{Service, Settings},
};

/// Both spellings of the prefix that a path has unless it has one of its own.
const PREFIXES: &[&str] = &["/v3/global", "/global/v3"];

/// Method and path of a call, written out by each so that a wrong one in the core is noticed.
pub(crate) struct Route {
    method: &'static str,
    prefixes: &'static [&'static str],
    path: &'static str,
}

impl Route {
    fn leads(&self, method: &str, path: &str) -> bool {
        method == self.method && self.prefixes.iter().any(|prefix| path.strip_prefix(prefix) == Some(self.path))
    }

    /// Do its fields travel in a body? In the query string otherwise.
    pub(crate) fn has_body(&self) -> bool {
        self.method != "GET"
    }
}

/// A request that the merchant signed, and what answering it takes.
pub(crate) struct Admitted<'a> {
    pub service: &'a Service,
    pub headers: &'a HeaderMap,
    pub query: &'a str,
    pub body: &'a [u8],
    pub settings: Settings,
    pub now: i64,
    pub fault: Option<&'a Fault>,
    pub effects: &'a Effects,
}

impl Admitted<'_> {
    /// Keeps what an operation has made of a record, at its place.
    fn keep(&self, operation: Operation, records: &mut Records, place: usize, record: Record) -> Result<(), Refusal> {
        let late = self.fault.and_then(|fault| Late::by(fault, self.now, records.at(place)));
        let effect = effect("caller", operation, &record);
        records.keep(place, Record { late, ..record })?;
        self.effects.borrow_mut().push(effect);
        Ok(())
    }
}

/// One call, by the type of its request.
trait Answered: Endpoint {
    const ROUTE: Route;
    /// The fields that name an order; a fault can wait for a request that names it.
    const NUMBERS: &'static [&'static str];

    /// Reads the fields, checked and in plain text.
    fn fields(given: &Admitted<'_>) -> Result<Value, Refusal> {
        let rules = given.settings.rules();
        match Self::ROUTE.has_body() {
            true => fields::of_body(Self::OPERATION, given.body, &rules),
            false => fields::of_query(Self::OPERATION, given.query, &rules),
        }
    }

    /// Carries the call out.
    fn answer(self, given: &Admitted<'_>) -> Result<Self::Response, Refusal>;
}

/// The facts about a call that the server needs without its types.
pub(crate) struct Spec {
    pub operation: Operation,
    pub route: Route,
    pub numbers: &'static [&'static str],
    pub answer: fn(&Admitted<'_>) -> Result<Value, Refusal>,
}

impl Spec {
    const fn of<R: Answered>() -> Spec {
        Spec { operation: R::OPERATION, route: R::ROUTE, numbers: R::NUMBERS, answer: answered::<R> }
    }

    /// The call that a request is for.
    pub(crate) fn at(method: &str, path: &str) -> Option<&'static Spec> {
        ALL.iter().find(|spec| spec.route.leads(method, path))
    }
}

macro_rules! calls {
    ($($(#[doc = $about:literal])+ $Variant:ident $module:ident,)+) => {
        $(mod $module;)+

        const ALL: &[Spec] = &[$(Spec::of::<api::$module::Request>()),+];
    };
}

each_operation!(calls);

fn answered<R: Answered>(given: &Admitted<'_>) -> Result<Value, Refusal> {
    let fields = R::fields(given)?;
    let has_body = R::ROUTE.has_body();
    fields::require_ours(&fields, &given.service.config, has_body)?;
    if has_body && given.settings.literal {
        fields::require_literal(&fields)?;
    }
    let request: R = fields::request(fields)?;
    Ok(json!(request.answer(given)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_leads_to_its_own_call() {
        for Spec { operation, route, .. } in ALL {
            for prefix in route.prefixes {
                let path = format!("{prefix}{}", route.path);
                assert_eq!(Spec::at(route.method, &path).map(|spec| spec.operation), Some(*operation), "{path}");
            }
        }
    }
}
