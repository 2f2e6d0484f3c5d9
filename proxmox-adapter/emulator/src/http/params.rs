//! Parameters from query, form and JSON bodies, as Proxmox merges them.

use std::collections::BTreeMap;

use serde_json::Value;

/// One parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParamValue {
    /// The ordinary case. JSON numbers and booleans arrive as text too.
    Text(String),
    /// The key was given more than once in a form.
    Repeated,
    /// JSON null, which Proxmox accepts and stores as a blank.
    Null,
}

/// Parameters by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<String, ParamValue>);

impl Params {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&ParamValue> {
        self.0.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            ParamValue::Text(text) => Some(text),
            ParamValue::Null => Some(" "),
            ParamValue::Repeated => None,
        }
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<ParamValue> {
        self.0.remove(name)
    }

    /// Adds `key=value&…`.
    pub(crate) fn add_form(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            self.add(name.into_owned(), value.into_owned());
        }
    }

    fn add(&mut self, name: String, value: String) {
        let value = if self.0.contains_key(&name) { ParamValue::Repeated } else { ParamValue::Text(value) };
        self.0.insert(name, value);
    }

    /// Adds a JSON object's members.
    ///
    /// # Errors
    /// Proxmox's text for a body that is no JSON object.
    pub(crate) fn add_json(&mut self, body: &[u8]) -> Result<(), String> {
        let malformed = |offset: usize| {
            format!(
                "malformed JSON string, neither tag, array, object, number, string or atom, at character offset {offset} (before \"(end of string)\") at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934."
            )
        };
        let value: Value = serde_json::from_slice(body).map_err(|error| malformed(error.column()))?;
        let Value::Object(members) = value else { return Err(malformed(0)) };
        for (name, value) in members {
            self.0.insert(name, from_json(value));
        }
        Ok(())
    }
}

fn from_json(value: Value) -> ParamValue {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Bool(flag) => u8::from(flag).to_string(),
        other => other.to_string(),
    };
    match value {
        Value::Null => ParamValue::Null,
        Value::Array(items) => ParamValue::Text(items.into_iter().map(text).collect::<Vec<_>>().join(";")),
        other => ParamValue::Text(text(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_form_key_is_an_array() {
        let mut params = Params::default();
        params.add_form(b"memory=300&memory=310&tags=a%3Bb");
        assert_eq!(params.get("memory"), Some(&ParamValue::Repeated));
        assert_eq!(params.text("tags"), Some("a;b"));
    }

    #[test]
    fn json_booleans_and_numbers_become_text() {
        let mut params = Params::default();
        params.add_json(br#"{"onboot":true,"memory":300,"tags":["a","b"],"x":null}"#).unwrap();
        assert_eq!(params.text("onboot"), Some("1"));
        assert_eq!(params.text("memory"), Some("300"));
        assert_eq!(params.text("tags"), Some("a;b"));
        assert_eq!(params.get("x"), Some(&ParamValue::Null));
        assert!(params.add_json(b"{\"memory\":").unwrap_err().starts_with("malformed JSON string"));
    }
}
