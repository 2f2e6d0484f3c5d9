//! Reading the fields of a JSON object, collecting every fault instead of stopping at the first.
//!
//! Guarantee: a body with a field that nobody reads is refused, so a misspelt option never passes unnoticed.

use super::problem::{Problem, ProblemField};
use dbx_domain::Secret;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

/// What is wrong with one value.
#[derive(Debug)]
pub(crate) struct Fault {
    message: String,
    allowed: Option<Vec<Value>>,
}

impl Fault {
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), allowed: None }
    }

    /// A fault that lists what would be right.
    pub(crate) fn choose<V: Into<Value>>(
        message: impl Display,
        allowed: impl IntoIterator<Item = V>,
    ) -> Self {
        let allowed = Some(allowed.into_iter().map(Into::into).collect());
        Self { message: message.to_string(), allowed }
    }
}

/// What a change wants of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish<T> {
    /// The field is absent: it stays.
    Keep,
    /// The field is null: it goes.
    Clear,
    /// It becomes this.
    Set(T),
}

/// The fields of a body that is being read.
pub(crate) struct Fields {
    given: Map<String, Value>,
    known: Vec<&'static str>,
    errors: Vec<ProblemField>,
}

impl Fields {
    pub(crate) fn new(given: Map<String, Value>) -> Self {
        Self { given, known: Vec::new(), errors: Vec::new() }
    }

    /// A field that must be there. `None` means a fault was noted.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.optional(name, read) {
            Some(None) => {
                self.fault(name, Fault::new("this field is required"));
                None
            }
            Some(value) => value,
            None => None,
        }
    }

    /// A field that may be absent or null. The outer `None` means a fault was noted.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        self.known.push(name);
        match self.given.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => match read(value) {
                Ok(value) => Some(Some(value)),
                Err(fault) => {
                    self.fault(name, fault);
                    None
                }
            },
        }
    }

    /// A field of a change, in which null says something else than absence. `None` means a fault was noted.
    pub(crate) fn wish<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Option<Wish<T>> {
        let is_null = self.given.get(name).is_some_and(Value::is_null);
        let value = self.optional(name, read)?;
        Some(match value {
            Some(value) => Wish::Set(value),
            None if is_null => Wish::Clear,
            None => Wish::Keep,
        })
    }

    pub(crate) fn fault(&mut self, field: &str, fault: Fault) {
        let Fault { message, allowed } = fault;
        self.errors.push(ProblemField { field: field.to_owned(), message, allowed });
    }

    /// The value that was read, unless anything was wrong.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Problem> {
        for name in std::mem::take(&mut self.given).into_iter().map(|(name, _)| name) {
            let message = format!("there is no such field; the fields are {}", self.known.join(", "));
            // Cut: the name is the client's and may be long.
            let shown: String = name.chars().take(80).collect();
            self.fault(&shown, Fault::choose(message, self.known.clone()));
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Problem::invalid(self.errors)),
        }
    }
}

/// A JSON string.
pub(crate) fn text(value: Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(Fault::new(format!("expected a string, got {}", kind(&other)))),
    }
}

/// A JSON string that must never be printed.
pub(crate) fn secret(value: Value) -> Result<Secret, Fault> {
    text(value).map(Secret::new)
}

/// A JSON string that parses as `T`.
pub(crate) fn parsed<T: FromStr<Err: Display>>(value: Value) -> Result<T, Fault> {
    text(value)?.parse().map_err(Fault::new)
}

/// A whole JSON number from 0 to 4,294,967,295. `2.0` is as whole as `2` (JSON Schema, "integer").
pub(crate) fn whole(value: Value) -> Result<u32, Fault> {
    as_whole(&value).ok_or_else(|| {
        let message = format!("expected a whole number from 0 to {}, got {}", u32::MAX, shown(&value));
        Fault::choose(message, [format!("0..{}", u32::MAX)])
    })
}

/// As [`whole`], with what would be right said in the words of the field.
pub(crate) fn whole_of(value: &Value, fault: impl FnOnce(String) -> Fault) -> Result<u32, Fault> {
    as_whole(value).ok_or_else(|| fault(shown(value)))
}

fn as_whole(value: &Value) -> Option<u32> {
    match value.as_u64() {
        Some(number) => number.try_into().ok(),
        // Cannot lose anything: it is whole and within the range.
        None => value
            .as_f64()
            .filter(|number| number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number))
            .map(|number| number as u32),
    }
}

/// A number as it was sent; of everything else, what it is.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string().chars().take(40).collect(),
        other => kind(other).to_owned(),
    }
}

/// A JSON boolean.
pub(crate) fn truth(value: Value) -> Result<bool, Fault> {
    value.as_bool().ok_or_else(|| Fault::new(format!("expected true or false, got {}", kind(&value))))
}

/// A JSON object whose values are strings.
pub(crate) fn text_map(value: Value) -> Result<BTreeMap<String, String>, Fault> {
    let Value::Object(map) = value else {
        return Err(Fault::new(format!("expected an object of strings, got {}", kind(&value))));
    };
    map.into_iter()
        .map(|(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            other => Err(Fault::new(format!("the value of `{key}` is {}, not a string", kind(&other)))),
        })
        .collect()
}

/// What a value is, with its article.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
