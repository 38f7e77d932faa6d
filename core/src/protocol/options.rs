//! The options of a client, one table for every language.

use std::{fmt, time::Duration};

use crate::{
    base::secret::{KeyMaterial, Secret},
    words::{
        choice::{Crypto, FieldEncryption, PathPrefix},
        error::{Error, INVALID_OPTION},
        rules::Rules,
    },
};

/// The style in which a host language writes options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// `serial_no`; times in seconds.
    Python,
    /// `serialNo`; times in milliseconds.
    JavaScript,
}

impl Convention {
    /// An option's name in the host language.
    pub fn name(self, option: &str) -> String {
        match self {
            Convention::Python => option.to_owned(),
            Convention::JavaScript => {
                let mut name = String::with_capacity(option.len());
                let mut upper = false;
                for character in option.chars() {
                    match character {
                        '_' => upper = true,
                        _ if upper => {
                            name.push(character.to_ascii_uppercase());
                            upper = false;
                        }
                        _ => name.push(character),
                    }
                }
                name
            }
        }
    }
}

/// The type of an option in the other languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionKind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// Text or bytes.
    KeyMaterial,
    /// A map from text to text or bytes.
    KeyMaterials,
    /// A span of time, in the host's unit.
    Duration,
    /// A whole number, 0 or more.
    Count,
    /// True or false.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A map from rule name to level.
    Rules,
    /// What an earlier `ensure` gave.
    Ensured,
    /// Unix seconds, or true.
    Lost,
}

impl OptionKind {
    /// The values that are allowed, in words; without a convention, in Rust.
    pub(crate) fn wanted(self, convention: Option<Convention>) -> String {
        match self {
            OptionKind::Text => "text, and not empty".to_owned(),
            OptionKind::Texts => "a list of texts, and not empty".to_owned(),
            OptionKind::KeyMaterial => "text or bytes, and not empty".to_owned(),
            OptionKind::KeyMaterials => "a map from an id to a key, as text or bytes".to_owned(),
            OptionKind::Duration => match convention {
                Some(Convention::Python) => "a number of seconds, at least 0.001",
                Some(Convention::JavaScript) => "a number of milliseconds, at least 1",
                None => "at least a millisecond",
            }
            .to_owned(),
            OptionKind::Count => "a whole number, 0 or more".to_owned(),
            OptionKind::Flag => "true or false".to_owned(),
            OptionKind::Word(words) => format!("one of \"{}\"", words.join("\", \"")),
            OptionKind::Rules => "a map from rule name to level".to_owned(),
            OptionKind::Ensured => "what an earlier `ensure` of this order gave, unchanged".to_owned(),
            OptionKind::Lost => "a whole number of Unix seconds, or true".to_owned(),
        }
    }
}

/// A Rust type that an option can have.
pub(crate) trait OptionType: Sized {
    const KIND: OptionKind;
    /// Does it satisfy more than its type, such as not being empty?
    fn sound(&self) -> bool {
        true
    }
}

impl OptionType for String {
    const KIND: OptionKind = OptionKind::Text;
    fn sound(&self) -> bool {
        !self.is_empty()
    }
}

impl OptionType for Secret {
    const KIND: OptionKind = OptionKind::Text;
    fn sound(&self) -> bool {
        !self.expose().is_empty()
    }
}

impl OptionType for Vec<String> {
    const KIND: OptionKind = OptionKind::Texts;
    fn sound(&self) -> bool {
        !self.is_empty()
    }
}

impl OptionType for KeyMaterial {
    const KIND: OptionKind = OptionKind::KeyMaterial;
    fn sound(&self) -> bool {
        !self.expose().is_empty()
    }
}

impl OptionType for Vec<(String, KeyMaterial)> {
    const KIND: OptionKind = OptionKind::KeyMaterials;
    fn sound(&self) -> bool {
        self.iter().all(|(_, key)| key.sound())
    }
}

impl OptionType for Duration {
    const KIND: OptionKind = OptionKind::Duration;
    fn sound(&self) -> bool {
        // Timers count milliseconds.
        *self >= Duration::from_millis(1)
    }
}

impl OptionType for u32 {
    const KIND: OptionKind = OptionKind::Count;
}

impl OptionType for bool {
    const KIND: OptionKind = OptionKind::Flag;
}

impl OptionType for PathPrefix {
    const KIND: OptionKind = OptionKind::Word(&[PathPrefix::V3Global.as_str(), PathPrefix::GlobalV3.as_str()]);
}

impl OptionType for FieldEncryption {
    const KIND: OptionKind = OptionKind::Word(&[FieldEncryption::Pkcs1.as_str(), FieldEncryption::Oaep.as_str()]);
}

impl OptionType for Crypto {
    const KIND: OptionKind = OptionKind::Word(&[Crypto::Auto.as_str(), Crypto::Software.as_str()]);
}

/// One option, for documentation and generated types.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OptionField {
    /// Its name in snake case.
    pub name: &'static str,
    /// Its purpose, unit and default.
    #[cfg(feature = "schema")]
    pub doc: &'static str,
    /// Its type.
    pub kind: OptionKind,
}

