//! Shows bytes as text for people: invisible characters are escaped, a person's values are hidden.

use std::ops::Range;

use base64ct::{Base64, Encoding};
use serde_json::Value;

use crate::protocol::hiding::personal_names;

/// The most characters of an excerpt.
const EXCERPT: usize = 40;

/// Shows all of a text.
pub(super) fn text(text: &[u8]) -> String {
    part(text, &personal(text), 0, usize::MAX)
}

/// Shows a message from an offset on.
pub(super) fn excerpt(message: &[u8], offset: usize) -> String {
    let mut hidden = Vec::new();
    let mut start = 0;
    for line in message.splitn(5, |byte| *byte == b'\n') {
        hidden.extend(personal(line).into_iter().map(|range| range.start + start..range.end + start));
        start += line.len() + 1;
    }
    // Does not begin in the middle of a character.
    let within = |offset: &usize| message.get(*offset).is_some_and(|byte| byte & 0xc0 == 0x80);
    let from = (0..=offset).rev().find(|offset| !within(offset)).unwrap_or(offset);
    part(message, &hidden, from, EXCERPT)
}

fn part(bytes: &[u8], hidden: &[Range<usize>], from: usize, longest: usize) -> String {
    let mut text = String::new();
    let mut left = longest;
    // An escape is shown whole or not at all.
    let mut add = |piece: &str| {
        left = left.checked_sub(piece.chars().count())?;
        text.push_str(piece);
        Some(())
    };
    let mut at = from;
    for range in hidden {
        // An empty value is hidden too.
        if range.end < at || (range.end == at && !range.is_empty()) {
            continue;
        }
        let seen = bytes.get(at..range.start).unwrap_or_default();
        at = range.end;
        if pieces(seen, &mut add).and_then(|()| add("***")).is_none() {
            return text;
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let _ = pieces(rest, &mut add);
    text
}

/// Adds characters, escaped where necessary, until `add` finds no more room.
fn pieces(bytes: &[u8], add: &mut dyn FnMut(&str) -> Option<()>) -> Option<()> {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            add(&piece(character))?;
        }
        for byte in chunk.invalid() {
            add(&format!("\\x{byte:02x}"))?;
        }
    }
    Some(())
}

fn piece(character: char) -> String {
    match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\\' => "\\\\".to_owned(),
        _ if character.is_control() || character == '\u{feff}' => character.escape_unicode().to_string(),
        _ => character.to_string(),
    }
}

/// Finds a person's values that are not encrypted.
fn personal(text: &[u8]) -> Vec<Range<usize>> {
    if serde_json::from_slice::<Value>(text).is_err() {
        // In text that is not JSON, or only its beginning, the value stands somewhere after its name.
        let after = personal_names().filter_map(|name| Some(find(text, name.as_bytes())? + name.len())).min();
        return after.into_iter().map(|after| after..text.len()).collect();
    }
    // In order of position: names with the place of their values, and texts that mention a field.
    let mut found = Vec::new();
    let mut remarked = false;
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| find(rest, b"\"")).map(|found| at + found) {
        let Some((Value::String(name), end)) = value(text, start) else { break };
        at = end;
        let colon = skip_space(text, end);
        if text.get(colon) == Some(&b':') {
            found.push((Some(name), skip_space(text, colon + 1), 0));
        } else if personal_names().any(|known| name.contains(known)) {
            // JSON within a text, or a remark about a field.
            remarked = true;
            found.push((None, start + 1, end.saturating_sub(1)));
        }
    }
    let mut hidden = Vec::new();
    for (name, start, end) in found {
        let Some(name) = name else {
            hidden.push(start..end);
            continue;
        };
        // A `value` beside a remark about a field is that field's.
        if personal_names().any(|known| known == name) || (remarked && name == "value") {
            match value(text, start) {
                Some((Value::String(value), _)) if is_ciphertext(&value) => {}
                Some((Value::String(_), end)) => hidden.push(start + 1..end.saturating_sub(1)),
                Some((_, end)) => hidden.push(start..end),
                None => {}
            }
        }
    }
    hidden
}

/// Is it the encrypted value of a person's field, which may be shown?
fn is_ciphertext(text: &str) -> bool {
    Base64::decode_vec(text).is_ok_and(|bytes| bytes.len() >= 256)
}

/// The JSON value that begins at an offset, and the offset where it ends.
fn value(json: &[u8], start: usize) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_slice(json.get(start..)?).into_iter();
    let value = values.next()?.ok()?;
    Some((value, start + values.byte_offset()))
}

fn skip_space(json: &[u8], from: usize) -> usize {
    let space = json.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace());
    from + space.count()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
