//! The options of a client, read once for every language.

use std::{fmt, mem, time::Duration};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    check::Rules,
    error::{Error, INVALID_OPTION},
    json::byte_list,
    model::Wiped,
    nearest::nearest,
};

/// A text that no `Debug` shows and that is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A key as text or bytes, in any form that is read; no `Debug` shows it and it is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyMaterial(Zeroizing<Vec<u8>>);

impl KeyMaterial {
    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for KeyMaterial {
    fn from(bytes: Vec<u8>) -> Self {
        KeyMaterial(Zeroizing::new(bytes))
    }
}

impl From<&[u8]> for KeyMaterial {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<String> for KeyMaterial {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for KeyMaterial {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Where the API's paths begin: the spelling of the current pages, or that of 2020.
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

/// Which signer is used for a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crypto {
    /// The best that there is: `aws-lc-rs` natively, the host's WebCrypto on WASM.
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

/// How personal fields are encrypted.
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

    /// The bytes that padding takes at least.
    pub(crate) const fn overhead(self) -> usize {
        match self {
            FieldEncryption::Pkcs1 => 11,
            FieldEncryption::Oaep => 42,
        }
    }

    /// The most bytes of text that a key of 2048 bits takes.
    pub(crate) const fn longest(self) -> usize {
        256 - self.overhead()
    }
}

/// How a host language writes options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// `serial_no`, seconds.
    Python,
    /// `serialNo`, milliseconds.
    JavaScript,
}

/// Functions and attributes that texts name beside options.
const OTHERS: [&str; 5] = ["export_keys", "import_keys", "query_all", "may_have_been_applied", "retry_after"];

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

    /// A text of ours with the options and attributes that it names, between backticks, in the host's spelling.
    pub(crate) fn spelling(self) -> fn(&mut String) {
        match self {
            Convention::Python => |_| {},
            Convention::JavaScript => |text| {
                let options = Options::FIELDS.iter().map(|field| field.name);
                let own = OwnOption::ALL.iter().map(|own| own.name);
                for name in options.chain(own).chain(OTHERS).filter(|name| name.contains('_')) {
                    let named = format!("`{name}`");
                    if text.contains(&named) {
                        *text = text.replace(&named, &format!("`{}`", Convention::JavaScript.name(name)));
                    }
                }
            },
        }
    }

    fn duration(self, value: &Value) -> Option<Duration> {
        let number = value.as_f64().filter(|number| *number > 0.0)?;
        let seconds = match self {
            Convention::Python => number,
            Convention::JavaScript => number / 1000.0,
        };
        // What is more than a clock can count never ends.
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
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
    /// One of these words.
    Word(&'static [&'static str]),
    /// A map from rule name to level.
    Rules,
}

impl OptionKind {
    /// What a value must be, in words; without a convention, in Rust.
    fn wanted(self, convention: Option<Convention>) -> String {
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
            OptionKind::Word(words) => format!("one of \"{}\"", words.join("\", \"")),
            OptionKind::Rules => "a map from rule name to level".to_owned(),
        }
    }
}

trait OptionType: Sized {
    const KIND: OptionKind;
    /// Takes what is of the right type; the rest is wiped by the owner.
    fn read(value: &mut Value, convention: Convention) -> Option<Self>;
    /// Is it more than of the right type?
    fn sound(&self) -> bool {
        true
    }
}

impl OptionType for String {
    const KIND: OptionKind = OptionKind::Text;
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        match value {
            Value::String(text) => Some(mem::take(text)),
            _ => None,
        }
    }
    fn sound(&self) -> bool {
        !self.is_empty()
    }
}

impl OptionType for Secret {
    const KIND: OptionKind = OptionKind::Text;
    fn read(value: &mut Value, convention: Convention) -> Option<Self> {
        String::read(value, convention).map(Secret::from)
    }
    fn sound(&self) -> bool {
        !self.expose().is_empty()
    }
}

impl OptionType for Vec<String> {
    const KIND: OptionKind = OptionKind::Texts;
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        let Value::Array(list) = value else { return None };
        let texts = list.iter_mut().map(|item| match item {
            Value::String(text) => Some(mem::take(text)),
            _ => None,
        });
        texts.collect()
    }
    fn sound(&self) -> bool {
        !self.is_empty()
    }
}

impl OptionType for KeyMaterial {
    const KIND: OptionKind = OptionKind::KeyMaterial;
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        match value {
            Value::String(text) => Some(KeyMaterial::from(mem::take(text))),
            value => {
                let list = byte_list(value)?;
                let mut bytes = Zeroizing::new(Vec::with_capacity(list.len()));
                for item in list {
                    bytes.push(item.as_u64().and_then(|byte| u8::try_from(byte).ok())?);
                    // What is read is not left behind.
                    *item = 0.into();
                }
                Some(KeyMaterial(bytes))
            }
        }
    }
    fn sound(&self) -> bool {
        !self.expose().is_empty()
    }
}

