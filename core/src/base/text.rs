//! Texts from others, made safe to quote in a line of ours.

/// Fits a text from others into one line of ours: escapes control characters, and cuts after `most` characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == most {
            line.push('…');
            break;
        }
        match character {
            // Also characters that break a line or turn its direction without being control characters.
            '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => line.extend(character.escape_default()),
            _ if character.is_control() => line.extend(character.escape_default()),
            _ => line.push(character),
        }
    }
    line
}

/// Can this text stand between quotes in a header as it is?
pub(crate) fn header_safe(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one() {
        assert_eq!(line("a\nb\x1b[2J\u{2028}\u{202e}c", 99), "a\\nb\\u{1b}[2J\\u{2028}\\u{202e}c");
        assert_eq!(line("海关海关", 3), "海关海…");
        assert_eq!(line("海关海", 3), "海关海");
    }
}
