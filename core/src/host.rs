//! What the bindings of other languages call: data in, data out.
//!
//! Bindings convert values, forward them here and raise what comes back; they know no operation and no function by name.
//! A value that JSON cannot express, such as a BigInt or a Decimal, travels as the map `{"$type": "a BigInt"}`, so that
//! it ends as a finding and not as an error of the conversion.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    api::Operation,
    check::{Rules, check},
    customs_message::customs_order_fields_value,
    engine::{Call, Engine, Shared},
    error::{Error, INVALID_OPTION},
    options::{Convention, Options},
    request::filled,
};

type Function = fn(Option<&Shared>, &mut Map<String, Value>) -> Result<Value, Error>;

/// The pure functions of the package, by name.
const FUNCTIONS: &[(&str, Function)] = &[
    ("check", |shared, given| {
        let operation = given.remove("operation").unwrap_or(Value::Null);
        let operation = Operation::named(operation.as_str().unwrap_or("null"))?;
        let rules = match (given.remove("rules").filter(|rules| !rules.is_null()), shared) {
            (Some(rules), _) => Rules::from_value(&rules)?,
            (None, Some(shared)) => shared.rules.clone(),
            (None, None) => Rules::default(),
        };
        let fields = given.remove("fields").unwrap_or(Value::Null);
        let fields = match shared {
            Some(shared) => filled(shared, operation, fields),
            None => fields,
        };
        Ok(json!(check(operation, &fields, &rules)))
    }),
    ("customs_order_fields", |_, given| {
        let mut argument = |name: &str| given.remove(name).unwrap_or(Value::Null);
        customs_order_fields_value(argument("request"), argument("result"), Some(argument("paid")))
    }),
];

/// Calls a pure function by name with named arguments; a client's `shared` fills in its options.
///
/// # Errors
/// Those of the function; `INVALID_OPTION` for an unknown one.
pub fn call(function: &str, arguments: Value, shared: Option<&Shared>) -> Result<Value, Error> {
    let found = FUNCTIONS.iter().find(|(name, _)| *name == function);
    match (found, arguments) {
        (Some((_, function)), Value::Object(mut given)) => function(shared, &mut given),
        _ => Err(Error::new(INVALID_OPTION, format!("there is no function `{function}` that takes these arguments"))),
    }
}

/// Reads a client's options; `own_signer` tells that the host signs by other means.
///
/// # Errors
/// `INVALID_OPTION`, `PRIVATE_KEY_INVALID`, `PLATFORM_KEY_INVALID`.
pub fn shared(options: Value, convention: Convention, own_signer: bool) -> Result<Arc<Shared>, Error> {
    Ok(Arc::new(Shared::new(Options::from_value(options, convention)?, own_signer)?))
}

/// Makes the engine for one call; see [`Call::from_value`] and [`Options::for_call`].
///
/// # Errors
/// `INVALID_OPTION`.
pub fn engine(
    shared: Arc<Shared>,
    call: Value,
    options: Value,
    convention: Convention,
    seed: [u8; 32],
) -> Result<Engine, Error> {
    Ok(Engine::new(Call::from_value(call)?, shared, Options::for_call(options, convention)?, seed))
}