impl OptionType for Vec<(String, KeyMaterial)> {
    const KIND: OptionKind = OptionKind::KeyMaterials;
    fn read(value: &mut Value, convention: Convention) -> Option<Self> {
        let Value::Object(given) = value else { return None };
        given.iter_mut().map(|(id, value)| Some((id.clone(), KeyMaterial::read(value, convention)?))).collect()
    }
    fn sound(&self) -> bool {
        self.iter().all(|(_, key)| key.sound())
    }
}

impl OptionType for Duration {
    const KIND: OptionKind = OptionKind::Duration;
    fn read(value: &mut Value, convention: Convention) -> Option<Self> {
        convention.duration(value)
    }
    fn sound(&self) -> bool {
        // Timers count milliseconds.
        *self >= Duration::from_millis(1)
    }
}

impl OptionType for PathPrefix {
    const KIND: OptionKind = OptionKind::Word(&[PathPrefix::V3Global.as_str(), PathPrefix::GlobalV3.as_str()]);
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        PathPrefix::ALL.iter().copied().find(|prefix| *value == prefix.as_str())
    }
}

impl OptionType for FieldEncryption {
    const KIND: OptionKind = OptionKind::Word(&[FieldEncryption::Pkcs1.as_str(), FieldEncryption::Oaep.as_str()]);
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        [FieldEncryption::Pkcs1, FieldEncryption::Oaep].into_iter().find(|scheme| *value == scheme.as_str())
    }
}

impl OptionType for Crypto {
    const KIND: OptionKind = OptionKind::Word(&[Crypto::Auto.as_str(), Crypto::Software.as_str()]);
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        [Crypto::Auto, Crypto::Software].into_iter().find(|crypto| *value == crypto.as_str())
    }
}

/// One option, for documentation and generated types.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OptionField {
    /// Its name in snake case.
    pub name: &'static str,
    /// What it is for, its unit and its default.
    #[cfg(feature = "schema")]
    pub doc: &'static str,
    /// Its type.
    pub kind: OptionKind,
}

