//! What encrypts PKCS#8: PBES2 (RFC 8018, 6.2). Other schemes are not opened.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
pub(super) use native::Pbes2;
#[cfg(target_arch = "wasm32")]
pub(super) use wasm::Pbes2;

/// Why an encrypted key stays closed.
pub(super) enum Closed {
    /// It is encrypted by an algorithm that is not supported.
    Unsupported,
    /// The password is wrong, or the key was changed.
    WrongPassword,
}

/// More rounds than any tool asks for would only keep the caller waiting: these take a second.
const MOST_ROUNDS: u32 = 2_000_000;
