//! Reads JSON that others wrote as far as its structure allows: an odd value does not spoil the others.

use std::borrow::Cow;

use serde_json::Value;

use crate::base::json::json_text;

/// Lists and maps that are nested deeper than this become their JSON text.
const DEEPEST: usize = 64;

/// Reads JSON; `None` if its structure is broken.
///
/// A number that cannot be held here, such as an integer beyond 64 bits or `1e400`, becomes its text, so that no digit is
/// lost. Bytes that are not UTF-8, and halves of surrogate pairs, become U+FFFD.
pub(crate) fn json(bytes: &[u8]) -> Option<Value> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let read = |text: Cow<'_, str>| parsed(plain(&text).as_bytes());
    parsed(bytes)
        .filter(|value| is_plain(value, DEEPEST))
        .or_else(|| read(String::from_utf8_lossy(bytes)))
        .or_else(|| read(String::from_utf8_lossy(&without_gbk(bytes)).into_owned().into()))
}

/// Parses JSON: from bytes everywhere, because each kind of source compiles the parser once more.
fn parsed(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// Did the parser keep every value exactly? It turns an integer that it cannot hold into a float.
fn is_plain(value: &Value, deepest: usize) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(list) => deepest > 0 && list.iter().all(|value| is_plain(value, deepest - 1)),
        Value::Object(members) => deepest > 0 && members.values().all(|value| is_plain(value, deepest - 1)),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// The same JSON, with every value that the parser would refuse written in a way that it takes.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut depth) = (text, 0);
    while let Some(first) = rest.as_bytes().first() {
        let length = match first {
            b'"' => text_length(rest),
            b'[' | b'{' if depth == DEEPEST => nested_length(rest),
            b'-' | b'0'..=b'9' => length(rest, |byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)),
            _ => length(rest, |byte| !b"\"[]{}-0123456789".contains(&byte)).max(1),
        };
        let Some((token, after)) = rest.split_at_checked(length) else { break };
        match first {
            b'"' => write_text(token, &mut out),
            b'-' | b'0'..=b'9' if !fits(token) => out.push_str(&json_text(&token.into())),
            b'[' | b'{' if depth == DEEPEST => out.push_str(&json_text(&token.into())),
            _ => {
                depth += usize::from(b"[{".contains(first));
                depth = depth.saturating_sub(usize::from(b"]}".contains(first)));
                out.push_str(token);
            }
        }
        rest = after;
    }
    out
}

/// The number of bytes at the beginning that satisfy `is`.
fn length(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// The length of a text with its quotes.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

/// The length of a list or map with its brackets.
fn nested_length(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest.as_bytes().first() {
            Some(b'"') => text_length(rest),
            Some(byte) => {
                depth += usize::from(b"[{".contains(byte));
                depth = depth.saturating_sub(usize::from(b"]}".contains(byte)));
                length(rest, |byte| !b"\"[]{}".contains(&byte)).max(1)
            }
            None => 0,
        };
        if depth == 0 {
            break;
        }
    }
    at
}

/// Can a number hold it? The parser judges a token that is not a number.
fn fits(token: &str) -> bool {
    match is_integer(token.strip_prefix('-').unwrap_or(token)) {
        true => token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok(),
        // Not by `f64::from_str`, whose tables would be an eighteenth of the WASM package.
        false => parsed(token.as_bytes()).is_some() || !is_float(token),
    }
}

