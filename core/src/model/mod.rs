//! The vocabulary: amounts, customs codes, states.

mod code;
mod customs;
mod fen;
mod personal;

pub use code::{CertificateCheckResult, OrderType, State, VerifyDepartment};
pub use customs::{CustomsCode, Place, Standing};
pub use fen::{Count, Fen, Limit};
pub use personal::Personal;
pub(crate) use personal::{Wiped, wipe};
