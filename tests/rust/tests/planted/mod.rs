//! Secrets and a person's data that no output may hold, the forms in which they could be in one, and what they are
//! planted in. All surfaces are given the same, by [`plan`].

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::root;

/// Of the files in `tests/vectors/keys` that are encrypted.
const PASSWORD: &str = "sesame-open-4711";
const WRONG_PASSWORD: &str = "sentinel-password-of-another";
/// Of 32 bytes, as it should be, and of fewer.
const OTHER_API_V3_KEY: &str = "SentinelApiV3KeyOfAnotherShop042";
const SHORT_API_V3_KEY: &str = "SentinelApiV3KeyTooShort";
/// Nobody: neither the region nor the day exists. The check digit fits the first and the last.
pub const ID_NUMBER: &str = "990000180002300075";
const ID_NUMBER_WRONG: &str = "990000180002311235";
const ID_NUMBER_X: &str = "99000018000234000x";
pub const NAME: &str = "诸葛哨兵";
const LATIN_NAME: &str = "Zebulon Quixwood";

/// Something that must not be shown.
pub struct Sentinel {
    pub name: String,
    /// How it could be spelt where it is shown; see [`squeezed`].
    pub forms: Vec<String>,
}

impl Sentinel {
    fn text(name: &str, text: &str) -> Sentinel {
        let escaped = |wanted: fn(char) -> bool| {
            let escape = |character: char| match wanted(character) {
                true => character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
                false => character.to_string(),
            };
            text.chars().map(escape).collect::<String>()
        };
        let percent = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let mut forms = vec![text.to_owned(), escaped(|character| !character.is_ascii()), escaped(|_| true), percent];
        forms.extend(of_bytes(text.as_bytes()));
        forms.sort();
        forms.dedup();
        Sentinel { name: name.to_owned(), forms }
    }

    /// A stretch of a private key, as its PEM, DER and lists of numbers would show it.
    fn key(name: String, line: &str) -> Sentinel {
        let der = BASE64_STANDARD.decode(line).expect("a line of PEM is Base64");
        let mut forms = of_bytes(&der[16..28]);
        // Three bytes are four letters wherever a line begins.
        forms.push(line[16..48].to_owned());
        Sentinel { name, forms }
    }
}

fn of_bytes(bytes: &[u8]) -> Vec<String> {
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    vec![
        numbers.join(","),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect(),
        bytes.escape_ascii().to_string(),
        BASE64_STANDARD.encode(bytes).trim_end_matches('=').to_owned(),
    ]
}

/// A text without what differs from one way of printing to the next: blanks, letter case, and how often it was escaped.
pub fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace() && *character != '\\')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The names of those that a text holds.
pub fn found<'a>(text: &str, sentinels: &'a [Sentinel]) -> Vec<&'a str> {
    let text = squeezed(text);
    let held = |sentinel: &&Sentinel| sentinel.forms.iter().any(|form| text.contains(&squeezed(form)));
    sentinels.iter().filter(held).map(|sentinel| sentinel.name.as_str()).collect()
}

fn key_file(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/vectors/keys").join(name)).expect("a key of the vectors")
}

fn pem(name: &str) -> String {
    String::from_utf8(key_file(name)).expect("PEM is text")
}

/// The merchant's private key, which the sandbox knows too.
pub fn private_key() -> String {
    pem("merchant.key.pem")
}

/// What a sandbox is made from to which all this is sent.
pub fn config() -> Config {
    Config { merchant_key: Some(private_key()), ..Config::default() }
}

pub fn sentinels(sandbox: &Sandbox) -> Vec<Sentinel> {
    let api_v3_key = sandbox.ready()["client"]["api_v3_key"].as_str().expect("a key").to_owned();
    let mut sentinels: Vec<Sentinel> = [
        ("password", PASSWORD),
        ("wrong password", WRONG_PASSWORD),
        ("APIv3 key", &api_v3_key),
        ("another APIv3 key", OTHER_API_V3_KEY),
        ("short APIv3 key", SHORT_API_V3_KEY),
        // Without the check digit, so that an X is found in either case and without.
        ("ID number", &ID_NUMBER[..17]),
        ("wrong ID number", &ID_NUMBER_WRONG[..17]),
        ("ID number with X", &ID_NUMBER_X[..17]),
        ("name", NAME),
        ("Latin name", LATIN_NAME),
    ]
    .map(|(name, text)| Sentinel::text(name, text))
    .into();
    let pem = private_key();
    let lines: Vec<&str> = pem.lines().filter(|line| line.len() == 64).collect();
    // Before the eighth line lies the modulus, which is public.
    sentinels.extend(
        lines
            .iter()
            .enumerate()
            .skip(8)
            .map(|(number, line)| Sentinel::key(format!("private key, line {number}"), line)),
    );
    sentinels
}

