use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    api::{self, Endpoint},
    crypto::Verifier,
    each_operation,
    engine::{Account, Call, Outcome},
    keys::PlatformKeys,
    options::{Convention, KeyMaterial},
    response::{MAX_BODY, Received},
};

use crate::{NOW_S, account, ended, head, headers, operation, options};

struct Clients {
    with_keys: Arc<Account>,
    with_api_v3_key: Arc<Account>,
    without: Arc<Account>,
    keys: PlatformKeys,
    request: Value,
}

static CLIENTS: LazyLock<Clients> = LazyLock::new(|| {
    let mut options = options();
    let with_keys = account(options.clone());
    options["api_v3_key"] = json!("0123456789abcdef0123456789abcdef");
    let with_api_v3_key = account(options.clone());
    let keys: Vec<_> = options["platform_keys"].as_object().expect("a map").clone().into_iter().collect();
    let keys: Vec<(&str, KeyMaterial)> =
        keys.iter().map(|(id, text)| (id.as_str(), text.as_str().expect("text").into())).collect();
    let keys = PlatformKeys::read(keys.iter().map(|(id, key)| (*id, key))).expect("the keys are sound");
    Clients {
        with_keys,
        with_api_v3_key,
        without: account(json!({})),
        keys,
        request: json!({
            "appid": "wxd678efh567hg6787", "mchid": "1230000109", "out_trade_no": "20150806125346",
            "transaction_id": "1000320306201511078440737890", "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
            "order_type": "out_trade_no", "order_no": "20150806125346", "sub_order_no": "20150806125346",
            "certificate_type": "IDCARD", "certificate_id": "000000190001010009", "certificate_name": "n",
        }),
    }
});

/// Finds every signature right, or every one wrong.
struct Says(bool);

impl Verifier for Says {
    fn verify(&self, _: &[u8], _: &[u8], _: &[u8]) -> bool {
        self.0
    }
}

/// An answer from the network. First line: operation, status and letters (`w` the signature is wrong, `t` truncated,
/// `k` with an APIv3 key, `n` with no keys at all, `r` with the request, `j` for JavaScript); then headers, an empty line
/// and the body.
pub fn response(input: &[u8]) {
    let (line, rest) = head(input);
    let mut words = line.split(' ');
    let Some(operation) = words.next().and_then(operation) else { return };
    let Some(status) = words.next().and_then(|word| word.parse::<u16>().ok()) else { return };
    let letters = words.next().unwrap_or_default();
    let has = |letter: char| letters.contains(letter);
    let (headers, body) = headers(rest);
    let right = !has('w');

    let clients = &*CLIENTS;
    let received = || Received::new(status, headers.clone(), body.to_vec(), has('t'));
    let call =
        Call::Parse { operation, response: received(), request: has('r').then(|| clients.request.clone()), now: None };
    let client = match (has('n'), has('k')) {
        (true, _) => &clients.without,
        (false, true) => &clients.with_api_v3_key,
        (false, false) => &clients.with_keys,
    };
    let convention = if has('j') { Convention::JavaScript } else { Convention::Python };
    let (outcome, asked) = ended(call, client, right, convention);
    match &outcome {
        Outcome::Ok { .. } => {
            assert!(asked && right && (200..300).contains(&status) && body.len() <= MAX_BODY && !has('t'));
        }
        Outcome::Err(error) => {
            assert!(!error.authenticated || (asked && right && status >= 400));
            assert_eq!(error.operation, Some(operation));
        }
        _ => panic!("{outcome:?}"),
    }

    // The typed way of Rust and the untyped one of the other languages say the same.
    if has('n') {
        return;
    }
    let Some(typed) = typed_of(operation, received(), right) else { return };
    match (outcome, typed) {
        (Outcome::Ok { value, .. }, Ok(typed)) if !has('j') => assert_eq!(value, typed),
        (Outcome::Ok { .. }, Ok(_)) => {}
        (Outcome::Err(error), Err(code)) => assert_eq!(error.code, code),
        (outcome, typed) => panic!("{outcome:?} {typed:?}"),
    }
}

macro_rules! typed_of {
    ($($(#[doc = $about:literal])+ $Variant:ident $module:ident,)+) => {
        fn typed_of(operation: Operation, received: Received, right: bool) -> Option<Result<Value, String>> {
            match operation {
                // Keys that an answer brings are decrypted by the engine alone.
                $(Operation::$Variant => (!<api::$module::Request as Endpoint>::BRINGS_KEYS)
                    .then(|| typed::<api::$module::Request>(received, right)),)+
                _ => unreachable!("the list has every operation"),
            }
        }
    };
}

each_operation!(typed_of);

fn typed<R: Endpoint + Default>(received: Received, right: bool) -> Result<Value, String> {
    let answer = received.verify(&R::default(), &CLIENTS.keys, &Says(right), NOW_S);
    let answer = answer.map_err(|error| error.code.clone())?.into_inner();
    Ok(serde_json::to_value(answer).expect("an answer is JSON"))
}
