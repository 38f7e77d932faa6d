//! The keys of a sandbox: made at its start or given, and platform certificates that replace one another.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rand_chacha::{ChaCha20Rng, rand_core::RngCore};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber, date_time_ymd};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rsa::{
    Oaep, Pkcs1v15Encrypt, RsaPrivateKey,
    pkcs1::DecodeRsaPrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding},
    traits::PublicKeyParts,
};
use sha1::Sha1;
use wechatpay_customs::{model::Personal, options::FieldEncryption};

use crate::{Error, lock};

/// The characters of a nonce.
pub(crate) const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The digits of a decimal id.
pub(crate) const DIGITS: &[u8] = b"0123456789";
/// The digits of a serial number or request id.
pub(crate) const HEX: &[u8] = b"0123456789ABCDEF";
/// The year from which certificates are valid; each is valid a year longer than the one before.
const VALID_FROM: i32 = 2000;
/// The year until which the first certificate is valid.
const VALID_UNTIL: i32 = 2100;
/// The most certificates, so that the list of them stays well below the megabyte that clients read.
const MOST: usize = 200;
/// The first stream of randomness for rotated keys, after those of the first keys.
const ROTATED: u64 = 16;

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

/// A key that signs answers and decrypts personal fields.
pub(crate) struct PlatformKey {
    /// The certificate's serial, or `PUB_KEY_ID_…`.
    pub id: String,
    /// The certificate or public key.
    pub pem: String,
    /// The year until which it is valid.
    until: i32,
    pair: RsaKeyPair,
    private: RsaPrivateKey,
}

impl PlatformKey {
    fn certificate(private: RsaPrivateKey, generation: usize) -> Result<PlatformKey, Error> {
        let until = VALID_UNTIL + i32::try_from(generation).map_err(failed)?;
        let pair = pair(&private)?;
        let serial = serial(&pair);
        let pem = self_signed(&private, &serial, until)?;
        Ok(PlatformKey { id: hex(&serial), pem, until, pair, private })
    }

    /// Signs a message; `None` if the system cannot give randomness for blinding.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    /// Decrypts a personal field; `None` if it was not encrypted for this key and in this way.
    pub(crate) fn decrypt(&self, text: &str, scheme: FieldEncryption) -> Option<Personal> {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        let plain = match scheme {
            FieldEncryption::Pkcs1 => self.private.decrypt(Pkcs1v15Encrypt, &bytes),
            FieldEncryption::Oaep => self.private.decrypt(Oaep::new::<Sha1>(), &bytes),
        };
        String::from_utf8(plain.ok()?).ok().map(Personal::from)
    }

    /// The times from which and until which a certificate is valid (RFC 3339).
    pub(crate) fn valid(&self) -> (String, String) {
        let midnight = |year: i32| format!("{year}-01-01T08:00:00+08:00");
        (midnight(VALID_FROM), midnight(self.until))
    }
}

/// The keys of the platform; the last certificate signs.
pub(crate) struct Platform {
    pub public_key: Arc<PlatformKey>,
    certificates: Mutex<Certificates>,
    rng: ChaCha20Rng,
}

struct Certificates {
    current: Arc<PlatformKey>,
    /// The earlier certificates, the oldest first.
    older: Vec<Arc<PlatformKey>>,
    /// The number of certificates ever made.
    made: u64,
}

impl Platform {
    /// The certificate that signs.
    pub(crate) fn current(&self) -> Arc<PlatformKey> {
        Arc::clone(&lock(&self.certificates).current)
    }

    /// All certificates, the oldest first.
    pub(crate) fn certificates(&self) -> Vec<Arc<PlatformKey>> {
        let certificates = lock(&self.certificates);
        certificates.older.iter().chain([&certificates.current]).map(Arc::clone).collect()
    }

    /// The key with an id.
    pub(crate) fn named(&self, id: &str) -> Option<Arc<PlatformKey>> {
        if id == self.public_key.id {
            return Some(Arc::clone(&self.public_key));
        }
        self.certificates().into_iter().find(|key| key.id.eq_ignore_ascii_case(id))
    }

