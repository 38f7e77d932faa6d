//! Tries the known mistakes one by one: each gives texts that may have been signed or verified in place of a message.

use percent_encoding::{AsciiSet, percent_decode_str, percent_encode};

use super::{
    Lines,
    causes::{
        CHANGED_BODY, FULL_URL, KnownCause, LINE_ENDS, PATH_PREFIX, QUERY_ENCODING, RECEIVED_CHANGED_BODY,
        RECEIVED_LINE_ENDS, RECEIVED_RESERIALISED, RESERIALISED_BODY,
    },
    shown,
};
use crate::{
    base::json::{Json, LAYOUTS, Style},
    protocol::{message, written::ENCODED},
    words::choice::PathPrefix,
};

/// A description of the mistake, and the message that it makes.
type Made = (String, Vec<u8>);

/// One mistake, which turns a right message into wrong ones.
pub(super) struct Variant {
    pub request: KnownCause,
    /// `None` for mistakes in the path, because answers have no path.
    pub response: Option<KnownCause>,
    make: fn(&Lines) -> Vec<Made>,
}

/// The mistakes, in the order in which they are tried.
const VARIANTS: &[Variant] = &[
    Variant { request: FULL_URL, response: None, make: full_url },
    Variant { request: PATH_PREFIX, response: None, make: path_prefix },
    Variant { request: QUERY_ENCODING, response: None, make: query_encoding },
    Variant { request: LINE_ENDS, response: Some(RECEIVED_LINE_ENDS), make: line_ends },
    Variant { request: RESERIALISED_BODY, response: Some(RECEIVED_RESERIALISED), make: reserialised },
    Variant {
        request: CHANGED_BODY,
        response: Some(RECEIVED_CHANGED_BODY),
        make: |lines| vec![("an empty body fits".to_owned(), lines.with("body", b""))],
    },
];

/// The first mistake that makes a fitting message, and its description.
pub(super) fn fitting(lines: &Lines, fits: impl Fn(&[u8]) -> bool) -> Option<(&'static Variant, String)> {
    VARIANTS.iter().find_map(|variant| {
        let made = (variant.make)(lines);
        made.into_iter().find(|(_, message)| fits(message)).map(|(how, _)| (variant, how))
    })
}

fn with_path(lines: &Lines, path: &[u8]) -> Made {
    (format!("`{}` fits", shown::text(path)), lines.with("path", path))
}

fn path_and_query(lines: &Lines) -> Option<(&str, Option<&str>)> {
    let path = std::str::from_utf8(lines.get("path")?).ok()?;
    Some(path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query))))
}

fn full_url(lines: &Lines) -> Vec<Made> {
    vec![with_path(lines, lines.url.as_bytes())]
}

/// Cuts the path before each of its slashes, and puts each possible beginning before each rest.
fn path_prefix(lines: &Lines) -> Vec<Made> {
    let Some((path, query)) = path_and_query(lines) else { return Vec::new() };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let mut beginnings = vec![String::new()];
    beginnings.extend(from_each_slash(&lines.base_path).map(str::to_owned));
    for prefix in PathPrefix::ALL {
        beginnings.push(format!("/{}", prefix.as_str()));
        beginnings.push(format!("{}/{}", lines.base_path, prefix.as_str()));
    }
    let mut made = Vec::new();
    for rest in from_each_slash(path) {
        for beginning in &beginnings {
            made.push(with_path(lines, [beginning, rest, &query].concat().as_bytes()));
        }
    }
    made
}

fn from_each_slash(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(at..)).take(MOST_SLASHES)
}

/// More slashes than any path of this API has behind a proxy; each cut is tried with each beginning.
const MOST_SLASHES: usize = 8;

/// Deeper than any JSON of this API; each level indents everything within it.
const DEEPEST: usize = 8;

/// The characters that JavaScript's `encodeURIComponent` leaves as they are.
const COMPONENT: &AsciiSet = &ENCODED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

fn query_encoding(lines: &Lines) -> Vec<Made> {
    let Some((path, Some(query))) = path_and_query(lines) else { return Vec::new() };
    let decoded: Vec<u8> = percent_decode_str(query).collect();
    let encoded = |set: &'static AsciiSet| pairs(query, |text| percent_encode(text, set).to_string());
    let hex = |change: fn(&mut str)| {
        let mut parts: Vec<String> = query.split('%').map(str::to_owned).collect();
        parts.iter_mut().skip(1).filter_map(|part| part.get_mut(..2)).for_each(change);
        parts.join("%")
    };
    let queries = [
        decoded,
        percent_decode_str(&query.replace('+', " ")).collect(),
        query.replace("%20", "+").into_bytes(),
        query.replace('+', "%20").into_bytes(),
        hex(str::make_ascii_lowercase).into_bytes(),
        hex(str::make_ascii_uppercase).into_bytes(),
        encoded(ENCODED).into_bytes(),
        encoded(COMPONENT).into_bytes(),
    ];
    let mut made = Vec::new();
    for query in queries {
        made.push(with_path(lines, &[path.as_bytes(), b"?", &query].concat()));
    }
    made.push(with_path(lines, path.as_bytes()));
    made
}

