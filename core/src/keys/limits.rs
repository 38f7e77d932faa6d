//! What WeChat Pay allows of keys and clocks.

/// Timestamps and certificates are judged with clocks that may be this far apart, in seconds.
pub(crate) const FRESH_S: i64 = 300;

/// WeChat Pay's keys have 2048 bits; shorter ones are not taken.
const MIN_BITS: usize = 2048;

/// Makes sure that a modulus is long enough.
///
/// # Errors
/// How long it is, in words.
pub(super) fn bits(modulus: &[u8]) -> Result<(), String> {
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    enough((modulus.len() * 8).saturating_sub(leading))
}

/// The same for a length in bits.
pub(super) fn enough(bits: usize) -> Result<(), String> {
    match bits < MIN_BITS {
        true => Err(format!("has {bits} bits; WeChat Pay's keys have {MIN_BITS}")),
        false => Ok(()),
    }
}
