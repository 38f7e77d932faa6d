//! Open lists of words: a word that is not listed is kept as it came.

macro_rules! code {
    ($(#[doc = $about:literal])+ $Name:ident { $($(#[doc = $doc:literal])+ $Variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $Name {
            $($(#[doc = $doc])+ $Variant,)+
            /// A word that this version does not know, as it came.
            Other(String),
        }

        impl $Name {
            /// The words that this version knows.
            pub const KNOWN: &'static [&'static str] = &[$($word),+];

            /// The word as it is sent and received.
            pub fn as_str(&self) -> &str {
                match self {
                    $($Name::$Variant => $word,)+
                    $Name::Other(word) => word,
                }
            }
        }

        /// An empty word, which every check reports.
        impl Default for $Name {
            fn default() -> Self {
                $Name::Other(String::new())
            }
        }

        impl From<String> for $Name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => $Name::$Variant,)+
                    _ => $Name::Other(word),
                }
            }
        }

        impl From<&str> for $Name {
            fn from(word: &str) -> Self {
                word.to_owned().into()
            }
        }

        impl From<$Name> for String {
            fn from(code: $Name) -> String {
                code.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $Name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::schema::open(concat!($($about, "\n"),+), &[$(($word, concat!($($doc),+))),+])
            }
        }

        impl crate::words::field::FieldType for $Name {
            const KIND: crate::words::field::Kind = crate::words::field::Kind::Code($Name::KNOWN);

            fn text(&self) -> Option<&str> {
                Some(self.as_str())
            }
        }
    };
}
pub(super) use code;

code! {
    /// The state of a declaration (declare page, 2023-02-17).
    State {
        /// Queued; WeChat Pay has not submitted it yet.
        Undeclared = "UNDECLARED",
        /// Changed, and not yet submitted again.
        Submitted = "SUBMITTED",
        /// With customs.
        Processing = "PROCESSING",
        /// Accepted by customs.
        Success = "SUCCESS",
        /// Refused by customs.
        Fail = "FAIL",
        /// The customs interface failed.
        Except = "EXCEPT",
    }
}

code! {
    /// The institution that verified the payment (declare page, 2023-02-17).
    VerifyDepartment {
        /// UnionPay.
        Unionpay = "UNIONPAY",
        /// NetsUnion.
        Netsunion = "NETSUNION",
        /// Another institution.
        Others = "OTHERS",
    }
}

code! {
    /// The kind of number that a query goes by (query page, 2020-06-02).
    OrderType {
        /// The merchant's order number.
        OutTradeNo = "out_trade_no",
        /// WeChat Pay's number for the payment.
        TransactionId = "transaction_id",
        /// The merchant's number for a sub-order.
        SubOrderNo = "sub_order_no",
        /// WeChat Pay's number for a sub-order.
        SubOrderId = "sub_order_id",
    }
}

code! {
    /// The result of an identity check (Chinese page on identity verification, 2025-01-07).
    CertificateCheckResult {
        /// The identity matches.
        Same = "SAME",
        /// The identity does not match.
        Different = "DIFFERENT",
        /// The identity was not checked (seen by merchants).
        Unchecked = "UNCHECKED",
    }
}