/// A method of [`crate::client::Builder`] for an option; `from` turns what it takes into the option's type, if `Into` cannot.
#[cfg(feature = "client")]
macro_rules! setter {
    ($docs:tt $name:ident $Type:ty) => {
        setter! { $docs $name $Type = impl Into<$Type> => Into::into }
    };
    ([$($doc:literal)+] $name:ident $Type:ty = $Given:ty => $from:path) => {
        $(#[doc = $doc])+
        #[must_use]
        pub fn $name(mut self, $name: $Given) -> Self {
            self.options.$name = Some($from($name));
            self
        }
    };
}

#[cfg(feature = "client")]
fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

#[cfg(feature = "client")]
fn keys(keys: impl IntoIterator<Item = (impl Into<String>, impl Into<KeyMaterial>)>) -> Vec<(String, KeyMaterial)> {
    keys.into_iter().map(|(id, key)| (id.into(), key.into())).collect()
}

macro_rules! options {
    ($($(#[doc = $doc:literal])+ $name:ident: $Type:ty $(= $Given:ty => $from:path)?,)+) => {
        /// What a client is made from. All are optional here; a client says what it lacks.
        #[derive(Clone, Default)]
        pub struct Options {
            $($(#[doc = $doc])+ pub $name: Option<$Type>,)+
            /// Which rules are errors, warnings or off, by rule name.
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

            /// Makes sure that what was given without [`Options::from_value`] is what that would have taken.
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

            /// Takes a value, if it is of the option's type.
            fn set(&mut self, name: &str, value: &mut Value, convention: Convention) -> Result<bool, Error> {
                Ok(match name {
                    $(stringify!($name) => {
                        self.$name = <$Type as OptionType>::read(value, convention);
                        self.$name.as_ref().is_some_and(OptionType::sound)
                    })+
                    _ => {
                        self.rules = Rules::from_value(value)?;
                        true
                    }
                })
            }
        }

        #[cfg(feature = "client")]
        impl crate::client::Builder {
            $(setter! { [$($doc)+] $name $Type $(= $Given => $from)? })+
        }

        /// Shows which are given, and of none what it holds: a secret can stand in the wrong one, or in a URL.
        impl fmt::Debug for Options {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let given = [$(self.$name.is_some().then_some(stringify!($name)),)+];
                formatter.write_str("Options ")?;
                formatter.debug_set().entries(given.into_iter().flatten()).finish()
            }
        }
    };
}

options! {
    /// Application id of the merchant or institution; filled into requests that lack it.
    appid: String,
    /// Merchant id; filled into requests that lack it, and named in every signature.
    mchid: String,
    /// Serial number of the merchant's API certificate, hexadecimal; not needed where the certificate comes with the key.
    serial_no: String,
    /// The merchant's private key, `apiclient_key.pem` or `apiclient_cert.p12`: PKCS#8, PKCS#1 or PKCS#12 as PEM, DER or
    /// Base64.
    private_key: KeyMaterial,
    /// Opens an encrypted `private_key`; PKCS#12 of WeChat Pay's is opened with `mchid` unless given.
    private_key_password: Secret,
    /// WeChat Pay's keys: certificates by serial, public keys by `PUB_KEY_ID_…`; PEM, DER or Base64. Of two public keys,
    /// requests name the last by id, and encrypt with it.
    platform_keys: Vec<(String, KeyMaterial)> = impl IntoIterator<Item = (impl Into<String>, impl Into<KeyMaterial>)> => keys,
    /// The merchant's APIv3 key, 32 bytes: decrypts platform certificates, which are then downloaded when they are needed.
    api_v3_key: Secret,
    /// Where to send requests; `https://apihk.mch.weixin.qq.com` unless given. A path in it is sent but never signed.
    base_urls: Vec<String> = impl IntoIterator<Item = impl Into<String>> => texts,
    /// Where the API's paths begin: `v3/global` (default) or `global/v3` (pages of 2020).
    path_prefix: PathPrefix,
    /// The longest that one attempt may take, at least a millisecond; 10 seconds unless given.
    timeout: Duration,
    /// The longest that a whole call may take, at least a millisecond; 30 seconds unless given. It ends longer attempts too.
    deadline: Duration,
    /// Language of the service's messages: `en` (default), `zh-CN`, `zh-HK` or `zh-TW`.
    accept_language: String,
    /// The `User-Agent` of requests; this library's name and version unless given.
    user_agent: String,
    /// How personal fields are encrypted: `pkcs1` (default) or `oaep`.
    field_encryption: FieldEncryption,
    /// Who computes signatures: `auto` (default) or `software`, the pure-Rust `rsa`.
    crypto: Crypto,
}

/// An option that a language's own face reads; it arrives here only if the face cannot use it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OwnOption {
    /// Its name in snake case.
    pub name: &'static str,
    /// Which languages have it.
    pub hosts: &'static [Convention],
    /// Is it one of a call, beside the client's?
    pub per_call: bool,
    /// What it must be.
    pub wanted: &'static str,
    /// What it is for.
    #[cfg(feature = "schema")]
    pub doc: &'static str,
}

const PYTHON: &[Convention] = &[Convention::Python];
const JAVASCRIPT: &[Convention] = &[Convention::JavaScript];
const BOTH: &[Convention] = &[Convention::Python, Convention::JavaScript];

macro_rules! own {
    ($($name:literal $hosts:ident $per_call:literal $wanted:literal $doc:literal,)+) => {
        &[$(OwnOption {
            name: $name,
            hosts: $hosts,
            per_call: $per_call,
            wanted: $wanted,
            #[cfg(feature = "schema")]
            doc: $doc,
        }),+]
    };
}

impl OwnOption {
    /// Every such option.
    pub const ALL: &[OwnOption] = own![
        "signer" BOTH false "a function"
            "Signs by other means than `private_key`, such as a KMS or HSM: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256).",
        "transport" PYTHON false "a Transport, or a function from a request to a response"
            "What sends: connections that clients share, or a function. The process's own connections unless given.",
        "fetch" JAVASCRIPT false "a function"
            "What sends. The host's own means unless given.",
        "proxy" PYTHON false "given to the Transport, as there is one"
            "The proxy's URL, where `transport` is not given; that of the environment unless given.",
        "ca_certificates" PYTHON false "given to the Transport, as there is one"
            "Certificates that are trusted instead of the system's, PEM, where `transport` is not given.",
        "on_attempt" BOTH false "a function"
            "Called at the beginning and end of each attempt.",
        "clock" BOTH false "a function"
            "The time since 1970, for tests; in seconds in Python, in milliseconds in JavaScript.",
        "signal" JAVASCRIPT true "an AbortSignal"
            "Gives the call up; the promise rejects with `signal.reason`.",
    ];

    fn of(convention: Convention, per_call: bool) -> impl Iterator<Item = &'static OwnOption> {
        OwnOption::ALL.iter().filter(move |own| own.per_call == per_call && own.hosts.contains(&convention))
    }
}

/// What an option is where it is not given, for documentation; what is not listed has no default.
#[cfg(feature = "schema")]
pub const DEFAULTS: &[(&str, &str)] = &[
    ("base_urls", "`https://apihk.mch.weixin.qq.com`"),
    ("path_prefix", "`v3/global`"),
    ("timeout", "10 s"),
    ("deadline", "30 s"),
    ("accept_language", "`en`"),
    ("user_agent", "name and version"),
    ("field_encryption", "`pkcs1`"),
    ("crypto", "`auto`"),
    ("rules", "as in [errors.md](errors.md#rules)"),
];

/// The options of one call that the core reads.
pub const PER_CALL: [&str; 2] = ["timeout", "deadline"];

fn unknown(name: &str, of: &str, known: &[String]) -> Error {
    let meant = match nearest(name, &mut known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean \"{meant}\"? There"),
        None => "there".to_owned(),
    };
    // Not between backticks, where the host's spelling of an option would take its place.
    Error::new(INVALID_OPTION, format!("there is no option \"{name}\"{of}; {meant} are {}", known.join(", ")))
}

fn must_be(name: &str, wanted: &str) -> Error {
    Error::new(INVALID_OPTION, format!("option `{name}` must be {wanted}"))
}

impl Options {
    /// Reads options as a host language writes them.
    ///
    /// A null is as if the option were not given.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an unknown option, and for a value of the wrong type.
    pub fn from_value(value: Value, convention: Convention) -> Result<Options, Error> {
        let mut value = Wiped::from(value);
        let Value::Object(given) = &mut *value else {
            return Err(Error::new(INVALID_OPTION, "the options must be a map from option name to value"));
        };
        let mut options = Options::default();
        for (name, value) in given {
            if let Some(own) = OwnOption::of(convention, false).find(|own| convention.name(own.name) == *name) {
                if value.is_null() {
                    continue;
                }
                return Err(must_be(name, own.wanted));
            }
            let Some(field) = Options::FIELDS.iter().find(|field| convention.name(field.name) == *name) else {
                let own = OwnOption::of(convention, false).map(|own| own.name);
                let names = Options::FIELDS.iter().map(|field| field.name).chain(own);
                return Err(unknown(name, "", &names.map(|name| convention.name(name)).collect::<Vec<_>>()));
            };
            if !value.is_null() && !options.set(field.name, value, convention)? {
                return Err(must_be(name, &field.kind.wanted(Some(convention))));
            }
        }
        Ok(options)
    }

    /// Takes `timeout` and `deadline` for one call, as a host language writes them.
    ///
    /// # Errors
    /// `INVALID_OPTION`, as [`Options::from_value`].
    pub fn for_call(value: Value, convention: Convention) -> Result<CallOptions, Error> {
        let given: Map<String, Value> = match value {
            Value::Null => Map::new(),
            Value::Object(given) => given,
            _ => {
                return Err(Error::new(
                    INVALID_OPTION,
                    "the options of a call must be a map from option name to value",
                ));
            }
        };
        for own in OwnOption::of(convention, true) {
            let name = convention.name(own.name);
            if given.get(&name).is_some_and(|value| !value.is_null()) {
                return Err(Error::new(INVALID_OPTION, format!("option `{name}` must be {}", own.wanted)));
            }
        }
        if let Some(name) = given.keys().find(|name| !PER_CALL.contains(&name.as_str())) {
            let own = OwnOption::of(convention, true).map(|own| own.name);
            let names = PER_CALL.into_iter().chain(own).map(|name| convention.name(name));
            return Err(unknown(name, " for one call", &names.collect::<Vec<_>>()));
        }
        let options = Options::from_value(Value::Object(given), convention)?;
        Ok(CallOptions { timeout: options.timeout, deadline: options.deadline })
    }
}

/// What can be chosen for one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// The longest that one attempt may take.
    pub timeout: Option<Duration>,
    /// The longest that the whole call may take.
    pub deadline: Option<Duration>,
}

