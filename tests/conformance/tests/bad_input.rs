//! Bad input ends in one typed error, the same on every surface.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::{Value, json};
use wechatpay_customs_conformance::{differences, drivers, vectors, with_each};

/// A server that misbehaves in the way that the first part of the path names.
fn misbehaving() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drop(misbehave(stream)));
        }
    });
    url
}

fn misbehave(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = String::new();
    let mut chunk = [0; 4096];
    while !whole(&request) {
        let length = stream.read(&mut chunk)?;
        request.push_str(&String::from_utf8_lossy(&chunk[..length]));
    }
    let way = request.split(['/', ' ']).find(|part| !part.is_empty() && *part != "POST").unwrap_or_default();
    let answer = |stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]| -> std::io::Result<()> {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)
    };
    let html = b"<html><body>Welcome to the hotel's wireless network</body></html>";
    match way {
        "html" => answer(&mut stream, "200 OK", "Content-Type: text/html\r\n", html),
        "html-404" => answer(&mut stream, "404 Not Found", "Content-Type: text/html\r\n", html),
        "html-502" => answer(&mut stream, "502 Bad Gateway", "Content-Type: text/html\r\n", html),
        "empty" => answer(&mut stream, "200 OK", "", b""),
        "empty-500" => answer(&mut stream, "500 Internal Server Error", "", b""),
        "huge" => answer(&mut stream, "200 OK", "", &vec![b' '; 10 * 1024 * 1024]),
        "redirect" => answer(&mut stream, "302 Found", "Location: http://127.0.0.1:1/\r\n", b""),
        "json" => answer(&mut stream, "200 OK", "", br#"{"state":"SUCCESS"}"#),
        // Until the caller hangs up.
        "hang" => stream.read_to_end(&mut Vec::new()).map(drop),
        "cut" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        _ => Ok(()),
    }
}

/// Has a request come with its whole body? (All bodies here are ASCII.)
fn whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// What is done wrong, and the error that it must end in.
fn cases() -> Vec<(&'static str, Value, Value)> {
    let url = misbehaving();
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let at = |way: &str| json!({ "base_urls": [format!("{url}/{way}")] });
    let key = |text: Value| json!({ "private_key": text });
    let applied =
        |kind: &str, code: &str, applied: bool| json!({ "kind": kind, "code": code, "may_have_been_applied": applied });
    let error = |kind: &str, code: &str| applied(kind, code, false);
    let fields = |fields: Value| json!({ "fields": fields });
    let mut cases = vec![
        ("key-not-pem", key(json!("secret words")), error("key", "PRIVATE_KEY_INVALID")),
        (
            "key-cut-short",
            key(json!("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----")),
            error("key", "PRIVATE_KEY_INVALID"),
        ),
        ("key-of-wrong-type", key(json!(7)), error("input", "INVALID_OPTION")),
        ("platform-key-broken", json!({ "platform_keys": { "7F": "rubbish" } }), error("key", "PLATFORM_KEY_INVALID")),
        ("platform-keys-none", json!({ "platform_keys": {} }), error("key", "PLATFORM_KEYS_MISSING")),
        ("option-misspelt", json!({ "serial_number": "7F" }), error("input", "INVALID_OPTION")),
        ("timeout-negative", json!({ "timeout": -1 }), error("input", "INVALID_OPTION")),
        ("timeout-below-a-millisecond", json!({ "timeout": 0.0004 }), error("input", "INVALID_OPTION")),
        ("deadline-below-a-millisecond", json!({ "deadline": 0.0004 }), error("input", "INVALID_OPTION")),
        ("timeout-zero", json!({ "timeout": 0 }), error("input", "INVALID_OPTION")),
        ("timeout-text", json!({ "timeout": "soon" }), error("input", "INVALID_OPTION")),
        ("closed-port", json!({ "base_urls": [format!("http://{closed}")] }), error("transport", "CONNECT_FAILED")),
        ("html", at("html"), applied("signature", "SIGNATURE_MISSING", true)),
        ("html-404", at("html-404"), applied("response", "BODY_NOT_JSON", true)),
        ("html-502", at("html-502"), applied("response", "BODY_NOT_JSON", true)),
        ("empty", at("empty"), applied("signature", "SIGNATURE_MISSING", true)),
        ("empty-500", at("empty-500"), applied("response", "BODY_NOT_JSON", true)),
        ("huge", at("huge"), applied("response", "BODY_TOO_LARGE", true)),
        ("redirect", at("redirect"), applied("response", "REDIRECT_REFUSED", true)),
        ("unsigned-json", at("json"), applied("signature", "SIGNATURE_MISSING", true)),
        ("body-cut", at("cut"), applied("transport", "BODY_FAILED", true)),
        ("dropped", at("dropped"), applied("transport", "CONNECTION_RESET", true)),
    ];
    let mut hang = at("hang");
    hang["timeout"] = json!(0.7);
    cases.push(("timeout", hang, applied("transport", "TIMEOUT", true)));
    let mut shortest = at("hang");
    shortest["timeout"] = json!(0.001);
    // A connection may take longer already, and then it is known that nothing was sent.
    cases.push(("timeout-of-a-millisecond", shortest, json!({ "kind": "transport", "code": "TIMEOUT" })));
    let mut longer = at("hang");
    longer["deadline"] = json!(0.7);
    longer["timeout"] = json!(60);
    cases.push(("timeout-longer-than-the-deadline", longer, applied("transport", "DEADLINE_EXCEEDED", true)));
    let mut deadline = at("hang");
    deadline["deadline"] = json!(0.7);
    cases.push(("deadline", deadline, applied("transport", "DEADLINE_EXCEEDED", true)));
    for (name, wrong) in [
        ("fields-null", json!(null)),
        ("fields-list", json!([1, 2])),
        ("fields-text", json!("out_trade_no=1")),
        ("fields-empty", json!({})),
        (
            "fields-of-wrong-types",
            json!({ "out_trade_no": 1, "transaction_id": [], "customs": {}, "merchant_customs_no": true }),
        ),
    ] {
        cases.push((name, fields(wrong), error("input", "INVALID_FIELDS")));
    }
    cases
}

