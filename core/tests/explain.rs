//! What `explain` finds out, with real keys and messages that were signed wrongly on purpose.

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation, Options,
    crypto::signer,
    encryption::Padding,
    engine::{Account, Action, Call, Engine, Event, Now, Outcome, SignedBy},
    explain::{CAUSES, Message, REQUEST_CHECKS, RESPONSE_CHECKS, explain_value},
    host,
    keys::PrivateKey,
    options::{CallOptions, Convention, Crypto},
    request::Checked,
};

const NOW: i64 = 1_767_225_600;
const NONCE: &str = "Q7xTn0Bf4KzW9mRd2LhV6yGs8JcP3eAu";
const ORDERS: &str = "/v3/global/customs/orders";
const BODY: &str = r#"{"out_trade_no":"2015/08","customs":"SHANGHAI_ZS","appid":"海关"}"#;
const MERCHANT: &str = include_str!("../../tests/vectors/keys/merchant.key.pem");
const PLATFORM: &str = include_str!("../../tests/vectors/keys/platform.key.pem");
const PLATFORM_PUBLIC: &str = include_str!("../../tests/vectors/keys/platform_public.key.pem");
const OTHER: &str = include_str!("../../tests/vectors/keys/other.key.pem");
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0112345678901234567890123456789012";

fn options() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("options are JSON")
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut options = options();
    change(&mut options);
    options
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}

fn sign(key: &str, message: &[u8]) -> String {
    let key = PrivateKey::read(&key.into(), None, None).expect("a key");
    base64(&signer(key.pkcs8_der(), Crypto::Auto).expect("a signer").sign(message, &[7; 32]).expect("a signature"))
}

fn certificate_serial() -> String {
    let options = options();
    let keys = options["platform_keys"].as_object().expect("keys");
    keys.keys().find(|id| !id.starts_with("PUB_KEY_ID_")).expect("a certificate").clone()
}

/// A request that is sent so, but whose signature is over `message`.
fn request_over(method: &str, url: &str, body: &str, key: &str, message: &[u8]) -> Value {
    let serial_no = options()["serial_no"].clone();
    let authorization = format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"1230000109\",nonce_str=\"{NONCE}\",timestamp=\"{NOW}\",serial_no={serial_no},\
         signature=\"{}\"",
        sign(key, message)
    );
    json!({ "method": method, "url": url, "headers": { "Authorization": authorization }, "body": body })
}

fn message(method: &str, path: &str, body: &str) -> String {
    format!("{method}\n{path}\n{NOW}\n{NONCE}\n{body}\n")
}

fn url(path: &str) -> String {
    format!("https://apihk.mch.weixin.qq.com{path}")
}

/// A declaration that is right but for what was signed.
fn declared(signed: &str) -> Value {
    request_over("POST", &url(ORDERS), BODY, MERCHANT, signed.as_bytes())
}

fn response_over(serial: &str, body: &[u8], key: &str, message: &[u8]) -> Value {
    json!({
        "status": 200,
        "headers": [
            ["Wechatpay-Timestamp", NOW.to_string()], ["wechatpay-nonce", NONCE],
            ["Wechatpay-Signature", sign(key, message)], ["Wechatpay-Serial", serial],
        ],
        "body": body,
    })
}

fn answered(body: &[u8], signed: &[u8]) -> Value {
    let message = [format!("{NOW}\n{NONCE}\n").as_bytes(), signed, b"\n"].concat();
    response_over(&certificate_serial(), body, PLATFORM, &message)
}

fn explained_by(options: Value, given: Value, request: Value, now: Option<i64>) -> Value {
    json!(explain_value(given, options, request, now, Convention::Python).expect("an explanation"))
}

fn explained(given: Value) -> Value {
    explained_by(options(), given, Value::Null, Some(NOW))
}

fn causes(explanation: &Value) -> Vec<&str> {
    let causes = explanation["causes"].as_array().expect("causes");
    for cause in causes {
        let (name, issue) = (cause["cause"].as_str().expect("a name"), cause["issue"].as_str().expect("an issue"));
        assert!(
            CAUSES.contains(&name)
                && !issue.is_empty()
                && cause["remedy"].as_str().is_some_and(|text| !text.is_empty())
        );
    }
    causes.iter().filter_map(|cause| cause["cause"].as_str()).collect()
}

fn oks(explanation: &Value) -> Vec<Option<bool>> {
    explanation["checks"].as_array().expect("checks").iter().map(|check| check["ok"].as_bool()).collect()
}

