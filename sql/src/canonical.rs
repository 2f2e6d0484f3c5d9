//! One byte string per JSON value, the same before it is stored as jsonb and after it is read back.
//!
//! Rules: object keys sorted by their UTF-8 bytes; no white space; strings escaped as serde_json does.
//! Numbers: whatever is a whole number between -2^63 and 2^64-1 is written as such, whether it came as integer or as
//! float (jsonb stores decimals, so 1e16 comes back as an integer); -0 is 0; all else is written as the shortest
//! decimal that reads back to the same 64-bit float, and so is a whole float too large to be exact. Needs serde_json's `float_roundtrip`.

use serde_json::{Number, Value};
use std::fmt::Write as _;

/// 2^64: the first float that no u64 holds.
const U64_END: f64 = 18_446_744_073_709_551_616.0;
/// -2^63: the last float that an i64 holds.
const I64_START: f64 = -9_223_372_036_854_775_808.0;

/// Appends the canonical form of `value` to `out`.
pub(crate) fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => write_list(items.iter(), ['[', ']'], out, write_value),
        Value::Object(fields) => {
            // Not left to the map's own order: another crate may turn on serde_json's `preserve_order`.
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            write_list(sorted.into_iter(), ['{', '}'], out, |(name, value), out| {
                write_text(name, out);
                out.push(':');
                write_value(value, out);
            });
        }
    }
}

fn write_list<T>(
    items: impl Iterator<Item = T>,
    [open, close]: [char; 2],
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// Appends `text` as a JSON string.
pub(crate) fn write_text(text: &str, out: &mut String) {
    // `Value`'s Display is compact JSON and cannot fail on a string.
    let _ = write!(out, "{}", Value::from(text));
}

fn write_number(number: &Number, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(whole), _, _) => write!(out, "{whole}"),
        (_, Some(whole), _) => write!(out, "{whole}"),
        (_, _, Some(float)) => write_float(float, out),
        _ => write!(out, "{number}"),
    };
}

fn write_float(float: f64, out: &mut String) -> std::fmt::Result {
    if float == 0.0 {
        return write!(out, "0");
    }
    if float.fract() == 0.0 && (I64_START..U64_END).contains(&float) {
        // The shortest decimal, as serde_json sent it and jsonb kept it; not the float's exact value, which can differ
        // from it above 2^53.
        return write!(out, "{float}");
    }
    write!(out, "{float:e}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canonical(value: &Value) -> String {
        let mut out = String::new();
        write_value(value, &mut out);
        out
    }

    #[test]
    fn keys_are_sorted_and_strings_escaped() {
        assert_eq!(canonical(&json!({"b": [1, null], "a": "x\"\n"})), r#"{"a":"x\"\n","b":[1,null]}"#);
    }

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(canonical(&json!(1e16)), canonical(&json!(10_000_000_000_000_000_u64)));
        assert_eq!(canonical(&json!(-0.0)), "0");
        assert_eq!(canonical(&json!(2.0)), "2");
        assert_eq!(canonical(&json!(-2.0529012132147e18)), "-2052901213214700000");
        assert_eq!(canonical(&json!(u64::MAX)), "18446744073709551615");
        assert_eq!(canonical(&json!(i64::MIN)), "-9223372036854775808");
        assert_eq!(canonical(&json!(0.1)), "1e-1");
    }
}
