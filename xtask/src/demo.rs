//! stub
use crate::Result;
pub fn demo(_verbose: bool) -> Result {
    Ok(())
}
