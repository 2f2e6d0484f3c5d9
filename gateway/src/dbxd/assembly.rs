//! The parts behind the API, put together: store, vault, cluster, engine, caretaker.

use crate::{
    Failure,
    config::{Config, Secrets},
    migrate::upcasters,
    worker::Worker,
};
use dbx_gateway::fleet::PgFleet;
use dbx_sql::{Database, EventStore, Vault};
use dbx_workflows::{
    care::{
        caretaker::Caretaker,
        duty::Duty,
        firewalls::Rota,
        fleet::Fleet,
        monitor::Monitor,
        reconciler::{Reconciler, Restarts},
        register::{PgRegister, Register},
        sampler::Sampler,
    },
    context::Ports,
    engine::Engine,
    hypervisor::StepGuard,
    journal::postgres::PgJournal,
};
use proxmox_adapter::{ProxmoxHypervisor, SqlAdmin};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The duty to look after the fleet.
pub(crate) const CARETAKER: &str = "caretaker";

/// What a server is made of.
pub(crate) struct Assembly {
    pub(crate) database: Database,
    pub(crate) store: EventStore,
    pub(crate) vault: Vault,
    pub(crate) hypervisor: Arc<ProxmoxHypervisor>,
    administrator: Arc<SqlAdmin>,
    ports: Arc<Ports>,
    fleet: Arc<dyn Fleet>,
    register: Arc<dyn Register>,
}

impl Assembly {
    /// Puts the parts together; nothing is sent yet.
    ///
    /// # Errors
    /// The configuration cannot work.
    pub(crate) fn new(config: &Config, secrets: &Secrets, database: Database) -> Result<Self, Failure> {
        let store = EventStore::new(database.clone(), dbx_projections::inline()).with_upcasters(upcasters());
        let vault = Vault::new(database.clone(), secrets.master_keys.clone());
        let hypervisor = Arc::new(ProxmoxHypervisor::new(config.proxmox.clone(), &secrets.proxmox_token)?);
        let administrator = Arc::new(SqlAdmin::default());
        let ports = Ports {
            hypervisor: Arc::clone(&hypervisor) as _,
            database: Arc::clone(&administrator) as _,
            journal: Arc::new(PgJournal::new(store.clone(), vault.clone())),
        };
        Ok(Self {
            fleet: Arc::new(PgFleet::new(database.clone())),
            register: Arc::new(PgRegister::new(store.clone())),
            ports: Arc::new(ports),
            administrator,
            database,
            store,
            vault,
            hypervisor,
        })
    }

    pub(crate) fn engine(&self, config: &Config, worker: &Worker) -> Engine {
        let settings = Arc::new(config.instances.settings());
        Engine::new(Arc::clone(&self.ports), settings, worker.to_string())
    }

    /// A reconciler that asks `guard` before it changes anything in the cluster.
    pub(crate) fn reconciler(&self, config: &Config, guard: Arc<dyn StepGuard>) -> Reconciler {
        Reconciler {
            firewalls: Arc::clone(&self.hypervisor) as _,
            rota: Rota::default(),
            ports: Arc::clone(&self.ports),
            volumes: Arc::clone(&self.hypervisor) as _,
            fleet: Arc::clone(&self.fleet),
            register: Arc::clone(&self.register),
            guard,
            ctids: config.instances.settings().placement.ctids,
            restarts: Restarts::default(),
        }
    }

    pub(crate) fn caretaker(&self, config: &Config, worker: &Worker) -> Caretaker {
        let duty = Duty::new(self.database.clone(), CARETAKER, worker.to_string());
        let (ports, fleet, register) =
            (Arc::clone(&self.ports), Arc::clone(&self.fleet), Arc::clone(&self.register));
        Caretaker {
            monitor: Monitor::new(ports, fleet, register, config.watch.monitor()),
            reconciler: self.reconciler(config, Arc::new(duty.clone())),
            reconcile_every: Duration::from_secs(config.watch.reconcile_secs),
            sampler: self.sampler(config),
            db: self.database.clone(),
            duty,
        }
    }

    fn sampler(&self, config: &Config) -> Sampler {
        Sampler {
            db: self.database.clone(),
            ports: Arc::clone(&self.ports),
            fleet: Arc::clone(&self.fleet),
            cluster: Arc::clone(&self.hypervisor) as _,
            servers: Arc::clone(&self.administrator) as _,
            rules: config.metrics.sampler(),
            meters: BTreeMap::new(),
        }
    }
}
