//! Finding a literal in megabytes: by its rarest byte, upper and lower case alike unless the literal has an upper-case
//! letter.

use memchr::{memchr2_iter, memrchr2_iter};

/// Bytes of configuration, the commonest first; what is not here is rare.
const COMMON: &[u8] = b" \netaoinsr-:lcdmpu\"./gfhby0v1kw2_3456789";

/// Where `search` is found in `text`, from byte `from` on; backwards, what begins before `from`, the last first.
pub fn find_literal(text: &str, search: &str, from: usize, back: bool) -> Option<usize> {
    let (hay, wanted) = (text.as_bytes(), search.as_bytes());
    let exact = wanted.iter().any(u8::is_ascii_uppercase);
    let rarity = |byte: &u8| {
        COMMON
            .iter()
            .position(|common| *common == byte.to_ascii_lowercase())
            .unwrap_or(COMMON.len())
    };
    let (place, rare) = wanted.iter().enumerate().max_by_key(|(_, byte)| rarity(byte))?;
    let (one, other) = if exact {
        (*rare, *rare)
    } else {
        (rare.to_ascii_lowercase(), rare.to_ascii_uppercase())
    };
    let fits = |at: usize| {
        let start = at.checked_sub(place)?;
        let here = hay.get(start..start + wanted.len())?;
        let same = if exact {
            here == wanted
        } else {
            here.eq_ignore_ascii_case(wanted)
        };
        (same && text.is_char_boundary(start)).then_some(start)
    };
    if back {
        let end = from.saturating_add(place).min(hay.len());
        memrchr2_iter(one, other, hay.get(..end)?).find_map(fits)
    } else {
        let begin = from.saturating_add(place).min(hay.len());
        memchr2_iter(one, other, hay.get(begin..)?).find_map(|at| fits(at + begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding() {
        let text = "Image: nginx\nimage: größe\n";
        let rows = [
            ("image", 0, false, Some(0)),
            ("image", 1, false, Some(13)),
            ("Image", 1, false, None),
            ("image", 14, false, None),
            ("image", 13, true, Some(0)),
            ("image", 26, true, Some(13)),
            ("öß", 0, false, Some(22)),
            ("x\n", 0, false, Some(11)),
            ("", 0, false, None),
            ("zz", 0, false, None),
        ];
        for (search, from, back, expected) in rows {
            assert_eq!(find_literal(text, search, from, back), expected, "{search} from {from}");
        }
    }
}
