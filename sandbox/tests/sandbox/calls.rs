//! Modify, redeclare, verify identity and certificates.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rsa::Pkcs1v15Encrypt;
use serde_json::{Value, json};
use wechatpay_customs::{
    Finding, Options,
    api::{certificates, declare, modify, redeclare, verify_identity},
    client::Client,
    model::{CertificateCheckResult, Fen, OrderType, State},
    options::{FieldEncryption, PathPrefix},
};
use wechatpay_customs_sandbox::{Config, IDENTITY, Sandbox};

use crate::{
    client::{advance, client, find, options, order, sub_order},
    raw::{Raw, control, declaration, public_key, start, told},
};

const ID: &str = IDENTITY.0;
const NAME: &str = IDENTITY.1;

/// A client that holds the first certificate alone.
pub fn by_certificate(sandbox: &Sandbox) -> Options {
    let mut options = options(sandbox);
    options.platform_keys.as_mut().unwrap().retain(|(id, _)| !id.starts_with("PUB_KEY_ID_"));
    options
}

/// A remark about the request, which any split order gets.
fn is_of_split(finding: &Finding) -> bool {
    finding.rule == "split_institution_mode"
}

pub fn change(of: &declare::Request) -> modify::Request {
    modify::Request {
        out_trade_no: of.out_trade_no.clone(),
        transaction_id: of.transaction_id.clone(),
        customs: of.customs.clone(),
        merchant_customs_no: of.merchant_customs_no.clone(),
        sub_order_no: of.sub_order_no.clone(),
        order_fee: of.order_fee,
        transport_fee: of.transport_fee,
        product_fee: of.product_fee,
        ..modify::Request::default()
    }
}

pub fn push(of: &declare::Request) -> redeclare::Request {
    redeclare::Request {
        customs: of.customs.clone(),
        merchant_customs_no: of.merchant_customs_no.clone(),
        out_trade_no: Some(of.out_trade_no.clone()),
        sub_order_no: of.sub_order_no.clone(),
        ..redeclare::Request::default()
    }
}

pub fn person(id: &str, name: &str) -> verify_identity::Request {
    verify_identity::Request {
        out_trade_no: order().out_trade_no,
        transaction_id: order().transaction_id,
        customs: order().customs,
        merchant_customs_no: order().merchant_customs_no,
        certificate_type: "IDCARD".into(),
        certificate_id: id.into(),
        certificate_name: name.into(),
        ..verify_identity::Request::default()
    }
}

#[tokio::test]
async fn a_modification_replaces_the_declaration() {
    let sandbox = start().await;
    for prefix in [PathPrefix::V3Global, PathPrefix::GlobalV3] {
        let client = Client::new(Options { path_prefix: Some(prefix), ..options(&sandbox) }).unwrap();
        let number = prefix.as_str().replace('/', "-");
        let declared = client.declare(&sub_order(&number)).await.unwrap();
        advance(&sandbox, 180).await;
        let changed = modify::Request {
            merchant_customs_no: "654321".into(),
            duty: Some(Fen(7)),
            order_fee: Some(Fen(900)),
            product_fee: Some(Fen(812)),
            ..change(&sub_order(&number))
        };
        let modified = client.modify(&changed).await.unwrap();
        assert_eq!((&modified.state, &modified.sub_order_id), (&State::Submitted, &declared.sub_order_id));
        assert!(modified.modify_time.as_ref().unwrap().ends_with("+08:00"));
        assert!(modified.unknown.is_empty() && modified.warnings.iter().all(is_of_split), "{modified:?}");

        for (seconds, state) in [(0, State::Submitted), (60, State::Processing), (120, State::Success)] {
            advance(&sandbox, seconds).await;
            let found = client.query(&find(OrderType::SubOrderNo, &number)).await.unwrap();
            let [record] = found.data.as_slice() else { panic!("{found:?}") };
            assert_eq!(record.state, state);
            assert_eq!(record.mch_customs_no.as_deref(), Some("654321"));
            let amounts = (record.duty, record.order_fee, record.transport_fee, record.product_fee);
            assert_eq!(amounts, (Some(Fen(7)), Some(Fen(900)), Some(Fen(88)), Some(Fen(812))));
        }
        // The first data are void.
        let error = client.declare(&sub_order(&number)).await.unwrap_err();
        assert_eq!(error.reason, Some("declared_data_differs"));

        let other_payment =
            modify::Request { transaction_id: "1000320306201511078440737891".into(), ..changed.clone() };
        let error = client.modify(&other_payment).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("INVALID_REQUEST", Some(400)));
        let unknown = modify::Request { sub_order_no: Some("none".into()), ..changed };
        let error = client.modify(&unknown).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("ORDER_NOT_EXIST", Some(404)));
    }
}