/// Everything that is called, as vectors: `kind`, `operation`, `fields`, `options` and what else that kind takes. A kind that
/// comes to be is added here.
pub async fn plan(sandbox: &Sandbox) -> Vec<Value> {
    let mut cases = Vec::new();
    keys(&mut cases);
    for kind in ["check", "prepare", "call"] {
        personal(kind, &mut cases);
    }
    texts(&mut cases);
    refusals(&mut cases);
    explained(&mut cases);
    faults(sandbox, &mut cases).await;
    let base = &sandbox.ready()["client"];
    for case in &mut cases {
        let mut options = base.clone();
        for (name, value) in case["options"].as_object().into_iter().flatten() {
            options[name.as_str()] = value.clone();
            let plain = name.strip_suffix("_base64").unwrap_or_default();
            options.as_object_mut().expect("a map").remove(plain);
        }
        case["options"] = options;
    }
    cases
}

fn case(id: impl Into<String>, kind: &str, operation: &str, fields: Value) -> Value {
    json!({ "id": id.into(), "kind": kind, "operation": operation, "fields": fields, "options": {} })
}

/// A request of which nothing is wrong.
pub fn identity() -> Value {
    json!({
        "out_trade_no": "redaction-1", "transaction_id": "4200000000202611220000000001", "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "IC2N000001", "certificate_type": "IDCARD", "certificate_id": ID_NUMBER,
        "certificate_name": NAME,
    })
}

fn with(mut fields: Value, more: Value) -> Value {
    fields.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    fields
}

