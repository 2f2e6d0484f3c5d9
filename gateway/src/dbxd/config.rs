//! Configuration of `dbxd serve`: one TOML file, overridden by `DBXD_…` variables (`DBXD_DATABASE__MAX_CONNECTIONS`).
//!
//! Guarantees: secrets come from files of their own and are never part of it; an unsafe or incomplete configuration is
//! refused before anything is started, with a sentence for each finding.

mod audit;
mod bounds;
mod instances;
mod limits;
mod mail;
mod watch;

pub(crate) use audit::AuditSection;
pub(crate) use bounds::BoundsSection;
pub(crate) use instances::InstancesSection;
pub(crate) use limits::LimitsSection;
pub(crate) use mail::MailSection;
pub(crate) use watch::{MetricsSection, WatchSection};

use crate::Failure;
use dbx_domain::Secret;
use dbx_gateway::{server::Rules, webhooks::WebhookRules};
use dbx_sql::{DatabaseConfig, MasterKey, MasterKeys, checkpoint::CheckpointKey};
use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use nix::sys::resource::{Resource, getrlimit};
use proxmox_adapter::settings::ProxmoxConfig;
use serde::Deserialize;
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
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
    /// Where people reach it, such as `https://db.example.com`: links lead there.
    #[serde(default)]
    pub(crate) public_url: Option<String>,
    /// Files that hold secrets; readable by the server's user alone.
    pub(crate) secrets: SecretFiles,
    /// The control database.
    #[serde(default)]
    pub(crate) database: DatabaseSection,
    /// How often clients may ask.
    #[serde(default)]
    pub(crate) limits: LimitsSection,
    /// What every org, person and network may have at most.
    #[serde(default)]
    pub(crate) bounds: BoundsSection,
    /// The cluster.
    pub(crate) proxmox: ProxmoxConfig,
    /// What instances are given.
    pub(crate) instances: InstancesSection,
    /// What is watched beside the jobs.
    #[serde(default)]
    pub(crate) watch: WatchSection,
    /// How often instances are measured.
    #[serde(default)]
    pub(crate) metrics: MetricsSection,
    /// How the log is signed.
    #[serde(default)]
    pub(crate) audit: AuditSection,
    /// How webhooks may be used.
    #[serde(default)]
    pub(crate) webhooks: WebhooksSection,
    /// The mail server that invitations are handed to; without it none is sent.
    #[serde(default)]
    pub(crate) mail: Option<MailSection>,
}

/// How webhooks may be used.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebhooksSection {
    /// Whether they may be at private and loopback addresses, and speak `http`.
    pub(crate) allow_private: bool,
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
    /// 32 bytes in hex: signs checkpoints over the log. Without it the log is chained and not signed.
    #[serde(default)]
    pub(crate) checkpoint_key_file: Option<PathBuf>,
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

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
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
    /// Signs checkpoints over the log.
    pub(crate) checkpoint_key: Option<CheckpointKey>,
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
        findings.extend(self.address_finding());
        if let Err(error) = self.proxmox.check() {
            findings.push(error.to_string());
        }
        findings.extend(self.instances.findings());
        findings.extend(self.watch.findings());
        findings.extend(self.metrics.findings());
        findings.extend(self.audit.findings());
        findings.extend(self.mail.iter().flat_map(MailSection::findings));
        let files = &self.secrets;
        let single = [&files.database_url_file, &files.master_key_file, &files.proxmox_token_file];
        findings.extend(
            single
                .into_iter()
                .chain(&files.older_master_key_files)
                .chain(&files.checkpoint_key_file)
                .filter_map(|file| exposure(file)),
        );
        findings
    }

    /// What is asked of connections. All that come through a proxy are its own.
    pub(crate) fn connections(&self) -> Rules {
        let per_address = self.limits.share_of_connections().filter(|_| !self.behind_proxy);
        // What Linux gives unless it is told otherwise.
        let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1_024, |(soft, _)| soft);
        Rules { per_address, ..Rules::within(files) }
    }

    /// What the API needs.
    pub(crate) fn api(&self) -> dbx_gateway::Settings {
        let webhooks = WebhookRules { allow_private: self.webhooks.allow_private };
        dbx_gateway::Settings {
            behind_proxy: self.behind_proxy,
            limits: self.limits.limits(),
            webhooks,
            bounds: self.bounds.bounds(),
        }
    }

    /// What the pool needs.
    pub(crate) fn database(&self, secrets: &Secrets) -> DatabaseConfig {
        let mut config = DatabaseConfig::new(secrets.database_url.expose());
        config.max_connections = self.database.max_connections;
        config
    }
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
            checkpoint_key: self.checkpoint_key_file.as_deref().map(checkpoint_key).transpose()?,
        })
    }
}

fn checkpoint_key(file: &Path) -> Result<CheckpointKey, Failure> {
    CheckpointKey::from_hex(&read(file)?).map_err(|error| format!("{}: {error}", file.display()).into())
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
