//! JSON values as YAML 1.2.
//!
//! Guarantee: reading the text back gives the same value. A string is written plain only where no YAML reader can take
//! it for something else, over several lines only where nothing of it can get lost, and else as JSON writes it, which
//! is YAML as well.

use super::clean::is_unsafe;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The value as a document, without the `---`; ends with a newline.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut text, map, 0),
        Value::Array(items) if !items.is_empty() => sequence(&mut text, items, 0),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

fn mapping(text: &mut String, map: &Map<String, Value>, depth: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        // The first key of a mapping in a sequence stands behind the dash.
        if index > 0 || !text.ends_with("- ") {
            indent(text, depth);
        }
        text.push_str(&string(key));
        text.push(':');
        nested(text, value, depth);
    }
}

fn sequence(text: &mut String, items: &[Value], depth: usize) {
    for item in items {
        indent(text, depth);
        text.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                text.push(' ');
                mapping(text, map, depth + 1);
            }
            other => nested(text, other, depth),
        }
    }
}

/// What stands behind a colon or a dash, to the end of its last line.
fn nested(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            mapping(text, map, depth + 1);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            sequence(text, items, depth + 1);
        }
        Value::String(lines) if is_block(lines) => block(text, lines, depth + 1),
        other => {
            let _ = writeln!(text, " {}", scalar(other));
        }
    }
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"  ".repeat(depth));
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        // Numbers, booleans, null, and the empty containers are spelled alike in both languages.
        other => other.to_string(),
    }
}

fn string(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// JSON's spelling, and what YAML does not print escaped too.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in Value::from(text).to_string().chars() {
        match c {
            c if is_unsafe(c) => drop(write!(quoted, "\\u{:04x}", u32::from(c))),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            other => quoted.push(other),
        }
    }
    quoted
}

/// Words, ids and addresses. What begins with a digit may be a number or a time, so it is not among them.
fn is_plain(text: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'));
    let inside = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' '));
    begins && inside && !text.ends_with(' ') && !reserved.contains(&text.to_ascii_lowercase().as_str())
}

/// Several lines that may stand as they are, such as a certificate.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let sound = |line: &str| {
        line.starts_with(|c: char| c.is_ascii_graphic())
            && line.chars().all(|c| c.is_ascii_graphic() || c == ' ')
    };
    body.contains('\n') && body.split('\n').all(sound)
}

fn block(text: &mut String, lines: &str, depth: usize) {
    text.push_str(if lines.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in lines.lines() {
        indent(text, depth);
        text.push_str(line);
        text.push('\n');
    }
}