/// Keys, passwords and APIv3 keys, good and bad in every way in which they are read.
fn keys(cases: &mut Vec<Value>) {
    let pem = private_key();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(&body).expect("PEM");
    let mut changed = der.clone();
    changed[700] ^= 1;
    let bytes = |bytes: &[u8]| json!({ "private_key_base64": BASE64_STANDARD.encode(bytes) });
    let key = |text: &str| json!({ "private_key": text });
    let locked = |name: &str, password: Value| json!({ "private_key_base64": BASE64_STANDARD.encode(key_file(name)), "private_key_password": password });
    let usual = "merchant_pbkdf2_sha256_aes256.key.pem";
    let lines: Vec<&str> = pem.lines().collect();
    let bad_label = format!("-----BEGIN {body}-----\nAAAA\n-----END PRIVATE KEY-----");
    let no_dashes = format!("{}\n-----BEGIN X-----\nAAAA\n-----END X-----", pem.replacen("KEY-----", "KEY", 1));
    let numbers: Vec<Value> = der.iter().map(|byte| (*byte).into()).chain([json!(256)]).collect();
    let options = [
        ("good", json!({})),
        ("escaped line ends", key(&pem.replace('\n', "\\n"))),
        ("in quotes", key(&format!("\"{pem}\""))),
        ("Base64 alone", key(&body)),
        ("DER", bytes(&der)),
        ("cut off", key(&pem[..1000])),
        ("without its first line", key(&lines[1..].join("\n"))),
        ("without its last line", key(&lines[..lines.len() - 1].join("\n"))),
        ("a line lost", key(&[&lines[..10], &lines[11..]].concat().join("\n"))),
        ("not Base64", key(&pem.replace('A', "!"))),
        ("Base64 as the label", key(&bad_label)),
        ("a first line without its dashes", key(&no_dashes)),
        ("another label", key(&pem.replace("PRIVATE KEY", "CERTIFICATE"))),
        ("twice", key(&format!("{pem}{pem}"))),
        ("DER cut off", bytes(&der[..1000])),
        ("DER with a number changed", bytes(&changed)),
        ("DER with bytes after it", bytes(&[der.as_slice(), b"more"].concat())),
        ("a list that holds no byte", json!({ "private_key": numbers })),
        ("in a map", json!({ "private_key": { "pem": pem } })),
        ("in a list", json!({ "private_key": [pem] })),
        ("none", json!({ "private_key": null })),
        ("with another's certificate", key(&format!("{pem}{}", self::pem("other.cert.pem")))),
        ("another serial", with(key(&self::pem("merchant_bundle.pem")), json!({ "serial_no": "7F" }))),
        ("encrypted", locked(usual, json!(PASSWORD))),
        ("encrypted, without the password", locked(usual, json!(null))),
        ("encrypted, with another's password", locked(usual, json!(WRONG_PASSWORD))),
        ("encrypted, with the key as password", locked(usual, json!(pem))),
        ("encrypted, with a list as password", locked(usual, json!([PASSWORD]))),
        ("encrypted as of old", locked("merchant_proc_type.key.pem", json!(PASSWORD))),
        ("encrypted with DES", locked("merchant_pbes1_md5_des.key.pem", json!(PASSWORD))),
        ("PKCS#12", locked("merchant_modern_password.p12", json!(PASSWORD))),
        ("PKCS#12, without the password", locked("merchant_modern_password.p12", json!(null))),
        ("PKCS#12, with another's password", locked("merchant_legacy_password.p12", json!(WRONG_PASSWORD))),
        ("PKCS#12 of two merchants", locked("mismatch.p12", json!(null))),
        ("PKCS#12 that expired", with(locked("merchant_expired.p12", json!(null)), json!({ "serial_no": null }))),
        (
            "a certificate that expired",
            with(key(&format!("{pem}{}", self::pem("merchant_expired.cert.pem"))), json!({ "serial_no": null })),
        ),
        ("the password as key", key(PASSWORD)),
        ("the key as platform key", json!({ "platform_keys": { "7F": pem } })),
        ("the key as id of a platform key", json!({ "platform_keys": { pem.as_str(): pem } })),
        ("the key as serial", json!({ "serial_no": pem })),
        ("the key as mchid", json!({ "mchid": pem })),
        ("the key as APIv3 key", json!({ "api_v3_key": pem })),
        ("a short APIv3 key", json!({ "api_v3_key": SHORT_API_V3_KEY })),
        ("an APIv3 key in blanks", json!({ "api_v3_key": format!(" {OTHER_API_V3_KEY}\n") })),
        ("an APIv3 key as list", json!({ "api_v3_key": [SHORT_API_V3_KEY] })),
        ("nothing to encrypt with", json!({ "platform_keys": {}, "api_v3_key": null })),
        ("an unknown option", json!({ "a_password": WRONG_PASSWORD })),
        ("a rule of no name", json!({ "rules": { "no_such_rule": "off" } })),
        ("plain HTTP", json!({ "base_urls": ["http://example.com"] })),
        ("a URL with a password", json!({ "base_urls": [format!("https://me:{WRONG_PASSWORD}@example.com")] })),
    ];
    for (id, options) in options {
        for kind in ["prepare", "parse"] {
            let mut case = case(format!("{kind}: key: {id}"), kind, "verify_identity", identity());
            case["options"] = options.clone();
            case["response"] = json!({ "status": 200, "headers": {}, "body": "{}" });
            cases.push(case);
        }
    }
    for (id, options) in [
        ("another APIv3 key", json!({ "api_v3_key": OTHER_API_V3_KEY, "platform_keys": {} })),
        ("without an APIv3 key", json!({ "api_v3_key": null })),
        ("without platform keys", json!({ "api_v3_key": null, "platform_keys": {} })),
    ] {
        for operation in ["certificates", "verify_identity", "declare"] {
            let fields = match operation {
                "certificates" => json!({}),
                "declare" => order(),
                _ => identity(),
            };
            let mut case = case(format!("call: {operation}: {id}"), "call", operation, fields);
            case["options"] = options.clone();
            cases.push(case);
        }
    }
}

fn order() -> Value {
    let Value::Object(mut order) = identity() else { return Value::Null };
    order.retain(|name, _| !name.starts_with("certificate"));
    order.into()
}

