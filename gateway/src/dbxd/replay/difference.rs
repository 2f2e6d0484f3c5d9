//! What an event changed: the state before and after, field by field.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Longer values are cut: a certificate is recognised by its beginning.
const VALUE_MAX: usize = 160;

/// A field that an event changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// The way to it, such as `run.steps.0.state`.
    pub(super) field: String,
    /// None: it was not there.
    pub(super) before: Option<String>,
    /// None: it is not there any more.
    pub(super) after: Option<String>,
}

impl Change {
    /// Whether it says how far a run is, which the events say in words.
    pub(super) fn is_bookkeeping(&self) -> bool {
        self.field == "run" || self.field.starts_with("run.")
    }
}

/// Every field that differs.
pub(super) fn between(before: &Value, after: &Value) -> Vec<Change> {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    flatten(String::new(), before, &mut old);
    flatten(String::new(), after, &mut new);
    let fields: Vec<&String> =
        old.keys().chain(new.keys().filter(|field| !old.contains_key(*field))).collect();
    let changed = fields.into_iter().filter(|field| old.get(*field) != new.get(*field));
    let cut = |value: Option<&String>| value.map(|text| text.chars().take(VALUE_MAX).collect());
    changed
        .map(|field| Change { field: field.clone(), before: cut(old.get(field)), after: cut(new.get(field)) })
        .collect()
}

fn flatten(path: String, value: &Value, out: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(below(name), value, out);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(below(&format!("{index:02}")), value, out);
            }
        }
        Value::String(text) => drop(out.insert(path, text.clone())),
        other => drop(out.insert(path, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_listed() {
        let before = json!({"run": null, "health": "unknown", "list": [1, 2]});
        let after = json!({"run": {"kind": "stop"}, "health": "unknown", "list": [1]});
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let expected = [change("list.01", Some("2"), None), change("run.kind", None, Some("stop"))];
        assert_eq!(between(&before, &after), expected);
    }
}
