use std::fmt;

use der::Tag;
use zeroize::Zeroizing;

use super::{
    Certificate,
    limits::bits,
    pbes2::{Closed, Pbes2},
    spelling::{Block, Unreadable, blocks, tags},
};
use crate::{
    base::der::{PrivateNumbers, PublicNumbers, is_rsa, pkcs8, sequence, to_pkcs8},
    base::secret::{KeyMaterial, Secret},
    words::error::{
        CERTIFICATE_MISMATCH, Error, PRIVATE_KEY_INVALID, PRIVATE_KEY_PASSWORD_MISSING, PRIVATE_KEY_PASSWORD_WRONG,
    },
};

/// The merchant's RSA key: `apiclient_key.pem`, or `apiclient_cert.p12` with its certificate.
///
/// Its bytes are wiped from memory when it is dropped, and `Debug` never shows them.
#[derive(Clone)]
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    certificate: Option<Certificate>,
}

impl PrivateKey {
    /// Reads PKCS#8 (also encrypted), PKCS#1 or, with feature `pkcs12`, PKCS#12; as PEM in any spelling, DER or Base64.
    ///
    /// PEM may hold the merchant's certificate too. Without a password, a PKCS#12 file is opened with `mchid`, because
    /// WeChat Pay makes them so.
    ///
    /// # Errors
    /// `PRIVATE_KEY_INVALID` saying what was given instead, `PRIVATE_KEY_PASSWORD_MISSING`, `PRIVATE_KEY_PASSWORD_WRONG`,
    /// `CERTIFICATE_MISMATCH` for a certificate of another key, `PKCS12_UNSUPPORTED`.
    pub fn read(material: &KeyMaterial, password: Option<&Secret>, mchid: Option<&str>) -> Result<PrivateKey, Error> {
        let blocks = blocks(material.expose()).map_err(unreadable)?;
        let mut key = None;
        let mut certificates = Vec::new();
        let mut instead = None;
        for block in &blocks {
            match content(block) {
                Content::Certificate(certificate) => certificates.push(*certificate),
                Content::Pkcs8(der) if key.is_none() => key = Some(from_pkcs8(der)?),
                Content::Pkcs1(der) if key.is_none() => key = Some(from_pkcs1(der)?),
                Content::Encrypted(der) if key.is_none() => key = Some(decrypted(der, password)?),
                Content::Pkcs12(der) if key.is_none() => {
                    let (pkcs8, more) = pkcs12(der, password, mchid)?;
                    key = Some(from_pkcs8(&pkcs8)?);
                    certificates.extend(more);
                }
                Content::Other(what) => instead = instead.or(Some(what)),
                Content::Pkcs8(_) | Content::Pkcs1(_) | Content::Encrypted(_) | Content::Pkcs12(_) => {}
            }
        }
        let Some(pkcs8) = key else {
            let what = match (instead, certificates.is_empty()) {
                (Some(what), _) => what,
                (None, false) => format!("is a certificate; {GIVE}"),
                (None, true) => format!("holds no key; {GIVE}"),
            };
            return Err(refused(&what));
        };
        let certificate = certificates.iter().position(|certificate| belongs(&pkcs8, certificate));
        match certificate {
            None if !certificates.is_empty() => Err(Error::new(
                CERTIFICATE_MISMATCH,
                "`private_key` comes with a certificate of another key: the two do not belong together; give the key and \
                 the certificate of one merchant",
            )),
            index => Ok(PrivateKey { pkcs8, certificate: index.map(|index| certificates.swap_remove(index)) }),
        }
    }

    /// The key as PKCS#8 DER, for a signer.
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The merchant's certificate, if it came with the key.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(***)")
    }
}

const ENCRYPTED_OTHERWISE: &str = "is encrypted in a way that is not supported, such as OpenSSL's own of old; convert it \
                                   with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY`";

const GIVE: &str = "give the merchant's private key, apiclient_key.pem";

fn refused(why: &str) -> Error {
    Error::new(PRIVATE_KEY_INVALID, format!("`private_key` {why}"))
}

