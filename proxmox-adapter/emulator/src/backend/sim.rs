//! The simulated Postgres: a record on the data volume, first-booted at once, kept across stop and start.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::BootSpec;
use super::postgres_env::{PostgresEnv, verifier};
use crate::engine::Engine;
use crate::model::{Cluster, SimData, Vmid, VolumeKey};
use crate::secret::hash;

/// First boot: makes the cluster on a blank volume, and leaves an existing one alone (its passwords may have been
/// rotated). An environment that the real first boot refuses leaves the container running without a server.
pub(super) fn first_boot(cluster: &mut Cluster, spec: &BootSpec) {
    if cluster.sim.contains(&spec.data) {
        return;
    }
    let Some(env) = PostgresEnv::parse(&spec.env) else { return };
    let data = SimData {
        major: env.major,
        tenant: env.tenant.clone(),
        database: env.database,
        connection_limit: env.max_connections,
        roles: BTreeMap::from([(env.tenant, env.tenant_verifier), (env.platform, env.platform_verifier)]),
        fingerprint: hash(&uuid::Uuid::now_v7().to_string()),
        rows: BTreeMap::new(),
    };
    cluster.sim.insert(spec.data.clone(), data);
}

/// A running container's simulated Postgres, found by its address. Every call looks at the state as it is then.
#[derive(Debug, Clone)]
pub struct SimPostgres {
    engine: Arc<Engine>,
    vmid: Vmid,
    volume: VolumeKey,
}

/// Why the simulated server refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimPostgresError {
    /// Connection refused: stopped, destroyed, or first boot failed.
    #[error("the simulated Postgres is not up: start its container, and check the container's env")]
    Down,
    /// There is no such role.
    #[error("role \"{0}\" does not exist")]
    NoRole(String),
    /// Not a SCRAM verifier.
    #[error("only SCRAM-SHA-256 verifiers are accepted")]
    NotAVerifier,
}

impl SimPostgres {
    pub(crate) fn find(engine: &Arc<Engine>, address: Ipv4Addr) -> Option<Self> {
        engine.store.read(|cluster| {
            let mut running = cluster.containers.values().filter(|container| container.is_running());
            let container = running.find(|container| container.address() == Some(address))?;
            let volume = container.data_volume()?;
            Some(Self { engine: Arc::clone(engine), vmid: container.vmid, volume })
        })
    }

    /// The container it runs in.
    #[must_use]
    pub fn vmid(&self) -> u32 {
        self.vmid
    }

    /// Whether the server accepts connections.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.look(|_| ()).is_ok()
    }

    /// Major version.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`].
    pub fn major(&self) -> Result<u8, SimPostgresError> {
        self.look(|data| data.major)
    }

    /// The tenant's role and database.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`].
    pub fn tenant(&self) -> Result<(String, String), SimPostgresError> {
        self.look(|data| (data.tenant.clone(), data.database.clone()))
    }

    /// The SCRAM verifier stored for a role.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`], [`SimPostgresError::NoRole`].
    pub fn verifier(&self, role: &str) -> Result<String, SimPostgresError> {
        self.look(|data| data.roles.get(role).cloned())?
            .ok_or_else(|| SimPostgresError::NoRole(role.to_owned()))
    }

    /// `ALTER ROLE … PASSWORD '<verifier>'`.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`], [`SimPostgresError::NoRole`], [`SimPostgresError::NotAVerifier`].
    pub fn set_verifier(&self, role: &str, new: &str) -> Result<(), SimPostgresError> {
        if !verifier(new) {
            return Err(SimPostgresError::NotAVerifier);
        }
        self.change(|data| match data.roles.get_mut(role) {
            Some(stored) => {
                new.clone_into(stored);
                Ok(())
            }
            None => Err(SimPostgresError::NoRole(role.to_owned())),
        })?
    }

    /// The tenant role's connection limit.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`].
    pub fn connection_limit(&self) -> Result<u32, SimPostgresError> {
        self.look(|data| data.connection_limit)
    }

    /// SHA-256 of the server certificate, in hex.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`].
    pub fn certificate_fingerprint(&self) -> Result<String, SimPostgresError> {
        self.look(|data| data.fingerprint.clone())
    }

    /// Stores a row that lives as long as the volume does.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`].
    pub fn put(&self, key: &str, value: &str) -> Result<(), SimPostgresError> {
        self.change(|data| {
            data.rows.insert(key.to_owned(), value.to_owned());
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`SimPostgresError::Down`].
    pub fn get(&self, key: &str) -> Result<Option<String>, SimPostgresError> {
        self.look(|data| data.rows.get(key).cloned())
    }

    fn look<R>(&self, look: impl FnOnce(&SimData) -> R) -> Result<R, SimPostgresError> {
        self.engine.store.read(|cluster| {
            let running = cluster.containers.get(&self.vmid).is_some_and(crate::model::Container::is_running);
            let data = cluster.sim.get(&self.volume).filter(|_| running);
            data.map(look).ok_or(SimPostgresError::Down)
        })
    }

    fn change<R>(&self, change: impl FnOnce(&mut SimData) -> R) -> Result<R, SimPostgresError> {
        self.engine.store.write(|cluster| {
            let running = cluster.containers.get(&self.vmid).is_some_and(crate::model::Container::is_running);
            let data = if running { cluster.sim.get_mut(&self.volume) } else { None };
            data.map(change).ok_or(SimPostgresError::Down)
        })
    }
}