macro_rules! options {
    ($($(#[doc = $doc:literal])+ $name:ident: $Type:ty $(= $Given:ty => $from:ident)?,)+) => {
        /// The options of a client. All are optional here; a client reports those that it lacks.
        #[derive(Clone, Default)]
        pub struct Options {
            $($(#[doc = $doc])+ pub $name: Option<$Type>,)+
            /// Level of each business rule: error, warning or off, by rule name.
            pub rules: Rules,
        }

        impl Options {
            /// Every option.
            pub const FIELDS: &[OptionField] = &[
                $(OptionField {
                    name: stringify!($name),
                    #[cfg(feature = "schema")]
                    doc: concat!($($doc, "\n"),+),
                    kind: <$Type as OptionType>::KIND,
                },)+
                OptionField {
                    name: "rules",
                    #[cfg(feature = "schema")]
                    doc: " Which rules are errors, warnings or off, by rule name.\n",
                    kind: OptionKind::Rules,
                },
            ];

            /// Makes sure that options given without [`Options::from_value`] are such as that would accept.
            ///
            /// # Errors
            /// `INVALID_OPTION`.
            #[cfg(feature = "client")]
            pub(crate) fn require_sound(&self) -> Result<(), Error> {
                $(if self.$name.as_ref().is_some_and(|value| !value.sound()) {
                    return Err(must_be(stringify!($name), &<$Type as OptionType>::KIND.wanted(None)));
                })+
                Ok(())
            }
        }

        /// Shows which options are given, and none of their values: a secret may stand in the wrong one, or in a URL.
        impl fmt::Debug for Options {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let given = [$(self.$name.is_some().then_some(stringify!($name)),)+];
                formatter.write_str("Options ")?;
                formatter.debug_set().entries(given.into_iter().flatten()).finish()
            }
        }
    };
}

/// Hands the list of options to another macro. Each has a summary, a name and a type; if the builder's method takes another
/// type, that type and the function that converts it follow.
macro_rules! each_option {
    ($then:ident) => {
        $then! {
            /// Application id of the merchant or institution; filled into requests that lack it.
            appid: String,
            /// Merchant id; filled into requests that lack it, and named in every signature.
            mchid: String,
            /// Serial number of the merchant's API certificate, hexadecimal; not needed where the certificate comes with the key.
            serial_no: String,
            /// The merchant's private key, `apiclient_key.pem` or `apiclient_cert.p12`: PKCS#8, PKCS#1 or PKCS#12 as PEM, DER or
            /// Base64.
            private_key: KeyMaterial,
            /// Password of an encrypted `private_key`; WeChat Pay's PKCS#12 is opened with `mchid` unless given.
            private_key_password: Secret,
            /// WeChat Pay's keys: certificates by serial, public keys by `PUB_KEY_ID_…`; PEM, DER or Base64. If there are
            /// several public keys, requests name the last by id, and encrypt with it.
            platform_keys: Vec<(String, KeyMaterial)> = impl IntoIterator<Item = (impl Into<String>, impl Into<KeyMaterial>)> => keys,
            /// The merchant's APIv3 key, 32 bytes: decrypts platform certificates, which are then downloaded when they are
            /// needed.
            api_v3_key: Secret,
            /// Base URLs to send requests to; `https://apihk.mch.weixin.qq.com` unless given. A path in one is sent but
            /// never signed.
            base_urls: Vec<String> = impl IntoIterator<Item = impl Into<String>> => texts,
            /// Beginning of the API's paths: `v3/global` (default) or `global/v3` (pages of 2020).
            path_prefix: PathPrefix,
            /// The longest that one attempt may take, at least a millisecond; 10 seconds unless given.
            timeout: Duration,
            /// The longest that a whole call may take, at least a millisecond; 30 seconds unless given. It also ends
            /// attempts that take longer.
            deadline: Duration,
            /// The most times that a call sends its request again after a failure that may pass; 2 unless given, 0 turns
            /// retries off. `deadline` bounds them all.
            max_retries: u32,
            /// Follow WeChat Pay's clock where the local one is wrong, by less than an hour? Off unless given, because an
            /// answer up to an hour old could then be replayed.
            correct_clock: bool,
            /// Language of the service's messages: `en` (default), `zh-CN`, `zh-HK` or `zh-TW`.
            accept_language: String,
            /// The `User-Agent` of requests; this library's name and version unless given.
            user_agent: String,
            /// Padding with which personal fields are encrypted: `pkcs1` (default) or `oaep`.
            field_encryption: FieldEncryption,
            /// Backend that computes signatures: `auto` (default) or `software`, the pure-Rust `rsa`.
            crypto: Crypto,
        }
    };
}
pub(crate) use each_option;

each_option!(options);

/// The defaults of options, for documentation; an unlisted option does not have one.
#[cfg(feature = "schema")]
pub const DEFAULTS: &[(&str, &str)] = &[
    ("base_urls", "`https://apihk.mch.weixin.qq.com`"),
    ("path_prefix", "`v3/global`"),
    ("timeout", "10 s"),
    ("deadline", "30 s"),
    ("max_retries", "2"),
    ("correct_clock", "false"),
    ("accept_language", "`en`"),
    ("user_agent", "name and version"),
    ("field_encryption", "`pkcs1`"),
    ("crypto", "`auto`"),
    ("rules", "as in [errors.md](errors.md#rules)"),
];

/// The options of one call that the core reads.
pub const PER_CALL: [&str; 3] = ["timeout", "deadline", "max_retries"];

pub(crate) fn must_be(name: &str, wanted: &str) -> Error {
    Error::new(INVALID_OPTION, format!("option `{name}` must be {wanted}"))
}

/// The options of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// The longest that one attempt may take.
    pub timeout: Option<Duration>,
    /// The longest that the whole call may take.
    pub deadline: Option<Duration>,
    /// The most times that the request is sent again.
    pub max_retries: Option<u32>,
}

/// The options of the library's own connections.
#[cfg(feature = "client")]
#[derive(Debug, Clone, Default)]
pub struct TransportOptions {
    /// The proxy's URL, with user and password if the proxy wants them; the environment's proxy unless given.
    pub proxy: Option<Secret>,
    /// Certificates to trust instead of the system's, PEM.
    pub ca_certificates: Option<KeyMaterial>,
}