/// The failed check and the one cause.
fn assert_fails(explanation: &Value, check: &str, cause: &str) {
    assert_eq!((explanation["failed"].as_str(), causes(explanation)), (Some(check), vec![cause]), "{explanation:#}");
    let names = if explanation["of"] == "request" { REQUEST_CHECKS } else { RESPONSE_CHECKS };
    let checks = explanation["checks"].as_array().expect("checks");
    assert_eq!(checks.iter().filter_map(|check| check["check"].as_str()).collect::<Vec<_>>(), names);
    let failed = names.iter().position(|name| *name == check).expect("a check");
    assert_eq!(oks(explanation)[failed], Some(false));
    assert!(!oks(explanation)[..failed].contains(&Some(false)), "{explanation:#}");
    assert!(checks[failed]["issue"].is_string());
}

fn assert_right(explanation: &Value) {
    assert_eq!(oks(explanation), [Some(true); 6], "{explanation:#}");
    assert!(explanation["failed"].is_null() && causes(explanation).is_empty() && explanation["difference"].is_null());
}

#[test]
fn what_prepare_gives_is_right_and_shown_line_by_line() {
    let account = Account::new(Options::from_value(options(), Convention::Python).expect("options"), SignedBy::Core);
    let account = account.expect("keys");
    let fields = json!({ "order_type": "out_trade_no", "order_no": "a|b c", "customs": "SHANGHAI_ZS" });
    let unsigned = Checked::new(account.merchant(), Operation::Query, fields).build(
        account.merchant(),
        &account.platform_keys(),
        NOW,
        NONCE.into(),
        Padding::Given(vec![]),
    );
    let unsigned = unsigned.expect("a request");
    let signature = account.signer().expect("a signer").expect("a key").sign(&unsigned.message(), &[7; 32]);
    let message = unsigned.message();
    let signed =
        unsigned.attach(account.merchant().base_urls().next().expect("a URL"), &signature.expect("a signature"));
    let explanation = account.explain(&Message::Request(signed.into()), Some(NOW));
    assert_right(&json!(explanation));
    assert_eq!(explanation.length, Some(message.len()));
    let lines: Vec<_> = explanation.lines.iter().map(|line| (line.name, &message[line.start..line.end])).collect();
    assert_eq!(lines[0], ("method", &b"GET\n"[..]));
    assert_eq!(lines[4], ("body", &b"\n"[..]));
    assert_eq!(lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().concat(), message);
    assert!(explanation.lines[1].text.contains("order_no=a%7Cb%20c&") && explanation.lines[1].text.ends_with("ZS\\n"));
}

#[test]
fn the_right_messages_are_right() {
    assert_right(&explained(declared(&message("POST", ORDERS, BODY))));
    assert_right(&explained(answered(BODY.as_bytes(), BODY.as_bytes())));
    let by_public_key = format!("{NOW}\n{NONCE}\n{BODY}\n");
    let given = response_over(PUBLIC_KEY_ID, BODY.as_bytes(), PLATFORM_PUBLIC, by_public_key.as_bytes());
    assert_right(&explained(given));
    // A reverse proxy's prefix is sent, but not signed.
    let proxied = with(|options| options["base_urls"] = json!(["https://proxy.example", "https://proxy.example/wx"]));
    let signed = message("POST", ORDERS, BODY);
    let given = request_over("POST", &format!("https://proxy.example/wx{ORDERS}"), BODY, MERCHANT, signed.as_bytes());
    assert_right(&explained_by(proxied, given, Value::Null, Some(NOW)));
}

#[test]
fn a_request_s_header_is_looked_at_first() {
    let right = declared(&message("POST", ORDERS, BODY));
    let header = right["headers"]["Authorization"].as_str().expect("a header");
    let given = |headers: Value| {
        let mut given = right.clone();
        given["headers"] = headers;
        explained(given)
    };
    let missing = given(json!({}));
    assert_fails(&missing, "authorization", "missing_authorization");
    assert_eq!((&missing["lines"], &missing["length"]), (&json!([]), &Value::Null));
    let twice = given(json!([["Authorization", header], ["authorization", header]]));
    assert_fails(&twice, "authorization", "malformed_authorization");
    for (from, to) in [
        ("WECHATPAY2-SHA256-RSA2048", "WECHATPAY2-SM2-WITH-SM3"),
        (",timestamp", ", timestamp"),
        ("mchid=\"1230000109\",", ""),
        ("mchid=\"1230000109\"", "mchid=1230000109"),
        ("mchid=", "mch_id="),
        ("mchid=\"1230000109\",", "mchid=\"1230000109\",mchid=\"1230000109\","),
        ("timestamp=\"", "timestamp=\"+"),
        (NONCE, "not-alphanumeric"),
        ("signature=\"", "signature=\"-"),
    ] {
        let changed = given(json!({ "Authorization": header.replacen(from, to, 1) }));
        assert_fails(&changed, "authorization", "malformed_authorization");
        assert_eq!(changed["lines"].as_array().map(Vec::len), Some(5), "what is known is shown: {from}");
    }
    for (from, to, cause) in
        [("1230000109", "1230000110", "wrong_mchid"), ("serial_no=\"4", "serial_no=\"5", "wrong_serial")]
    {
        assert_fails(&given(json!({ "Authorization": header.replacen(from, to, 1) })), "identity", cause);
    }
    let both = header.replacen("1230000109", "x", 1).replacen("serial_no=\"4", "serial_no=\"5", 1);
    assert_eq!(causes(&given(json!({ "Authorization": both }))), ["wrong_mchid", "wrong_serial"]);
}

