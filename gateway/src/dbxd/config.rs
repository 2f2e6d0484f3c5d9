//! Configuration of `dbxd serve`: one TOML file, overridden by `DBXD_…` variables (`DBXD_DATABASE__MAX_CONNECTIONS`).
//!
//! Guarantees: secrets come from files of their own and are never part of it; an unsafe or incomplete configuration is
//! refused before anything is started, with a sentence for each finding.

use crate::Failure;
use dbx_domain::Secret;
use dbx_gateway::Limits;
use dbx_sql::{DatabaseConfig, MasterKey, MasterKeys};
use dbx_workflows::{care::schedule::MonitorRules, placement::PlacementRules, settings::Settings};
use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use proxmox_adapter::settings::ProxmoxConfig;
use serde::Deserialize;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the API listens. TLS is terminated in front of it, so anything but loopback needs `behind_proxy`.
    #[serde(default = "default_listen")]
    pub(crate) listen: SocketAddr,
    /// A proxy of ours terminates TLS in front of it and sets `X-Forwarded-For`.
    #[serde(default)]
    pub(crate) behind_proxy: bool,
    /// Files that hold secrets; readable by the server's user alone.
    pub(crate) secrets: SecretFiles,
    /// The control database.
    #[serde(default)]
    pub(crate) database: DatabaseSection,
    /// How often clients may ask.
    #[serde(default)]
    pub(crate) limits: LimitsSection,
    /// The cluster.
    pub(crate) proxmox: ProxmoxConfig,
    /// What instances are given.
    pub(crate) instances: InstancesSection,
    /// What is watched beside the jobs.
    #[serde(default)]
    pub(crate) watch: WatchSection,
}

/// Requests per minute; 0 switches a limit off.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsSection {
    /// With one session token or API key.
    pub(crate) per_token: u32,
    /// From one address, whatever the tokens.
    pub(crate) per_address: u32,
}

impl Default for LimitsSection {
    fn default() -> Self {
        let Limits { per_token, per_address } = Limits::default();
        Self { per_token, per_address }
    }
}

/// Files that hold secrets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretFiles {
    /// Connection string of the control database.
    pub(crate) database_url_file: PathBuf,
    /// 32 bytes in hex: wraps the orgs' data keys.
    pub(crate) master_key_file: PathBuf,
    /// Earlier master keys that still unwrap.
    #[serde(default)]
    pub(crate) older_master_key_files: Vec<PathBuf>,
    /// The API token's secret.
    pub(crate) proxmox_token_file: PathBuf,
}

/// The control database.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DatabaseSection {
    /// Most connections of one process.
    pub(crate) max_connections: usize,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self { max_connections: 16 }
    }
}

/// What is watched beside the jobs.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WatchSection {
    /// Seconds between two looks at a server that answers; more where there are too many for it.
    pub(crate) health_secs: u64,
    /// Most looks per second, over all servers.
    pub(crate) looks_per_second: f64,
    /// Seconds between two comparisons of record and cluster.
    pub(crate) reconcile_secs: u64,
}

impl Default for WatchSection {
    fn default() -> Self {
        let MonitorRules { interval, looks_per_second } = MonitorRules::default();
        Self { health_secs: interval.as_secs(), looks_per_second, reconcile_secs: 300 }
    }
}

impl WatchSection {
    fn findings(&self) -> Option<String> {
        let wrong = self.health_secs == 0 || self.reconcile_secs == 0 || self.looks_per_second <= 0.0;
        wrong.then(|| "`watch` has a zero: each of its numbers must be above that".to_owned())
    }

    /// What the monitor needs.
    pub(crate) fn monitor(&self) -> MonitorRules {
        let interval = Duration::from_secs(self.health_secs);
        MonitorRules { interval, looks_per_second: self.looks_per_second }
    }
}

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

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
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

/// The secrets, read from their files.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    /// Connection string of the control database.
    pub(crate) database_url: Secret,
    /// Wraps the orgs' data keys.
    pub(crate) master_keys: MasterKeys,
    /// The API token's secret.
    pub(crate) proxmox_token: Secret,
}

