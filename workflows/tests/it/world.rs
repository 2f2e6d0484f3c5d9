//! A journal, a cluster and a worker, driven in virtual time until everything rests.

use crate::{ledger::ClusterLedger, script::Script};
use async_trait::async_trait;
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
    database_admin::DatabaseAdmin,
    drive::{Driven, Driver},
    failpoint::Failpoints,
    hypervisor::Hypervisor,
    journal::{Claim, Journal, memory::MemoryJournal},
    placement::PlacementRules,
    settings::Settings,
    simulation::SimCluster,
};
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::sync::watch;
use uuid::Uuid;

/// Something that containers run on, and that can be audited.
#[async_trait]
pub trait Cluster: Send + Sync {
    fn hypervisor(&self) -> Arc<dyn Hypervisor>;
    fn database(&self) -> Arc<dyn DatabaseAdmin>;
    async fn ledger(&self) -> ClusterLedger;
}

pub struct InMemory(pub Arc<SimCluster>);

#[async_trait]
impl Cluster for InMemory {
    fn hypervisor(&self) -> Arc<dyn Hypervisor> {
        Arc::clone(&self.0) as _
    }

    fn database(&self) -> Arc<dyn DatabaseAdmin> {
        Arc::clone(&self.0) as _
    }

    async fn ledger(&self) -> ClusterLedger {
        ClusterLedger::of_sim(&self.0)
    }
}

pub struct World {
    pub journal: Arc<MemoryJournal>,
    pub cluster: Arc<dyn Cluster>,
    ports: Arc<Ports>,
    settings: Arc<Settings>,
    stop: watch::Sender<bool>,
}

/// More drives than any scenario needs: a run that never rests is a bug.
const DRIVES_MAX: usize = 500;

pub const INSTANCE: InstanceId = InstanceId::from_uuid(Uuid::from_u128(0xA));

impl World {
    pub fn in_memory() -> Self {
        Self::on(Arc::new(InMemory(Arc::new(SimCluster::with_nodes(3)))))
    }

    pub fn on(cluster: Arc<dyn Cluster>) -> Self {
        let journal = Arc::new(MemoryJournal::default());
        let ports = Ports {
            hypervisor: cluster.hypervisor(),
            database: cluster.database(),
            journal: Arc::clone(&journal) as _,
        };
        let placement = PlacementRules {
            ctids: 10_000..=19_999,
            first_address: Ipv4Addr::new(127, 80, 0, 10),
            last_address: Ipv4Addr::new(127, 80, 0, 250),
            memory_overcommit: 1.0,
            cpu_overcommit: 4.0,
            check_live: false,
        };
        let settings = Settings {
            placement,
            allow_cidrs: vec!["127.0.0.0/8".to_owned()],
            platform_cidrs: vec!["127.0.0.0/8".to_owned()],
            concurrency: 4,
            scan_interval: Duration::from_millis(200),
        };
        Self {
            journal,
            cluster,
            ports: Arc::new(ports),
            settings: Arc::new(settings),
            stop: watch::Sender::new(false),
        }
    }

    pub async fn instance(&self) -> Instance {
        self.journal.load(INSTANCE).await.unwrap().instance
    }

    pub async fn lifecycle(&self) -> Lifecycle {
        self.instance().await.lifecycle()
    }

    /// Orders the instance.
    pub async fn order(&self) -> WorkflowId {
        let order = Order {
            instance: INSTANCE,
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            project: ProjectId::from_uuid(Uuid::from_u128(2)),
            name: "prod-db".parse().unwrap(),
            size: Size::new(Plan::Pro, Some(100)).unwrap(),
            pg_version: PgVersion::DEFAULT,
            tags: Tags::default(),
        };
        let run = self.run_request(WorkflowKind::Create).await;
        self.journal.command(INSTANCE, InstanceCommand::Request(Box::new(order), run)).unwrap();
        run.workflow
    }

    /// Asks for a workflow.
    pub async fn ask(&self, kind: WorkflowKind) -> Result<WorkflowId, InstanceError> {
        let run = self.run_request(kind).await;
        self.journal.command(INSTANCE, InstanceCommand::Run(kind, run))?;
        Ok(run.workflow)
    }

    pub async fn retry(&self, workflow: WorkflowId) -> Result<(), InstanceError> {
        let deadline = self.now().await + Duration::from_secs(3_600);
        self.journal.command(INSTANCE, InstanceCommand::Retry(workflow, deadline))
    }

    pub fn cancel(&self, workflow: WorkflowId) -> Result<(), InstanceError> {
        self.journal.command(INSTANCE, InstanceCommand::Cancel(workflow))
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
        self.journal.now().await.unwrap()
    }

    pub fn driver(&self, failpoints: Arc<dyn Failpoints>) -> Driver {
        Driver { ports: Arc::clone(&self.ports), settings: Arc::clone(&self.settings), failpoints }
    }

    pub async fn claim(&self) -> Option<Claim> {
        self.journal.claim("test", 1).await.unwrap().pop()
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
            let Some(due) = self.journal.next_due() else { return script };
            self.journal.advance(due.since(self.now().await));
            while let Some(claim) = self.claim().await {
                self.drive(&driver, &claim).await;
            }
        }
        panic!("never came to rest: {:#?}", self.journal.history(INSTANCE));
    }
}
