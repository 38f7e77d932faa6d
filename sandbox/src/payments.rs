//! The payments that the sandbox was told of, and who paid.

use serde::{Deserialize, Serialize};
use wechatpay_customs::{
    Operation,
    api::declare,
    catalogue,
    model::{CertificateCheckResult, Fen, Personal},
};

use crate::answer::Refusal;

/// A payment, as it is registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    pub out_trade_no: String,
    pub transaction_id: String,
    /// What was paid, in fen.
    pub amount: Fen,
    /// The settlement currency.
    #[serde(default = "cny")]
    pub currency: String,
    /// What was given back, in fen.
    #[serde(default)]
    pub refunded: Fen,
}

fn cny() -> String {
    "CNY".to_owned()
}

/// How a wrong amount is refused: the pages name two codes for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum WrongAmount {
    #[default]
    InvalidRequest,
    ParamError,
}

/// All registered payments.
#[derive(Default)]
pub(crate) struct Payments(Vec<Payment>);

impl Payments {
    /// Registers a payment, in place of one that has one of its numbers.
    pub(crate) fn register(&mut self, payment: Payment) {
        self.0.retain(|known| {
            known.out_trade_no != payment.out_trade_no && known.transaction_id != payment.transaction_id
        });
        self.0.push(payment);
    }

    pub(crate) fn list(&self) -> &[Payment] {
        &self.0
    }

    /// Can this be declared? `declared` is the sum of the payment's other sub-orders at that customs. A payment that is
    /// not registered can.
    pub(crate) fn check(
        &self,
        request: &declare::Request,
        declared: i64,
        wrong_amount: WrongAmount,
    ) -> Result<(), Refusal> {
        let by_one = |payment: &&Payment| {
            payment.out_trade_no == request.out_trade_no || payment.transaction_id == request.transaction_id
        };
        let Some(payment) = self.0.iter().find(by_one) else { return Ok(()) };
        if payment.out_trade_no != request.out_trade_no || payment.transaction_id != request.transaction_id {
            return Err(Refusal::invalid_request(
                "The specified record does not exist: out_trade_no and transaction_id are not of one payment",
                "查询指定记录不存在,请重新选择条件查询",
            ));
        }
        if payment.refunded >= payment.amount {
            return Err(documented("refunded_order"));
        }
        if request.fee_type.as_ref().is_some_and(|currency| *currency != payment.currency) {
            return Err(documented("settlement_currency_differs"));
        }
        let sum = request.order_fee.map_or(0, |fen| i64::from(fen.0)).saturating_add(declared);
        if request.sub_order_no.is_some() && sum > i64::from(payment.amount.0) {
            return Err(match wrong_amount {
                WrongAmount::InvalidRequest => documented("order_amount_differs"),
                WrongAmount::ParamError => documented("split_amount_too_high"),
            });
        }
        Ok(())
    }
}

/// A refusal of the declare page.
pub(crate) fn documented(reason: &str) -> Refusal {
    match catalogue::by_reason(Operation::Declare, reason) {
        Some(entry) => Refusal::documented(entry),
        None => Refusal::invalid_request(reason, reason),
    }
}

/// The identity that is on file for a payer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Whose payment; of every payer that has none of its own unless given.
    pub out_trade_no: Option<String>,
    certificate_id: Personal,
    certificate_name: Personal,
}

/// Whose identity is on file for every payer, unless another is put there: ID number and name of a person made up. The
/// number's check digit is right, its region is none.
pub const IDENTITY: (&str, &str) = ("00000019000101005X", "张三");

/// The identities on file. Nothing here is ever shown.
pub(crate) struct Identities {
    of_all: Identity,
    own: Vec<Identity>,
}

impl Default for Identities {
    fn default() -> Self {
        let (id, name) = IDENTITY;
        let of_all = Identity { out_trade_no: None, certificate_id: id.into(), certificate_name: name.into() };
        Identities { of_all, own: Vec::new() }
    }
}

impl Identities {
    /// Puts an identity on file.
    pub(crate) fn put(&mut self, identity: Identity) {
        if identity.out_trade_no.is_none() {
            self.of_all = identity;
        } else {
            self.own.retain(|known| known.out_trade_no != identity.out_trade_no);
            self.own.push(identity);
        }
    }

    /// Is it the identity of who paid?
    pub(crate) fn compare(&self, out_trade_no: &str, id: &Personal, name: &Personal) -> CertificateCheckResult {
        let own = self.own.iter().find(|identity| identity.out_trade_no.as_deref() == Some(out_trade_no));
        let on_file = own.unwrap_or(&self.of_all);
        let same = id.expose().eq_ignore_ascii_case(on_file.certificate_id.expose());
        match same && name == &on_file.certificate_name {
            true => CertificateCheckResult::Same,
            false => CertificateCheckResult::Different,
        }
    }
}