#[tokio::test]
async fn only_what_customs_took_or_lost_is_pushed_again() {
    let sandbox = start().await;
    for prefix in [PathPrefix::V3Global, PathPrefix::GlobalV3] {
        let client = Client::new(Options { path_prefix: Some(prefix), ..options(&sandbox) }).unwrap();
        let number = prefix.as_str().replace('/', "-");
        let again = push(&sub_order(&number));
        let error = client.redeclare(&again).await.unwrap_err();
        assert_eq!(error.reason, Some("declaration_not_found"), "{error}");

        let declared = client.declare(&sub_order(&number)).await.unwrap();
        for seconds in [0, 60] {
            advance(&sandbox, seconds).await;
            let error = client.redeclare(&again).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.reason), ("INVALID_REQUEST", None), "{error}");
        }
        advance(&sandbox, 120).await;
        let pushed = client.redeclare(&again).await.unwrap();
        assert_eq!((&pushed.state, &pushed.sub_order_id), (&State::Undeclared, &declared.sub_order_id));
        assert!(pushed.modify_time.as_ref().unwrap().ends_with("+08:00"));
        assert!(pushed.unknown.is_empty() && pushed.warnings.iter().all(is_of_split), "{pushed:?}");

        told(
            &sandbox,
            "faults",
            json!({ "fault": "state", "order": number, "state": "EXCEPT", "explanation": "lock" }),
        )
        .await;
        let found = client.query(&find(OrderType::SubOrderNo, &number)).await.unwrap();
        assert_eq!((&found.data[0].state, found.data[0].explanation.as_deref()), (&State::Except, Some("lock")));
        let by_ids = redeclare::Request {
            transaction_id: Some(order().transaction_id),
            out_trade_no: None,
            sub_order_no: None,
            sub_order_id: declared.sub_order_id.clone(),
            ..again.clone()
        };
        assert_eq!(client.redeclare(&by_ids).await.unwrap().state, State::Undeclared);
        advance(&sandbox, 180).await;
        for wrong in [
            redeclare::Request { transaction_id: Some("1".repeat(28)), ..by_ids.clone() },
            redeclare::Request { merchant_customs_no: "654321".into(), ..by_ids.clone() },
            redeclare::Request { customs: "NINGBO".into(), ..by_ids.clone() },
            redeclare::Request { sub_order_id: None, ..by_ids },
        ] {
            let error = client.redeclare(&wrong).await.unwrap_err();
            assert_eq!(error.reason, Some("declaration_not_found"), "{wrong:?}");
        }
    }
}