#[test]
fn clocks_may_differ_by_less_than_five_minutes() {
    for (given, failed) in
        [(declared(&message("POST", ORDERS, BODY)), "clock"), (answered(BODY.as_bytes(), BODY.as_bytes()), "clock")]
    {
        for now in [NOW - 299, NOW + 299] {
            assert_right(&explained_by(options(), given.clone(), Value::Null, Some(now)));
        }
        for now in [NOW - 300, NOW + 300, i64::MIN, i64::MAX] {
            assert_fails(&explained_by(options(), given.clone(), Value::Null, Some(now)), failed, "clock");
        }
        let timeless = explained_by(options(), given, Value::Null, None);
        assert_eq!(oks(&timeless).iter().filter(|ok| ok.is_none()).count(), 1);
        assert!(timeless["failed"].is_null());
    }
}

#[test]
fn a_wrong_key_is_told_from_wrong_bytes() {
    let signed = message("POST", ORDERS, BODY);
    let other = request_over("POST", &url(ORDERS), BODY, OTHER, signed.as_bytes());
    assert_fails(&explained(other), "key", "wrong_key");
    let wrong = explained(declared("nothing of the kind"));
    assert_fails(&wrong, "bytes", "changed_bytes");
    let keyless = with(|options| drop(options.as_object_mut().map(|options| options.remove("private_key"))));
    let explanation = explained_by(keyless, declared("nothing of the kind"), Value::Null, Some(NOW));
    assert_eq!(oks(&explanation), [Some(true), Some(true), Some(true), Some(true), None, None]);
    assert!(causes(&explanation).is_empty());
    let mut urlless = declared(&signed);
    urlless["url"] = Value::Null;
    let urlless = explained(urlless);
    assert_eq!(oks(&urlless), [Some(true), Some(true), Some(true), None, Some(true), None]);
    assert_eq!((&urlless["lines"], &urlless["failed"]), (&json!([]), &Value::Null));
    let nothing = explained_by(json!({}), declared("nothing of the kind"), Value::Null, Some(NOW));
    assert_eq!(oks(&nothing), [Some(true), None, Some(true), Some(true), None, None]);
}