/// A person's data in every way that a finding is about.
fn personal(kind: &str, cases: &mut Vec<Value>) {
    let id = |value: Value| with(identity(), json!({ "certificate_id": value }));
    let name = |value: Value| with(identity(), json!({ "certificate_name": value }));
    let more = |name: &str, value: Value| with(identity(), Value::Object(Map::from_iter([(name.to_owned(), value)])));
    let without = |name: &str| {
        let mut fields = identity();
        fields.as_object_mut().expect("a map").remove(name);
        fields
    };
    let number: u64 = ID_NUMBER.parse().expect("digits");
    let fields = [
        ("sound", identity()),
        ("a Latin name", name(json!(LATIN_NAME))),
        ("an X", id(json!(ID_NUMBER_X))),
        ("a wrong check digit", id(json!(ID_NUMBER_WRONG))),
        ("too few digits", id(json!(&ID_NUMBER[..17]))),
        ("too long", name(json!(NAME.repeat(30)))),
        ("too long for OAEP", name(json!(NAME.repeat(19)))),
        ("too long a number", id(json!(ID_NUMBER.repeat(20)))),
        ("a line end", name(json!(format!("{NAME}\n")))),
        ("a line end in the number", id(json!(format!("{ID_NUMBER}\u{7f}")))),
        ("blanks", name(json!(format!("  {LATIN_NAME} ")))),
        ("empty", name(json!(""))),
        ("null", id(json!(null))),
        ("a number", id(json!(number))),
        ("a fraction", id(json!(9.900001800023e17))),
        ("a list", name(json!([NAME]))),
        ("a list as number", id(json!([ID_NUMBER, number]))),
        ("a map", name(json!({ "first": NAME, "last": [LATIN_NAME] }))),
        ("a map of names", name(json!({ NAME: LATIN_NAME }))),
        ("what JSON cannot say", name(json!({ "$type": NAME }))),
        ("encrypted already", id(json!(format!("{ID_NUMBER}{}", "A".repeat(300))))),
        ("in camel case", more("certificateName", json!(LATIN_NAME))),
        ("in capitals", more("CERTIFICATE_ID", json!(ID_NUMBER_WRONG))),
        ("with a dash", more("certificate-id", json!(number))),
        ("misspelt", more("certificate_ids", json!([ID_NUMBER_WRONG]))),
        ("within another", more("payer", json!({ "certificate_id": ID_NUMBER, "certificate_name": [NAME] }))),
        ("within a list", more("payers", json!([{ "certificate_name": NAME }]))),
        ("with a prefix", more("payer_certificate_name", json!(NAME))),
        ("no order", without("out_trade_no")),
        ("no kind", without("certificate_type")),
        ("another kind", more("certificate_type", json!("PASSPORT"))),
        ("not a map", json!([identity()])),
        ("a map within", json!({ "fields": identity() })),
    ];
    for (id, fields) in &fields {
        cases.push(case(format!("{kind}: {id}"), kind, "verify_identity", fields.clone()));
    }
    for operation in ["declare", "modify", "query", "redeclare", "certificates"] {
        cases.push(case(format!("{kind}: {operation} with an identity"), kind, operation, identity()));
    }
    let mut oaep = case(format!("{kind}: OAEP"), kind, "verify_identity", name(json!(NAME.repeat(19))));
    oaep["options"]["field_encryption"] = json!("oaep");
    cases.push(oaep);
    let mut lenient = case(format!("{kind}: lenient"), kind, "verify_identity", id(json!(ID_NUMBER_WRONG)));
    lenient["rules"] = json!({ "identity_check_digit": "off" });
    lenient["options"]["rules"] = lenient["rules"].clone();
    cases.push(lenient);
    let swapped = identity().to_string();
    cases.push(case(format!("{kind}: fields as operation"), kind, &swapped, json!("verify_identity")));
}