#[tokio::test]
async fn an_identity_is_that_of_the_payer_or_not() {
    let lines = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&lines);
    let log = Arc::new(move |line: &Value| *kept.lock().unwrap() += &line.to_string());
    let sandbox = Sandbox::start(Config { seed: Some(1), log: Some(log), ..Config::default() }).await.unwrap();
    let by_public_key = client(&sandbox);
    let error = by_public_key.verify_identity(&person(ID, NAME)).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("ORDER_NOT_EXIST", Some(404)));
    by_public_key.declare(&order()).await.unwrap();

    let old = Options { path_prefix: Some(PathPrefix::GlobalV3), ..options(&sandbox) };
    for client in [by_public_key, Client::new(by_certificate(&sandbox)).unwrap(), Client::new(old).unwrap()] {
        for (id, name, result) in [
            (ID, NAME, CertificateCheckResult::Same),
            (ID, "李四", CertificateCheckResult::Different),
            ("000000190001010025", NAME, CertificateCheckResult::Different),
        ] {
            let answer =
                client.verify_identity(&person(id, name)).await.unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(answer.certificate_check_result, result, "{id} {name}");
            assert!(answer.unknown.is_empty() && answer.warnings.is_empty(), "{answer:?}");
        }
    }
    told(
        &sandbox,
        "identities",
        json!({
            "out_trade_no": order().out_trade_no, "certificate_id": "00000019000101005X", "certificate_name": "李四",
        }),
    )
    .await;
    let answer = client(&sandbox).verify_identity(&person("00000019000101005x", "李四")).await.unwrap();
    assert_eq!(answer.certificate_check_result, CertificateCheckResult::Same);

    // The padding must be the one that is expected.
    let oaep = Options { field_encryption: Some(FieldEncryption::Oaep), ..options(&sandbox) };
    let oaep = Client::new(oaep).unwrap();
    let error = oaep.verify_identity(&person(ID, NAME)).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("PARAM_ERROR", Some(400)));
    assert_eq!(error.detail.as_ref().unwrap()["value"], "***");
    assert!(error.message.contains("decryption failed"), "{error}");
    told(&sandbox, "settings", json!({ "field_encryption": "oaep" })).await;
    oaep.verify_identity(&person(ID, NAME)).await.unwrap();
    assert!(client(&sandbox).verify_identity(&person(ID, NAME)).await.is_err());

    let lines = lines.lock().unwrap();
    for text in [ID, NAME, "李四", "000000190001010025", "00000019000101005X", "00000019000101005x"] {
        assert!(!lines.contains(text), "the log names {text}");
    }
}

#[tokio::test]
async fn fields_are_decrypted_with_the_key_that_is_named() {
    let sandbox = start().await;
    assert_eq!(Raw::post(declaration()).send(&sandbox).await.status, 200);
    let ids: Vec<String> = sandbox.ready()["client"]["platform_keys"].as_object().unwrap().keys().cloned().collect();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for used in &ids {
        let key = public_key(&sandbox, used);
        let mut encrypted =
            |text: &str| BASE64_STANDARD.encode(key.encrypt(&mut rng, Pkcs1v15Encrypt, text.as_bytes()).unwrap());
        let mut body = declaration();
        body["certificate_type"] = "IDCARD".into();
        body["certificate_id"] = encrypted(ID).into();
        body["certificate_name"] = encrypted(NAME).into();
        let raw = || Raw { target: "/v3/global/customs/verify-certificate".into(), ..Raw::post(&body) };
        for named in &ids {
            let answer = raw().header("Wechatpay-Serial", named).send(&sandbox).await;
            if named == used {
                assert_eq!((answer.status, &answer.body["certificate_check_result"]), (200, &json!("SAME")));
            } else {
                assert_eq!((answer.status, &answer.body["detail"]["field"]), (400, &json!("/certificate_id")));
            }
        }
        for answer in
            [raw().send(&sandbox).await, raw().header("Wechatpay-Serial", "PUB_KEY_ID_00").send(&sandbox).await]
        {
            assert_eq!((answer.status, &answer.body["detail"]["field"]), (400, &json!("Wechatpay-Serial")));
        }
        // Plain text is not what the page asks for, and is not sent back.
        body["certificate_id"] = ID.into();
        let raw = Raw { target: "/v3/global/customs/verify-certificate".into(), ..Raw::post(&body) };
        let answer = raw.header("Wechatpay-Serial", used).send(&sandbox).await;
        assert_eq!((answer.status, &answer.body["detail"]["value"]), (400, &json!("***")));
        assert!(!answer.body.to_string().contains(ID));
    }
}

