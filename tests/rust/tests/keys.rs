//! Key files keep no caller waiting, and are not shown.

use serde_json::json;
use wechatpay_customs::{
    engine::SignedBy,
    error::{INVALID_OPTION, PRIVATE_KEY_IN_BROWSER, PRIVATE_KEY_INVALID},
    host,
    keys::{PlatformKeys, PrivateKey},
    options::Convention,
};

/// DER: a tag, and what is inside.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let length = u16::try_from(inside.len()).expect("a short text").to_be_bytes();
    let head = match length {
        [0, short @ ..0x80] => vec![tag, short],
        [0, short] => vec![tag, 0x81, short],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [head, inside].concat()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(0x06, &[bytes])
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    tlv(0x02, &[bytes])
}

/// PBES2 with AES-256 and this key derivation.
fn pbes2(kdf: &[u8]) -> Vec<u8> {
    let aes256 = oid(b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a");
    let cipher = sequence(&[&aes256, &tlv(0x04, &[&[0; 16]])]);
    sequence(&[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"), &sequence(&[kdf, &cipher])])
}

fn pbkdf2(rounds: &[u8]) -> Vec<u8> {
    let parameters = sequence(&[&tlv(0x04, &[b"saltsalt"]), &integer(rounds)]);
    sequence(&[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"), &parameters])
}

fn scrypt(n: &[u8], r: &[u8], p: &[u8]) -> Vec<u8> {
    let parameters = sequence(&[&tlv(0x04, &[b"saltsalt"]), &integer(n), &integer(r), &integer(p)]);
    sequence(&[&oid(b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b"), &parameters])
}

fn encrypted(algorithm: &[u8]) -> Vec<u8> {
    sequence(&[algorithm, &tlv(0x04, &[&[0; 64]])])
}

/// PKCS#12 without a MAC, with bags of secrets that are each encrypted so; what does not open is passed over.
fn pkcs12(algorithm: &[u8], bags: usize) -> Vec<u8> {
    let data = oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
    let holding = |inside: &[u8]| sequence(&[&data, &tlv(0xa0, &[&tlv(0x04, &[inside])])]);
    let kind = oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02");
    let secret = sequence(&[&kind, &tlv(0xa0, &[&tlv(0x04, &[&encrypted(algorithm)])])]);
    let bag = sequence(&[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x05"), &tlv(0xa0, &[&secret])]);
    let bags = sequence(&vec![bag.as_slice(); bags]);
    sequence(&[&integer(&[3]), &holding(&sequence(&[&holding(&bags)]))])
}

fn told(der: Vec<u8>) -> String {
    let read = PrivateKey::read(&der.into(), Some(&"sesame".into()), None);
    let error = read.expect_err("there is no key in it");
    assert_eq!(error.code, PRIVATE_KEY_INVALID.name, "{error}");
    error.message.clone()
}

#[test]
fn an_encrypted_key_of_too_much_work_is_refused() {
    for kdf in [
        // 2 million and one rounds.
        pbkdf2(b"\x1e\x84\x81"),
        // More than 256 MiB, at once or in turn.
        scrypt(b"\x04\x00\x00", b"\x10", b"\x01"),
        scrypt(b"\x10\x00", b"\x08", b"\x7f"),
    ] {
        let message = told(encrypted(&pbes2(&kdf)));
        assert!(message.contains("not supported"), "{message}");
    }
}

#[test]
fn pkcs12_of_too_much_work_is_refused() {
    let few = pbes2(&pbkdf2(b"\x01"));
    assert!(told(pkcs12(&few, 4)).contains("without a private key"), "what is there is read");
    for (algorithm, bags) in [(few, 5), (pbes2(&scrypt(b"\x02", b"\x01", b"\x01")), 1)] {
        let message = told(pkcs12(&algorithm, bags));
        assert!(message.contains("not supported"), "{message}");
    }
}

#[test]
fn a_line_end_lost_after_the_label_shows_no_key() {
    let line = "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDJoprSCVrjy6+a";
    for lost in ["\n", " ", ""] {
        let text = format!("-----BEGIN PRIVATE KEY{lost}{line}\n-----\nAAAA\n-----END PRIVATE KEY-----\n");
        let error = PrivateKey::read(&text.into(), None, None).expect_err("it is broken");
        assert!(!error.message.contains(line), "{error}");
    }
}

#[test]
fn a_key_in_the_place_of_its_id_is_not_shown() {
    let key = include_str!("../../vectors/keys/merchant.key.pem");
    let error = PlatformKeys::read([(key, &"7F".into())]).expect_err("the two are exchanged");
    assert!(!key.lines().skip(1).any(|line| error.message.contains(line)), "{error}");
    let error = PlatformKeys::read([("7F 1C", &"7F".into())]).expect_err("it has a space");
    assert!(error.message.contains("`7F 1C`"), "{error}");
}

/// What WebCrypto itself never makes: a private key for RSASSA-PKCS1-v1_5 that may not sign.
#[test]
fn a_key_that_the_host_holds_must_be_allowed_to_sign() {
    let account = |usages: &[&str], signing: SignedBy| {
        let key = json!({
            "$type": "CryptoKey", "type": "private", "algorithm": "RSASSA-PKCS1-v1_5", "hash": "SHA-256",
            "modulus_length": 2048, "usages": usages,
        });
        let options = json!({ "mchid": "1230000109", "serialNo": "7F", "privateKey": key });
        host::account(options, Convention::JavaScript, signing)
    };
    for signing in [SignedBy::Host, SignedBy::Browser] {
        account(&["sign"], signing).expect("a sound key").require_signing().expect("it can sign");
        let error = account(&["decrypt"], signing).expect_err("it cannot sign");
        assert_eq!(error.code, PRIVATE_KEY_INVALID.name);
        assert!(error.message.contains("may not be used to sign"), "{error}");
    }
    assert_eq!(account(&["sign"], SignedBy::Caller).expect_err("two signers").code, INVALID_OPTION.name);
}

#[test]
fn a_page_is_given_no_private_key() {
    let options = json!({ "mchid": "1230000109", "serialNo": "7F", "privateKey": "whatever it is" });
    let error = host::account(options, Convention::JavaScript, SignedBy::Browser).expect_err("a key in a page");
    assert_eq!(error.code, PRIVATE_KEY_IN_BROWSER.name);
    assert!(!error.message.contains("whatever it is"));
}
