//! Keys and certificates as DER elements, one level at a time: no decoder is compiled anew for each level of nesting, which
//! keeps WASM small.

use der::{
    AnyRef, Decode, Encode, Header, Reader, SliceReader, Tag, Tagged,
    asn1::{BitStringRef, GeneralizedTime, UintRef, UtcTime},
};
use zeroize::Zeroizing;

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub tag: Tag,
    /// Its content.
    pub value: &'a [u8],
    /// The whole element, header included.
    pub der: &'a [u8],
}

/// The algorithm `rsaEncryption`, with its NULL for parameters (RFC 8017, A.1).
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// Its OID.
const RSA_OID: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
/// The version number 0.
const ZERO: &[u8] = b"\x02\x01\x00";

/// Reads elements that follow each other, to the end.
pub(crate) fn elements(bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        let der = reader.tlv_bytes().ok()?;
        let any = AnyRef::from_der(der).ok()?;
        elements.push(Element { tag: any.tag(), value: any.value(), der });
    }
    Some(elements)
}

/// The parts of a SEQUENCE; `None` if it is not a SEQUENCE, or if more follows it.
pub(crate) fn sequence(der: &[u8]) -> Option<Vec<Element<'_>>> {
    match elements(der)?.as_slice() {
        [Element { tag: Tag::Sequence, value, .. }] => elements(value),
        _ => None,
    }
}

/// Encodes an element of this tag around these parts.
pub(crate) fn encoded(tag: Tag, parts: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let header = Header::new(tag, length).ok()?;
    // Allocated at its exact size: growing would leave copies of a key behind.
    let mut der = Zeroizing::new(Vec::with_capacity(length + usize::try_from(header.encoded_len().ok()?).ok()?));
    header.encode_to_vec(&mut der).ok()?;
    parts.iter().for_each(|part| der.extend_from_slice(part));
    Some(der)
}

fn numbers<'a>(elements: &[Element<'a>]) -> Option<Vec<&'a [u8]>> {
    let mut numbers = Vec::with_capacity(elements.len());
    for element in elements {
        numbers.push(UintRef::from_der(element.der).ok()?.as_bytes());
    }
    Some(numbers)
}

/// A whole number that is not negative.
#[cfg(target_arch = "wasm32")]
pub(crate) fn whole(element: &Element<'_>) -> Option<u32> {
    u32::from_der(element.der).ok()
}

/// Is this AlgorithmIdentifier that of RSA keys?
pub(crate) fn is_rsa(algorithm: &Element<'_>) -> bool {
    algorithm.value.starts_with(RSA_OID)
}

/// The parts of PKCS#8: the algorithm, and the key in the algorithm's own form.
pub(crate) fn pkcs8(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    match sequence(der)?.as_slice() {
        [Element { tag: Tag::Integer, .. }, algorithm @ Element { tag: Tag::Sequence, .. }, key, ..]
            if key.tag == Tag::OctetString =>
        {
            Some((*algorithm, key.value))
        }
        _ => None,
    }
}

/// An RSA key (PKCS#1) as PKCS#8.
pub(crate) fn to_pkcs8(pkcs1: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = encoded(Tag::OctetString, &[pkcs1])?;
    encoded(Tag::Sequence, &[ZERO, RSA, &key])
}

/// The parts of SubjectPublicKeyInfo: the algorithm, and the key in the algorithm's own form.
pub(crate) fn spki(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    match sequence(der)?.as_slice() {
        [algorithm @ Element { tag: Tag::Sequence, .. }, key @ Element { tag: Tag::BitString, .. }] => {
            Some((*algorithm, BitStringRef::from_der(key.der).ok()?.as_bytes()?))
        }
        _ => None,
    }
}

/// An RSA public key (PKCS#1) as SubjectPublicKeyInfo.
pub(crate) fn to_spki(pkcs1: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = encoded(Tag::BitString, &[&[0], pkcs1])?;
    encoded(Tag::Sequence, &[RSA, &key])
}

/// The numbers of an RSA public key, big-endian.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicNumbers<'a> {
    pub modulus: &'a [u8],
    pub exponent: &'a [u8],
}

/// The numbers of an RSA private key of two primes, big-endian.
pub(crate) struct PrivateNumbers<'a> {
    pub public: PublicNumbers<'a>,
    pub private_exponent: &'a [u8],
    pub primes: [&'a [u8]; 2],
}

impl<'a> PublicNumbers<'a> {
    pub(crate) fn of_pkcs1(der: &'a [u8]) -> Option<Self> {
        match numbers(&sequence(der)?)?.as_slice() {
            [modulus, exponent] => Some(PublicNumbers { modulus, exponent }),
            _ => None,
        }
    }

    pub(crate) fn of_spki(der: &'a [u8]) -> Option<Self> {
        match spki(der)? {
            (algorithm, key) if is_rsa(&algorithm) => Self::of_pkcs1(key),
            _ => None,
        }
    }
}

impl<'a> PrivateNumbers<'a> {
    pub(crate) fn of_pkcs1(der: &'a [u8]) -> Option<Self> {
        match numbers(&sequence(der)?)?.as_slice() {
            [[0], modulus, exponent, private_exponent, p, q, _, _, _] => {
                Some(PrivateNumbers { public: PublicNumbers { modulus, exponent }, private_exponent, primes: [p, q] })
            }
            _ => None,
        }
    }

    pub(crate) fn of_pkcs8(der: &'a [u8]) -> Option<Self> {
        Self::of_pkcs1(pkcs8(der)?.1)
    }
}

/// A Time (RFC 5280, 4.1.2.5) in Unix seconds.
pub(crate) fn time(time: &Element<'_>) -> Option<i64> {
    let since = match time.tag {
        Tag::UtcTime => UtcTime::from_der(time.der).ok()?.to_unix_duration(),
        _ => GeneralizedTime::from_der(time.der).ok()?.to_unix_duration(),
    };
    i64::try_from(since.as_secs()).ok()
}
