//! The spellings in which keys are handed around: PEM as OpenSSL writes it, DER, and what shells, editors, `.env` files
//! and secret stores make of them.

use base64ct::{Base64, Encoding};
use der::Tag;
use zeroize::Zeroizing;

use super::asn1::sequence;

/// One key or certificate as DER, with the label that stood above it in PEM.
pub(super) struct Block {
    pub label: Option<String>,
    pub der: Zeroizing<Vec<u8>>,
}

/// Why there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Neither PEM, nor DER, nor the Base64 of DER.
    NoKey,
    /// The path of a file, it seems.
    Path,
    /// PEM that is cut off or whose inside is no Base64.
    Broken,
    /// PEM in OpenSSL's own encryption of old (`Proc-Type: 4,ENCRYPTED`).
    LegacyEncryption,
}

/// Every block in PEM, or the one thing that DER or bare Base64 holds; at least one.
pub(super) fn blocks(material: &[u8]) -> Result<Vec<Block>, Unreadable> {
    let material = material.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(material);
    let text =
        std::str::from_utf8(material).ok().filter(|text| !text.contains(|c: char| c.is_control() && !is_space(c)));
    let Some(text) = text else {
        return match material.first() {
            // SEQUENCE, in which all of them begin.
            Some(0x30) => Ok(vec![Block { label: None, der: Zeroizing::new(material.to_vec()) }]),
            _ => Err(Unreadable::NoKey),
        };
    };
    // Of the exact size at once: growing would leave copies behind.
    let mut unescaped = Zeroizing::new(String::with_capacity(text.len() + 1));
    for line in text.split("\\n").flat_map(|line| line.split("\\r")) {
        unescaped.push_str(line);
        unescaped.push('\n');
    }
    let text = unescaped.trim_matches(|character: char| is_space(character) || "\"'`".contains(character));
    if text.contains(BEGIN) {
        return pem(text);
    }
    if text.contains(END) {
        return Err(Unreadable::Broken);
    }
    match base64(text) {
        Some(der) if der.first() == Some(&0x30) => Ok(vec![Block { label: None, der }]),
        _ if text.len() < 1024 && (text.contains('/') || text.contains('\\') || text.ends_with(".pem")) => {
            Err(Unreadable::Path)
        }
        _ => Err(Unreadable::NoKey),
    }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn pem(mut text: &str) -> Result<Vec<Block>, Unreadable> {
    let mut blocks = Vec::new();
    while let Some((_, rest)) = text.split_once(BEGIN) {
        let (label, rest) = rest.split_once(DASHES).ok_or(Unreadable::Broken)?;
        let label = label.trim();
        // A label is shown; where a line end or dashes were lost, the key stands in its place.
        if label.len() > 40 || !label.bytes().all(|byte| byte.is_ascii_uppercase() || b" 0123456789".contains(&byte)) {
            return Err(Unreadable::Broken);
        }
        let (inside, rest) = rest.split_once(END).ok_or(Unreadable::Broken)?;
        let (_, rest) = rest.split_once(DASHES).ok_or(Unreadable::Broken)?;
        if inside.contains("Proc-Type:") {
            return Err(Unreadable::LegacyEncryption);
        }
        let der = base64(inside).ok_or(Unreadable::Broken)?;
        blocks.push(Block { label: Some(label.to_owned()), der });
        text = rest;
    }
    Ok(blocks)
}

fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut letters = Zeroizing::new(String::with_capacity(text.len()));
    letters.extend(text.chars().filter(|character| !is_space(*character)));
    // All of the size at once: growing would leave copies behind.
    let mut der = Zeroizing::new(vec![0; letters.len()]);
    let length = Base64::decode(letters.as_bytes(), &mut der).ok()?.len();
    der.truncate(length);
    Some(der)
}

/// The types of the parts of a SEQUENCE, by which the formats can be told apart; none of what is no DER.
pub(super) fn tags(der: &[u8]) -> Vec<Tag> {
    sequence(der).unwrap_or_default().iter().map(|part| part.tag).collect()
}