#[tokio::test]
async fn certificates_follow_one_another() {
    let sandbox = start().await;
    let answer = Raw::get("/global/v3/certificates").send(&sandbox).await;
    assert_eq!((answer.status, &answer.body["code"]), (404, &json!("RESOURCE_NOT_EXISTS")));
    let request = certificates::Request {};
    let old = Client::new(by_certificate(&sandbox)).unwrap();
    let first = old.certificates(&request).await.unwrap();
    let [certificate] = first.data.as_slice() else { panic!("{first:?}") };
    let known = by_certificate(&sandbox).platform_keys.unwrap();
    let pem = certificate.certificate.as_deref().map(str::as_bytes);
    assert_eq!(known.iter().find(|(id, _)| *id == certificate.serial_no).map(|(_, key)| key.expose()), pem);
    assert!(certificate.effective_time.is_some() && certificate.expire_time.is_some());
    old.declare(&order()).await.unwrap();

    let rotated = told(&sandbox, "rotate", json!({})).await;
    let alone = Client::new(Options { api_v3_key: None, ..by_certificate(&sandbox) }).unwrap();
    let error = alone.declare(&order()).await.unwrap_err();
    assert!(error.code == "SERIAL_UNKNOWN" && error.may_have_been_applied, "{error}");
    let both = old.certificates(&request).await.unwrap();
    let serials: Vec<&str> = both.data.iter().map(|certificate| certificate.serial_no.as_str()).collect();
    assert_eq!(serials, [certificate.serial_no.as_str(), rotated["serial_no"].as_str().unwrap()]);
    assert_eq!(rotated["certificate"], json!(both.data[1].certificate));
    let keys = both.data.iter().map(|c| (c.serial_no.clone(), c.certificate.clone().unwrap().into())).collect();
    let new = Client::new(Options { platform_keys: Some(keys), ..options(&sandbox) }).unwrap();
    new.declare(&order()).await.unwrap();
    // Encrypted for the newer certificate, as it is valid for longer.
    let answer = new.verify_identity(&person(ID, NAME)).await.unwrap();
    assert_eq!(answer.certificate_check_result, CertificateCheckResult::Same);
    // Who trusts the public key does not notice.
    client(&sandbox).declare(&order()).await.unwrap();

    let key = "0123456789abcdef0123456789abcdef";
    let stranger = Client::new(Options { api_v3_key: Some(key.into()), ..options(&sandbox) }).unwrap();
    let error = stranger.certificates(&request).await.unwrap_err();
    assert_eq!(error.code, "CERTIFICATE_NOT_DECRYPTED");
}

#[tokio::test]
async fn control_endpoints_refuse_what_they_do_not_know() {
    let sandbox = start().await;
    for (path, body) in [
        ("faults", json!({ "fault": "earthquake" })),
        ("faults", json!({ "fault": "slow", "seconds": 1 })),
        ("faults", json!({ "fault": "no_signature", "ms": 1 })),
        ("faults", json!({ "fault": "no_signature", "times": 0 })),
        ("faults", json!({ "fault": "no_signature", "operation": "declaration" })),
        ("faults", json!({ "fault": "no_signature", "order": 1 })),
        ("faults", json!({ "fault": "error" })),
        ("faults", json!({ "fault": "error", "refusal": 0 })),
        ("faults", json!({ "fault": "error", "refusal": "none" })),
        ("faults", json!({ "fault": "error", "refusal": 1, "status": 400 })),
        ("faults", json!({ "fault": "error", "status": 200, "code": "OK", "message": "" })),
        ("faults", json!({ "fault": "server_error", "status": 404 })),
        ("faults", json!({ "fault": "html", "status": 99 })),
        ("payments", json!({ "out_trade_no": "1", "transaction_id": "2" })),
        ("payments", json!({ "out_trade_no": "1", "transaction_id": "2", "amount": -1 })),
        ("payments", json!({ "out_trade_no": "1", "transaction_id": "2", "amount": 1, "refunded": 2 })),
        ("settings", json!({ "literally": true })),
        ("settings", json!({ "wrong_amount": "NOAUTH" })),
        ("identities", json!({ "certificate_id": ID })),
    ] {
        let (status, answer) = control(&sandbox, "POST", path, &body).await;
        assert!(status == 400 && answer["error"].is_string(), "{path} {body}: {answer}");
    }
    assert_eq!(control(&sandbox, "GET", "faults", &Value::Null).await, (200, json!({ "faults": [] })));
}
