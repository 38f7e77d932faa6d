//! Reads the spellings in which keys are passed around: PEM as OpenSSL writes it, DER, and what shells, editors, `.env`
//! files and secret stores make of them.

use base64ct::{Base64, Encoding};
use der::Tag;
use zeroize::Zeroizing;

use crate::base::der::sequence;

/// One key or certificate as DER, with the label that stood above it in PEM.
pub(super) struct Block {
    pub label: Option<String>,
    pub der: Zeroizing<Vec<u8>>,
}

/// Reason why there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Neither PEM, nor DER, nor the Base64 of DER.
    NoKey,
    /// Apparently the path of a file.
    Path,
    /// PEM that is cut off, or whose content is not Base64.
    Broken,
    /// PEM in OpenSSL's own old encryption (`Proc-Type: 4,ENCRYPTED`).
    LegacyEncryption,
}

/// Reads every block in PEM, or the single thing that DER or bare Base64 holds; at least one block.
pub(super) fn blocks(material: &[u8]) -> Result<Vec<Block>, Unreadable> {
    wrapped(material, MOST_WRAPPINGS)
}

/// The most layers of Base64: secret stores encode a whole file, and some scripts encode the result again.
const MOST_WRAPPINGS: u8 = 2;

fn wrapped(material: &[u8], wrappings: u8) -> Result<Vec<Block>, Unreadable> {
    let material = match material {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest,
        // UTF-16, in which older PowerShells write files; keys hold only ASCII.
        [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] => {
            let mut ascii = Zeroizing::new(Vec::with_capacity(rest.len()));
            ascii.extend(rest.iter().filter(|byte| **byte != 0));
            return wrapped(&ascii, wrappings);
        }
        material => material,
    };
    let text =
        std::str::from_utf8(material).ok().filter(|text| !text.contains(|c: char| c.is_control() && !is_space(c)));
    let Some(text) = text else {
        return match material.first() {
            // The tag of SEQUENCE, with which all of them begin.
            Some(0x30) => Ok(vec![Block { label: None, der: Zeroizing::new(material.to_vec()) }]),
            _ => Err(Unreadable::NoKey),
        };
    };
    let unescaped = unescaped(text);
    let inside = unescaped.trim_matches(|character: char| is_space(character) || "\"'`".contains(character));
    if inside.contains(BEGIN) {
        return pem(inside);
    }
    if inside.contains(END) {
        return Err(Unreadable::Broken);
    }
    let found = match base64(inside) {
        Some(der) if der.first() == Some(&0x30) => Ok(vec![Block { label: None, der }]),
        Some(file) if wrappings > 0 && !file.is_empty() => wrapped(&file, wrappings - 1),
        _ => Err(Unreadable::NoKey),
    };
    let is_path = text.len() < 1024 && (text.contains(['/', '\\']) || text.ends_with(".pem"));
    found.map_err(|why| if why == Unreadable::NoKey && is_path { Unreadable::Path } else { why })
}

/// Undoes the escapes that shells and JSON add to a text, however often they did: `\n`, `\\n`, `\/`, `\"`, `\u002b`. A key
/// never holds a backslash.
fn unescaped(text: &str) -> Zeroizing<String> {
    // Allocated at its exact size: growing would leave copies behind.
    let mut unescaped = Zeroizing::new(String::with_capacity(text.len()));
    let mut parts = text.split('\\');
    unescaped.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let code = part.strip_prefix('u').and_then(|code| code.split_at_checked(4));
        let ascii = code.and_then(|(code, rest)| Some((u8::from_str_radix(code, 16).ok()?, rest)));
        match (ascii.filter(|(byte, _)| byte.is_ascii()), part.strip_prefix(['n', 'r', 't'])) {
            (Some((byte, rest)), _) => {
                unescaped.push(char::from(byte));
                unescaped.push_str(rest);
            }
            (None, Some(rest)) => {
                unescaped.push('\n');
                unescaped.push_str(rest);
            }
            (None, None) => unescaped.push_str(part),
        }
    }
    unescaped
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
        // A label is shown, but if a line end or dashes were lost, the key stands in its place.
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
    // Allocated at its full size: growing would leave copies behind.
    let mut der = Zeroizing::new(vec![0; letters.len()]);
    let length = Base64::decode(letters.as_bytes(), &mut der).ok()?.len();
    der.truncate(length);
    Some(der)
}

/// The tags of the parts of a SEQUENCE, which tell the formats apart; empty if it is not DER.
pub(super) fn tags(der: &[u8]) -> Vec<Tag> {
    sequence(der).unwrap_or_default().iter().map(|part| part.tag).collect()
}
