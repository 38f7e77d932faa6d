//! Choices that a merchant makes once, as options.

/// The beginning of the API's paths: the spelling of the current pages, or that of 2020.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathPrefix {
    /// `/v3/global/customs/…` (pages of 2023-02-17 to 2025-01-07).
    #[default]
    V3Global,
    /// `/global/v3/customs/…` (pages of 2020-06-02).
    GlobalV3,
}

impl PathPrefix {
    /// Both spellings.
    pub const ALL: &[PathPrefix] = &[PathPrefix::V3Global, PathPrefix::GlobalV3];

    /// The option's value, such as `v3/global`.
    pub const fn as_str(self) -> &'static str {
        match self {
            PathPrefix::V3Global => "v3/global",
            PathPrefix::GlobalV3 => "global/v3",
        }
    }
}

/// The signer for a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crypto {
    /// The best available: `aws-lc-rs` natively, the host's WebCrypto on WASM.
    #[default]
    Auto,
    /// The pure-Rust `rsa`.
    Software,
}

impl Crypto {
    /// The option's value, such as `auto`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Crypto::Auto => "auto",
            Crypto::Software => "software",
        }
    }
}

/// The padding with which personal fields are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldEncryption {
    /// RSAES-PKCS1-v1_5, as the Chinese pages of 2025 say.
    #[default]
    Pkcs1,
    /// RSAES-OAEP with SHA-1 and MGF1, as the general rules page says.
    Oaep,
}

impl FieldEncryption {
    /// The option's value, such as `pkcs1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            FieldEncryption::Pkcs1 => "pkcs1",
            FieldEncryption::Oaep => "oaep",
        }
    }

    /// The fewest bytes that padding takes.
    pub(crate) const fn overhead(self) -> usize {
        match self {
            FieldEncryption::Pkcs1 => 11,
            FieldEncryption::Oaep => 42,
        }
    }

    /// The most bytes of text that a key of 2048 bits can encrypt.
    pub(crate) const fn longest(self) -> usize {
        256 - self.overhead()
    }
}
