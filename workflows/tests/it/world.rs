//! A journal, a cluster and a worker, driven in virtual time until everything rests.

use crate::{
    clusters::{Cluster, Emulated, InMemory},
    journals::{InMemoryJournal, InPostgres, TestJournal},
    script::Script,
};
use dbx_domain::{
    Instance,
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{InstanceCommand, InstanceError, Lifecycle, Order, RunRequest, WorkflowKind},
    name::Tags,
    plan::{PgVersion, Plan, Size},
    time::Timestamp,
};
use dbx_workflows::{
    catalogue,
    context::Ports,
    drive::{Driven, Driver},
    failpoint::Failpoints,
    journal::{Claim, Journal, memory::MemoryJournal},
    placement::PlacementRules,
    settings::Settings,
    simulation::SimCluster,
};
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::sync::watch;
use uuid::Uuid;

/// What a world is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Journal and cluster in memory.
    OfNothing,
    /// Journal in memory, cluster behind HTTPS.
    WithEmulator,
    /// Journal in Postgres, cluster in memory.
    WithPostgres,
}

pub struct Maker {
    made: Made,
    postgres: Option<Arc<InPostgres>>,
}

impl Maker {
    pub async fn world(&self) -> World {
        let cluster: Box<dyn Cluster> = match self.made {
            Made::WithEmulator => Box::new(Emulated::start().await),
            _ => Box::new(InMemory(Arc::new(SimCluster::with_nodes(3)))),
        };
        let log: Arc<dyn TestJournal> = match &self.postgres {
            Some(postgres) => Arc::clone(postgres) as _,
            None => Arc::new(InMemoryJournal(Arc::new(MemoryJournal::default()))),
        };
        World::of(log, cluster)
    }
}

pub struct World {
    /// The instance that this world is about.
    pub instance: InstanceId,
    pub log: Arc<dyn TestJournal>,
    pub cluster: Box<dyn Cluster>,
    ports: Arc<Ports>,
    settings: Arc<Settings>,
    stop: watch::Sender<bool>,
}

/// More drives than any scenario needs: a run that never rests is a bug.
const DRIVES_MAX: usize = 500;

impl World {
    pub async fn new(made: Made) -> Self {
        Self::maker(made).await.world().await
    }

    /// Makes many worlds; those in Postgres share a database.
    pub async fn maker(made: Made) -> Maker {
        let postgres = match made {
            Made::WithPostgres => Some(Arc::new(InPostgres::create().await)),
            _ => None,
        };
        Maker { made, postgres }
    }

    pub fn of(log: Arc<dyn TestJournal>, cluster: Box<dyn Cluster>) -> Self {
        let ports =
            Ports { hypervisor: cluster.hypervisor(), database: cluster.database(), journal: log.journal() };
        Self {
            instance: InstanceId::from_uuid(Uuid::from_u128(rand::random())),
            log,
            cluster,
            ports: Arc::new(ports),
            settings: Arc::new(Self::settings()),
            stop: watch::Sender::new(false),
        }
    }

    fn settings() -> Settings {
        let placement = PlacementRules {
            ctids: 10_000..=19_999,
            first_address: Ipv4Addr::new(127, 80, 0, 10),
            last_address: Ipv4Addr::new(127, 80, 255, 250),
            memory_overcommit: 1_000.0,
            cpu_overcommit: 1_000.0,
            check_live: false,
        };
        Settings {
            placement,
            allow_cidrs: vec!["127.0.0.0/8".to_owned()],
            platform_cidrs: vec!["127.0.0.0/8".to_owned()],
            concurrency: 4,
            scan_interval: Duration::from_millis(200),
        }
    }

    pub fn journal(&self) -> &dyn Journal {
        self.ports.journal.as_ref()
    }

    pub async fn state(&self) -> Instance {
        self.journal().load(self.instance).await.unwrap().instance
    }

    pub async fn lifecycle(&self) -> Lifecycle {
        self.state().await.lifecycle()
    }

    /// Orders the instance.
    pub async fn order(&self) -> WorkflowId {
        let order = Order {
            instance: self.instance,
            org: OrgId::from_uuid(self.instance.uuid()),
            project: ProjectId::from_uuid(self.instance.uuid()),
            name: "prod-db".parse().unwrap(),
            size: Size::new(Plan::Pro, Some(100)).unwrap(),
            pg_version: PgVersion::DEFAULT,
            tags: Tags::default(),
        };
        let run = self.run_request(WorkflowKind::Create).await;
        self.log.command(self.instance, InstanceCommand::Request(Box::new(order), run)).await.unwrap();
        run.workflow
    }

    /// Asks for a workflow.
    pub async fn ask(&self, kind: WorkflowKind) -> Result<WorkflowId, InstanceError> {
        let run = self.run_request(kind).await;
        self.log.command(self.instance, InstanceCommand::Run(kind, run)).await?;
        Ok(run.workflow)
    }

    pub async fn retry(&self, workflow: WorkflowId) -> Result<(), InstanceError> {
        let deadline = self.now().await + Duration::from_secs(3_600);
        self.log.command(self.instance, InstanceCommand::Retry(workflow, deadline)).await
    }

    pub async fn cancel(&self, workflow: WorkflowId) -> Result<(), InstanceError> {
        self.log.command(self.instance, InstanceCommand::Cancel(workflow)).await
    }

    async fn run_request(&self, kind: WorkflowKind) -> RunRequest {
        let definition = catalogue::definition(kind);
        RunRequest {
            workflow: WorkflowId::from_uuid(Uuid::from_u128(rand::random())),
            definition: definition.version,
            deadline_at: self.now().await + definition.deadline,
        }
    }

    async fn now(&self) -> Timestamp {
        self.journal().now().await.unwrap()
    }

    pub fn driver(&self, failpoints: Arc<dyn Failpoints>) -> Driver {
        Driver { ports: Arc::clone(&self.ports), settings: Arc::clone(&self.settings), failpoints }
    }

    pub async fn claim(&self) -> Option<Claim> {
        self.journal().claim("test", 1).await.unwrap().pop()
    }

    pub async fn drive(&self, driver: &Driver, claim: &Claim) -> Driven {
        driver.drive(claim, &self.stop.subscribe()).await.unwrap()
    }

    /// Works with `script` until nothing is due any more; a crashed worker is followed by the next one when its lease
    /// has ended.
    pub async fn settle(&self, script: Script) -> Arc<Script> {
        let script = Arc::new(script);
        let driver = self.driver(Arc::clone(&script) as _);
        for _ in 0..DRIVES_MAX {
            let Some(due) = self.log.next_due(self.instance).await else { return script };
            self.log.advance(due.since(self.now().await)).await;
            while let Some(claim) = self.claim().await {
                self.drive(&driver, &claim).await;
            }
        }
        panic!("never came to rest: {:#?}", self.log.history(self.instance).await);
    }
}
