//! `certificates`: lists all platform certificates, encrypted with the APIv3 key.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Map, json};
use wechatpay_customs::api::certificates::{PlatformCertificate, Request, Response};

use super::{Admitted, Answered, Route};
use crate::{
    answer::Refusal,
    keys::{ALPHANUMERIC, PlatformKey, random_text},
    lock,
};

/// The associated data with which each certificate is encrypted.
const ASSOCIATED_DATA: &str = "certificate";

impl Answered for Request {
    const ROUTE: Route = Route { method: "GET", prefixes: &["/v3/global"], path: "/certificates" };
    const NUMBERS: &'static [&'static str] = &[];

    fn answer(self, given: &Admitted<'_>) -> Result<Response, Refusal> {
        let service = given.service;
        let mut data = Vec::new();
        for key in service.keys.platform.certificates() {
            let nonce = random_text(&mut lock(&service.rng), ALPHANUMERIC, 12);
            let listed = listed(&key, &service.keys.api_v3_key, &nonce);
            data.push(listed.ok_or_else(|| Refusal::system_error("A certificate could not be encrypted"))?);
        }
        Ok(Response { data, ..Response::default() })
    }
}

fn listed(key: &PlatformKey, api_v3_key: &str, nonce: &str) -> Option<PlatformCertificate> {
    let (effective_time, expire_time) = key.valid();
    let encrypted = json!({
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": ASSOCIATED_DATA,
        "ciphertext": encrypted(api_v3_key, nonce, &key.pem)?,
    });
    Some(PlatformCertificate {
        serial_no: key.id.clone(),
        effective_time: Some(effective_time),
        expire_time: Some(expire_time),
        unknown: Map::from_iter([("encrypt_certificate".to_owned(), encrypted)]),
        ..PlatformCertificate::default()
    })
}

/// Base64 of a text and its tag; `nonce` has 12 characters. By `ring`, as the core, which decrypts it, has `aes-gcm`.
fn encrypted(api_v3_key: &str, nonce: &str, text: &str) -> Option<String> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, api_v3_key.as_bytes()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
    let mut bytes = text.as_bytes().to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(ASSOCIATED_DATA.as_bytes()), &mut bytes).ok()?;
    Some(BASE64_STANDARD.encode(bytes))
}
