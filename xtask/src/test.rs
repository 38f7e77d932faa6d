//! stub
use crate::Result;
pub fn test() -> Result {
    Ok(())
}
