use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use wechatpay_customs::{
    engine::{Account, SignedBy},
    explain::{CAUSES, Message, REQUEST_CHECKS, RESPONSE_CHECKS, explain_value},
    options::{Convention, Options},
};

use crate::{account, head, headers, options};

/// A person's values among the seeds.
const PERSON: [&str; 2] = ["000000190001010009", "测试甲"];

/// With a private key, with nothing of the merchant's, and with other places to send to.
static CLIENTS: LazyLock<[Arc<Account>; 3]> = LazyLock::new(|| {
    let read = |options| {
        let options = Options::from_value(options, Convention::Python).expect("the options are sound");
        Arc::new(Account::new(options, SignedBy::Core).expect("the keys are sound"))
    };
    let mut stranger = options();
    for name in ["mchid", "serial_no"] {
        stranger[name] = Value::Null;
    }
    let mut elsewhere = options();
    elsewhere["base_urls"] = json!(["https://proxy.example/wechat", "https://apihk.mch.weixin.qq.com"]);
    [read(options()), account(stranger), read(elsewhere)]
});

/// A message that is to be explained. Either JSON: a map of `message`, `request`, `now` and, for none of the clients here,
/// `options`. Or lines: status (0 is a request), method, URL, time and the number of a client; headers; an empty line; the body.
pub fn explain(input: &[u8]) {
    let (line, rest) = head(input);
    let (given, client) = match line.split(' ').collect::<Vec<_>>().as_slice() {
        [status, method, url, now, client] => {
            let (headers, body) = headers(rest);
            let body = std::str::from_utf8(body).map_or_else(|_| json!(body), |text| json!(text));
            let mut message = json!({ "method": method, "url": url, "headers": headers, "body": body });
            let request = message.clone();
            if *status != "0" {
                message["status"] = json!(status.parse::<u16>().ok());
            }
            let now: Option<i64> = now.parse().ok();
            (json!({ "message": message, "request": request, "now": now }), client.parse().unwrap_or(0))
        }
        _ => match serde_json::from_slice::<Value>(input) {
            Ok(given @ Value::Object(_)) => (given, 0),
            _ => return,
        },
    };
    let now = given["now"].as_i64();
    let argument = |name: &str| given.get(name).cloned().unwrap_or_default();
    let (message, request) = (argument("message"), argument("request"));
    let explanation = match given.get("options") {
        Some(options) => {
            explain_value(message, options.clone(), request, now, Convention::Python).map(|told| json!(told))
        }
        None => Message::from_values(message, request)
            .map(|message| json!(CLIENTS[client % CLIENTS.len()].explain(&message, now))),
    };
    match explanation {
        Ok(explanation) => check(&given, &explanation),
        Err(error) => assert!(given.get("options").is_some() || error.code == "INVALID_OPTION"),
    }
}

fn check(given: &Value, explanation: &Value) {
    let list = |name: &str| explanation[name].as_array().expect("a list");
    let mut end = 0;
    for line in list("lines") {
        assert_eq!(line["start"], json!(end));
        end = line["end"].as_u64().expect("an end");
        assert!(line["start"].as_u64() < Some(end));
        let text = line["text"].as_str().expect("a text");
        assert!(text.ends_with("\\n") && !text.contains(char::is_control), "{text:?}");
    }
    assert_eq!(explanation["length"].as_u64(), (!list("lines").is_empty()).then_some(end));

    let of_request = explanation["of"] == "request";
    let checks: Vec<&str> = list("checks").iter().filter_map(|check| check["check"].as_str()).collect();
    assert_eq!(checks, if of_request { REQUEST_CHECKS } else { RESPONSE_CHECKS });
    let failed = list("checks").iter().find(|check| check["ok"] == json!(false));
    assert_eq!(explanation["failed"], failed.map(|check| check["check"].clone()).unwrap_or_default());
    assert!(list("checks").iter().all(|check| check["issue"].is_null() == (check["ok"] == json!(true))));

    assert!(failed.is_none() || !list("causes").is_empty());
    let refused = !of_request && given["message"]["status"] == 401;
    assert!(list("causes").is_empty() || failed.is_some() || refused);
    for cause in list("causes") {
        assert!(cause["cause"].as_str().is_some_and(|name| CAUSES.contains(&name)));
    }
    let difference = &explanation["difference"];
    assert!(difference.is_null() || refused);
    for name in ["ours", "theirs"] {
        let shown = difference[name].as_str().unwrap_or_default();
        assert!(shown.chars().count() <= 40 && !shown.contains(char::is_control), "{shown:?}");
    }
    hides(given, explanation);
}

/// What stands right behind the name of a person's field, and nowhere else, is not shown.
fn hides(given: &Value, explanation: &Value) {
    let mut texts = Vec::new();
    for message in ["message", "request"] {
        texts.extend(given[message]["body"].as_str().map(str::to_owned));
    }
    let refusal = texts.first().and_then(|body| serde_json::from_str::<Value>(body).ok()).unwrap_or_default();
    let theirs = refusal["detail"]["sign_information"]["truncated_sign_message"].as_str().unwrap_or_default();
    texts.push(theirs.to_owned());
    let (given, shown) = (given.to_string(), explanation.to_string());
    for value in PERSON {
        let behind_name = |text: &String| {
            let found = text.match_indices(value).filter(|(at, _)| {
                let before = text[..*at].trim_end_matches('"').trim_end();
                // As long as this it may be a ciphertext, which is shown.
                let short = text[*at..].find(['"', '\\']).is_none_or(|end| end < 300);
                short && ["\"certificate_id\":", "\"certificate_name\":"].iter().any(|name| before.ends_with(name))
            });
            found.count()
        };
        let hidden: usize = texts.iter().map(behind_name).sum();
        if hidden > 0 && given.matches(value).count() == hidden {
            assert!(!shown.contains(value), "{shown}");
        }
    }
}