/// Where and of what `fetch` does not tell why it failed, so that the request may have been carried out.
const FETCH_SAYS_NOTHING: [(&str, &str); 3] = [
    ("wasm on Deno", "CONNECTION_RESET"),
    ("wasm on workerd", "CONNECT_FAILED"),
    ("wasm on workerd", "CONNECTION_RESET"),
];

#[test]
fn bad_input_ends_in_one_typed_error() {
    let base = vectors().into_iter().find(|vector| vector["id"] == "declare-unsplit").expect("a vector to start from");
    let cases = cases();
    let calls: Vec<Value> = cases
        .iter()
        .map(|(id, change, _)| {
            let mut call = base.clone();
            call["id"] = json!(id);
            call["kind"] = json!("call");
            // What ends a test that hangs; a busy machine is no reason.
            call["options"]["timeout"] = json!(600);
            call["options"]["deadline"] = json!(600);
            // `network.rs` tests what follows.
            call["options"]["max_retries"] = json!(0);
            for (name, value) in change.as_object().expect("a change is a map") {
                match name.as_str() {
                    "fields" => call["fields"] = value.clone(),
                    name => call["options"][name] = value.clone(),
                }
            }
            call
        })
        .collect();
    let classes = [
        ("input", "InputError"),
        ("key", "KeyMaterialError"),
        ("signature", "SignatureError"),
        ("transport", "TransportError"),
        ("response", "ResponseError"),
    ];
    let drivers = drivers(env!("CARGO_BIN_EXE_driver"));
    let failures = with_each(&drivers, |driver| {
        // What a page sends to another origin comes back as one error, whatever it is.
        if driver.browser {
            return Vec::new();
        }
        let mut reports = driver.run(&calls).unwrap_or_else(|error| panic!("{error}"));
        for name in ["timeout", "deadline"] {
            // On a busy machine it may be over before the request was sent: then again with more.
            let mut call = calls.iter().find(|call| call["id"] == name).expect("a case").clone();
            let mut seconds = 0.7;
            while reports[name]["error"]["may_have_been_applied"] == json!(false) && seconds < 600.0 {
                seconds *= 4.0;
                call["options"][name] = json!(seconds);
                reports.extend(driver.run(std::slice::from_ref(&call)).unwrap_or_else(|error| panic!("{error}")));
            }
        }
        let mut failures = Vec::new();
        for (id, _, expected) in &cases {
            let report = &reports[*id];
            let mut expected = json!({ "error": expected });
            let code = expected["error"]["code"].as_str().unwrap_or_default();
            if FETCH_SAYS_NOTHING.contains(&(&*driver.name, code)) {
                expected = json!({ "error": {
                    "kind": "transport", "code": "TRANSPORT_FAILED", "may_have_been_applied": true,
                } });
            }
            if !driver.name.starts_with("rust") {
                let class = classes.iter().find(|(kind, _)| expected["error"]["kind"] == *kind).expect("a class").1;
                expected["error"]["class"] = json!(class);
            }
            failures.extend(
                differences(&expected, report).iter().map(|why| format!("{}: {id}: {why}: {report}", driver.name)),
            );
            let message = report["error"]["message"].as_str().unwrap_or_default();
            if message.is_empty() || message.contains("MIIE") || message.contains("secret words") {
                failures.push(format!("{}: {id}: the message says nothing, or too much: {message:?}", driver.name));
            }
        }
        failures
    })
    .concat();
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}
