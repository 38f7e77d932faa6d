//! WeChat Pay customs declarations: build, check and sign requests; verify and parse responses.
//!
//! Everything outside [`client`] is pure: it uses no socket, clock, randomness, file or environment. Time, seeds and nonces
//! are arguments. [`engine::Engine`] decides the course of one call; a driver such as [`client::Client`] only carries out
//! the actions that the engine gives it.
//!
//! This is not an official WeChat Pay product.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::todo
    )
)]

pub mod base;
#[cfg(feature = "client")]
pub mod client;
pub mod engine;
pub mod host;
pub mod keys;
pub mod protocol;
pub mod words;

#[cfg(feature = "schema")]
pub use host::schema;
pub use keys::{crypto, crypto::encryption};
#[doc(inline)]
pub use protocol::{
    api,
    check::{self, check},
    customs_message, life, message, request, response,
};
pub use words::{
    catalogue,
    error::{self, Error, ErrorKind},
    finding::{Finding, Location, Severity},
    operation::Operation,
};

/// The vocabulary of fields: amounts, customs codes, states.
pub mod model {
    pub use crate::words::{
        code::{CertificateCheckResult, OrderType, State, VerifyDepartment},
        customs::{CustomsCode, Place, Standing},
        fen::{Count, Fen, Limit},
        personal::Personal,
    };
}

/// The options of a client, and their types.
pub mod options {
    pub use crate::{
        base::secret::{KeyMaterial, Secret},
        protocol::{options::*, own_options::*},
        words::choice::{Crypto, FieldEncryption, PathPrefix},
    };
}

pub use protocol::{
    plan_split::{Part, Payment, plan_split},
    realtime_upload::{RealtimeUploadFields, realtime_upload_fields},
};

/// Explains why a signature does not verify.
pub mod explain {
    pub use crate::{host::explain_value, protocol::explain::*};
}

/// Reads a query page by page.
pub mod pages {
    #[cfg(feature = "client")]
    pub use crate::client::QueryAll;
    pub use crate::protocol::pages::*;
}

pub use options::Options;
