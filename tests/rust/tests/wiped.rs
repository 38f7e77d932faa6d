//! Secrets and a person's data are wiped before their memory is given back: an allocator looks into every block that is.
//!
//! It sees Rust's own memory. What parsers of other crates copy while they read (serde_json of a text with escapes, PKCS#12)
//! and what a host language holds is not ours to wipe.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, RefCell},
    sync::Arc,
};

use serde_json::{Value, json};
use wechatpay_customs::{
    Operation, Options,
    api::verify_identity,
    check::check,
    encryption::Padding,
    engine::{Account, Action, Call, Engine, Event, Failure, Now, Sent, SignedBy},
    host,
    keys::PrivateKey,
    model::Personal,
    options::{CallOptions, Convention, KeyMaterial, Secret},
    request::Checked,
};

/// Made up, and of ASCII letters only, as that is what is searched for byte by byte.
const NAME: &str = "Zebulon Quixwood the Sentinel";
const ID_NUMBER: &str = "990000180002300075";
const PASSWORD: &str = "sesame-open-4711";
const API_V3_KEY: &str = "SentinelApiV3KeyOfAnotherShop042";
const KEY: &str = include_str!("../../vectors/keys/merchant.key.pem");

thread_local! {
    /// How many blocks were given back with a secret in them; nothing while nobody looks.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    /// What is looked for.
    static WANTED: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

struct Looking;

#[global_allocator]
static ALLOCATOR: Looking = Looking;

// SAFETY: all is left to the system's allocator; a block is only read, and before it is given back.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that what is read below was written.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let look = || {
            let left = LEFT.get()?;
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            let holds = |wanted: &Vec<u8>| bytes.windows(wanted.len()).any(|window| window == wanted);
            let found = WANTED.with_borrow(|wanted| wanted.iter().any(holds));
            LEFT.set(Some(left + usize::from(found)));
            Some(())
        };
        look();
        unsafe { System.dealloc(block, layout) }
    }
}

/// How many blocks are given back with a secret in them while something is done.
fn left_by<T>(action: impl FnOnce() -> T) -> usize {
    // The middle of the key's text and of its bytes.
    let line = KEY.lines().nth(15).expect("a line of the key");
    let texts = [NAME, ID_NUMBER, PASSWORD, API_V3_KEY, &line[16..48]].map(|text| text.as_bytes().to_vec());
    let key = {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        BASE64_STANDARD.decode(line).expect("Base64")[8..32].to_vec()
    };
    WANTED.set(texts.into_iter().chain([key]).collect());
    LEFT.set(Some(0));
    drop(action());
    LEFT.take().expect("still looking")
}

fn options() -> Value {
    let text = std::fs::read_to_string(wechatpay_customs_tests::root().join("tests/vectors/options.json"));
    let mut options: Value = serde_json::from_str(&text.expect("options")).expect("JSON");
    options["private_key"] = json!(KEY);
    options["api_v3_key"] = json!(API_V3_KEY);
    options
}

fn account() -> Arc<Account> {
    let options = Options::from_value(options(), Convention::Python).expect("options");
    Arc::new(Account::new(options, SignedBy::Core).expect("keys"))
}

