use std::{sync::Arc, time::Duration};

use super::{clock::ServiceClock, hosts::Hosts, pace::Pace, trust::Trust};
use crate::{
    keys::{
        PlatformKeys, api_v3_key,
        crypto::{self, Signer, Verifier, aead::ApiV3Key},
    },
    protocol::{
        explain::{Explanation, Message, explain},
        merchant::Merchant,
        options::Options,
    },
    words::{
        choice::Crypto,
        error::{
            API_V3_KEY_MISSING, Error, INVALID_OPTION, PLATFORM_KEYS_MISSING, PRIVATE_KEY_IN_BROWSER,
            PRIVATE_KEY_MISSING,
        },
        operation::Operation,
    },
};

/// The state that all calls of one client share: the merchant, the platform keys, limits. Made from [`Options`].
pub struct Account {
    pub(crate) merchant: Merchant,
    pub(crate) trust: Trust,
    pub(crate) hosts: Hosts,
    pub(crate) pace: Pace,
    /// The service's clock, if timestamps are corrected by it.
    pub(crate) service_clock: Option<ServiceClock>,
    pub(crate) max_retries: u32,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) signer_kind: SignerKind,
    pub(crate) api_v3_key: Option<ApiV3Key>,
    crypto: Crypto,
}

/// The means of signing that a host offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// The core's own signers, with `private_key`.
    Core,
    /// The host's own means, such as WebCrypto, with `private_key`; the core's if the options ask for software.
    Host,
    /// As `Host`, but in a web page, where anyone who opens it could read `private_key`; so that option is refused.
    Browser,
    /// A signer of the caller's, or a key that the host holds, without `private_key`.
    Caller,
}

