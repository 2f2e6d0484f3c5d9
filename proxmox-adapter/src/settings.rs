//! What the adapter must be told about a cluster.
//!
//! Guarantee: everything here may be printed; the token's secret is handed over separately. [`ProxmoxConfig::check`]
//! refuses what can never work, with one sentence per finding, before anything is sent.

use dbx_domain::ids::Ctid;
use serde::Deserialize;
use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

/// A cluster and our place in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxmoxConfig {
    /// API addresses of several nodes, such as `https://10.0.0.11:8006`; tried in turn.
    pub api_urls: Vec<String>,
    /// `USER@REALM!TOKENID`.
    pub token_id: String,
    /// Whom we take for the cluster.
    pub ca: CaPin,
    /// The template container of each node that takes instances.
    pub templates: BTreeMap<String, Ctid>,
    /// The storage of data volumes, and of root volumes when [`full_clone`](Self::full_clone) is set.
    pub storage: String,
    /// Copy the template instead of linking to it. Needed where the template's storage cannot link (directory, NFS,
    /// CIFS): slower, and the template stays locked for the whole copy.
    #[serde(default)]
    pub full_clone: bool,
    /// The bridge that instances hang on, such as `vmbr0`.
    pub bridge: String,
    /// Length of the network prefix of instances' addresses, 1 to 32.
    pub prefix: u8,
    /// The instances' default gateway, if they have one.
    #[serde(default)]
    pub gateway: Option<Ipv4Addr>,
    /// The resource pool that instances join.
    pub pool: String,
    /// Tags that every container of ours carries, beside those that operators add.
    #[serde(default = "default_tags")]
    pub tags: Vec<String>,
    /// Calls under way at once. Proxmox has three workers per node and blocks one per call.
    #[serde(default = "default_parallel_calls")]
    pub parallel_calls: usize,
    /// How long to wait for what.
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn default_tags() -> Vec<String> {
    vec!["dbxyz".to_owned()]
}

const fn default_parallel_calls() -> usize {
    8
}

/// Whom we take for the cluster. There is no way to accept just anybody.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaPin {
    /// The cluster's CA (`/etc/pve/pve-root-ca.pem`), PEM. Survives the yearly renewal of the nodes' certificates.
    Pem(String),
    /// SHA-256 of a node's certificate, or of a CA that the node sends along, in hex with or without colons. A
    /// node's own certificate changes at renewal; prefer [`Pem`](Self::Pem).
    Fingerprint(String),
}

/// Waits, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Name look-up, TCP and TLS.
    pub connect_secs: u64,
    /// A reading call.
    pub read_secs: u64,
    /// A changing call. More than 30: that is when Proxmox gives up on a node and answers 596.
    pub write_secs: u64,
    /// How long a guest may take to shut down before it is stopped hard.
    pub shutdown_secs: u64,
    /// How long one attempt watches a task before it leaves it running and reports the outcome as unknown.
    pub task_secs: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_secs: 5, read_secs: 15, write_secs: 40, shutdown_secs: 60, task_secs: 600 }
    }
}

impl Timeouts {
    pub(crate) fn call(&self, changes: bool) -> Duration {
        Duration::from_secs(if changes { self.write_secs } else { self.read_secs })
    }
}

/// A configuration that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A field is wrong.
    #[error("proxmox configuration: {0}")]
    Invalid(String),
    /// The pin could not be read.
    #[error(
        "proxmox configuration: `ca` is unusable: {0}; give the PEM text of /etc/pve/pve-root-ca.pem or a SHA-256 fingerprint of 64 hex digits"
    )]
    Pin(String),
}

impl ProxmoxConfig {
    /// Refuses what can never work.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`], naming the first field that is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |text: &str| Err(SettingsError::Invalid(text.to_owned()));
        if self.api_urls.is_empty() {
            return wrong("`api_urls` is empty; name at least one node, such as https://10.0.0.11:8006");
        }
        if let Some(url) = self.api_urls.iter().find(|url| !url.starts_with("https://")) {
            return wrong(&format!("`{url}` in `api_urls` does not begin with https://"));
        }
        if !(self.token_id.contains('@') && self.token_id.contains('!')) {
            return wrong("`token_id` is not of the form USER@REALM!TOKENID");
        }
        if self.templates.is_empty() {
            return wrong(
                "`templates` is empty; give the template's number for every node that takes instances",
            );
        }
        if !(1..=32).contains(&self.prefix) {
            return wrong("`prefix` is not between 1 and 32");
        }
        if self.timeouts.write_secs <= 30 {
            return wrong("`timeouts.write_secs` must exceed 30, or we give up before Proxmox does");
        }
        if self.parallel_calls == 0 {
            return wrong("`parallel_calls` is 0; nothing could ever be sent");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> serde_json::Value {
        serde_json::json!({
            "api_urls": ["https://10.0.0.11:8006"], "token_id": "dbxyz@pve!ctl", "ca": {"fingerprint": "aa"},
            "templates": {"pve1": 9001}, "storage": "local-zfs", "bridge": "vmbr0", "prefix": 24, "pool": "dbxyz",
        })
    }

    #[test]
    fn has_defaults_and_refuses_unknown_fields() {
        let config: ProxmoxConfig = serde_json::from_value(example()).unwrap();
        config.check().unwrap();
        assert_eq!((config.parallel_calls, config.tags.as_slice()), (8, ["dbxyz".to_owned()].as_slice()));
        let mut typo = example();
        typo["gatway"] = "10.0.0.1".into();
        assert!(serde_json::from_value::<ProxmoxConfig>(typo).is_err());
    }

    #[test]
    fn refuses_plain_http_and_short_write_timeouts() {
        let mut config: ProxmoxConfig = serde_json::from_value(example()).unwrap();
        config.timeouts.write_secs = 30;
        assert!(config.check().unwrap_err().to_string().contains("write_secs"));
        config.api_urls = vec!["http://10.0.0.11:8006".to_owned()];
        assert!(config.check().unwrap_err().to_string().contains("https://"));
    }
}