    /// Makes a certificate that signs from now on. That takes a while.
    pub(crate) fn rotate(&self) -> Result<Arc<PlatformKey>, Error> {
        // Held all the while, so that of two at once each makes its own.
        let mut certificates = lock(&self.certificates);
        let generation = certificates.older.len() + 1;
        if generation >= MOST {
            return Err(Error(format!("there are {MOST} certificates already; reset the sandbox before the next")));
        }
        let mut rng = self.rng.clone();
        certificates.made += 1;
        rng.set_stream(ROTATED + certificates.made);
        let private = RsaPrivateKey::new(&mut rng, 2048).map_err(failed)?;
        let key = Arc::new(PlatformKey::certificate(private, generation)?);
        let old = std::mem::replace(&mut certificates.current, Arc::clone(&key));
        certificates.older.push(old);
        Ok(key)
    }

    /// Returns to the first certificate. Later ones still differ from those before, because a client may know them.
    pub(crate) fn reset(&self) {
        let mut certificates = lock(&self.certificates);
        if !certificates.older.is_empty() {
            certificates.current = certificates.older.swap_remove(0);
            certificates.older.clear();
        }
    }
}

/// All keys of a sandbox.
pub(crate) struct Keys {
    pub merchant: Merchant,
    pub platform: Platform,
    /// 32 bytes, which encrypt certificates.
    pub api_v3_key: String,
}

impl Keys {
    /// Makes the keys that are not given as PEM.
    pub(crate) fn make(
        rng: &mut ChaCha20Rng,
        merchant: Option<&str>,
        certificate: Option<&str>,
    ) -> Result<Keys, Error> {
        let given = [given("merchant key", merchant)?, given("platform key", certificate)?, None];
        // A stream each, so that the keys can be made side by side and are the same for the same seed.
        let made = std::thread::scope(|scope| {
            let mut stream = 0;
            given
                .map(|given| {
                    stream += 1;
                    let mut rng = rng.clone();
                    rng.set_stream(stream);
                    scope.spawn(move || given.map_or_else(|| RsaPrivateKey::new(&mut rng, 2048), Ok))
                })
                .map(|thread| thread.join())
        });
        let [merchant, certificate, public_key] = made.map(|key| match key {
            Ok(key) => key.map_err(failed),
            Err(_) => Err(failed("its thread panicked")),
        });
        let (merchant, certificate, public_key) = (merchant?, certificate?, public_key?);

        let merchant_pair = pair(&merchant)?;
        let merchant = Merchant {
            private_key: merchant.to_pkcs8_pem(LineEnding::LF).map_err(failed)?.to_string(),
            serial_no: hex(&serial(&merchant_pair)),
            public_key: merchant_pair.public().as_ref().to_vec(),
        };
        let current = Arc::new(PlatformKey::certificate(certificate, 0)?);
        let public_key = PlatformKey {
            id: format!("PUB_KEY_ID_01{}", random_text(rng, DIGITS, 26)),
            pem: public_key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(failed)?,
            until: VALID_UNTIL,
            pair: pair(&public_key)?,
            private: public_key,
        };
        Ok(Keys {
            merchant,
            platform: Platform {
                public_key: Arc::new(public_key),
                certificates: Mutex::new(Certificates { current, older: Vec::new(), made: 0 }),
                rng: rng.clone(),
            },
            api_v3_key: random_text(rng, ALPHANUMERIC, 32),
        })
    }
}

fn given(name: &str, pem: Option<&str>) -> Result<Option<RsaPrivateKey>, Error> {
    let Some(pem) = pem else { return Ok(None) };
    let key = RsaPrivateKey::from_pkcs8_pem(pem).ok().or_else(|| RsaPrivateKey::from_pkcs1_pem(pem).ok());
    match key {
        None => Err(Error(format!("the {name} is not an unencrypted RSA private key in PEM (PKCS#8 or PKCS#1)"))),
        Some(key) if !(256..=512).contains(&key.size()) => {
            Err(Error(format!("the {name} has {} bits; it must have 2048 to 4096", key.size() * 8)))
        }
        Some(key) => Ok(Some(key)),
    }
}

/// A serial of 20 bytes, positive, without leading zeros; the same key always has the same one.
fn serial(pair: &RsaKeyPair) -> Vec<u8> {
    let hash = digest(&SHA256, pair.public().as_ref());
    let mut serial: Vec<u8> = hash.as_ref().iter().take(20).copied().collect();
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

fn self_signed(key: &RsaPrivateKey, serial: &[u8], until: i32) -> Result<String, Error> {
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?;
    let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.not_before = date_time_ymd(VALID_FROM, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params.distinguished_name.push(DnType::CommonName, "wechatpay-customs-sandbox");
    Ok(params.self_signed(&pair).map_err(failed)?.pem())
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error(format!("a key could not be made: {why}"))
}