/// Requests that are still JSON text.
fn texts(cases: &mut Vec<Value>) {
    let sound = identity().to_string();
    let escaped = escaped(&sound);
    let texts = [
        ("sound", sound.clone()),
        ("escaped", escaped),
        (
            "twice",
            sound.replacen(
                '{',
                &format!("{{\"certificate_name\":\"{LATIN_NAME}\",\"certificate_id\":[{ID_NUMBER}],"),
                1,
            ),
        ),
        ("cut off", sound[..sound.len() - 5].to_owned()),
        ("a list", format!("[{sound}]")),
        ("a text", format!("{NAME} {ID_NUMBER}")),
        ("a JSON text", json!(NAME).to_string()),
    ];
    for kind in ["check", "prepare", "call"] {
        for (id, text) in &texts {
            cases.push(case(format!("{kind}: JSON text: {id}"), kind, "verify_identity", json!(text)));
        }
    }
}

/// What a service may answer that quotes what it refuses.
fn quoting() -> Vec<(&'static str, Value)> {
    let refused =
        |message: String, detail: Value| json!({ "code": "PARAM_ERROR", "message": message, "detail": detail });
    let inner = json!({ "certificate_id": ID_NUMBER, "certificate_name": NAME }).to_string();
    let escaped = NAME.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<String>();
    let number: u64 = ID_NUMBER.parse().expect("digits");
    vec![
        ("message", refused(format!("{NAME} ({ID_NUMBER})is not who paid"), json!(null))),
        ("message with escapes", refused(format!("the name {escaped} is wrong"), json!(null))),
        ("message with JSON", refused(inner.clone(), json!(inner))),
        (
            "value",
            refused("see detail".into(), json!({ "field": "/certificate_id", "value": ID_NUMBER, "issue": "no" })),
        ),
        ("value of a number", refused(String::new(), json!({ "field": "certificate_id", "value": number }))),
        ("value of another field", refused(String::new(), json!({ "field": "/body", "value": inner, "issue": NAME }))),
        (
            "values",
            refused(String::new(), json!([{ "field": "/certificate_name", "value": [NAME] }, [[NAME], number]])),
        ),
        ("names of members", refused(String::new(), json!({ "persons": { NAME: { ID_NUMBER: true } } }))),
        ("a text for detail", refused(String::new(), json!(format!("a{NAME}b{ID_NUMBER}c")))),
        (
            "signed message",
            json!({
                "code": "SIGN_ERROR", "message": format!("sign of {NAME}"),
                "detail": { "sign_information": { "truncated_sign_message": format!("POST\n/x\n1\nn\n{inner}\n") } },
            }),
        ),
        ("code", json!({ "code": format!("REFUSED_{NAME}"), "message": ID_NUMBER })),
        ("return_code", json!({ "return_code": ID_NUMBER, "message": "" })),
        ("no code", json!({ "error": NAME, "certificate_id": ID_NUMBER })),
        ("nothing but", json!(NAME)),
    ]
}

fn refusals(cases: &mut Vec<Value>) {
    let headers = json!({ "Content-Type": "application/json", "Request-ID": "08F78BB5AF0610D302189F8BDC5720E8" });
    for (id, body) in quoting() {
        for status in [200, 302, 400, 404, 503] {
            let mut case = case(format!("parse: {status}: {id}"), "parse", "verify_identity", json!(null));
            case["request"] = identity();
            case["response"] = json!({ "status": status, "headers": headers, "body": body.to_string() });
            cases.push(case);
        }
    }
    for (id, body) in [
        ("HTML", format!("<html><body>{NAME} {ID_NUMBER}</body></html>")),
        ("broken JSON", format!("{{\"code\":\"{NAME}\",")),
        ("text", format!("{NAME} {ID_NUMBER}")),
    ] {
        for status in [200, 400, 502] {
            let mut case = case(format!("parse: {status}: {id}"), "parse", "verify_identity", json!(null));
            case["response"] = json!({ "status": status, "headers": headers, "body": body });
            cases.push(case);
        }
    }
    // The request is not known, but the field is named.
    for field in ["certificate_id", "/certificate_name", "/body/certificate_name"] {
        for detail in [
            json!({ "field": field, "value": NAME }),
            json!({ "errors": [{ "field": field, "value": { "is": ID_NUMBER } }] }),
        ] {
            let mut case = case(format!("parse: {field}: {detail}"), "parse", "verify_identity", json!(null));
            let body = json!({ "code": "PARAM_ERROR", "message": "no", "detail": detail });
            case["response"] = json!({ "status": 400, "headers": headers, "body": body.to_string() });
            cases.push(case);
        }
    }
    let mut lower = case("parse: an x that was sent as X", "parse", "verify_identity", json!(null));
    lower["request"] = with(identity(), json!({ "certificate_id": ID_NUMBER_X }));
    let body = json!({ "code": "PARAM_ERROR", "message": format!("no: {}", ID_NUMBER_X.to_uppercase()) });
    lower["response"] = json!({ "status": 400, "headers": headers, "body": body.to_string() });
    cases.push(lower);
}

