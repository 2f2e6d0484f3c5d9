//! What instances are given: numbers, addresses, networks, and how full nodes may become.

use dbx_workflows::{placement::PlacementRules, settings::Settings};
use serde::Deserialize;
use std::{net::Ipv4Addr, time::Duration};

/// What instances are given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstancesSection {
    /// First container number that is ours alone.
    pub(crate) first_ctid: u32,
    /// Last container number that is ours alone.
    pub(crate) last_ctid: u32,
    /// First address that may be given.
    pub(crate) first_address: Ipv4Addr,
    /// Last address that may be given.
    pub(crate) last_address: Ipv4Addr,
    /// Networks from which tenants may connect.
    pub(crate) allow_cidrs: Vec<String>,
    /// Networks from which this server connects to instances.
    pub(crate) platform_cidrs: Vec<String>,
    /// Promised memory as a multiple of a node's.
    #[serde(default = "default_memory_overcommit")]
    pub(crate) memory_overcommit: f64,
    /// Promised CPUs as a multiple of a node's.
    #[serde(default = "default_cpu_overcommit")]
    pub(crate) cpu_overcommit: f64,
    /// Whether a node's live free memory and space may forbid a placement.
    #[serde(default = "default_check_live")]
    pub(crate) check_live: bool,
    /// Runs that one process advances at once.
    #[serde(default = "default_concurrency")]
    pub(crate) concurrency: usize,
}

const fn default_memory_overcommit() -> f64 {
    1.0
}

const fn default_cpu_overcommit() -> f64 {
    4.0
}

const fn default_check_live() -> bool {
    true
}

const fn default_concurrency() -> usize {
    16
}

impl InstancesSection {
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        if self.first_ctid < 100 || self.last_ctid < self.first_ctid {
            findings.push(
                "`instances.first_ctid` to `last_ctid` must be a range from 100 upwards that nothing else uses".to_owned(),
            );
        }
        if self.last_address < self.first_address {
            findings.push("`instances.last_address` lies before `first_address`".to_owned());
        }
        for (name, cidrs) in [("allow_cidrs", &self.allow_cidrs), ("platform_cidrs", &self.platform_cidrs)] {
            if cidrs.is_empty() {
                findings.push(format!(
                    "`instances.{name}` is empty: nobody could connect; name networks such as 10.0.0.0/8"
                ));
            }
            for cidr in cidrs.iter().filter(|cidr| !is_cidr(cidr)) {
                findings.push(format!("`{cidr}` in `instances.{name}` is not a network such as 10.0.0.0/8"));
            }
        }
        findings
    }

    /// What the engine needs.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            placement: PlacementRules {
                ctids: self.first_ctid..=self.last_ctid,
                first_address: self.first_address,
                last_address: self.last_address,
                memory_overcommit: self.memory_overcommit,
                cpu_overcommit: self.cpu_overcommit,
                check_live: self.check_live,
            },
            allow_cidrs: self.allow_cidrs.clone(),
            platform_cidrs: self.platform_cidrs.clone(),
            concurrency: self.concurrency,
            scan_interval: Duration::from_millis(200),
        }
    }
}

fn is_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, prefix)| {
        address.parse::<Ipv4Addr>().is_ok() && prefix.parse::<u8>().is_ok_and(|bits| bits <= 32)
    })
}

#[cfg(test)]
mod tests {
    use super::is_cidr;

    #[test]
    fn networks_are_recognised() {
        assert!(is_cidr("10.0.0.0/8") && is_cidr("0.0.0.0/0"));
        assert!(!is_cidr("10.0.0.0") && !is_cidr("10.0.0.0/33") && !is_cidr("all"));
    }
}
