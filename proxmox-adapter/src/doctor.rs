//! Looks whether a cluster is ready for us, before the first use, and says what is missing.
//!
//! Guarantee: it only reads.

use crate::{
    client::ProxmoxClient, config::GuestConfig, error::ApiError, hypervisor::ProxmoxHypervisor,
    meaning::Meaning, resources, wire,
};
use dbx_domain::ids::Ctid;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Looked at, and as it should be.
    Good,
    /// Works, but not as well as it could.
    Warning,
    /// Instances cannot be made or kept.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do about it; empty if nothing.
    pub remedy: String,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self { level: Level::Good, what: what.into(), remedy: String::new() }
    }

    fn error(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Error, what: what.into(), remedy: remedy.into() }
    }

    fn warning(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warning, what: what.into(), remedy: remedy.into() }
    }
}

/// The first release that hands `env` over to a container.
const OLDEST: (u32, u32) = (9, 1);
/// What the token needs on the pool.
const POOL_PRIVILEGES: &[&str] = &[
    "VM.Allocate",
    "VM.Audit",
    "VM.Config.CPU",
    "VM.Config.Disk",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.PowerMgmt",
];

#[derive(Deserialize)]
struct Version {
    version: String,
}

type Permissions = BTreeMap<String, BTreeMap<String, Value>>;

impl ProxmoxHypervisor {
    /// Looks at version, privileges, pool, and each node's storage, bridge and template.
    pub async fn doctor(&self) -> Vec<Finding> {
        let mut findings = match self.check_version().await {
            Ok(finding) => vec![finding],
            // Without the first answer there will be no others.
            Err(error) => {
                let failure = error.meaning().failure(&error);
                return vec![Finding::error(failure.message, "correct `proxmox` in the configuration")];
            }
        };
        findings.extend(self.check_privileges().await);
        findings.push(self.check_firewall().await);
        findings.extend(self.check_nodes().await);
        findings
    }

    async fn check_version(&self) -> Result<Finding, ApiError> {
        let version: Version = self.client.get("/version", &[]).await?;
        let mut parts = version.version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
        let release = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        let what = format!("Proxmox VE {}", version.version);
        if release >= OLDEST {
            return Ok(Finding::good(what));
        }
        Ok(Finding::error(what, "upgrade to 9.1 or newer: older ones cannot hand settings to a container"))
    }

    async fn check_privileges(&self) -> Vec<Finding> {
        let config = &self.config;
        let mut wanted: Vec<(String, &[&str])> = vec![
            (format!("/pool/{}", config.pool), POOL_PRIVILEGES),
            (format!("/storage/{}", config.storage), &["Datastore.AllocateSpace"]),
            (format!("/sdn/zones/localnetwork/{}", config.bridge), &["SDN.Use"]),
        ];
        wanted.extend(
            config.templates.values().map(|template| (format!("/vms/{template}"), &["VM.Clone"][..])),
        );
        let mut findings = Vec::new();
        for (path, privileges) in wanted {
            findings.push(check_path(&self.client, &path, privileges).await);
        }
        findings.push(self.check_sight().await);
        findings
    }

    /// With rights on the pool alone, a clone is invisible until it is done, and one that died for ever.
    async fn check_sight(&self) -> Finding {
        let finding = check_path(&self.client, "/vms", &["VM.Audit"]).await;
        if finding.level == Level::Good {
            return finding;
        }
        Finding::warning(
            finding.what,
            "grant VM.Audit on /vms: without it the remains of a failed clone stay unseen",
        )
    }

    /// Rules of containers count for nothing while the cluster's firewall is off, as it is after an installation.
    async fn check_firewall(&self) -> Finding {
        let options: Result<BTreeMap<String, Value>, _> =
            self.client.get("/cluster/firewall/options", &[]).await;
        match options {
            Ok(options) if options.get("enable").and_then(wire::text).as_deref() == Some("1") => {
                Finding::good("the cluster's firewall is on")
            }
            Ok(_) => Finding::error(
                "the cluster's firewall is off, and with it the rules of every container",
                "turn it on under Datacenter > Firewall > Options",
            ),
            Err(error) => Finding::warning(
                error.to_string(),
                "grant Sys.Audit on / to let this be checked, or make sure that Datacenter > Firewall is on",
            ),
        }
    }

