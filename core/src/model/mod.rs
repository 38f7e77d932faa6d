//! The vocabulary: amounts, customs codes, states.

mod code;
mod customs;
mod fen;

pub use code::{OrderType, State, VerifyDepartment};
pub use customs::{CustomsCode, Place, Standing};
pub use fen::{Count, Fen, Limit};
