//! The options of `ensure` and `wait`, one table each for every language.

use std::time::Duration;

use serde_json::Value;

use super::{INTERVAL_MS, Lost, MAX_INTERVAL_MS, MAX_REDECLARES};
use crate::{
    protocol::options::{CallOptions, OptionField, OptionKind},
    words::{customs::CustomsCode, field::record},
};

record! {
    /// The ids that name a declaration: `customs`, and one of the others.
    ///
    /// Unless a sub-order is named, the record of the whole payment counts.
    request Which {
        /// Application id of the merchant or institution; from the client unless given.
        filled appid: String, max 32;
        /// Merchant id; from the client unless given.
        filled mchid: String, max 32;
        /// The customs that the payment was declared to.
        required customs: CustomsCode, max 32;
        /// The merchant's order number.
        optional out_trade_no: String, max 32;
        /// WeChat Pay's number for the payment.
        optional transaction_id: String, max 32;
        /// The merchant's number for a sub-order.
        optional sub_order_no: String, max 32;
        /// WeChat Pay's number for a sub-order.
        optional sub_order_id: String, max 32;
    }
}

macro_rules! run_options {
    ($(#[doc = $about:literal])+ $Name:ident { $($(#[doc = $doc:literal])+ $name:ident: $Type:ty = $default:expr, $kind:expr;)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Name {
            $($(#[doc = $doc])+ pub $name: $Type,)+
            /// The limits of each call; `deadline` is that of the whole run.
            pub call: CallOptions,
        }

        impl $Name {
            /// Every option but those of each call.
            pub const FIELDS: &[OptionField] = &[
                $(OptionField {
                    name: stringify!($name),
                    #[cfg(feature = "schema")]
                    doc: concat!($($doc, "\n"),+),
                    kind: $kind,
                },)+
            ];
        }

        impl Default for $Name {
            fn default() -> $Name {
                $Name { $($name: $default,)+ call: CallOptions::default() }
            }
        }
    };
}

run_options! {
    /// The options of `ensure`. Its `deadline` is 15 minutes unless given, and 60 seconds without `wait`.
    EnsureOptions {
        /// Go on until the declaration is settled or the deadline comes? On unless turned off; else only the steps that are
        /// possible now are taken, and the result is given back as `after` when its `retry_at` has come.
        wait: bool = true, OptionKind::Flag;
        /// Is it certain that nothing was sent for this order yet? If so, it is declared without a question first. Off unless
        /// given; `after` goes before it.
        fresh: bool = false, OptionKind::Flag;
        /// The result of an earlier run for this order, unchanged, to go on from.
        after: Option<Value> = None, OptionKind::Ensured;
        /// The electronic port lacks a declaration that customs had accepted, so it is pushed again: the time at which that was
        /// found (Unix seconds), or true for the declaration as it is first seen.
        lost: Option<Lost> = None, OptionKind::Lost;
        /// The time from a change to the next look; a minute unless given. It grows by half from look to look.
        interval: Duration = Duration::from_millis(INTERVAL_MS), OptionKind::Duration;
        /// The longest time between two looks; 15 minutes unless given.
        max_interval: Duration = Duration::from_millis(MAX_INTERVAL_MS), OptionKind::Duration;
        /// The most times that a declaration is pushed again when customs' interface fails; 3 unless given.
        max_redeclares: u32 = MAX_REDECLARES, OptionKind::Count;
    }
}

run_options! {
    /// The options of `wait`. Its `deadline` is 15 minutes unless given.
    WaitOptions {
        /// The time from a change to the next look; a minute unless given. It grows by half from look to look.
        interval: Duration = Duration::from_millis(INTERVAL_MS), OptionKind::Duration;
        /// The longest time between two looks; 15 minutes unless given.
        max_interval: Duration = Duration::from_millis(MAX_INTERVAL_MS), OptionKind::Duration;
    }
}
