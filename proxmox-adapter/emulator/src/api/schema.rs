//! Parameter validation with Proxmox's texts (PVE::JSONSchema).

use serde_json::{Map, Value, json};

use super::{ApiError, Call};
use crate::http::ParamValue;

/// What is wrong with a property string, by key.
pub(super) type Complaints = Vec<(String, String)>;

/// A parameter's type.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// 0 or 1, nothing else.
    Flag,
    /// A whole number with bounds.
    Int(i64, i64),
    /// A number with bounds.
    Num(f64, f64),
    /// Text of at most so many characters.
    Text(usize),
    /// One of a list.
    OneOf(&'static [&'static str]),
    /// Text in a format; the function returns the complaint.
    Format(fn(&str) -> Result<(), String>),
    /// A property string; the function returns complaints by key.
    Properties(fn(&str) -> Result<(), Complaints>),
}

/// A parameter of a call. A name that ends in `[]` stands for any number in place of the brackets.
#[derive(Clone, Copy)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// An optional parameter.
pub(super) const fn opt(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: false }
}

/// A required parameter.
pub(super) const fn req(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: true }
}

const UNKNOWN: &str = "property is not defined in schema and the schema does not allow additional properties";
const MISSING: &str = "property is missing and it is not optional";

/// Checks path parameters and parameters of a call.
pub(super) fn check(params: &[Param], call: &Call) -> Result<(), ApiError> {
    let mut errors = Map::new();
    if let Some(vmid) = call.var("vmid") {
        check_value("vmid", Kind::Format(vmid_format), vmid, &mut errors);
    }
    for (name, value) in call.params.iter() {
        match params.iter().find(|param| names(param.name, name)) {
            None => {
                errors.insert(name.to_owned(), json!(UNKNOWN));
            }
            Some(param) => match value {
                ParamValue::Text(text) => check_value(name, param.kind, text, &mut errors),
                ParamValue::Repeated => {
                    errors.insert(name.to_owned(), json!(type_error(param.kind, "ARRAY")));
                }
                // Proxmox does not check a null at all.
                ParamValue::Null => {}
            },
        }
    }
    for param in params.iter().filter(|param| param.required && call.given(param.name).is_none()) {
        errors.insert(param.name.to_owned(), json!(MISSING));
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::Parameters(errors)) }
}

fn names(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix("[]") {
        Some(prefix) => name
            .strip_prefix(prefix)
            .is_some_and(|n| !n.is_empty() && n.len() <= 3 && n.bytes().all(|b| b.is_ascii_digit())),
        None => pattern == name,
    }
}

fn check_value(name: &str, kind: Kind, text: &str, errors: &mut Map<String, Value>) {
    let complaint = match kind {
        Kind::Flag if text == "0" || text == "1" => None,
        Kind::Flag => Some(type_error(kind, text)),
        Kind::Int(low, high) => match text.parse::<i64>() {
            Ok(number) => bounds(number < low, number > high, &low.to_string(), &high.to_string()),
            Err(_) => Some(type_error(kind, text)),
        },
        Kind::Num(low, high) => match text.parse::<f64>() {
            Ok(number) => bounds(number < low, number > high, &low.to_string(), &high.to_string()),
            Err(_) => Some(type_error(kind, text)),
        },
        Kind::Text(max) if text.chars().count() > max => {
            Some(format!("value may only be {max} characters long"))
        }
        Kind::Text(_) => None,
        Kind::OneOf(values) if values.contains(&text) => None,
        Kind::OneOf(values) => {
            Some(format!("value '{text}' does not have a value in the enumeration '{}'", values.join(", ")))
        }
        Kind::Format(check) => check(text).err(),
        Kind::Properties(check) => {
            if let Err(complaints) = check(text) {
                errors.insert(name.to_owned(), json!("invalid format - format error\n"));
                let inner = complaints.into_iter().map(|(key, text)| (format!("{name}.{key}"), json!(text)));
                errors.extend(inner);
            }
            None
        }
    };
    if let Some(complaint) = complaint {
        errors.insert(name.to_owned(), json!(complaint));
    }
}

