//! Instances on an emulated cluster, a worker that is driven step by step on a set clock, and the caretaker's parts.

use async_trait::async_trait;
use dbx_domain::{
    Decide as _, Instance, Org, Secret,
    ids::{AccountId, Ctid, InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{Failure, InstanceCommand, InstanceEvent, Order, Placement, RunRequest, WorkflowKind},
    name::{ResourceName, Tags},
    org::OrgCommand,
    plan::{PgVersion, Plan, Size},
};
use dbx_gateway::fleet::PgFleet;
use dbx_sql::{
    Actor, Append, Commit, EventStore, MasterKey, MasterKeys, Metadata, RecordedEvent, StreamHead, Vault,
    testing::TestDatabase,
};
use dbx_workflows::{
    care::{
        firewalls::Rota,
        fleet::Fleet,
        gauges::ServerGauges,
        monitor::Monitor,
        reconciler::{Reconciler, Restarts},
        register::PgRegister,
        sampler::{Sampler, SamplerRules},
        schedule::MonitorRules,
        volumes::{Volume, Volumes},
    },
    catalogue,
    context::Ports,
    drive::Driver,
    failpoint::NoFailpoints,
    hypervisor::{Hypervisor as _, StepGuard, Target},
    journal::postgres::PgJournal,
    placement::PlacementRules,
    settings::Settings,
};
use proxmox_adapter::{ProxmoxClient, ProxmoxHypervisor, testing};
use pve_emulator::{BackendConfig, Emulator, EmulatorConfig, Fault, FaultAction, LedgerContainer};
use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

/// First container number that is ours.
pub(crate) const FIRST: u32 = 10_000;

pub(crate) struct CareWorld {
    pub(crate) database: TestDatabase,
    pub(crate) store: EventStore,
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) hypervisor: Arc<ProxmoxHypervisor>,
    pub(crate) ports: Arc<Ports>,
    pub(crate) fleet: Arc<PgFleet>,
    stop: watch::Sender<bool>,
    _state: TempDir,
}

/// Repairs without asking anybody.
pub(crate) struct Free;

#[async_trait]
impl StepGuard for Free {
    async fn permit(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn submitted(&self, _task: &str) {}
}

/// The cluster's volumes, and one that nobody claims.
pub(crate) struct Leaked(pub(crate) Arc<ProxmoxHypervisor>, pub(crate) Volume);

#[async_trait]
impl Volumes for Leaked {
    async fn volumes(&self) -> Result<Vec<Volume>, Failure> {
        let mut volumes = self.0.volumes().await?;
        volumes.push(self.1.clone());
        Ok(volumes)
    }
}

impl CareWorld {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        dbx_projections::install(database.db(), &dbx_sql::Upcasters::default()).await.unwrap();
        let store = EventStore::new(database.db().clone(), dbx_projections::inline());
        let key = MasterKey::from_hex(&Secret::new("0f".repeat(32))).unwrap();
        let vault = Vault::new(database.db().clone(), MasterKeys::new(key, Vec::new()));
        database.db().set_fake_now(Some(database.db().now().await.unwrap()));
        let state = TempDir::new().unwrap();
        let config = EmulatorConfig::three_nodes(state.path(), BackendConfig::Sim);
        let emulator = Arc::new(Emulator::start(config).await.unwrap());
        let hypervisor = Arc::new(testing::hypervisor_for(&emulator));
        let ports = Ports {
            hypervisor: Arc::clone(&hypervisor) as _,
            database: Arc::new(testing::SimDatabaseAdmin::new(Arc::clone(&emulator))),
            journal: Arc::new(PgJournal::new(store.clone(), vault)),
        };
        let fleet = Arc::new(PgFleet::new(database.db().clone()));
        let stop = watch::Sender::new(false);
        Self { database, store, emulator, hypervisor, ports: Arc::new(ports), fleet, stop, _state: state }
    }

    pub(crate) fn settings() -> Settings {
        let placement = PlacementRules {
            ctids: FIRST..=FIRST + 9_999,
            first_address: Ipv4Addr::new(127, 80, 0, 10),
            last_address: Ipv4Addr::new(127, 80, 255, 250),
            memory_overcommit: 10.0,
            cpu_overcommit: 100.0,
            check_live: false,
        };
        let everybody = || vec!["127.0.0.0/8".to_owned()];
        Settings {
            placement,
            allow_cidrs: everybody(),
            platform_cidrs: everybody(),
            concurrency: 4,
            scan_interval: Duration::from_millis(50),
        }
    }

