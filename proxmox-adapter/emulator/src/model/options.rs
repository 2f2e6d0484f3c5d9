//! Container options: how they are stored, and with which JSON type they come back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::secret::hex;

/// Options that Proxmox returns as numbers.
const NUMERIC: [&str; 11] = [
    "console",
    "cores",
    "cpuunits",
    "debug",
    "memory",
    "onboot",
    "protection",
    "swap",
    "template",
    "tty",
    "unprivileged",
];

/// The stored form of a scalar option. Property strings have their own.
pub(crate) fn canonical(name: &str, value: &str) -> String {
    match name {
        "tags" => {
            let separators = [',', ';', ' ', '\0'];
            let tags: BTreeSet<String> =
                value.split(separators).filter(|tag| !tag.is_empty()).map(str::to_lowercase).collect();
            tags.into_iter().collect::<Vec<_>>().join(";")
        }
        // The file format keeps the description as comment lines, which is where the newline comes from.
        "description" => {
            if value.is_empty() || value.ends_with('\n') {
                value.to_owned()
            } else {
                format!("{value}\n")
            }
        }
        _ => value.to_owned(),
    }
}

/// Configuration as JSON.
pub(crate) fn emit(config: &BTreeMap<String, String>) -> Map<String, Value> {
    config.iter().map(|(key, value)| (key.clone(), emit_one(key, value))).collect()
}

/// One option as JSON.
pub(crate) fn emit_one(name: &str, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if NUMERIC.contains(&name) => json!(number),
        _ => json!(value),
    }
}

/// The optimistic-locking digest: 40 hex digits over everything stored, pending changes too.
pub(crate) fn digest(
    config: &BTreeMap<String, String>,
    pending: &BTreeMap<String, String>,
    pending_delete: &BTreeSet<String>,
) -> String {
    let mut sha = Sha256::new();
    for (section, map) in [("", config), ("[pve:pending]", pending)] {
        sha.update(section);
        for (key, value) in map {
            sha.update(format!("{key}: {value}\n"));
        }
    }
    for key in pending_delete {
        sha.update(format!("delete: {key}\n"));
    }
    let mut text = hex(&sha.finalize());
    text.truncate(40);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_unique_lower_case_and_sorted() {
        assert_eq!(canonical("tags", "b,A c;b"), "a;b;c");
    }

    #[test]
    fn a_description_gains_a_newline_once() {
        assert_eq!(canonical("description", "x"), "x\n");
        assert_eq!(canonical("description", "x\n"), "x\n");
    }

    #[test]
    fn numbers_come_back_as_numbers_and_cpulimit_as_text() {
        assert_eq!(emit_one("memory", "512"), json!(512));
        assert_eq!(emit_one("cpulimit", "0.5"), json!("0.5"));
        assert_eq!(emit_one("hostname", "12"), json!("12"));
    }
}
