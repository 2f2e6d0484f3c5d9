//! Proxmox's JSON: numbers come as numbers or as strings, flags as 0 and 1, whatever the schema says.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

/// A scalar as text; `None` for null, lists and objects.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number from a number or a string; fractions are cut off, null is 0.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(0);
    }
    let text = text(&value).ok_or_else(|| D::Error::custom("a number was expected"))?;
    let whole = text.trim().split('.').next().unwrap_or_default();
    whole.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a whole number")))
}

/// As [`number`], as a flag.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer).map(|number| number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(deserialize_with = "number")]
        cpus: u64,
        #[serde(default, deserialize_with = "flag")]
        template: bool,
    }

    #[test]
    fn reads_numbers_in_every_dress() {
        for (json, cpus, template) in [
            (r#"{"cpus":2,"template":1}"#, 2, true),
            (r#"{"cpus":"1.5","template":"0"}"#, 1, false),
            (r#"{"cpus":null}"#, 0, false),
        ] {
            let row: Row = serde_json::from_str(json).unwrap();
            assert_eq!((row.cpus, row.template), (cpus, template), "{json}");
        }
        assert!(serde_json::from_str::<Row>(r#"{"cpus":"many"}"#).is_err());
    }
}
