//! OpenAPI 3.0 schemas as JSON Schema.
//!
//! What differs, and what a client is better off without: 3.0 says `nullable`, wraps a documented reference in
//! `allOf`, and keeps its schemas elsewhere. Lengths, ranges and patterns are dropped because the server checks them, with
//! better words and by its own version's rules; times stay text because they are mostly shown, not computed with.

use serde_json::{Map, Value, json};

const HOME: &str = "#/components/schemas/";
/// Checks that are the server's.
const CHECKS: [&str; 6] = ["minLength", "maxLength", "minimum", "maximum", "pattern", "title"];

/// Rewrites every schema in `value`.
pub(crate) fn translate(value: Value) -> Value {
    match value {
        Value::Object(map) => schema(map),
        Value::Array(items) => items.into_iter().map(translate).collect(),
        other => other,
    }
}

fn schema(map: Map<String, Value>) -> Value {
    let mut map: Map<String, Value> = map.into_iter().map(|(name, value)| (name, translate(value))).collect();
    // A property may have such a name, but then its value is an object.
    map.retain(|name, value| !CHECKS.contains(&name.as_str()) || value.is_object());
    if map.get("format").is_some_and(|format| format == "date-time") {
        map.remove("format");
    }
    if let Some(Value::String(target)) = map.get_mut("$ref") {
        *target = target.replace(HOME, "#/definitions/");
    }
    let nullable = map.get("nullable") == Some(&Value::Bool(true));
    map.retain(|name, value| name != "nullable" || value.is_object());
    unwrap_reference(&mut map);
    open_up(&mut map);
    if nullable { or_null(map) } else { Value::Object(map) }
}

/// What stands for every word of an enumeration that this program does not know. `main` makes it so.
pub(crate) const OTHER: &str = "other";

/// A newer server may have words of its own, which must not make its answers unreadable.
fn open_up(map: &mut Map<String, Value>) {
    if let Some(Value::Array(words)) = map.get_mut("enum")
        && !words.iter().any(|word| word == OTHER)
    {
        words.push(OTHER.into());
    }
}

/// `{"allOf": [{"$ref": …}, {"description": …}]}` is just the reference.
fn unwrap_reference(map: &mut Map<String, Value>) {
    let reference = map.get("allOf").and_then(Value::as_array).and_then(|parts| parts.first()?.get("$ref"));
    if let Some(target) = reference.cloned() {
        map.remove("allOf");
        map.remove("description");
        map.insert("$ref".to_owned(), target);
    }
}

fn or_null(mut map: Map<String, Value>) -> Value {
    let description = map.remove("description");
    let mut either = json!({ "oneOf": [map, { "type": "null" }] });
    if let (Some(text), Some(target)) = (description, either.as_object_mut()) {
        target.insert("description".to_owned(), text);
    }
    either
}
