//! Text of others, made safe for a terminal.

/// The text with every control character replaced: names, messages and versions come from other people and machines.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON with the characters escaped that JSON allows but a terminal may obey (DEL, C1 controls) or that turn the writing
/// direction. They stand in strings only, so it means the same.
pub(super) fn harmless(json: &str) -> String {
    let escaped =
        |c: char| if is_unsafe(c) && c != '\n' { format!("\\u{:04x}", u32::from(c)) } else { c.into() };
    json.chars().map(escaped).collect()
}

/// Control characters, and those that turn the writing direction, which can make one name look like another.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::harmless;
    use serde_json::{Value, json};

    #[test]
    fn json_on_a_terminal_obeys_nobody_and_means_the_same() {
        let body = json!({ "name": "a\u{9b}31mb\u{7f}\u{202e}c\n", "list": [1] });
        let text = harmless(&format!("{body:#}"));
        assert!(text.contains(r"a\u009b31mb\u007f\u202ec\n"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(body));
    }
}