    pub(crate) fn reconciler(&self) -> Reconciler {
        Reconciler {
            ports: Arc::clone(&self.ports),
            volumes: Arc::clone(&self.hypervisor) as _,
            firewalls: Arc::clone(&self.hypervisor) as _,
            rota: Rota::default(),
            fleet: Arc::clone(&self.fleet) as _,
            register: Arc::new(PgRegister::new(self.store.clone())),
            guard: Arc::new(Free),
            ctids: Self::settings().placement.ctids,
            restarts: Restarts::default(),
        }
    }

    pub(crate) fn monitor(&self) -> Monitor {
        let register = Arc::new(PgRegister::new(self.store.clone()));
        let fleet = Arc::clone(&self.fleet) as Arc<dyn Fleet>;
        Monitor::new(Arc::clone(&self.ports), fleet, register, MonitorRules::default())
    }

    pub(crate) fn sampler(&self, servers: Arc<dyn ServerGauges>) -> Sampler {
        Sampler {
            db: self.database.db().clone(),
            ports: Arc::clone(&self.ports),
            fleet: Arc::clone(&self.fleet) as _,
            cluster: Arc::clone(&self.hypervisor) as _,
            servers,
            rules: SamplerRules::default(),
            meters: BTreeMap::new(),
        }
    }

    /// An instance that runs.
    pub(crate) async fn running(&self) -> InstanceId {
        let instance = InstanceId::from_uuid(Uuid::now_v7());
        self.order(instance).await;
        self.settle().await;
        assert_eq!(self.state(instance).await.lifecycle().name(), "running");
        instance
    }

    async fn order(&self, instance: InstanceId) {
        let (org, project) = (OrgId::from_uuid(instance.uuid()), ProjectId::from_uuid(instance.uuid()));
        let (name, size) = ("db".parse::<ResourceName>().unwrap(), Size::new(Plan::Nano, None).unwrap());
        let mut founded = Org::default();
        let mut admission = Vec::new();
        for command in [
            OrgCommand::Create {
                org,
                name: "Acme".parse().unwrap(),
                owner: AccountId::from_uuid(Uuid::nil()),
            },
            OrgCommand::CreateProject { project, name: "shop".parse().unwrap() },
            OrgCommand::AdmitInstance { instance, project, name: name.clone(), size },
        ] {
            for event in founded.decide(command).unwrap() {
                cqrs_es::Aggregate::apply(&mut founded, event.clone());
                admission.push(event);
            }
        }
        let (pg_version, tags) = (PgVersion::DEFAULT, Tags::default());
        let order = Order { instance, org, project, name, size, pg_version, tags };
        let request = InstanceCommand::Request(Box::new(order), self.run(WorkflowKind::Create).await);
        let events = Instance::default().decide(request).unwrap();
        let commit = Commit::new(Metadata::of(Actor::system("test")))
            .append(Append::of::<Org>(org.to_string(), StreamHead::NEW, &admission).unwrap())
            .append(Append::of::<Instance>(instance.to_string(), StreamHead::NEW, &events).unwrap());
        self.store.commit(commit).await.unwrap();
    }

    async fn run(&self, kind: WorkflowKind) -> RunRequest {
        let definition = catalogue::definition(kind);
        let deadline_at = self.database.db().now().await.unwrap() + definition.deadline;
        let workflow = WorkflowId::from_uuid(Uuid::now_v7());
        RunRequest { workflow, definition: definition.version, deadline_at }
    }

    /// Asks for a run and lets it come to rest.
    pub(crate) async fn does(&self, instance: InstanceId, kind: WorkflowKind) {
        let run = self.run(kind).await;
        self.command(instance, InstanceCommand::Run(kind, run)).await;
        self.settle().await;
    }

    /// Gives the parked run up and lets the engine end it.
    pub(crate) async fn abandons(&self, instance: InstanceId) {
        let workflow = self.state(instance).await.run().unwrap().workflow;
        self.command(instance, InstanceCommand::Abandon(workflow)).await;
        self.settle().await;
    }

