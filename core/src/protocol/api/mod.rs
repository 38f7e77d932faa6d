//! The calls of the customs API, one file each: request, response, path and rules.
//!
//! Adding an operation means one file here and one line in [`each_operation!`](crate::each_operation); every surface follows.

use serde::{Serialize, de::DeserializeOwned};

use super::form::{Fields, Report};
pub use crate::words::{
    field::{Field, Kind, Method, Need, Record},
    operation::Operation,
};
use crate::{
    each_operation,
    words::{
        choice::PathPrefix,
        error::{Error, UNKNOWN_OPERATION},
    },
};

/// One call of the API: its request type, which names its answer type.
///
/// Both types encode and decode, so that a server can share them.
pub trait Endpoint: Record + Serialize + DeserializeOwned + Send {
    /// The type of the verified answer.
    type Response: Record + Serialize + DeserializeOwned + Send;
    /// The operation that the call performs.
    const OPERATION: Operation;
    /// The HTTP method.
    const METHOD: Method;
    /// The path after the prefix, beginning with `/`.
    const PATH: &'static str;
    /// The call's only path prefix, whatever the client's; `None` if it follows the client's.
    const PREFIX: Option<PathPrefix> = None;
    /// Does its answer bring the keys that verify it?
    const BRINGS_KEYS: bool = false;
    /// Does an accepted call change something at WeChat Pay?
    const CHANGES: bool;
    /// May the same call be sent again when its answer was lost?
    const REPEATABLE: bool;
    /// Applies the business rules over several fields; rules for single fields are found by the field's name.
    fn rules(fields: &Fields<'_>, report: &mut Report<'_>);
}

/// An operation as the rest of the core sees it, without its types.
pub(crate) struct Spec {
    pub method: Method,
    pub path: &'static str,
    pub prefix: Option<PathPrefix>,
    pub brings_keys: bool,
    pub changes: bool,
    pub repeatable: bool,
    pub request: &'static [Field],
    pub response: &'static [Field],
    pub rules: fn(&Fields<'_>, &mut Report<'_>),
}

macro_rules! specs {
    ($($(#[doc = $about:literal])+ $Variant:ident $module:ident,)+) => {
        $(pub mod $module;)+

        impl Operation {
            pub(crate) fn spec(self) -> &'static Spec {
                match self {
                    $(Operation::$Variant => {
                        const SPEC: Spec = Spec {
                            method: <$module::Request as Endpoint>::METHOD,
                            path: <$module::Request as Endpoint>::PATH,
                            prefix: <$module::Request as Endpoint>::PREFIX,
                            brings_keys: <$module::Request as Endpoint>::BRINGS_KEYS,
                            changes: <$module::Request as Endpoint>::CHANGES,
                            repeatable: <$module::Request as Endpoint>::REPEATABLE,
                            request: <$module::Request as Record>::FIELDS,
                            response: <<$module::Request as Endpoint>::Response as Record>::FIELDS,
                            rules: <$module::Request as Endpoint>::rules,
                        };
                        &SPEC
                    })+
                }
            }

            /// The JSON Schemas of its request and its answer.
            #[cfg(feature = "schema")]
            pub fn schemas(self, generator: &mut schemars::SchemaGenerator) -> [schemars::Schema; 2] {
                match self {
                    $(Operation::$Variant => [
                        <$module::Request as schemars::JsonSchema>::json_schema(generator),
                        <<$module::Request as Endpoint>::Response as schemars::JsonSchema>::json_schema(generator),
                    ],)+
                }
            }
        }
    };
}

each_operation!(specs);

impl Operation {
    /// The fields of its request, in the order in which they are sent.
    pub fn request_fields(self) -> &'static [Field] {
        self.spec().request
    }

    /// The documented fields of its answer.
    pub fn response_fields(self) -> &'static [Field] {
        self.spec().response
    }

    /// Finds an operation by name.
    pub fn named(name: &str) -> Result<Operation, Error> {
        Operation::ALL.iter().copied().find(|operation| operation.name() == name).ok_or_else(|| {
            let known: Vec<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
            // Any other text may hold fields, including a person's data, so it is not quoted.
            let is_word = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            let such = if is_word { format!("operation `{name}`") } else { "such operation".to_owned() };
            Error::new(UNKNOWN_OPERATION, format!("there is no {such}; use one of {}", known.join(", ")))
        })
    }
}

/// Names that the v2 API and answers use, and the name that requests use for the same thing.
pub(crate) const OTHERWISE: [(&str, &str); 4] = [
    ("mch_customs_no", "merchant_customs_no"),
    ("cert_type", "certificate_type"),
    ("cert_id", "certificate_id"),
    ("name", "certificate_name"),
];
