//! The keys of a sandbox, made at its start.

use rand_chacha::{ChaCha20Rng, rand_core::RngCore};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rsa::{
    RsaPrivateKey,
    pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding},
};

use crate::Error;

/// What can stand in a nonce.
pub(crate) const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The digits of a number that is an id.
pub(crate) const DIGITS: &[u8] = b"0123456789";
/// The digits of a serial number or request id.
pub(crate) const HEX: &[u8] = b"0123456789ABCDEF";

/// A text of characters drawn from an alphabet.
pub(crate) fn random_text(rng: &mut ChaCha20Rng, alphabet: &[u8], length: usize) -> String {
    (0..length)
        .filter_map(|_| alphabet.get(rng.next_u32() as usize % alphabet.len()))
        .map(|character| char::from(*character))
        .collect()
}

/// The merchant's side of the sandbox's keys.
pub(crate) struct Merchant {
    pub serial_no: String,
    /// PKCS#8 PEM, for the client.
    pub private_key: String,
    /// PKCS#1 DER, for verification.
    pub public_key: Vec<u8>,
}

/// A key that answers are signed with.
pub(crate) struct PlatformKey {
    /// The certificate's serial, or `PUB_KEY_ID_…`.
    pub id: String,
    /// The certificate or public key.
    pub pem: String,
    pair: RsaKeyPair,
}

impl PlatformKey {
    /// Signs a message; `None` if the system has no randomness for blinding.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }
}

/// All keys of a sandbox.
pub(crate) struct Keys {
    pub merchant: Merchant,
    pub certificate: PlatformKey,
    pub public_key: PlatformKey,
}

impl Keys {
    pub(crate) fn make(rng: &mut ChaCha20Rng) -> Result<Keys, Error> {
        // A stream each, so that the keys can be made side by side and are the same for the same seed.
        let (merchant, certificate, public_key) = std::thread::scope(|scope| {
            let [merchant, certificate, public_key] = [1, 2, 3].map(|stream| {
                let mut rng = rng.clone();
                rng.set_stream(stream);
                scope.spawn(move || RsaPrivateKey::new(&mut rng, 2048))
            });
            (merchant.join(), certificate.join(), public_key.join())
        });
        let made = |key: std::thread::Result<rsa::Result<RsaPrivateKey>>| match key {
            Ok(key) => key.map_err(failed),
            Err(_) => Err(failed("its thread panicked")),
        };
        let (merchant, certificate, public_key) = (made(merchant)?, made(certificate)?, made(public_key)?);

        let serial_no = serial(rng);
        let merchant = Merchant {
            private_key: merchant.to_pkcs8_pem(LineEnding::LF).map_err(failed)?.to_string(),
            public_key: pair(&merchant)?.public().as_ref().to_vec(),
            serial_no: hex(&serial_no),
        };
        let serial_no = serial(rng);
        let certificate =
            PlatformKey { id: hex(&serial_no), pem: self_signed(&certificate, &serial_no)?, pair: pair(&certificate)? };
        let public_key = PlatformKey {
            id: format!("PUB_KEY_ID_01{}", random_text(rng, DIGITS, 26)),
            pem: public_key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(failed)?,
            pair: pair(&public_key)?,
        };
        Ok(Keys { merchant, certificate, public_key })
    }
}

/// 20 bytes, positive, without leading zeros.
fn serial(rng: &mut ChaCha20Rng) -> [u8; 20] {
    let mut serial = [0; 20];
    rng.fill_bytes(&mut serial);
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7F | 0x40;
    }
    serial
}

fn hex(serial: &[u8]) -> String {
    serial.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn pair(key: &RsaPrivateKey) -> Result<RsaKeyPair, Error> {
    RsaKeyPair::from_pkcs8(key.to_pkcs8_der().map_err(failed)?.as_bytes()).map_err(failed)
}

fn self_signed(key: &RsaPrivateKey, serial: &[u8]) -> Result<String, Error> {
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?;
    let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.distinguished_name.push(DnType::CommonName, "wechatpay-customs-sandbox");
    Ok(params.self_signed(&pair).map_err(failed)?.pem())
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error(format!("a key could not be made: {why}"))
}