fn bounds(below: bool, above: bool, low: &str, high: &str) -> Option<String> {
    if below {
        Some(format!("value must have a minimum value of {low}"))
    } else if above {
        Some(format!("value must have a maximum value of {high}"))
    } else {
        None
    }
}

fn type_error(kind: Kind, got: &str) -> String {
    let wanted = match kind {
        Kind::Flag => "boolean",
        Kind::Int(..) => "integer",
        Kind::Num(..) => "number",
        _ => "string",
    };
    format!(
        "type check ('{wanted}') failed - got {}",
        if got == "ARRAY" { got.to_owned() } else { format!("'{got}'") }
    )
}

/// A container id: the type is checked before the format.
pub(super) fn vmid_format(text: &str) -> Result<(), String> {
    let number: i64 = text.parse().map_err(|_| type_error(Kind::Int(0, 0), text))?;
    if (100..=999_999_999).contains(&number) {
        Ok(())
    } else {
        Err("invalid format - value does not look like a valid VM ID\n".to_owned())
    }
}

/// A host name.
pub(super) fn dns_name(text: &str) -> Result<(), String> {
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    if text.split('.').all(label) {
        Ok(())
    } else {
        Err("invalid format - value does not look like a valid DNS name\n".to_owned())
    }
}

/// A list of tags.
pub(super) fn tag_list(text: &str) -> Result<(), String> {
    let first = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let rest = |b: u8| first(b) || matches!(b, b'-' | b'+' | b'.');
    let tags = text.split([',', ';', ' ', '\0']).filter(|tag| !tag.is_empty());
    for tag in tags {
        if !tag.bytes().enumerate().all(|(at, b)| if at == 0 { first(b) } else { rest(b) }) {
            return Err("invalid format - invalid characters in tag\n".to_owned());
        }
    }
    Ok(())
}

/// `K=V` pairs separated by NUL, without control characters.
pub(super) fn env_list(text: &str) -> Result<(), String> {
    let pair = |pair: &str| {
        let Some((key, value)) = pair.split_once('=') else { return false };
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        !key.is_empty()
            && key.bytes().all(word)
            && !value.bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f)
    };
    if text.split('\0').all(pair) { Ok(()) } else { Err("value does not match the regex pattern".to_owned()) }
}

/// `[+]SIZE[KMGT]`.
pub(super) fn resize_size(text: &str) -> Result<(), String> {
    match crate::model::disk_size(text.strip_prefix('+').unwrap_or(text)) {
        Some(_) => Ok(()),
        None => Err("value does not match the regex pattern".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(kind: Kind, text: &str) -> Option<String> {
        let mut errors = Map::new();
        check_value("x", kind, text, &mut errors);
        errors.get("x").and_then(Value::as_str).map(str::to_owned)
    }

    #[test]
    fn texts_are_proxmoxs() {
        assert_eq!(complaint(Kind::Flag, "true").unwrap(), "type check ('boolean') failed - got 'true'");
        assert_eq!(
            complaint(Kind::Int(16, i64::MAX), "abc").unwrap(),
            "type check ('integer') failed - got 'abc'"
        );
        assert_eq!(complaint(Kind::Int(16, i64::MAX), "1").unwrap(), "value must have a minimum value of 16");
        assert_eq!(complaint(Kind::Format(env_list), "A=b\0C=d"), None);
        assert_eq!(
            complaint(Kind::Format(env_list), "A=b\nc").unwrap(),
            "value does not match the regex pattern"
        );
        let vmid = complaint(Kind::Format(vmid_format), "1").unwrap();
        assert_eq!(vmid, "invalid format - value does not look like a valid VM ID\n");
    }

    #[test]
    fn indexed_names_match_digits_only() {
        assert!(names("mp[]", "mp0") && names("mp[]", "mp12"));
        assert!(!names("mp[]", "mp") && !names("mp[]", "mpx") && !names("net[]", "network"));
    }
}