/// Is it a number by JSON's grammar, with a fraction or an exponent?
fn is_float(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (decimal, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let (integer, fraction) = decimal.split_once('.').unwrap_or((decimal, "0"));
    is_integer(integer.strip_prefix('-').unwrap_or(integer))
        && digits(fraction)
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

/// Is it an integer by JSON's grammar, without its sign?
fn is_integer(text: &str) -> bool {
    let leading_zero = text.starts_with('0') && text.len() > 1;
    !text.is_empty() && !leading_zero && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes a text with its quotes, and with escapes that the parser takes.
fn write_text(token: &str, out: &mut String) {
    let mut rest = token;
    while let Some(character) = rest.chars().next() {
        let mut used = character.len_utf8();
        match character {
            '\\' => match (unit(rest), rest.as_bytes().get(1)) {
                (Some(0xD800..=0xDBFF), _) if matches!(rest.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) => {
                    used = 12;
                    out.push_str(rest.get(..used).unwrap_or_default());
                }
                (Some(0xD800..=0xDFFF), _) => {
                    used = 6;
                    out.push('\u{FFFD}');
                }
                (Some(_), _) => {
                    used = 6;
                    out.push_str(rest.get(..used).unwrap_or_default());
                }
                (None, Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => {
                    used = 2;
                    out.push_str(rest.get(..used).unwrap_or_default());
                }
                _ => out.push_str("\\\\"),
            },
            '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
        rest = rest.get(used..).unwrap_or_default();
    }
}

/// The UTF-16 unit of an escape `\uXXXX` at the beginning.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// Replaces each of GBK's two-byte characters by U+FFFD: the second byte may look like a backslash or bracket.
fn without_gbk(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, after @ ..] => {
                out.extend_from_slice("\u{FFFD}".as_bytes());
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
            [] => return out,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        json(text.as_bytes()).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn one_odd_value_spoils_no_other() {
        for (odd, value) in [
            ("1e400", json!("1e400")),
            ("-1E+999", json!("-1E+999")),
            ("-0.5e-999", json!(-0.0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("18446744073709551616", json!("18446744073709551616")),
            ("-9223372036854775809", json!("-9223372036854775809")),
            ("123456789012345678901234567890", json!("123456789012345678901234567890")),
            ("[1,-2.5e3,-0]", json!([1, -2500.0, -0.0])),
            (r#""\ud83d""#, json!("\u{FFFD}")),
            (r#""\udc00\ud83d\ude00\uD83Dx""#, json!("\u{FFFD}😀\u{FFFD}x")),
            (r#""\u12""#, json!("\\u12")),
            (r#""\x \' \" \\ \n""#, json!("\\x \\' \" \\ \n")),
            ("\"a\nb\tc\u{7f}\"", json!("a\nb\tc\u{7f}")),
            (r#""1e400 [{ \\""#, json!("1e400 [{ \\")),
            (r#"{"1e400":true,"[":[null]}"#, json!({ "1e400": true, "[": [null] })),
        ] {
            let text = format!(r#"{{"a":{odd}, "b":1,"c":[{odd}]}}"#);
            assert_eq!(read(&text), json!({ "a": value, "b": 1, "c": [value] }), "{text}");
        }
    }

    #[test]
    fn what_lies_deep_comes_as_text() {
        for depth in [60, 64, 65, 128, 5000, 100_000] {
            let deep = format!("{}\"]\\\"\"{}", "[".repeat(depth), "]".repeat(depth));
            let value = read(&format!(r#"{{"deep":{deep},"code":"A"}}"#));
            assert_eq!(value["code"], "A", "{depth}");
            let mut at = &value["deep"];
            for _ in 0..depth.min(63) {
                at = &at[0];
            }
            let left = depth.saturating_sub(63);
            let text = format!("{}\"]\\\"\"{}", "[".repeat(left), "]".repeat(left));
            assert_eq!(at.as_str(), Some(if left == 0 { "]\"" } else { &text }), "{depth}");
        }
    }

    #[test]
    fn what_is_no_json_is_none() {
        for text in
            ["", " ", "OK", "<html>", "{", "{\"a\":}", "[1,]", "{\"a\":-}", "{\"a\":01}", "\"", "{\"a\":1}}", "nul"]
        {
            assert_eq!(json(text.as_bytes()), None, "{text}");
        }
        assert_eq!(json(&[b"[".repeat(1 << 20).as_slice(), b"\""].concat()), None);
    }

    #[test]
    fn other_encodings_keep_the_structure() {
        assert_eq!(read("\u{feff}{\"code\":\"A\"}"), json!({ "code": "A" }));
        // GBK: 错误, and 誠, whose second byte is a backslash.
        for bytes in [&b"\xb4\xed\xce\xf3"[..], b"\xd5\\", b"\xff\xfe\xfd"] {
            let body = [br#"{"code":"PARAM_ERROR","message":""#, bytes, br#"","detail":{"field":"/a"}}"#].concat();
            let value = json(&body).expect("an object");
            assert_eq!((&value["code"], &value["detail"]["field"]), (&json!("PARAM_ERROR"), &json!("/a")), "{bytes:?}");
        }
    }

    fn runner() -> proptest::test_runner::TestRunner {
        let config = proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() };
        proptest::test_runner::TestRunner::new(config)
    }

    #[test]
    fn it_never_panics_and_sound_json_is_as_serde_json_reads_it() {
        let piece = "(\\{|\\}|\\[|\\]|\"|:|,|\\\\u[dD][8-9c-f]..|\\\\.|[0-9eE.+-]{1,9}|true|null| |é|海|\n){0,24}";
        runner()
            .run(&piece, |text| {
                if let Ok(sound) = serde_json::from_str::<Value>(&text)
                    && !text.bytes().any(|byte| byte.is_ascii_digit())
                {
                    proptest::prop_assert_eq!(json(text.as_bytes()), Some(sound));
                }
                let _ = json(text.as_bytes());
                Ok(())
            })
            .expect("it holds");
        runner()
            .run(&proptest::prelude::any::<Vec<u8>>(), |bytes| {
                let _ = json(&bytes);
                Ok(())
            })
            .expect("it holds");
    }
}
