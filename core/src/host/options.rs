//! Reads options as a host language writes them.

use std::{mem, time::Duration};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

#[cfg(feature = "client")]
use crate::protocol::options::TransportOptions;
use crate::{
    base::{
        json::{byte_list, take},
        nearest::nearest,
        secret::{KeyMaterial, Secret, Wiped},
    },
    protocol::{
        options::{CallOptions, Convention, OptionField, OptionType, Options, PER_CALL, each_option, must_be},
        own_options::{OwnOption, Whose},
    },
    words::{
        choice::{Crypto, FieldEncryption, PathPrefix},
        error::{Error, INVALID_OPTION},
        rules::{Level, Rules},
    },
};

/// Functions and attributes that texts name beside options.
const OTHERS: [&str; 5] = ["export_keys", "import_keys", "query_all", "may_have_been_applied", "retry_after"];

impl Convention {
    /// Converts a text of ours: names of options and attributes between backticks take the host's spelling.
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
        // A time that is too long for a clock never ends.
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

impl Rules {
    /// Reads levels from data: a map from rule name to `"error"`, `"warning"` or `"off"`.
    ///
    /// # Errors
    /// As [`Rules::new`], and `INVALID_OPTION` for other levels.
    pub fn from_value(value: &Value) -> Result<Rules, Error> {
        let level = |value: &Value| match value.as_str()? {
            "error" => Some(Level::Error),
            "warning" => Some(Level::Warning),
            "off" => Some(Level::Off),
            _ => None,
        };
        let levels = value.as_object().and_then(|levels| {
            let levels = levels.iter().map(|(name, value)| Some((name.as_str(), level(value)?)));
            levels.collect::<Option<Vec<_>>>()
        });
        Rules::new(levels.ok_or_else(|| {
            Error::new(
                INVALID_OPTION,
                "option `rules`: must be a map from rule name to \"error\", \"warning\" or \"off\"",
            )
        })?)
    }
}

/// A type that can be read from a host language's value.
pub(super) trait FromHost: OptionType {
    /// Takes a value of the right type; the owner wipes any other.
    fn read(value: &mut Value, convention: Convention) -> Option<Self>;
}

impl FromHost for String {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        match value {
            Value::String(text) => Some(mem::take(text)),
            _ => None,
        }
    }
}

impl FromHost for Secret {
    fn read(value: &mut Value, convention: Convention) -> Option<Self> {
        String::read(value, convention).map(Secret::from)
    }
}

impl FromHost for Vec<String> {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        let Value::Array(list) = value else { return None };
        let texts = list.iter_mut().map(|item| match item {
            Value::String(text) => Some(mem::take(text)),
            _ => None,
        });
        texts.collect()
    }
}

impl FromHost for KeyMaterial {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        match value {
            Value::String(text) => Some(KeyMaterial::from(mem::take(text))),
            value => {
                let list = byte_list(value)?;
                let mut bytes = Zeroizing::new(Vec::with_capacity(list.len()));
                for item in list {
                    bytes.push(item.as_u64().and_then(|byte| u8::try_from(byte).ok())?);
                    // Leaves nothing of a secret behind.
                    *item = 0.into();
                }
                Some(KeyMaterial::from(mem::take(&mut *bytes)))
            }
        }
    }
}

impl FromHost for Vec<(String, KeyMaterial)> {
    fn read(value: &mut Value, convention: Convention) -> Option<Self> {
        let Value::Object(given) = value else { return None };
        given.iter_mut().map(|(id, value)| Some((id.clone(), KeyMaterial::read(value, convention)?))).collect()
    }
}

impl FromHost for Duration {
    fn read(value: &mut Value, convention: Convention) -> Option<Self> {
        convention.duration(value)
    }
}

impl FromHost for u32 {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        u32::try_from(value.as_u64()?).ok()
    }
}

impl FromHost for bool {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        value.as_bool()
    }
}

impl FromHost for PathPrefix {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        PathPrefix::ALL.iter().copied().find(|prefix| *value == prefix.as_str())
    }
}

impl FromHost for FieldEncryption {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        [FieldEncryption::Pkcs1, FieldEncryption::Oaep].into_iter().find(|scheme| *value == scheme.as_str())
    }
}

impl FromHost for Crypto {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        [Crypto::Auto, Crypto::Software].into_iter().find(|crypto| *value == crypto.as_str())
    }
}