/// The kind of signer that a client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignerKind {
    /// Without a signer: answers can be read, nothing can be sent.
    Nobody,
    /// A signer that needs no entropy.
    Host,
    /// The pure-Rust signer, which needs entropy for blinding.
    Software,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Account")
            .field("identity", &self.merchant.identity)
            .field("platform_keys", &self.platform_keys().ids().collect::<Vec<_>>())
            .field("bases", &self.merchant.bases)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// Checks options and reads the keys in them.
    ///
    /// # Errors
    /// `INVALID_OPTION`, `PRIVATE_KEY_INVALID`, `PRIVATE_KEY_IN_BROWSER`, `PLATFORM_KEY_INVALID`.
    pub fn new(mut options: Options, signing: SignedBy) -> Result<Account, Error> {
        if signing == SignedBy::Caller && options.private_key.is_some() {
            return Err(two_signers());
        }
        if signing == SignedBy::Browser && options.private_key.is_some() {
            return Err(Error::new(
                PRIVATE_KEY_IN_BROWSER,
                "`private_key` was given to a page in a browser: whoever opens the page could read it and sign in the \
                 merchant's name; sign on a server, or give a CryptoKey that cannot be exported, or a `signer`",
            ));
        }
        let merchant = Merchant::new(&mut options)?;
        let platform_keys = options.platform_keys.unwrap_or_default();
        let platform_keys = PlatformKeys::read(platform_keys.iter().map(|(id, key)| (id.as_str(), key)))?;
        platform_keys.require_foreign(merchant.private_key(), merchant.serial_no())?;
        let crypto = options.crypto.unwrap_or_default();
        let signer_kind = match (signing, merchant.private_key()) {
            (SignedBy::Core | SignedBy::Host | SignedBy::Browser, None) => SignerKind::Nobody,
            (SignedBy::Core, Some(_)) if crypto::is_software(crypto) => SignerKind::Software,
            (SignedBy::Host, Some(_)) if crypto == Crypto::Software => SignerKind::Software,
            _ => SignerKind::Host,
        };
        Ok(Account {
            hosts: Hosts::new(merchant.bases.len()),
            pace: Pace::default(),
            service_clock: options.correct_clock.unwrap_or_default().then(ServiceClock::default),
            max_retries: options.max_retries.unwrap_or(2),
            merchant,
            trust: Trust::new(platform_keys),
            timeout: options.timeout.unwrap_or(Duration::from_secs(10)),
            deadline: options.deadline.unwrap_or(Duration::from_secs(30)),
            signer_kind,
            api_v3_key: options.api_v3_key.as_ref().map(api_v3_key).transpose()?,
            crypto,
        })
    }

    /// The half of the account that messages need.
    pub fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    /// Makes sure that requests can be signed.
    ///
    /// # Errors
    /// `INVALID_OPTION` without `mchid` or `serial_no`, `PRIVATE_KEY_MISSING` without a key or signer.
    pub fn require_signing(&self) -> Result<(), Error> {
        self.merchant.identity()?;
        match self.signer_kind {
            SignerKind::Nobody => Err(Error::new(
                PRIVATE_KEY_MISSING,
                "requests cannot be signed: give `private_key` (apiclient_key.pem)",
            )),
            _ => Ok(()),
        }
    }

    /// The keys that verify answers.
    pub fn platform_keys(&self) -> Arc<PlatformKeys> {
        self.trust.keys()
    }

    /// Exports the platform keys as one JSON text, to start another client with.
    pub fn export_keys(&self) -> String {
        self.trust.export()
    }

    /// Imports platform keys that [`Account::export_keys`] gave. They are trusted, so take them from a safe place only.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`.
    pub fn import_keys(&self, text: &str) -> Result<(), Error> {
        self.trust.import(text, |keys| keys.require_foreign(self.merchant.private_key(), self.merchant.serial_no()))
    }

    /// Makes sure that an answer can be verified. For one yet to come, `at` is the expected time (Unix seconds); for one
    /// that is there, any key counts. An answer that brings its keys needs the means to decrypt them.
    pub(crate) fn require_platform_keys(&self, operation: Operation, at: Option<i64>) -> Result<(), Error> {
        if operation.spec().brings_keys {
            return match self.api_v3_key {
                Some(_) => Ok(()),
                None => Err(Error::new(
                    API_V3_KEY_MISSING,
                    format!("{operation} needs `api_v3_key`, the 32 bytes that encrypt platform certificates"),
                )),
            };
        }
        let keys = self.platform_keys();
        if keys.iter().any(|(_, key)| at.is_none_or(|at| key.valid_at(at))) {
            return Ok(());
        }
        let certificates = keys.iter().filter_map(|(_, key)| key.certificate());
        let standing: Vec<String> = certificates
            .map(|found| format!("certificate {} {}", found.serial(), found.standing(at.unwrap_or_default())))
            .collect();
        let why = match standing.is_empty() {
            true => String::new(),
            false => format!(" ({})", standing.join(", ")),
        };
        Err(Error::new(
            PLATFORM_KEYS_MISSING,
            format!(
                "no answer could be verified{why}: give `platform_keys`, a map from the serial of a platform certificate \
                 or the PUB_KEY_ID_… of a WeChat Pay public key to its text, or `api_v3_key` to download certificates"
            ),
        ))
    }

    /// Explains why the signature of a message does not verify; see [`explain()`].
    pub fn explain(&self, message: &Message, now: Option<i64>) -> Explanation {
        explain(&self.merchant, &self.platform_keys(), message, now)
    }

    /// Do the options ask for the pure-Rust backend?
    pub fn software(&self) -> bool {
        self.crypto == Crypto::Software
    }

    /// The signer for the private key, if one was given.
    ///
    /// # Errors
    /// As [`crypto::signer`].
    pub fn signer(&self) -> Result<Option<Arc<dyn Signer>>, Error> {
        self.merchant.private_key().map(|key| crypto::signer(key.pkcs8_der(), self.crypto)).transpose()
    }

    /// Makes sure that the numbers of the private key, if one was given, fit together; for a host that signs by itself.
    ///
    /// # Errors
    /// `PRIVATE_KEY_INVALID`.
    pub fn require_sound_key(&self) -> Result<(), Error> {
        self.merchant.private_key().map_or(Ok(()), |key| crypto::require_sound(key.pkcs8_der()))
    }

    /// The verifier that goes with the signer; `None` if the build has none.
    pub fn verifier(&self) -> Option<Arc<dyn Verifier>> {
        crypto::verifier(self.crypto)
    }
}

/// The error for `private_key` beside a signer.
pub(crate) fn two_signers() -> Error {
    Error::new(INVALID_OPTION, "option `private_key` and a signer of one's own exclude each other; give one of them")
}
