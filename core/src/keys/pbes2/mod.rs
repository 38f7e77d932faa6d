//! PBES2 (RFC 8018, 6.2), the encryption of PKCS#8. Other schemes are not opened.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
pub(super) use native::Pbes2;
#[cfg(target_arch = "wasm32")]
pub(super) use wasm::Pbes2;

/// Reason why an encrypted key stays closed.
pub(super) enum Closed {
    /// The key is encrypted by an unsupported algorithm.
    Unsupported,
    /// The password is wrong, or the key was changed.
    WrongPassword,
}

/// More rounds than any tool asks for would only keep the caller waiting: this many take a second.
const MOST_ROUNDS: u32 = 2_000_000;