/// Messages of which it is asked why they do not verify. A person's data is known there by its name only.
fn explained(cases: &mut Vec<Value>) {
    let sound = identity().to_string();
    let pretty = serde_json::to_string_pretty(&identity()).expect("JSON");
    let number = with(identity(), json!({ "certificate_id": ID_NUMBER.parse::<u64>().expect("digits") })).to_string();
    let list = json!({ "certificate_name": [NAME, { "x": LATIN_NAME }] }).to_string();
    for (id, body) in [
        ("sound", sound.clone()),
        ("escaped", escaped(&sound)),
        ("pretty", pretty),
        ("number", number),
        ("list", list),
        ("cut off", sound[..sound.find(NAME).expect("a name") + 6].to_owned()),
        ("within another", json!({ "a": [identity()] }).to_string()),
    ] {
        let request =
            json!({ "method": "POST", "url": "http://127.0.0.1/v3/global/customs/verify-certificate", "body": body });
        let mut case = case(format!("explain: request: {id}"), "explain", "verify_identity", json!(null));
        case["given"] = request.clone();
        cases.push(case.clone());
        case["id"] = json!(format!("explain: response: {id}"));
        case["given"] =
            json!({ "status": 401, "headers": { "Wechatpay-Timestamp": "1", "Wechatpay-Nonce": "n" }, "body": body });
        case["request"] = request;
        cases.push(case);
    }
}

/// JSON text in ASCII.
fn escaped(text: &str) -> String {
    let escape = |unit: u16| match char::from_u32(unit.into()) {
        Some(character) if character.is_ascii() => character.to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    text.encode_utf16().map(escape).collect()
}

/// Calls that the sandbox answers as it is told.
async fn faults(sandbox: &Sandbox, cases: &mut Vec<Value>) {
    let mut faults = vec![
        ("wrong signature", json!({ "fault": "wrong_signature" })),
        ("stale", json!({ "fault": "stale_clock" })),
        ("unknown serial", json!({ "fault": "unknown_serial" })),
        ("HTML", json!({ "fault": "html" })),
        ("truncated", json!({ "fault": "truncated_body" })),
        ("5xx", json!({ "fault": "server_error" })),
        ("429", json!({ "fault": "rate_limited" })),
        ("dropped before", json!({ "fault": "drop_before" })),
        ("dropped after", json!({ "fault": "drop_after" })),
        ("slow", json!({ "fault": "slow", "ms": 700 })),
    ];
    for (id, body) in quoting() {
        // The sandbox logs codes.
        if let (Some(code @ ("PARAM_ERROR" | "SIGN_ERROR")), Some(message)) =
            (body["code"].as_str(), body["message"].as_str())
        {
            let detail = &body["detail"];
            let status = if code == "SIGN_ERROR" { 401 } else { 400 };
            let fault =
                json!({ "fault": "error", "status": status, "code": code, "message": message, "detail": detail });
            faults.push((id, fault));
        }
    }
    let control = sandbox.ready()["control_url"].as_str().expect("a URL");
    let http = reqwest::Client::new();
    for (number, (id, fault)) in faults.into_iter().enumerate() {
        let order = format!("redaction-fault-{number}");
        let fault = with(fault, json!({ "order": order, "times": 1000 }));
        let answer = http.post(format!("{control}/faults")).body(fault.to_string()).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{id}: {}", answer.status());
        let fields = with(identity(), json!({ "out_trade_no": order }));
        let mut case = case(format!("call: {id}"), "call", "verify_identity", fields);
        if id == "slow" {
            case["options"]["timeout"] = json!(0.2);
        }
        cases.push(case);
    }
    let mut closed = case("call: closed port", "call", "verify_identity", identity());
    closed["options"]["base_urls"] = json!(["http://127.0.0.1:1"]);
    cases.push(closed);
}