#[test]
fn what_was_signed_instead_is_found() {
    let right = message("POST", ORDERS, BODY);
    let with_body = |body: &str| message("POST", ORDERS, body);
    let spaced = r#"{"out_trade_no": "2015/08", "customs": "SHANGHAI_ZS", "appid": "海关"}"#;
    for (signed, cause) in [
        (message("POST", &url(ORDERS), BODY), "full_url"),
        (message("POST", "/customs/orders", BODY), "path_prefix"),
        (message("POST", "/global/v3/customs/orders", BODY), "path_prefix"),
        (right.replace('\n', "\r\n"), "line_ends"),
        (right.replace('\n', "\\n"), "line_ends"),
        (right.trim_end().to_owned(), "line_ends"),
        (with_body(&format!("{BODY}\n")), "line_ends"),
        (with_body(spaced), "reserialised_body"),
        (with_body(&spaced.replace("海关", "\\u6d77\\u5173")), "reserialised_body"),
        (with_body(&BODY.replace('/', "\\/").replace("海关", "\\u6d77\\u5173")), "reserialised_body"),
        (
            with_body("{\"appid\": \"海关\", \"customs\": \"SHANGHAI_ZS\", \"out_trade_no\": \"2015/08\"}"),
            "reserialised_body",
        ),
        (
            with_body("{\n  \"out_trade_no\": \"2015/08\",\n  \"customs\": \"SHANGHAI_ZS\",\n  \"appid\": \"海关\"\n}"),
            "reserialised_body",
        ),
        (
            with_body(
                "{\n    \"out_trade_no\": \"2015/08\",\n    \"customs\": \"SHANGHAI_ZS\",\n    \"appid\": \"海关\"\n}",
            ),
            "reserialised_body",
        ),
        (with_body(""), "changed_body"),
        (message("PATCH", ORDERS, BODY), "changed_bytes"),
    ] {
        assert_fails(&explained(declared(&signed)), "bytes", cause);
    }
    // The body as it was written, sent in another form: indented, with line ends of its own.
    let indented =
        "{\r\n  \"a\": [ ],\r\n  \"b\": {\"c\": 1.5, \"d\": null, \"b\": true, \"b\": [-1, \"\\ud83d\\ude00\"]}\r\n}";
    for (signed, cause) in [
        (indented.replace("\r\n", "\n"), "line_ends"),
        (r#"{"a":[],"b":{"c":1.5,"d":null,"b":true,"b":[-1,"😀"]}}"#.to_owned(), "reserialised_body"),
        (r#"{"a": [], "b": {"b": true, "b": [-1, "\ud83d\ude00"], "c": 1.5, "d": null}}"#.to_owned(), "reserialised_body"),
        ("{\n  \"a\": [],\n  \"b\": {\n    \"c\": 1.5,\n    \"d\": null,\n    \"b\": true,\n    \"b\": [\n      -1,\n      \"😀\"\n    ]\n  }\n}".to_owned(), "reserialised_body"),
    ] {
        let given = request_over("POST", &url(ORDERS), indented, MERCHANT, with_body(&signed).as_bytes());
        assert_fails(&explained(given), "bytes", cause);
    }
}

#[test]
fn a_long_body_is_shown_with_its_values_hidden() {
    // Remarks and a person's values in turns.
    let hidden = "{\"a\":\"certificate_id\",\"certificate_id\":1}";
    let shown = format!("[{}]", vec![hidden; 10_000].join(","));
    let given = request_over("POST", &url(ORDERS), &shown, MERCHANT, b"other bytes");
    let lines = explained(given)["lines"].to_string();
    assert_eq!(lines.matches("***").count(), 20_000);
}

#[test]
fn paths_and_queries() {
    let sent = format!("{ORDERS}?order_no=a%7Cb%20%2A&customs=%E6%B5%B7");
    let given = |signed: &str| request_over("GET", &url(&sent), "", MERCHANT, message("GET", signed, "").as_bytes());
    assert_right(&explained(given(&sent)));
    for query in [
        "?order_no=a|b *&customs=海",
        "?order_no=a%7Cb+%2A&customs=%E6%B5%B7",
        "?order_no=a%7cb%20%2a&customs=%e6%b5%b7",
        "?order_no=a%7Cb%20*&customs=%E6%B5%B7",
        "",
    ] {
        assert_fails(&explained(given(&format!("{ORDERS}{query}"))), "bytes", "query_encoding");
    }
    let plus = format!("{ORDERS}?order_no=a+b");
    let signed = message("GET", &format!("{ORDERS}?order_no=a b"), "");
    assert_fails(
        &explained(request_over("GET", &url(&plus), "", MERCHANT, signed.as_bytes())),
        "bytes",
        "query_encoding",
    );
    // The empty body's line feed is forgotten.
    let short = format!("GET\n{sent}\n{NOW}\n{NONCE}\n");
    assert_fails(&explained(request_over("GET", &url(&sent), "", MERCHANT, short.as_bytes())), "bytes", "line_ends");

    let proxied = |signed: &str| {
        let options = with(|options| options["base_urls"] = json!(["https://proxy.example/pay/wx"]));
        let url = format!("https://proxy.example/pay/wx{ORDERS}");
        let given = request_over("POST", &url, BODY, MERCHANT, message("POST", signed, BODY).as_bytes());
        explained_by(options, given, Value::Null, Some(NOW))
    };
    assert_fails(&proxied(&format!("/pay/wx{ORDERS}")), "bytes", "path_prefix");
    assert_fails(&proxied(&format!("/wx{ORDERS}")), "bytes", "path_prefix");
    assert_fails(&proxied(&format!("https://proxy.example/pay/wx{ORDERS}")), "bytes", "full_url");

    for (url, signed, cause) in [
        (format!("https://proxy.example{ORDERS}"), ORDERS.to_owned(), "path_prefix"),
        (format!("https://proxy.example/wx{ORDERS}"), ORDERS.to_owned(), "path_prefix"),
        (format!("https://proxy.example{ORDERS}"), format!("https://proxy.example{ORDERS}"), "full_url"),
        (url("/v3/pay/transactions"), "/v3/pay/transactions".to_owned(), "path_prefix"),
        (url("/customs/orders"), ORDERS.to_owned(), "path_prefix"),
        (url(""), "/".to_owned(), "path_prefix"),
        (format!("{}.example{ORDERS}", url("")), ORDERS.to_owned(), "path_prefix"),
        ("no URL at all".to_owned(), ORDERS.to_owned(), "path_prefix"),
    ] {
        let given = request_over("POST", &url, BODY, MERCHANT, message("POST", &signed, BODY).as_bytes());
        assert_fails(&explained(given), "path", cause);
    }
}

#[test]
fn an_answer_s_headers_are_looked_at_first() {
    let right = answered(BODY.as_bytes(), BODY.as_bytes());
    let given = |status: u16, change: &dyn Fn(&mut Vec<Value>)| {
        let mut given = right.clone();
        given["status"] = json!(status);
        change(given["headers"].as_array_mut().expect("a list"));
        explained(given)
    };
    let set = |name: &'static str, value: &'static str| {
        move |headers: &mut Vec<Value>| {
            headers.iter_mut().filter(|header| header[0] == name).for_each(|header| header[1] = json!(value));
        }
    };
    assert_fails(&given(200, &|headers| headers.clear()), "headers", "stripped_headers");
    assert_fails(&given(200, &|headers| drop(headers.remove(2))), "headers", "stripped_headers");
    let refusal = given(404, &|headers| headers.clear());
    assert_eq!(oks(&refusal), [None; 6]);
    assert!(refusal["failed"].is_null() && causes(&refusal).is_empty());
    assert_eq!(refusal["checks"][0]["issue"], "refusals need not be signed");
    assert_right(&given(404, &|_| ()));
    assert_fails(&given(200, &|headers| headers.push(headers[0].clone())), "headers", "duplicated_headers");
    assert_fails(&given(200, &set("wechatpay-nonce", "a,b")), "headers", "duplicated_headers");
    assert_fails(&given(200, &set("Wechatpay-Timestamp", "soon")), "headers", "malformed_headers");
    assert_fails(&given(200, &set("Wechatpay-Signature", "?")), "headers", "malformed_headers");
    assert_fails(&given(200, &set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/?")), "probe", "probe");
}

#[test]
fn an_answer_s_key() {
    let message = format!("{NOW}\n{NONCE}\n{BODY}\n");
    let signed = |serial: &str, key: &str| response_over(serial, BODY.as_bytes(), key, message.as_bytes());
    let certificate = certificate_serial();
    let wrong = explained(signed(&certificate, PLATFORM_PUBLIC));
    assert_fails(&wrong, "key", "wrong_serial");
    assert!(wrong["causes"][0]["issue"].as_str().is_some_and(|issue| issue.contains(PUBLIC_KEY_ID)));
    assert_fails(&explained(signed(&certificate, OTHER)), "key", "wrong_key");
    assert_fails(&explained(signed("7F", OTHER)), "serial", "unknown_serial");
    let unknown = explained(signed("7F", PLATFORM));
    assert_fails(&unknown, "serial", "unknown_serial");
    assert!(
        unknown["causes"][0]["issue"].as_str().is_some_and(|issue| issue.contains(&format!("`{certificate}` made")))
    );
    let keyless = explained_by(json!({}), signed(&certificate, PLATFORM), Value::Null, Some(NOW));
    assert_eq!(oks(&keyless), [Some(true), Some(true), Some(true), None, None, None]);

    // The certificate is valid until 2056; a public key always is.
    let late = 2_900_000_000_i64;
    let late_message = format!("{late}\n{NONCE}\n{BODY}\n");
    for (serial, key, right) in [(certificate.as_str(), PLATFORM, false), (PUBLIC_KEY_ID, PLATFORM_PUBLIC, true)] {
        let mut given = response_over(serial, BODY.as_bytes(), key, late_message.as_bytes());
        given["headers"][0][1] = json!(late.to_string());
        let explanation = explained_by(options(), given, Value::Null, Some(late));
        match right {
            true => assert_right(&explanation),
            false => assert_fails(&explanation, "serial", "expired_certificate"),
        }
    }
}

#[test]
fn an_answer_s_bytes() {
    let compact = BODY.as_bytes();
    let spaced = r#"{"out_trade_no": "2015/08", "customs": "SHANGHAI_ZS", "appid": "海关"}"#.as_bytes();
    let bom = [b"\xef\xbb\xbf", compact].concat();
    for (came, signed, cause) in [
        (spaced, compact, "reserialised_body"),
        (compact, spaced, "reserialised_body"),
        (b"{\n}", b"{\r\n}", "line_ends"),
        (b"{\r\n}", b"{\n}", "line_ends"),
        (compact, &[compact, b"\n"].concat(), "line_ends"),
        (&[compact, b"\n"].concat(), compact, "line_ends"),
        (&bom, compact, "line_ends"),
        (compact, &bom, "line_ends"),
        (compact, b"", "changed_body"),
        (b"", compact, "changed_bytes"),
        (b"\xff\xfe", compact, "changed_bytes"),
    ] {
        assert_fails(&explained(answered(came, signed)), "bytes", cause);
    }
}

#[test]
fn what_cannot_be_seen_is_escaped() {
    let body = b"\xef\xbb\xbf{\"a\":\"\\u6d77\xe6\xb5\xb7\"}\r\n\t\x00\x7f\xff".as_slice();
    let explanation = explained(answered(body, body));
    assert_right(&explanation);
    assert_eq!(explanation["lines"][2]["text"], r#"\u{feff}{"a":"\\u6d77海"}\r\n\t\u{0}\u{7f}\xff\n"#);
    assert_eq!(explanation["length"], explanation["lines"][2]["end"]);
}

#[test]
fn a_person_s_values_are_hidden() {
    const ID: &str = "000000199001010014";
    let cipher = base64(&[7; 256]);
    for body in [
        format!(r#"{{"certificate_id":"{ID}","certificate_name" : "{cipher}","x":1}}"#),
        format!(r#"{{"certificate\u005fid":1{ID},"y":{{"certificate_name":["{ID}",{{}}]}}}}"#),
        format!(r#"{{"inner":"{{\"certificate_id\":\"{ID}\"}}"}}"#),
        format!(r#"{{"certificate_id":"{ID}""#),
        format!("{{'certificate_id': '{ID}'}}"),
        format!("certificate_name=x&certificate_id={ID}"),
        format!(r#"{{"value":"{ID}","field":"/certificate_id"}}"#),
        format!(r#"{{"a":"\ud800","certificate_id":"{ID}"}}"#),
        format!("\u{feff}{{\"certificate_id\":\"{ID}\"}}"),
    ] {
        let given = request_over("POST", &url(ORDERS), &body, MERCHANT, message("POST", ORDERS, &body).as_bytes());
        let explanation = explained(given.clone());
        let text = explanation["lines"][4]["text"].as_str().expect("a text");
        assert!(
            text.contains("***") && text.ends_with("\\n") && !explanation.to_string().contains(ID),
            "{explanation:#}"
        );
        assert_eq!(explanation["length"], message("POST", ORDERS, &body).len());
        assert_eq!(text.contains(&cipher), body.contains(&cipher));
        // Nor are they shown where a server's message is compared with this one.
        for shown in [body.replace(ID, "000000199001010006"), body.replace("0014", "0015")] {
            let refusal = refusal(&message("POST", ORDERS, &shown), 9999);
            let explanation = explained_by(options(), refusal, given.clone(), Some(NOW));
            assert!(
                explanation["difference"].is_object() && !explanation.to_string().contains("0000001990"),
                "{explanation:#}"
            );
        }
    }
    let body = format!(r#"{{"certificate_id":"{ID}","certificate_name":"","n":1}}"#);
    let given = request_over("POST", &url(ORDERS), &body, MERCHANT, b"");
    assert_eq!(explained(given)["lines"][4]["text"], r#"{"certificate_id":"***","certificate_name":"***","n":1}\n"#);
}

/// A refusal that shows what the server checked.
fn refusal(message: &str, length: usize) -> Value {
    let body = json!({
        "code": "SIGN_ERROR", "message": "wrong",
        "detail": { "sign_information": { "truncated_sign_message": message, "sign_message_length": length } },
    });
    json!({ "status": 401, "headers": {}, "body": body.to_string() })
}

#[test]
fn where_the_server_s_message_and_ours_part() {
    let ours = message("POST", ORDERS, BODY);
    let sent = declared(&ours);
    let compared = |theirs: &str, length: usize, cause: &str| {
        let explanation = explained_by(options(), refusal(theirs, length), sent.clone(), Some(NOW));
        assert_eq!(causes(&explanation), [cause], "{explanation:#}");
        assert_eq!((&explanation["of"], &explanation["failed"]), (&json!("response"), &Value::Null));
        let difference = &explanation["difference"];
        (difference["offset"].as_u64(), difference["line"].as_str().unwrap_or_default().to_owned(), difference.clone())
    };
    let whole = |theirs: &str, cause: &str| compared(theirs, theirs.len(), cause);
    assert!(whole(&ours, "wrong_key").2.is_null());
    assert!(compared(&ours[..20], ours.len(), "wrong_key").2.is_null());
    let (offset, line, _) = whole(&ours.replace("POST", "PUT"), "changed_bytes");
    assert_eq!((offset, line.as_str()), (Some(1), "method"));
    let (offset, line, difference) = whole(&ours.replace(ORDERS, &format!("/wx{ORDERS}")), "path_prefix");
    assert_eq!((offset, line.as_str()), (Some(6), "path"));
    assert!(
        difference["ours"].as_str().is_some_and(|ours| ours.starts_with("v3/global") && ours.chars().count() <= 40)
    );
    assert!(difference["theirs"].as_str().is_some_and(|theirs| theirs.starts_with("wx/v3/global")));
    whole(&ours.replace(ORDERS, &url(ORDERS)), "full_url");
    whole(&ours.replace(ORDERS, &format!("{ORDERS}?a=1")), "query_encoding");
    assert_eq!(whole(&ours.replace(&NOW.to_string(), "1767225601"), "wrong_request").1, "timestamp");
    assert_eq!(whole(&ours.replace(NONCE, "Q7"), "wrong_request").1, "nonce");
    let (_, line, difference) = whole(&ours.replace("\",\"", "\", \""), "changed_body");
    assert_eq!(line, "body");
    assert!(difference["theirs"].as_str().is_some_and(|theirs| theirs.starts_with(' ')));
    whole(&ours.replace("\",\"", "\", \"").replace("\":\"", "\": \""), "reserialised_body");
    whole(&format!("{ours}\n"), "line_ends");
    whole(&message("POST", ORDERS, ""), "changed_body");
    let beginning = &ours[..ours.len() - 9];
    assert_eq!(compared(beginning, 9999, "changed_body").0, Some(beginning.len() as u64));
    let accent = ours.replace('海', "浸");
    let (offset, _, difference) = whole(&accent, "changed_body");
    assert_eq!(offset, ours.find('海').map(|at| at as u64 + 2));
    assert!(difference["ours"].as_str().is_some_and(|ours| ours.starts_with('海')));

    let alone = explained(refusal(&ours, ours.len()));
    assert_eq!(causes(&alone), ["unknown_request"]);
    let unsigned = json!({ "method": "POST", "url": url(ORDERS) });
    let alone = explained_by(options(), refusal(&ours, ours.len()), unsigned, Some(NOW));
    assert_eq!(causes(&alone), ["unknown_request"]);
}

#[test]
fn a_refused_call_says_where() {
    let refused = |change: &dyn Fn(String) -> String| {
        let account =
            Account::new(Options::from_value(options(), Convention::Python).expect("options"), SignedBy::Core);
        let fields = json!({ "order_type": "out_trade_no", "order_no": "a|b", "customs": "SHANGHAI_ZS" });
        let call = Call::Operation { operation: Operation::Query, fields };
        let mut engine = Engine::new(call, account.expect("keys").into(), CallOptions::default(), [7; 32]);
        let now = Now { unix_ms: NOW * 1000, mono_ms: 0 };
        let Action::Sign { message, .. } = engine.step(Event::Start, now).action else { panic!("no message") };
        engine.step(Event::Signed { signature: vec![1; 256] }, now);
        let theirs = change(String::from_utf8(message).expect("a text"));
        let body = refusal(&theirs, theirs.len())["body"].as_str().expect("a body").as_bytes().to_vec();
        match engine.step(Event::Response { status: 401, headers: vec![], body, truncated: false }, now).action {
            Action::Done { outcome: Outcome::Err(error) } => error.message.clone(),
            _ => panic!("no error"),
        }
    };
    let told = refused(&|ours| ours.replace("%7C", "|"));
    assert!(told.contains("SIGN_ERROR") && told.contains("in the path: signed `%7Cb&customs="), "{told}");
    assert!(told.contains(&format!("part at byte {}, ", "GET\n/v3/global/customs/orders?appid=wxd678efh567hg6787&mchid=1230000109&order_type=out_trade_no&order_no=a".len())), "{told}");
    assert!(refused(&|ours| ours).contains("the very message that was signed"));
}

#[test]
fn the_function_by_name_takes_a_client_s_options_or_others() {
    let given = declared("wrong");
    let account = host::account(options(), Convention::JavaScript, SignedBy::Core);
    assert!(account.is_err(), "these are Python's names");
    let account = host::account(options(), Convention::Python, SignedBy::Core).expect("options");
    let called = |arguments: Value, account| {
        host::call("explain", arguments, account, Convention::Python).map(|told| json!(told))
    };
    let by_client = called(json!({ "message": given, "now": NOW }), Some(&*account)).expect("an explanation");
    let by_options =
        called(json!({ "message": given, "now": NOW, "options": options() }), None).expect("an explanation");
    assert_eq!(by_client, by_options);
    assert_fails(&by_client, "bytes", "changed_bytes");
    for (wrong, code) in [
        (json!({ "message": null }), "INVALID_OPTION"),
        (json!({ "message": [] }), "INVALID_OPTION"),
        (json!({ "message": {}, "now": "soon" }), "INVALID_OPTION"),
        (json!({ "message": {}, "request": 1 }), "INVALID_OPTION"),
        (json!({ "message": { "status": "ok" } }), "INVALID_OPTION"),
        (json!({ "message": { "headers": 1 } }), "INVALID_OPTION"),
        (json!({ "message": { "body": {} } }), "INVALID_OPTION"),
        (json!({ "message": {}, "options": { "serial_number": "7F" } }), "INVALID_OPTION"),
        (json!({ "message": {}, "options": { "private_key": "none" } }), "PRIVATE_KEY_INVALID"),
    ] {
        let error = called(wrong.clone(), None).expect_err("it is wrong");
        assert_eq!(error.code, code, "{wrong}");
    }
    let empty = called(json!({ "message": {} }), None).expect("an explanation");
    assert_fails(&empty, "authorization", "missing_authorization");
    let empty = called(json!({ "message": { "status": 200 } }), None).expect("an explanation");
    assert_fails(&empty, "headers", "stripped_headers");
}

#[test]
fn the_page_shows_what_comes() {
    let page = include_str!("../../docs/explain.md");
    let shown = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let shown: Value = serde_json::from_str(shown).expect("JSON");
    let signed = with_spaces();
    assert_eq!(
        shown,
        explained(request_over("POST", &url(ORDERS), r#"{"customs":"SHANGHAI_ZS"}"#, MERCHANT, signed.as_bytes()))
    );
    for cause in CAUSES {
        assert!(page.contains(&format!("`{cause}`")), "{cause}");
    }
}

/// Each of these would otherwise be tried in thousands of ways, or in ways a hundred times as long.
#[test]
fn what_is_never_sent_keeps_nobody_waiting() {
    let slashes = url(&format!("/v3/global{}", "/".repeat(6_000)));
    let explanation = explained(request_over("POST", &slashes, "{}", MERCHANT, b"other"));
    assert_eq!(explanation["failed"], "path");
    let deep = format!("{}{}1{}", "[".repeat(120), "1,".repeat(300_000), "]".repeat(120));
    assert_fails(&explained(answered(deep.as_bytes(), b"other")), "bytes", "changed_bytes");
}

fn with_spaces() -> String {
    message("POST", ORDERS, r#"{"customs": "SHANGHAI_ZS"}"#)
}

#[test]
fn nothing_makes_it_panic_and_the_lines_are_the_message() {
    let text = || {
        prop_oneof![
            Just(String::new()),
            Just(ORDERS.to_owned()),
            Just(url(ORDERS)),
            Just("https://apihk.mch.weixin.qq.com".to_owned()),
            Just("WECHATPAY/SIGNTEST/".to_owned()),
            Just(certificate_serial()),
            Just(sign(OTHER, b"x")),
            any::<String>(),
            "[0-9]{0,20}",
            "(/|%|\\?|&|=|%20|%f|\\+|:|#|[a-z]){0,12}",
        ]
    };
    let body = || {
        prop_oneof![
            any::<Vec<u8>>(),
            "(\\{|\\}|\\[|\\]|\"|:|,|\\\\|\"certificate_id\"|value|\n|\r| |1|é){0,24}".prop_map(String::into_bytes),
            Just(BODY.as_bytes().to_vec()),
        ]
    };
    let names = ["Authorization", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"];
    // Messages that pass all checks but the last, and any others.
    let right =
        [request_over("POST", "", "", MERCHANT, b"x"), response_over(&certificate_serial(), b"", PLATFORM, b"x")];
    let right = right.map(|mut given| given["headers"].take());
    let headers = prop_oneof![
        Just(right[0].clone()),
        Just(right[1].clone()),
        proptest::collection::vec((proptest::sample::select(names.to_vec()), text()), 0..7).prop_map(|list| json!(list)),
        (text(), text(), text()).prop_map(|(nonce, time, signature)| json!({ "Authorization": format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"1\",nonce_str=\"{nonce}\",timestamp=\"{time}\",serial_no=\"7F\",signature=\"{signature}\""
        ) })),
    ];
    let now = || prop_oneof![Just(Some(NOW)), any::<Option<i64>>()];
    let nobody = with(|options| drop(options.as_object_mut().map(|options| options.remove("serial_no"))));
    let status = prop_oneof![
        Just(Value::Null),
        Just(json!(200)),
        Just(json!(401)),
        any::<u16>().prop_map(|status| json!(status))
    ];
    let strategy = (status, text(), text(), headers, body(), now(), text(), any::<Option<u64>>());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() });
    let run = runner.run(&strategy, |(status, method, url, headers, body, now, theirs, length)| {
        let refused = status == 401;
        let sent = json!({ "method": method, "url": url, "headers": headers, "body": body });
        let mut given = sent.clone();
        given["status"] = status;
        if refused {
            let information = json!({ "truncated_sign_message": theirs, "sign_message_length": length });
            let body = json!({ "code": "SIGN_ERROR", "detail": { "sign_information": information } });
            given["body"] = body.to_string().into();
        }
        let explanation = explained_by(nobody.clone(), given, sent, now);
        let lines = explanation["lines"].as_array().expect("lines");
        let mut end = 0;
        for line in lines {
            prop_assert_eq!(&line["start"], &json!(end));
            end = line["end"].as_u64().expect("an end");
            prop_assert!(line["text"].as_str().is_some_and(|text| text.ends_with("\\n") && !text.contains('\n')));
        }
        prop_assert_eq!(explanation["length"].as_u64(), (!lines.is_empty()).then_some(end));
        prop_assert_eq!(causes(&explanation).is_empty(), explanation["failed"].is_null() && !refused);
        Ok(())
    });
    run.expect("it holds");
}