/// What connections of ours are made with.
#[cfg(feature = "client")]
#[derive(Debug, Clone, Default)]
pub struct TransportOptions {
    /// The proxy's URL, with user and password if it wants them; that of the environment unless given.
    pub proxy: Option<Secret>,
    /// Certificates that are trusted instead of the system's, PEM.
    pub ca_certificates: Option<KeyMaterial>,
}

#[cfg(feature = "client")]
impl TransportOptions {
    /// Reads options as a host language writes them; a null is as if the option were not given.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a value of the wrong type.
    pub fn from_value(value: Value, convention: Convention) -> Result<TransportOptions, Error> {
        fn read<T: OptionType>(given: &mut Value, name: &str, convention: Convention) -> Result<Option<T>, Error> {
            let name = convention.name(name);
            let Some(value) = given.get_mut(&name).filter(|value| !value.is_null()) else { return Ok(None) };
            let read = T::read(value, convention).filter(T::sound);
            read.map(Some).ok_or_else(|| must_be(&name, &T::KIND.wanted(Some(convention))))
        }
        let mut given = Wiped::from(value);
        Ok(TransportOptions {
            proxy: read(&mut given, "proxy", convention)?,
            ca_certificates: read(&mut given, "ca_certificates", convention)?,
        })
    }
}
