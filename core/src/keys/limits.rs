//! WeChat Pay's limits for keys and clocks.

/// The seconds that two clocks may be apart when timestamps and certificates are judged.
pub(crate) const FRESH_S: i64 = 300;

/// The fewest bits of an accepted key: WeChat Pay's keys have 2048.
const MIN_BITS: usize = 2048;

/// Makes sure that a modulus is long enough.
///
/// # Errors
/// Its length, in words.
pub(super) fn bits(modulus: &[u8]) -> Result<(), String> {
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    enough((modulus.len() * 8).saturating_sub(leading))
}

/// Makes sure that a length in bits is enough, likewise.
pub(super) fn enough(bits: usize) -> Result<(), String> {
    match bits < MIN_BITS {
        true => Err(format!("has {bits} bits; WeChat Pay's keys have {MIN_BITS}")),
        false => Ok(()),
    }
}
