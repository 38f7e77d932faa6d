//! The `openssl` program verifies what we sign, and we verify what it signs; every changed byte is refused.

use std::{fs, path::Path, process::Command};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use wechatpay_customs_conformance::{drivers, root, vectors};

fn openssl(arguments: &[&str], folder: &Path) -> bool {
    let status = Command::new("openssl").args(arguments).current_dir(folder).output();
    status.unwrap_or_else(|error| panic!("the program openssl is needed: {error}")).status.success()
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = root().join("target/openssl").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// What an `Authorization` says.
fn pair<'a>(authorization: &'a str, name: &str) -> &'a str {
    let start = format!("{name}=\"");
    let after = authorization.split(&start).nth(1).expect("the pair is there");
    after.split('"').next().expect("the pair ends")
}

#[test]
fn openssl_verifies_what_every_surface_signs() {
    let folder = folder("ours");
    let key = root().join("tests/vectors/keys/merchant.key.pem");
    assert!(openssl(&["pkey", "-in", &key.to_string_lossy(), "-pubout", "-out", "merchant.pub.pem"], &folder));
    // The nonce and the time are the surface's own: nothing here is in a vector.
    let mut wanted: Vec<Value> = vectors()
        .into_iter()
        .filter(|vector| vector["kind"] == "prepare" && vector["expect"].get("error").is_none())
        .take(6)
        .collect();
    for vector in &mut wanted {
        vector.as_object_mut().expect("a map").retain(|name, _| name != "timestamp" && name != "nonce");
    }
    for driver in drivers(env!("CARGO_BIN_EXE_driver")) {
        if driver.name.starts_with("rust") {
            wanted.iter_mut().for_each(|vector| {
                vector["timestamp"] = json!(1_767_225_601);
                vector["nonce"] = json!("AnotherNonceThanInAnyVector00001");
            });
        }
        for (id, report) in driver.run(&wanted).unwrap_or_else(|error| panic!("{error}")) {
            let authorization = report["headers"]["Authorization"].as_str().expect("an Authorization");
            let url = report["url"].as_str().expect("a URL");
            let path = url.find("/v3/global").or_else(|| url.find("/global/v3")).map(|start| &url[start..]);
            let (timestamp, nonce) = (pair(authorization, "timestamp"), pair(authorization, "nonce_str"));
            let message = format!(
                "{}\n{}\n{timestamp}\n{nonce}\n{}\n",
                report["method"].as_str().expect("a method"),
                path.expect("a path"),
                report["body"].as_str().unwrap_or_default(),
            );
            fs::write(folder.join("message"), message).expect("a file");
            let signature = BASE64_STANDARD.decode(pair(authorization, "signature")).expect("Base64");
            fs::write(folder.join("signature"), signature).expect("a file");
            let verify = ["dgst", "-sha256", "-verify", "merchant.pub.pem", "-signature", "signature", "message"];
            assert!(openssl(&verify, &folder), "{}: {id}", driver.name);
        }
    }
}

#[test]
fn every_surface_verifies_what_openssl_signs() {
    let folder = folder("theirs");
    let key = root().join("tests/vectors/keys/platform.key.pem");
    let base = vectors().into_iter().find(|vector| vector["id"] == "verified-by-certificate").expect("the vector");
    let body = r#"{"state":"SUCCESS","out_trade_no":"20150806125346","note":"申报成功"}"#;
    let now = base["now"].as_i64().expect("a time");
    fs::write(folder.join("message"), format!("{now}\nopenssl\n{body}\n")).expect("a file");
    let sign = ["dgst", "-sha256", "-sign", &key.to_string_lossy(), "-out", "signature", "message"];
    assert!(openssl(&sign, &folder));
    let signature = BASE64_STANDARD.encode(fs::read(folder.join("signature")).expect("a signature"));
    let serial = base["response"]["headers"]
        .as_array()
        .and_then(|headers| headers.iter().find(|header| header[0] == "Wechatpay-Serial"))
        .and_then(|header| header[1].as_str())
        .expect("a serial")
        .to_owned();
    let headers = [
        ("Wechatpay-Timestamp", now.to_string()),
        ("Wechatpay-Nonce", "openssl".to_owned()),
        ("Wechatpay-Signature", signature),
        ("Wechatpay-Serial", serial),
    ];
    let parse = |id: String, headers: &[(&str, String)], body: &[u8]| {
        let mut vector = base.clone();
        vector["id"] = id.into();
        vector["response"] = json!({ "status": 200, "headers": headers, "body_base64": BASE64_STANDARD.encode(body) });
        vector
    };
    let mut wanted = vec![parse("whole".into(), &headers, body.as_bytes())];
    for index in 0..body.len() {
        let mut changed = body.as_bytes().to_vec();
        changed[index] ^= 1;
        wanted.push(parse(format!("byte {index}"), &headers, &changed));
    }
    for (place, (name, value)) in headers.iter().enumerate() {
        for (index, bit) in (0..value.len()).flat_map(|index| [1, 32].map(|bit| (index, bit))) {
            let mut changed = value.clone().into_bytes();
            changed[index] ^= bit;
            let mut headers = headers.clone();
            headers[place].1 = String::from_utf8(changed).expect("ASCII stays ASCII");
            let changed = &headers[place].1;
            // White space around a value is the transport's, not the sender's; a serial may come in any letter case.
            let same = *name == "Wechatpay-Serial" && changed.eq_ignore_ascii_case(value);
            if changed.trim() == changed && !same {
                wanted.push(parse(format!("{name} {index} {bit}"), &headers, body.as_bytes()));
            }
        }
    }
    for driver in drivers(env!("CARGO_BIN_EXE_driver")) {
        for (id, report) in driver.run(&wanted).unwrap_or_else(|error| panic!("{error}")) {
            match id.as_str() {
                "whole" => assert_eq!(report["value"]["state"], "SUCCESS", "{}: {report}", driver.name),
                id if id.starts_with("byte") => {
                    assert_eq!(report["error"]["code"], "SIGNATURE_MISMATCH", "{}: {id}: {report}", driver.name);
                }
                id => {
                    let kind = report["error"]["kind"].as_str().unwrap_or_default();
                    assert!(["signature", "freshness"].contains(&kind), "{}: {id}: {report}", driver.name);
                }
            }
        }
    }
}