/// Reads and checks the configuration.
///
/// # Errors
/// A sentence for each finding.
pub(crate) fn load(path: &Path) -> Result<Config, Failure> {
    if !path.exists() {
        return Err(format!(
            "there is no configuration at {}; write one (see gateway/dbxd.example.toml) or name another with --config",
            path.display()
        )
        .into());
    }
    let env = Env::prefixed("DBXD_").ignore(&["config", "log"]).split("__");
    let config: Config = Figment::from(Toml::file_exact(path)).merge(env).extract()?;
    let findings = config.findings();
    match findings.is_empty() {
        true => Ok(config),
        false => {
            Err(format!("the configuration is not safe to start with:\n- {}", findings.join("\n- ")).into())
        }
    }
}

impl Config {
    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        if !self.listen.ip().is_loopback() && !self.behind_proxy {
            findings.push(format!(
                "`listen` {} is reachable from outside without TLS; listen on loopback, or set `behind_proxy = true` once a \
                 TLS proxy is the only one who can reach it",
                self.listen
            ));
        }
        if let Err(error) = self.proxmox.check() {
            findings.push(error.to_string());
        }
        findings.extend(self.instances.findings());
        findings.extend(self.watch.findings());
        let files = &self.secrets;
        let single = [&files.database_url_file, &files.master_key_file, &files.proxmox_token_file];
        findings.extend(
            single.into_iter().chain(&files.older_master_key_files).filter_map(|file| exposure(file)),
        );
        findings
    }

    /// What the API needs.
    pub(crate) fn api(&self) -> dbx_gateway::Settings {
        let LimitsSection { per_token, per_address } = self.limits;
        dbx_gateway::Settings { behind_proxy: self.behind_proxy, limits: Limits { per_token, per_address } }
    }

    /// What the pool needs.
    pub(crate) fn database(&self, secrets: &Secrets) -> DatabaseConfig {
        let mut config = DatabaseConfig::new(secrets.database_url.expose());
        config.max_connections = self.database.max_connections;
        config
    }
}

impl InstancesSection {
    fn findings(&self) -> Vec<String> {
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

/// Why a secret's file is not safe, if it is not.
fn exposure(file: &Path) -> Option<String> {
    match fs::metadata(file) {
        Err(error) => Some(format!("the secret file {} cannot be read: {error}", file.display())),
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            Some(format!("the secret file {} is open to others; run chmod 600 on it", file.display()))
        }
        Ok(_) => None,
    }
}

impl SecretFiles {
    /// Reads every secret.
    ///
    /// # Errors
    /// The file that cannot be read or does not hold what it should.
    pub(crate) fn read(&self) -> Result<Secrets, Failure> {
        let key = |file: &PathBuf| -> Result<MasterKey, Failure> {
            MasterKey::from_hex(&read(file)?).map_err(|error| format!("{}: {error}", file.display()).into())
        };
        let older = self.older_master_key_files.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Secrets {
            database_url: read(&self.database_url_file)?,
            master_keys: MasterKeys::new(key(&self.master_key_file)?, older),
            proxmox_token: read(&self.proxmox_token_file)?,
        })
    }
}

fn read(file: &Path) -> Result<Secret, Failure> {
    let text =
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(Secret::new(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let example = include_str!("../../dbxd.example.toml");
        let config: Config = Figment::from(Toml::string(example)).extract().unwrap();
        assert_eq!(config.instances.findings(), Vec::<String>::new());
        config.proxmox.check().unwrap();
    }

    #[test]
    fn networks_are_recognised() {
        assert!(is_cidr("10.0.0.0/8") && is_cidr("0.0.0.0/0"));
        assert!(!is_cidr("10.0.0.0") && !is_cidr("10.0.0.0/33") && !is_cidr("all"));
    }

    #[test]
    fn a_secret_that_others_can_read_is_a_finding() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        fs::write(&file, "x").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(exposure(&file).is_some());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(exposure(&file), None);
        assert!(exposure(&directory.path().join("absent")).is_some());
    }
}
