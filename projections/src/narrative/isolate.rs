//! Names inside sentences, so that they leave the words around them alone.
//!
//! A name may be written from right to left. Without bounds, a reader's screen would draw numbers and marks next to it
//! in its direction too. Names from before hidden characters were refused may steer the direction of a whole line.

use dbx_domain::name::visible::is_format;
use std::borrow::Cow;

/// FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (Unicode Standard Annex 9, §2.4).
const BOUNDS: (char, char) = ('\u{2068}', '\u{2069}');

/// A name for the middle of a sentence: without hidden characters, and within bounds if any of it runs from right to left.
pub(super) fn isolated(name: &str) -> Cow<'_, str> {
    let name = match name.contains(is_format) {
        true => Cow::Owned(name.replace(is_format, "")),
        false => Cow::Borrowed(name),
    };
    match name.contains(runs_left) {
        true => Cow::Owned(format!("{}{name}{}", BOUNDS.0, BOUNDS.1)),
        false => name,
    }
}

/// Blocks whose letters run from right to left: Hebrew, Arabic and their neighbours, and presentation forms.
const fn runs_left(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_left_is_bounded() {
        assert_eq!(isolated("Ada"), "Ada");
        assert_eq!(isolated("Jürgen 李"), "Jürgen 李");
        assert_eq!(isolated("עדה 7"), "\u{2068}עדה 7\u{2069}");
        assert_eq!(isolated("علی"), "\u{2068}علی\u{2069}");
    }

    #[test]
    fn nothing_steers_from_inside() {
        assert_eq!(isolated("\u{202e}Ada"), "Ada");
        assert_eq!(isolated("ע\u{2069}\u{202e}"), "\u{2068}ע\u{2069}");
    }
}