    async fn check_nodes(&self) -> Vec<Finding> {
        let rows = match resources::nodes(&self.client).await {
            Ok(rows) => rows,
            Err(error) => return vec![Finding::error(error.to_string(), "grant Sys.Audit on /nodes")],
        };
        let mut findings = Vec::new();
        for (node, template) in &self.config.templates {
            match rows.iter().find(|row| row.node == *node) {
                None => findings.push(Finding::error(
                    format!("{node} is not in the cluster"),
                    "correct the names in `templates`",
                )),
                Some(row) if row.status != "online" => findings.push(Finding::warning(
                    format!("{node} is {}", row.status),
                    "bring it up; until then it takes no instances",
                )),
                Some(row) => {
                    if row.maxmem == 0 {
                        findings.push(Finding::warning(
                            format!("{node} does not show its memory and CPUs"),
                            "grant Sys.Audit on /nodes",
                        ));
                    }
                    findings.push(self.check_storage(node).await);
                    findings.push(self.check_bridge(node).await);
                    findings.push(self.check_template(node, *template).await);
                }
            }
        }
        findings
    }

    async fn check_storage(&self, node: &str) -> Finding {
        let name = &self.config.storage;
        match resources::storage(&self.client, node, name).await {
            Ok(storage) if storage.active && storage.enabled => {
                Finding::good(format!("storage {name} on {node} has {} GiB free", storage.avail >> 30))
            }
            Ok(_) => {
                Finding::error(format!("storage {name} on {node} is not active"), "activate it in Proxmox")
            }
            Err(error) => {
                Finding::error(error.to_string(), "correct `storage`, or grant Datastore.AllocateSpace on it")
            }
        }
    }

    async fn check_bridge(&self, node: &str) -> Finding {
        let name = &self.config.bridge;
        let query = [("type", "any_bridge")];
        let rows: Result<Vec<BTreeMap<String, Value>>, _> =
            self.client.get(&format!("/nodes/{node}/network"), &query).await;
        let is_it =
            |row: &BTreeMap<String, Value>| row.get("iface").and_then(wire::text).as_deref() == Some(name);
        match rows {
            Ok(rows) if rows.iter().any(is_it) => Finding::good(format!("bridge {name} on {node} is there")),
            // Proxmox leaves out silently what the token may not use.
            Ok(_) => Finding::error(
                format!("bridge {name} is not on {node}, or the token may not use it"),
                "correct `bridge`, or grant SDN.Use on it",
            ),
            Err(error) => Finding::error(error.to_string(), "grant Sys.Audit on /nodes"),
        }
    }

    async fn check_template(&self, node: &str, template: Ctid) -> Finding {
        let what = format!("template {template} on {node}");
        match GuestConfig::read(&self.client, node, template).await {
            Ok(config) if !config.is_template() => {
                Finding::error(format!("{what} is an ordinary container"), "convert it to a template")
            }
            Ok(config) if config.lock().is_some() => Finding::warning(
                format!("{what} is locked ({})", config.lock().unwrap_or_default()),
                format!("if no clone runs, run `pct unlock {template}` as root on {node}"),
            ),
            Ok(_) => Finding::good(format!("{what} is there")),
            Err(error) if error.means(&Meaning::Absent) => {
                Finding::error(format!("{what} does not exist"), "build it, or correct `templates`")
            }
            Err(error) => Finding::error(error.to_string(), "grant VM.Audit and VM.Clone on the template"),
        }
    }
}

async fn check_path(client: &ProxmoxClient, path: &str, privileges: &[&str]) -> Finding {
    let granted = match client.get::<Permissions>("/access/permissions", &[("path", path)]).await {
        Ok(permissions) => permissions.into_values().flat_map(BTreeMap::into_keys).collect::<BTreeSet<_>>(),
        Err(error) => return Finding::error(error.to_string(), "check the API token"),
    };
    let missing: Vec<&str> = privileges.iter().filter(|name| !granted.contains(**name)).copied().collect();
    if missing.is_empty() {
        return Finding::good(format!("the token has {} on {path}", privileges.join(", ")));
    }
    let missing = missing.join(", ");
    Finding::error(
        format!("the token lacks {missing} on {path}"),
        format!("grant {missing} on {path} to the token and to its user"),
    )
}
