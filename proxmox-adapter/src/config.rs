//! A container's configuration: read, and changed under its digest.

use crate::{client::ProxmoxClient, error::ApiError, marker, wire};
use dbx_domain::ids::{Ctid, InstanceId};
use dbx_workflows::hypervisor::StepGuard;
use serde_json::Value;
use std::collections::BTreeMap;

/// The path of a container.
pub(crate) fn path(node: &str, ctid: Ctid) -> String {
    format!("/nodes/{node}/lxc/{ctid}")
}

/// Options as Proxmox shows them, pending ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GuestConfig {
    options: BTreeMap<String, String>,
}

impl GuestConfig {
    /// Reads it; a container that is not on `node` is [`Meaning::Absent`](crate::meaning::Meaning::Absent).
    pub(crate) async fn read(client: &ProxmoxClient, node: &str, ctid: Ctid) -> Result<Self, ApiError> {
        let options: BTreeMap<String, Value> =
            client.get(&format!("{}/config", path(node, ctid)), &[]).await?;
        // Raw `lxc.…` lines come as a list of pairs under `lxc`; nothing here depends on them.
        let scalars = options.into_iter().filter_map(|(key, value)| Some((key, wire::text(&value)?)));
        Ok(Self { options: scalars.collect() })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// The lock that somebody holds.
    pub(crate) fn lock(&self) -> Option<&str> {
        self.get("lock")
    }

    /// The instance that the marker names.
    pub(crate) fn owner(&self) -> Option<InstanceId> {
        marker::owner(self.get("description")?)
    }

    pub(crate) fn is_template(&self) -> bool {
        self.get("template") == Some("1")
    }

    /// Options named `prefix` and a number.
    pub(crate) fn numbered<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.options.iter().filter_map(move |(key, value)| {
            let number = key.strip_prefix(prefix)?;
            let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            numeric.then_some((key.as_str(), value.as_str()))
        })
    }

    #[cfg(test)]
    pub(crate) fn from_options(options: &[(&str, &str)]) -> Self {
        Self {
            options: options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }
}

/// What to change, in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) set: Vec<(&'static str, String)>,
    pub(crate) delete: Vec<String>,
}

impl Change {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.delete.is_empty()
    }

    /// Adds `name` unless it has `wanted` already.
    pub(crate) fn want(&mut self, config: &GuestConfig, name: &'static str, wanted: String) {
        if config.get(name) != Some(wanted.as_str()) {
            self.set.push((name, wanted));
        }
    }

    /// Sends it, provided that the configuration is still `seen`: Proxmox compares the digest under its lock.
    pub(crate) async fn apply(
        &self,
        client: &ProxmoxClient,
        guard: &dyn StepGuard,
        node: &str,
        ctid: Ctid,
        seen: &GuestConfig,
    ) -> Result<(), ApiError> {
        let delete = self.delete.join(",");
        let mut form: Vec<(&str, &str)> =
            self.set.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if !delete.is_empty() {
            form.push(("delete", &delete));
        }
        if let Some(digest) = seen.get("digest") {
            form.push(("digest", digest));
        }
        client.put(guard, &format!("{}/config", path(node, ctid)), &form).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_sent() {
        let config = GuestConfig::from_options(&[("memory", "512"), ("cores", "2")]);
        let mut change = Change::default();
        change.want(&config, "memory", "512".to_owned());
        assert!(change.is_empty());
        change.want(&config, "swap", "0".to_owned());
        assert_eq!(change.set, [("swap", "0".to_owned())]);
    }

    #[test]
    fn numbered_options_are_told_from_their_neighbours() {
        let config = GuestConfig::from_options(&[("mp0", "a"), ("mp12", "b"), ("mpx", "c"), ("mp", "d")]);
        assert_eq!(config.numbered("mp").collect::<Vec<_>>(), [("mp0", "a"), ("mp12", "b")]);
    }
}
