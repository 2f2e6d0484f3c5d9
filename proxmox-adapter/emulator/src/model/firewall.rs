//! A guest's firewall file. It exists independently of the guest, as in Proxmox.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::options::digest;

/// Options and rules, the first rule at position 0.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Firewall {
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) rules: Vec<BTreeMap<String, String>>,
}

impl Firewall {
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Destination ports of the rules in force that accept what comes in; `any` for a rule without one.
    pub(crate) fn accepted_ports(&self) -> Vec<String> {
        let has = |rule: &BTreeMap<String, String>, key: &str, value: &str| {
            rule.get(key).is_some_and(|v| v == value)
        };
        let accepting = self.rules.iter().filter(|rule| {
            has(rule, "type", "in") && has(rule, "action", "ACCEPT") && has(rule, "enable", "1")
        });
        accepting.map(|rule| rule.get("dport").cloned().unwrap_or_else(|| "any".to_owned())).collect()
    }

    pub(crate) fn digest(&self) -> String {
        let numbered =
            |(pos, rule): (usize, &BTreeMap<String, String>)| (pos.to_string(), format!("{rule:?}"));
        let rules = self.rules.iter().enumerate().map(numbered).collect();
        digest(&self.options, &rules, &std::collections::BTreeSet::new())
    }
}
