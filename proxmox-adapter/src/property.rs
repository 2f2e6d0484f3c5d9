//! Property strings: `name=eth0,bridge=vmbr0,…`, with the first key left out where it is the volume.
//!
//! Guarantee: two strings that differ only in the order of their keys are equal.

use std::{collections::BTreeMap, fmt};

/// A parsed property string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Properties {
    /// The value without a key, such as a volume id.
    bare: Option<String>,
    keys: BTreeMap<String, String>,
}

impl Properties {
    pub(crate) fn parse(text: &str) -> Self {
        let mut properties = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((key, value)) => properties.set(key, value),
                None => properties.bare = Some(part.to_owned()),
            }
        }
        properties
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(key).map(String::as_str)
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.keys.insert(key.to_owned(), value.to_owned());
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.keys.remove(key);
    }
}

/// The bare value first, then `name`, then the rest by key.
impl fmt::Display for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.keys.get_key_value("name");
        let rest = self.keys.iter().filter(|(key, _)| *key != "name");
        let keys = name.into_iter().chain(rest).map(|(key, value)| format!("{key}={value}"));
        let parts: Vec<_> = self.bare.iter().cloned().chain(keys).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_but_the_volume_comes_first() {
        let one = Properties::parse("local:110/vm-110-disk-1.raw,mp=/data,size=1G");
        assert_eq!(one, Properties::parse("size=1G,mp=/data,local:110/vm-110-disk-1.raw"));
        assert_eq!(one.to_string(), "local:110/vm-110-disk-1.raw,mp=/data,size=1G");
    }
}
