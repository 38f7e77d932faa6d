//! The payments that the sandbox was told of.

use serde::{Deserialize, Serialize};
use wechatpay_customs::{Operation, api::declare, model::Fen};

use crate::answer::Refusal;

/// A registered payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    pub out_trade_no: String,
    pub transaction_id: String,
    /// The paid amount, in fen.
    pub amount: Fen,
    /// The settlement currency.
    #[serde(default = "cny")]
    pub currency: String,
    /// The refunded amount, in fen.
    #[serde(default)]
    pub refunded: Fen,
}

fn cny() -> String {
    "CNY".to_owned()
}

/// The code that refuses a wrong amount, because the pages name two.
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
    /// Registers a payment, replacing one that has one of its numbers.
    pub(crate) fn register(&mut self, payment: Payment) {
        self.0.retain(|known| {
            known.out_trade_no != payment.out_trade_no && known.transaction_id != payment.transaction_id
        });
        self.0.push(payment);
    }

    pub(crate) fn list(&self) -> &[Payment] {
        &self.0
    }

    /// Checks that this can be declared. `declared` is the sum of the payment's other sub-orders at that customs. A payment
    /// that is not registered passes.
    pub(crate) fn check(
        &self,
        request: &declare::Request,
        declared: i64,
        wrong_amount: WrongAmount,
    ) -> Result<(), Refusal> {
        let by_one = |payment: &&Payment| {
            payment.out_trade_no == request.out_trade_no || payment.transaction_id == request.transaction_id
        };
        // The declare page alone has a table of these errors.
        let documented = |reason| Refusal::of_row(Operation::Declare, reason);
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