    pub(crate) async fn command(&self, instance: InstanceId, command: InstanceCommand) {
        let loaded = self.store.load::<Instance>(&instance.to_string()).await.unwrap();
        let events = loaded.aggregate.decide(command).unwrap();
        let append = Append::of::<Instance>(instance.to_string(), loaded.head, &events).unwrap();
        self.store.commit(Commit::new(Metadata::of(Actor::system("test"))).append(append)).await.unwrap();
    }

    /// Works until nothing is due any more, moving the clock to whatever is due next.
    pub(crate) async fn settle(&self) {
        let driver = Driver {
            ports: Arc::clone(&self.ports),
            settings: Arc::new(Self::settings()),
            failpoints: Arc::new(NoFailpoints),
        };
        loop {
            while let Some(claim) = self.ports.journal.claim("test", 1).await.unwrap().pop() {
                driver.drive(&claim, &self.stop.subscribe()).await.unwrap();
            }
            let sql =
                "SELECT min(greatest(due_at, lease_until)) FROM workflow_queue WHERE due_at < 'infinity'";
            let row = self.database.db().client().await.unwrap().query_one(sql, &[]).await.unwrap();
            let Some(due) = row.get::<_, Option<time::OffsetDateTime>>(0) else { return };
            self.database.db().set_fake_now(Some(due.into()));
        }
    }

    pub(crate) async fn state(&self, instance: InstanceId) -> Instance {
        self.store.load::<Instance>(&instance.to_string()).await.unwrap().aggregate
    }

    pub(crate) async fn placement(&self, instance: InstanceId) -> Placement {
        self.state(instance).await.placement().unwrap().clone()
    }

    pub(crate) async fn target(&self, instance: InstanceId) -> Target {
        let Placement { node, ctid, .. } = self.placement(instance).await;
        Target { instance, node, ctid }
    }

    pub(crate) async fn events(&self, instance: InstanceId) -> Vec<RecordedEvent> {
        self.store.read_stream("instance", &instance.to_string(), 1, 1_000).await.unwrap()
    }

    /// The events of that name, in order.
    pub(crate) async fn named(&self, instance: InstanceId, name: &str) -> Vec<InstanceEvent> {
        let events = self.events(instance).await.into_iter().filter(|event| event.event_type == name);
        events.map(|event| serde_json::from_value(event.payload).unwrap()).collect()
    }

    pub(crate) fn container(&self, ctid: Ctid) -> Option<LedgerContainer> {
        self.emulator.ledger().containers.into_iter().find(|container| container.vmid == ctid.0)
    }

    pub(crate) fn node_down(&self, node: &str) {
        let action = FaultAction::NodeDown(node.to_owned());
        self.emulator.script(Fault { method: None, path: "**".to_owned(), nth: None, times: None, action });
    }

    /// A client of the cluster with our token, as an operator has one.
    pub(crate) fn client(&self) -> ProxmoxClient {
        let secret = testing::secret_of(self.emulator.token());
        ProxmoxClient::new(&testing::config_for(&self.emulator), &secret).unwrap()
    }

    /// Makes a container under `ctid` that db.xyz did not make, and starts it.
    pub(crate) async fn foreigner(&self, node: &str, ctid: Ctid, description: &str) {
        let client = self.client();
        let config = testing::config_for(&self.emulator);
        let path = format!("/nodes/{node}/lxc/{}/clone", config.templates[node]);
        let new = ctid.to_string();
        let form = [
            ("newid", new.as_str()),
            ("hostname", "precious"),
            ("pool", "dbxyz"),
            ("description", description),
        ];
        client.post::<String>(&Free, &path, &form).await.unwrap();
        self.idle().await;
        client.post::<String>(&Free, &format!("/nodes/{node}/lxc/{ctid}/status/start"), &[]).await.unwrap();
        self.idle().await;
    }

    async fn idle(&self) {
        while !self.emulator.ledger().running_tasks.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops the container behind our back.
    pub(crate) async fn pull_the_plug(&self, instance: InstanceId) {
        let target = self.target(instance).await;
        self.hypervisor.ensure_stopped(&target, &Free).await.unwrap();
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.database.db().client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}
