//! Open lists of words: what is not listed is kept as it came.

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

            /// The word as it travels.
            pub fn as_str(&self) -> &str {
                match self {
                    $($Name::$Variant => $word,)+
                    $Name::Other(word) => word,
                }
            }
        }

        /// An empty word, which every check finds.
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
    /// Where a declaration stands (declare page, 2023-02-17).
    State {
        /// Queued; WeChat Pay has not submitted it yet.
        Undeclared = "UNDECLARED",
        /// Changed, and not yet submitted again.
        Submitted = "SUBMITTED",
        /// With customs.
        Processing = "PROCESSING",
        /// Customs took it.
        Success = "SUCCESS",
        /// Customs refused it.
        Fail = "FAIL",
        /// The customs interface failed.
        Except = "EXCEPT",
    }
}

code! {
    /// Who verified the payment (declare page, 2023-02-17).
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
    /// Which kind of number a query goes by (query page, 2020-06-02).
    OrderType {
        /// The merchant's order number.
        OutTradeNo = "out_trade_no",
        /// WeChat Pay's number of the payment.
        TransactionId = "transaction_id",
        /// The merchant's number of a sub-order.
        SubOrderNo = "sub_order_no",
        /// WeChat Pay's number of a sub-order.
        SubOrderId = "sub_order_id",
    }
}

code! {
    /// Does an identity match? (Chinese page on identity verification, 2025-01-07.)
    CertificateCheckResult {
        /// It does.
        Same = "SAME",
        /// It does not.
        Different = "DIFFERENT",
        /// It was not checked (seen by merchants).
        Unchecked = "UNCHECKED",
    }
}