/// The query with its names and values decoded, then encoded by `write`.
fn pairs(query: &str, write: impl Fn(&[u8]) -> String) -> String {
    let text = |text: &str| write(&percent_decode_str(text).collect::<Vec<u8>>());
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => format!("{}={}", text(name), text(value)),
        None => text(pair),
    });
    pairs.collect::<Vec<_>>().join("&")
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn line_ends(lines: &Lines) -> Vec<Made> {
    let whole = lines.bytes();
    let short = whole.strip_suffix(b"\n").unwrap_or(&whole);
    let crlf = message::lines(&lines.texts, "\r\n");
    let mut made = vec![
        ("`\\r\\n` between the lines fits".to_owned(), crlf.strip_suffix(b"\r\n").unwrap_or(&crlf).to_vec()),
        ("`\\r\\n` at the end of each line fits".to_owned(), crlf),
        ("a backslash and an n at the end of each line fit".to_owned(), message::lines(&lines.texts, "\\n")),
        ("no line feed at the end fits".to_owned(), short.to_vec()),
        ("no line feed at the end fits".to_owned(), short.strip_suffix(b"\n").unwrap_or(short).to_vec()),
    ];
    let Some(body) = lines.get("body") else { return made };
    let ends = |end: &[u8]| {
        let bare: Vec<&[u8]> =
            body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
        bare.join(end)
    };
    let bodies = [
        ("a body with `\\n` fits", ends(b"\n")),
        ("a body with `\\r\\n` fits", ends(b"\r\n")),
        ("a body with `\\n` after it fits", [body, b"\n"].concat()),
        ("a body with `\\r\\n` after it fits", [body, b"\r\n"].concat()),
        ("a body without the line end after it fits", body.trim_ascii_end().to_vec()),
        ("a body with a byte order mark before it fits", [BOM, body].concat()),
        ("a body without its byte order mark fits", body.strip_prefix(BOM).unwrap_or(body).to_vec()),
    ];
    made.extend(bodies.map(|(how, body)| (how.to_owned(), lines.with("body", &body))));
    made
}

fn reserialised(lines: &Lines) -> Vec<Made> {
    let json = lines.get("body").and_then(|body| serde_json::from_slice::<Json>(body).ok());
    let Some(mut json) = json.filter(|json| json.depth() <= DEEPEST) else { return Vec::new() };
    let mut made = Vec::new();
    written(&json, None, lines, &mut made);
    // Sorted only once, for all layouts and spellings.
    json.sort();
    written(&json, Some("with sorted keys"), lines, &mut made);
    made
}

/// Adds the message with this JSON as its body, in every layout and spelling.
fn written(json: &Json, sorted: Option<&str>, lines: &Lines, made: &mut Vec<Made>) {
    for layout in LAYOUTS {
        for (ascii, slashes) in [(false, false), (true, false), (false, true), (true, true)] {
            let body = json.written(Style { ascii, slashes, ..*layout });
            let mut how = vec![layout.name];
            how.extend(sorted);
            how.extend(ascii.then_some("with `\\uXXXX`"));
            how.extend(slashes.then_some("with `\\/`"));
            made.push((format!("JSON {} fits", how.join(", ")), lines.with("body", body.as_bytes())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reserialised;
    use crate::{
        base::json::COMPARISONS,
        protocol::{explain::Lines, message},
    };

    #[test]
    fn members_are_sorted_once_for_all_layouts() {
        let count = 3_000;
        let members: Vec<String> = (0..count).rev().map(|name| format!("\"{name:05}\":{{\"b\":1,\"a\":2}}")).collect();
        let body = format!("{{{}}}", members.join(",")).into_bytes();
        let texts = vec![Vec::new(), Vec::new(), Vec::new(), Vec::new(), body];
        let lines = Lines { names: message::REQUEST, texts, url: String::new(), base_path: String::new() };
        let made = reserialised(&lines);
        assert_eq!(made.len(), 32);
        let (how, sorted) = &made[16];
        assert_eq!(how, "JSON compact, with sorted keys fits");
        let expected: Vec<String> = (0..count).map(|name| format!("\"{name:05}\":{{\"a\":2,\"b\":1}}")).collect();
        assert!(sorted.ends_with(format!("\n{{{}}}\n", expected.join(",")).as_bytes()));
        // Sorting once for each layout and spelling would take thirty times as many comparisons.
        let compared = COMPARISONS.with(std::cell::Cell::get);
        assert!(compared < count * 20, "{compared}");
    }
}