fn identity() -> Value {
    json!({
        "out_trade_no": "1", "transaction_id": "4200000000202611220000000001", "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "IC2N000001", "certificate_type": "IDCARD", "certificate_id": ID_NUMBER,
        "certificate_name": NAME,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut fields = identity();
    fields[name] = value;
    fields
}

const NOW: Now = Now { unix_ms: 1_767_225_600_000, mono_ms: 0 };

#[test]
fn the_search_finds_what_is_not_wiped() {
    assert_eq!(left_by(|| NAME.to_owned()), 1);
    assert_eq!(left_by(identity), 2);
    assert_eq!(left_by(|| KEY.as_bytes().to_vec()), 1);
    assert_eq!(left_by(|| vec!["***"; 100]), 0);
    assert_eq!(left_by(|| [NAME.to_owned(), API_V3_KEY.to_owned(), PASSWORD.to_owned()]), 3);
}

#[test]
fn what_holds_a_secret_wipes_it() {
    assert_eq!(left_by(|| KeyMaterial::from(KEY)), 0);
    assert_eq!(left_by(|| [Secret::from(PASSWORD), Secret::from(API_V3_KEY)]), 0);
    assert_eq!(left_by(|| Personal::from(NAME)), 0);
    let request: verify_identity::Request = serde_json::from_value(identity()).expect("a request");
    assert_eq!(left_by(|| request.clone()), 0);
}

#[test]
fn options_are_wiped_whether_they_are_right_or_not() {
    let changed = |name: &str, value: Value| {
        let mut options = options();
        options[name] = value;
        options
    };
    let bytes: Vec<Value> = KEY.bytes().map(Value::from).collect();
    for (given, right) in [
        (options(), true),
        (changed("private_key_password", json!(PASSWORD)), true),
        (changed("private_key", json!(KEY.replace('\n', "\\n"))), true),
        (changed("private_key", json!(bytes)), true),
        (changed("a_first_unknown_option", json!(1)), false),
        (changed("zz_last_unknown_option", json!(PASSWORD)), false),
        (changed("private_key", json!([KEY])), false),
        (changed("private_key", json!({ "pem": KEY })), false),
        (changed("private_key_password", json!([PASSWORD])), false),
        (json!([options()]), false),
    ] {
        let mut made = None;
        assert_eq!(left_by(|| made = Some(Options::from_value(given, Convention::Python))), 0);
        let made = made.expect("it was called");
        assert_eq!(made.is_ok(), right, "{made:?}");
        // And what is made of them.
        if let Ok(options) = made {
            assert_eq!(left_by(|| Account::new(options, SignedBy::Core).expect("keys")), 0);
        }
    }
}

#[test]
fn keys_in_every_spelling_are_wiped() {
    let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [
        KEY.to_owned(),
        KEY.replace('\n', "\\n"),
        KEY.replace('\n', "\\r\\n"),
        format!("\"{KEY}\""),
        body,
        KEY.replace("END PRIVATE", "END"),
        KEY[..1500].to_owned(),
    ] {
        let material = KeyMaterial::from(text);
        let mut right = false;
        assert_eq!(left_by(|| right = PrivateKey::read(&material, None, None).is_ok()), 0);
    }
}

/// Requests that end at every point: refused, cancelled, failed, answered.
#[test]
fn a_persons_data_is_wiped_wherever_a_call_ends() {
    let account = account();
    let refused = [
        identity(),
        with("certificate_id", json!([ID_NUMBER])),
        with("certificate_name", json!({ "first": NAME })),
        with("certificate_name", json!(NAME.repeat(20))),
        with("out_trade_no", json!(1)),
        with("payer", json!({ "certificate_name": [NAME] })),
        json!([identity()]),
        json!(NAME),
    ];
    for fields in &refused {
        for operation in ["verify_identity", "declare", "no_such_operation"] {
            for kind in ["operation", "prepare", "parse", "no_such_call"] {
                for wrong in [json!(null), json!("soon")] {
                    let call = json!({
                        "call": kind, "operation": operation, "fields": fields, "request": fields, "timestamp": wrong,
                        "now": wrong, "response": { "status": 404, "headers": [], "body": "{}" },
                    });
                    let run = || {
                        let mut engine =
                            host::engine(Arc::clone(&account), call, json!({}), Convention::Python, [7; 32]).ok()?;
                        Some(matches!(engine.step(Event::Start, NOW).action, Action::Done { .. }))
                    };
                    assert_eq!(left_by(run), 0, "{kind}: {operation}");
                }
            }
        }
        let arguments = json!({ "operation": "verify_identity", "fields": fields });
        assert_eq!(
            left_by(|| host::call("check", arguments, Some(&account), Convention::Python).expect("findings")),
            0
        );
        let fields = fields.clone();
        assert_eq!(left_by(|| check(Operation::VerifyIdentity, &fields, &Default::default())), 0);
        let padding = || Padding::Seed([7; 32]);
        let build = || {
            Checked::new(account.merchant(), Operation::VerifyIdentity, fields).build(
                account.merchant(),
                &account.platform_keys(),
                1_767_225_600,
                "n".into(),
                padding(),
            )
        };
        assert_eq!(left_by(build), 0);
    }
    let signed = || Event::Signed { signature: vec![1; 256] };
    let answer = |status| Event::Response { status, headers: Vec::new(), body: b"{}".to_vec(), truncated: false };
    for events in [
        vec![],
        vec![Event::Start],
        vec![Event::Start, Event::Cancel],
        vec![Event::Start, Event::HostFailed],
        vec![Event::Start, signed()],
        vec![Event::Start, signed(), Event::Cancel],
        vec![Event::Start, signed(), Event::Woke],
        vec![Event::Start, signed(), Event::Failed { sent: Sent::Unknown, cause: Failure::Timeout }],
        vec![Event::Start, signed(), answer(200)],
        vec![Event::Start, signed(), answer(404)],
    ] {
        let call = Call::Operation { operation: Operation::VerifyIdentity, fields: identity() };
        let account = Arc::clone(&account);
        let run = || {
            let mut engine = Engine::new(call, account, CallOptions::default(), [7; 32]);
            events.into_iter().for_each(|event| drop(engine.step(event, NOW)));
        };
        assert_eq!(left_by(run), 0);
    }
}
