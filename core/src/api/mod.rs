//! The calls of the customs API, one file each: request, response, path and rules.
//!
//! Adding an operation means one file here and one line in `operations!`; every surface follows.

mod record;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    check::{Fields, Report},
    options::PathPrefix,
};
pub(crate) use record::FieldType;
use record::record;
pub use record::{Field, Kind, Need, Record};

/// Where the fields of a request travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Fields in the query string, no body.
    Get,
    /// Fields in a JSON body.
    Post,
    /// Fields in a JSON body.
    Patch,
}

impl Method {
    /// The method as it stands in the request line and in the signed message.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
        }
    }
}

/// One call of the API: the type of its request, which names the type of its answer.
///
/// Both types encode and decode, so that a server can share them.
pub trait Endpoint: Record + Serialize + DeserializeOwned + Send {
    /// The verified answer.
    type Response: Record + Serialize + DeserializeOwned + Send;
    /// Which operation this is.
    const OPERATION: Operation;
    /// How it is called.
    const METHOD: Method;
    /// The path after the prefix, beginning with `/`.
    const PATH: &'static str;
    /// The one path prefix that it has, whatever the client's; none if it follows the client.
    const PREFIX: Option<PathPrefix> = None;
    /// Does its answer bring the keys that it is verified with?
    const BRINGS_KEYS: bool = false;
    /// Does an accepted call change something at WeChat Pay?
    const CHANGES: bool;
    /// Is it safe to send the same call again when its answer was lost?
    const REPEATABLE: bool;
    /// Business rules over several fields; those of single fields are found by the field's name.
    fn rules(fields: &Fields<'_>, report: &mut Report<'_>);
}

/// What the rest of the core needs to know of an operation without knowing its types.
pub(crate) struct Spec {
    pub name: &'static str,
    #[cfg(feature = "schema")]
    pub about: &'static str,
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

macro_rules! operations {
    ($($(#[doc = $about:literal])+ $Variant:ident $module:ident,)+) => {
        $(pub mod $module;)+

        /// The operations of the customs API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $($(#[doc = $about])+ $Variant,)+
        }

        impl Operation {
            /// Every operation, in the order of the documentation.
            pub const ALL: &[Operation] = &[$(Operation::$Variant,)+];

            pub(crate) fn spec(self) -> &'static Spec {
                match self {
                    $(Operation::$Variant => {
                        const SPEC: Spec = Spec {
                            name: stringify!($module),
                            #[cfg(feature = "schema")]
                            about: concat!($($about),+),
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

            /// The JSON Schemas of its request and of its answer.
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

        #[cfg(feature = "client")]
        impl crate::client::Client {
            $($(#[doc = $about])+
            pub async fn $module(
                &self,
                request: &$module::Request,
            ) -> Result<crate::response::Verified<$module::Response>, crate::Error> {
                self.call(request).await
            })+
        }
    };
}

operations! {
    /// Declares a payment, or one part of a split payment, to a customs.
    Declare declare,
    /// Changes the amounts or the registration number of a declaration.
    Modify modify,
    /// Asks what became of the declarations of a payment or sub-order.
    Query query,
    /// Pushes a declaration again that the electronic port lost.
    Redeclare redeclare,
    /// Asks whether an identity matches that of the payer.
    VerifyIdentity verify_identity,
    /// Fetches the platform certificates, decrypted and verified.
    Certificates certificates,
}

impl Operation {
    /// The operation's name on every surface, such as `declare`.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// What the operation does, in one sentence.
    #[cfg(feature = "schema")]
    pub fn about(self) -> &'static str {
        self.spec().about.trim()
    }

    /// The fields of its request, in the order in which they are sent.
    pub fn request_fields(self) -> &'static [Field] {
        self.spec().request
    }

    /// The documented fields of its answer.
    pub fn response_fields(self) -> &'static [Field] {
        self.spec().response
    }

    /// Finds an operation by name.
    pub fn named(name: &str) -> Result<Operation, crate::Error> {
        Operation::ALL.iter().copied().find(|operation| operation.name() == name).ok_or_else(|| {
            let known: Vec<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
            // Anything else may be the fields, with a person's among them.
            let is_word = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            let such = if is_word { format!("operation `{name}`") } else { "such operation".to_owned() };
            crate::Error::new(
                crate::error::UNKNOWN_OPERATION,
                format!("there is no {such}; use one of {}", known.join(", ")),
            )
        })
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
