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
    pub(crate) fn digest(&self) -> String {
        let numbered =
            |(pos, rule): (usize, &BTreeMap<String, String>)| (pos.to_string(), format!("{rule:?}"));
        let rules = self.rules.iter().enumerate().map(numbered).collect();
        digest(&self.options, &rules, &std::collections::BTreeSet::new())
    }
}