fn unreadable(why: Unreadable) -> Error {
    refused(match why {
        Unreadable::NoKey => {
            "is no key; give the text of apiclient_key.pem, which begins -----BEGIN PRIVATE KEY-----, or the bytes of a \
             DER or PKCS#12 file"
        }
        Unreadable::Path => "is the path of a file, it seems; give what the file holds",
        Unreadable::Broken => "has the frame of a PEM key, but what is inside cannot be read; copy it again, whole",
        Unreadable::LegacyEncryption => ENCRYPTED_OTHERWISE,
    })
}

enum Content<'a> {
    Pkcs8(&'a [u8]),
    Pkcs1(&'a [u8]),
    Encrypted(&'a [u8]),
    Pkcs12(&'a [u8]),
    Certificate(Box<Certificate>),
    /// Anything else, in words that follow the option's name.
    Other(String),
}

fn not_rsa<'a>() -> Content<'a> {
    Content::Other("is an EC key, not an RSA key; WeChat Pay signs with RSA only".to_owned())
}

/// Recognises the content of a block, whatever its label says.
fn content(block: &Block) -> Content<'_> {
    let der: &[u8] = &block.der;
    match tags(der).as_slice() {
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => Content::Pkcs8(der),
        [Tag::Integer, Tag::Integer, Tag::Integer, ..] => Content::Pkcs1(der),
        [Tag::Sequence, Tag::OctetString] => Content::Encrypted(der),
        [Tag::Integer, Tag::Sequence] | [Tag::Integer, Tag::Sequence, Tag::Sequence] => Content::Pkcs12(der),
        [Tag::Sequence, Tag::BitString] | [Tag::Integer, Tag::Integer] => {
            Content::Other(format!("is a public key; {GIVE}"))
        }
        [Tag::Integer, Tag::OctetString, ..] => not_rsa(),
        _ => match (Certificate::from_der(der), &block.label) {
            (Some(certificate), _) => Content::Certificate(Box::new(certificate)),
            // DER that is cut off also ends here.
            (None, Some(label)) if label.starts_with("EC ") => not_rsa(),
            (None, Some(label)) if label.ends_with("PRIVATE KEY") && !label.starts_with("OPENSSH") => Content::Other(
                format!("is PEM labelled `{label}`, but what is inside cannot be read; copy it again, whole"),
            ),
            (None, Some(label)) => Content::Other(format!("is PEM labelled `{label}`; {GIVE}")),
            (None, None) => {
                Content::Other(format!("is neither a key nor PKCS#12, or not whole; {GIVE}, or copy it again"))
            }
        },
    }
}

fn from_pkcs8(der: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (algorithm, key) = pkcs8(der).ok_or_else(|| {
        refused("has the frame of a PKCS#8 key, but what is inside cannot be read; copy it again, whole")
    })?;
    if !is_rsa(&algorithm) {
        return Err(refused("is not an RSA key; WeChat Pay signs with RSA only"));
    }
    from_pkcs1(key)
}

fn from_pkcs1(der: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let key = PrivateNumbers::of_pkcs1(der)
        .ok_or_else(|| refused("says that it is an RSA key, but its numbers cannot be read; copy it again, whole"))?;
    bits(key.public.modulus).map_err(|why| refused(&why))?;
    to_pkcs8(der).ok_or_else(|| refused("is too long to be an RSA key"))
}

fn decrypted(der: &[u8], password: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unsupported = || refused(ENCRYPTED_OTHERWISE);
    let parts = sequence(der).unwrap_or_default();
    let [algorithm, locked] = parts.as_slice() else { return Err(unsupported()) };
    let scheme = Pbes2::read(algorithm).ok_or_else(unsupported)?;
    let Some(password) = password else {
        return Err(Error::new(
            PRIVATE_KEY_PASSWORD_MISSING,
            "`private_key` is encrypted: give `private_key_password` too",
        ));
    };
    let wrong = || {
        Error::new(
            PRIVATE_KEY_PASSWORD_WRONG,
            "`private_key_password` does not open the private key: it is the password of another key, or the key was changed",
        )
    };
    let opened = scheme.open(password.expose(), locked.value).map(Zeroizing::new).map_err(|closed| match closed {
        Closed::Unsupported => unsupported(),
        Closed::WrongPassword => wrong(),
    })?;
    // One wrong password in 256 leaves valid padding, but bytes that are not a key.
    match tags(&opened).as_slice() {
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => from_pkcs8(&opened),
        _ => Err(wrong()),
    }
}

/// The command that converts a PKCS#12 file to PEM.
const CONVERT: &str =
    "`openssl pkcs12 -in apiclient_cert.p12 -nodes -out apiclient_key.pem` (OpenSSL 3 may need `-legacy`)";

/// The algorithms that derive keys from passwords, as DER: scrypt, which no tool uses in PKCS#12 and which may take
/// gigabytes; PBKDF2; PKCS#12's own algorithms, without their last number.
#[cfg(feature = "pkcs12")]
const SCRYPT: &[u8] = b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
#[cfg(feature = "pkcs12")]
const PBKDF2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
#[cfg(feature = "pkcs12")]
const PBE_SHA1: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";

/// The private key (PKCS#8) and all certificates of a PKCS#12 file.
#[cfg(feature = "pkcs12")]
fn pkcs12(
    der: &[u8],
    password: Option<&Secret>,
    mchid: Option<&str>,
) -> Result<(Zeroizing<Vec<u8>>, Vec<Certificate>), Error> {
    use p12_keystore::{Pkcs12Archive, error::Error as Pkcs12Error};

    let unsupported =
        || refused(&format!("is PKCS#12 locked in a way that is not supported; convert it with {CONVERT}"));
    // Each key derived from the password may take a million rounds, and the bags may ask for any number of them.
    let times = |oid: &[u8]| der.windows(oid.len()).filter(|bytes| *bytes == oid).count();
    if times(SCRYPT) > 0 || times(PBKDF2) + times(PBE_SHA1) > 4 {
        return Err(unsupported());
    }
    let opened = Pkcs12Archive::from_pkcs12(der, password.map(Secret::expose).or(mchid).unwrap_or_default());
    let archive = opened.map_err(|error| match error {
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => {
            let why = match password {
                Some(_) => "`private_key_password` does not open the PKCS#12 file in `private_key`",
                None => {
                    "`mchid`, with which WeChat Pay locks its PKCS#12 files, does not open `private_key`; give \
                     `private_key_password`"
                }
            };
            Error::new(PRIVATE_KEY_PASSWORD_WRONG, why)
        }
        Pkcs12Error::UnsupportedEncryptionScheme | Pkcs12Error::UnsupportedMacAlgorithm => unsupported(),
        _ => refused("has the frame of a PKCS#12 file, but cannot be read; copy it again, whole"),
    })?;
    let certificates = archive.certs.iter().filter_map(|bag| Certificate::from_der(bag.cert.as_der())).collect();
    let Some(key) = archive.keys.first().map(|bag| Zeroizing::new(bag.key.as_der().to_vec())) else {
        return Err(refused(&format!("is PKCS#12 without a private key; {GIVE}, or apiclient_cert.p12")));
    };
    Ok((key, certificates))
}

#[cfg(not(feature = "pkcs12"))]
fn pkcs12(_: &[u8], _: Option<&Secret>, _: Option<&str>) -> Result<(Zeroizing<Vec<u8>>, Vec<Certificate>), Error> {
    Err(Error::new(
        crate::words::error::PKCS12_UNSUPPORTED,
        format!("`private_key` is PKCS#12, which is not supported here; convert it with {CONVERT}"),
    ))
}

/// Is this the certificate of this key?
fn belongs(pkcs8: &[u8], certificate: &Certificate) -> bool {
    let of_key = PrivateNumbers::of_pkcs8(pkcs8).map(|key| key.public);
    of_key.is_some_and(|key| Some(key) == PublicNumbers::of_spki(&certificate.spki_der))
}