macro_rules! readers {
    ($($(#[doc = $doc:literal])+ $name:ident: $Type:ty $(= $Given:ty => $from:ident)?,)+) => {
        impl Options {
            /// Takes a value if it has the option's type.
            fn set(&mut self, name: &str, value: &mut Value, convention: Convention) -> Result<bool, Error> {
                Ok(match name {
                    $(stringify!($name) => {
                        self.$name = <$Type as FromHost>::read(value, convention);
                        self.$name.as_ref().is_some_and(OptionType::sound)
                    })+
                    _ => {
                        self.rules = Rules::from_value(value)?;
                        true
                    }
                })
            }
        }
    };
}

each_option!(readers);

fn unknown(name: &str, of: &str, known: &[String]) -> Error {
    let meant = match nearest(name, &mut known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean \"{meant}\"? There"),
        None => "there".to_owned(),
    };
    // Quoted without backticks, between which the host's spelling of an option would replace it.
    Error::new(INVALID_OPTION, format!("there is no option \"{name}\"{of}; {meant} are {}", known.join(", ")))
}

impl Options {
    /// Reads options as a host language writes them.
    ///
    /// A null counts as not given.
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
            if let Some(own) =
                OwnOption::of(convention, &[Whose::Client]).find(|own| convention.name(own.name) == *name)
            {
                if value.is_null() {
                    continue;
                }
                return Err(must_be(name, own.wanted));
            }
            let Some(field) = Options::FIELDS.iter().find(|field| convention.name(field.name) == *name) else {
                let own = OwnOption::of(convention, &[Whose::Client]).map(|own| own.name);
                let names = Options::FIELDS.iter().map(|field| field.name).chain(own);
                return Err(unknown(name, "", &names.map(|name| convention.name(name)).collect::<Vec<_>>()));
            };
            if !value.is_null() && !options.set(field.name, value, convention)? {
                return Err(must_be(name, &field.kind.wanted(Some(convention))));
            }
        }
        Ok(options)
    }

    /// Reads `timeout`, `deadline` and `max_retries` for one call, as a host language writes them.
    ///
    /// # Errors
    /// `INVALID_OPTION`, as [`Options::from_value`].
    pub fn for_call(value: Value, convention: Convention) -> Result<CallOptions, Error> {
        Options::for_run(value, &[], convention).map(|(limits, _)| limits)
    }

    /// Reads the options of a call or run, which may have `more` than the limits of each call; gives those as a map.
    pub(super) fn for_run(
        value: Value,
        more: &[OptionField],
        convention: Convention,
    ) -> Result<(CallOptions, Map<String, Value>), Error> {
        let mut given: Map<String, Value> = match value {
            Value::Null => Map::new(),
            Value::Object(given) => given,
            _ => {
                return Err(Error::new(
                    INVALID_OPTION,
                    "the options of a call must be a map from option name to value",
                ));
            }
        };
        let whose = if more.is_empty() { &[Whose::Call][..] } else { &[Whose::Call, Whose::Run] };
        for own in OwnOption::of(convention, whose) {
            let name = convention.name(own.name);
            if given.get(&name).is_some_and(|value| !value.is_null()) {
                return Err(Error::new(INVALID_OPTION, format!("option `{name}` must be {}", own.wanted)));
            }
        }
        let more: Vec<String> = more.iter().map(|field| convention.name(field.name)).collect();
        let known: Vec<String> = PER_CALL.iter().map(|name| convention.name(name)).collect();
        if let Some(name) = given.keys().find(|name| !known.contains(name) && !more.contains(name)) {
            let own = OwnOption::of(convention, whose).map(|own| convention.name(own.name));
            let names: Vec<String> = known.iter().chain(&more).cloned().chain(own).collect();
            return Err(unknown(name, " for one call", &names));
        }
        let mut limits = Map::new();
        for name in known {
            let value = take(&mut given, &name);
            limits.insert(name, value);
        }
        let options = Options::from_value(Value::Object(limits), convention)?;
        let limits =
            CallOptions { timeout: options.timeout, deadline: options.deadline, max_retries: options.max_retries };
        Ok((limits, given))
    }
}

/// Reads one option, if it is given; a null counts as not given.
pub(super) fn read<T: FromHost>(
    given: &mut Map<String, Value>,
    name: &str,
    convention: Convention,
) -> Result<Option<T>, Error> {
    let name = convention.name(name);
    let mut value = take(given, &name);
    if value.is_null() {
        return Ok(None);
    }
    let read = T::read(&mut value, convention).filter(T::sound);
    read.map(Some).ok_or_else(|| must_be(&name, &T::KIND.wanted(Some(convention))))
}

#[cfg(feature = "client")]
impl TransportOptions {
    /// Reads options as a host language writes them; a null counts as not given.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a value of the wrong type.
    pub fn from_value(value: Value, convention: Convention) -> Result<TransportOptions, Error> {
        let mut given = Wiped::from(value);
        let Value::Object(given) = &mut *given else { return Ok(TransportOptions::default()) };
        Ok(TransportOptions {
            proxy: read(given, "proxy", convention)?,
            ca_certificates: read(given, "ca_certificates", convention)?,
        })
    }
}
