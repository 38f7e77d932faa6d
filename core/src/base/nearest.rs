//! Finds the name that a misspelt one most likely meant.

use std::mem;

/// More characters than any known name has.
const LONGEST: usize = 48;

/// The known name that is most like the given one, if one is like enough: it differs only in case and punctuation, or in a
/// letter or two that are wrong, missing, too many or swapped. The first of equally similar names wins.
pub(crate) fn nearest<'a>(name: &str, known: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let given = squeezed(name);
    let mut best = None;
    let mut most = usize::MAX;
    for candidate in known {
        let length = candidate.bytes().filter(u8::is_ascii_alphanumeric).count();
        let allowed = match given.len().max(length) {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        };
        if given.len().abs_diff(length) > allowed {
            continue;
        }
        let edits = edits(given.as_bytes(), squeezed(candidate).as_bytes());
        if edits <= allowed && edits < most {
            (best, most) = (Some(candidate), edits);
        }
    }
    best
}

/// Keeps letters and digits, in lower case.
pub(crate) fn squeezed(name: &str) -> String {
    let mut squeezed = name.to_ascii_lowercase();
    squeezed.retain(|letter| letter.is_ascii_alphanumeric());
    squeezed
}

/// The number of letters that must be inserted, removed, replaced or swapped with their neighbour.
fn edits(from: &[u8], to: &[u8]) -> usize {
    let (mut last, mut row) = (Vec::new(), (0..=to.len()).collect::<Vec<usize>>());
    let mut previous = None;
    for (above, letter) in from.iter().enumerate() {
        let before = mem::replace(&mut last, mem::replace(&mut row, vec![above + 1]));
        let mut left = above + 1;
        for (at, wanted) in to.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let replaced = cell(&last, at) + usize::from(letter != wanted);
            left = replaced.min(left + 1).min(cell(&last, at + 1) + 1);
            // Or one letter was swapped with its neighbour.
            if let Some(earlier) = at.checked_sub(1)
                && previous == Some(wanted)
                && to.get(earlier) == Some(letter)
            {
                left = left.min(cell(&before, earlier) + 1);
            }
            row.push(left);
        }
        previous = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn edits_are_counted() {
        for (from, to, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("custom", "customs", 1),
            ("cutsoms", "customs", 1),
            ("customs", "cusotsm", 2),
            ("kitten", "sitting", 3),
            ("feetype", "feetype", 0),
        ] {
            assert_eq!(edits(from.as_bytes(), to.as_bytes()), count, "{from} {to}");
            assert_eq!(edits(to.as_bytes(), from.as_bytes()), count, "{to} {from}");
        }
    }

    #[test]
    fn only_what_is_like_enough_is_meant() {
        let known = ["SHANGHAI_ZS", "SHANGHAI", "XIAN", "NO"];
        for (given, meant) in [
            ("shanghai_zs", Some("SHANGHAI_ZS")),
            ("SHANGHAI_Z", Some("SHANGHAI_ZS")),
            ("SHANGHIA", Some("SHANGHAI")),
            ("XIAMEN", None),
            ("ON", None),
            ("no", Some("NO")),
            ("", None),
            ("海关", None),
        ] {
            assert_eq!(nearest(given, &mut known.into_iter()), meant, "{given}");
        }
        assert_eq!(nearest(&"SHANGHAI_ZS".repeat(1000), &mut known.into_iter()), None);
    }
}
