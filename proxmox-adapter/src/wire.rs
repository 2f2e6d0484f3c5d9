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

/// A number, perhaps with a fraction, from a number or a string; null and what is none are absent.
pub(crate) fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number: Option<f64> = text(&value).and_then(|text| text.trim().parse().ok());
    Ok(number.filter(|number| number.is_finite()))
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
        #[serde(default, deserialize_with = "fraction")]
        load: Option<f64>,
    }

    #[test]
    fn reads_numbers_in_every_dress() {
        for (json, cpus, template, load) in [
            (r#"{"cpus":2,"template":1,"load":0.25}"#, 2, true, Some(0.25)),
            (r#"{"cpus":"1.5","template":"0","load":"1e-3"}"#, 1, false, Some(0.001)),
            (r#"{"cpus":null,"load":"nan"}"#, 0, false, None),
            (r#"{"cpus":1,"load":null}"#, 1, false, None),
        ] {
            let row: Row = serde_json::from_str(json).unwrap();
            assert_eq!((row.cpus, row.template, row.load), (cpus, template, load), "{json}");
        }
        assert!(serde_json::from_str::<Row>(r#"{"cpus":"many"}"#).is_err());
    }
}
