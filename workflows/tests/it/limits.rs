//! A burst of orders, worked on by two servers at once: no node is stormed and no retry is burnt.

use crate::{
    clusters::{Cluster, Emulated},
    journals::{InPostgres, TestJournal},
};
use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{Failure, InstanceCommand, InstanceEvent, Lifecycle, Order, RunRequest, WorkflowKind},
    name::Tags,
    plan::{PgVersion, Plan, Size},
};
use dbx_workflows::{
    catalogue,
    context::Ports,
    engine::Engine,
    hypervisor::{Container, ContainerConfig, Hypervisor, Node, StepGuard, Target, TenantEnv},
    placement::PlacementRules,
    settings::Settings,
};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;
use uuid::Uuid;

const BURST: u128 = 30;

/// How many verbs are under way on each thing, now and at most.
#[derive(Default)]
struct Meter(Mutex<BTreeMap<String, (u32, u32)>>);

struct Running<'a>(&'a Meter, String);

impl Meter {
    fn enter(&self, what: String) -> Running<'_> {
        let mut counts = self.0.lock().unwrap();
        let (now, most) = counts.entry(what.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        Running(self, what)
    }

    fn most(&self, kind: &str) -> u32 {
        let counts = self.0.lock().unwrap();
        counts
            .iter()
            .filter(|(what, _)| what.starts_with(kind))
            .map(|(_, (_, most))| *most)
            .max()
            .unwrap_or(0)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().get_mut(&self.1).unwrap().0 -= 1;
    }
}

/// A hypervisor that counts.
struct Metered(Arc<dyn Hypervisor>, Meter);

impl Metered {
    fn write(&self, target: &Target) -> Running<'_> {
        self.1.enter(format!("node/{}", target.node))
    }
}

#[async_trait]
impl Hypervisor for Metered {
    async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        self.0.nodes().await
    }

    async fn containers(&self) -> Result<Vec<Container>, Failure> {
        self.0.containers().await
    }

    async fn find(&self, ctid: Ctid) -> Result<Option<Container>, Failure> {
        self.0.find(ctid).await
    }

    async fn ensure_cloned(&self, target: &Target, name: &str, guard: &dyn StepGuard) -> Result<(), Failure> {
        let _writes = self.write(target);
        let _clones = self.1.enter(format!("template/{}", target.node));
        self.0.ensure_cloned(target, name, guard).await
    }

    async fn ensure_configured(
        &self,
        target: &Target,
        config: &ContainerConfig,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let _writes = self.write(target);
        self.0.ensure_configured(target, config, guard).await
    }

    async fn ensure_volume(&self, target: &Target, gib: u32, guard: &dyn StepGuard) -> Result<(), Failure> {
        let _writes = self.write(target);
        self.0.ensure_volume(target, gib, guard).await
    }

    async fn ensure_env(
        &self,
        target: &Target,
        env: &TenantEnv,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let _writes = self.write(target);
        self.0.ensure_env(target, env, guard).await
    }

    async fn ensure_started(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let _writes = self.write(target);
        self.0.ensure_started(target, guard).await
    }

    async fn ensure_stopped(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let _writes = self.write(target);
        self.0.ensure_stopped(target, guard).await
    }

    async fn ensure_destroyed(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let _writes = self.write(target);
        self.0.ensure_destroyed(target, guard).await
    }
}

fn settings() -> Settings {
    let placement = PlacementRules {
        ctids: 10_000..=19_999,
        first_address: Ipv4Addr::new(127, 80, 0, 10),
        last_address: Ipv4Addr::new(127, 80, 255, 250),
        memory_overcommit: 10.0,
        cpu_overcommit: 100.0,
        check_live: false,
    };
    Settings {
        placement,
        allow_cidrs: vec!["127.0.0.0/8".to_owned()],
        platform_cidrs: vec!["127.0.0.0/8".to_owned()],
        concurrency: 16,
        scan_interval: Duration::from_millis(50),
    }
}

async fn order(log: &InPostgres, instance: InstanceId) {
    let order = Order {
        instance,
        org: OrgId::from_uuid(instance.uuid()),
        project: ProjectId::from_uuid(instance.uuid()),
        name: "burst".parse().unwrap(),
        size: Size::new(Plan::Nano, None).unwrap(),
        pg_version: PgVersion::DEFAULT,
        tags: Tags::default(),
    };
    let definition = catalogue::definition(WorkflowKind::Create);
    let run = RunRequest {
        workflow: WorkflowId::from_uuid(Uuid::now_v7()),
        definition: definition.version,
        deadline_at: log.journal().now().await.unwrap() + definition.deadline,
    };
    log.command(instance, InstanceCommand::Request(Box::new(order), run)).await.unwrap();
}

async fn settled(log: &InPostgres, instance: InstanceId) -> Lifecycle {
    loop {
        let loaded = log.journal().load(instance).await.unwrap().instance;
        if loaded.run().is_none_or(|run| run.is_parked()) {
            return loaded.lifecycle();
        }
        log.journal().wait_for_work(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_storms_no_node_and_burns_no_retry() {
    let log = InPostgres::create().await.in_real_time();
    let cluster = Emulated::with_tasks_of(Duration::from_millis(30)).await;
    let metered = Arc::new(Metered(cluster.hypervisor(), Meter::default()));
    let stop = watch::Sender::new(false);
    let mut servers = Vec::new();
    for server in ["one", "two"] {
        let ports = Ports {
            hypervisor: Arc::clone(&metered) as _,
            database: cluster.database(),
            journal: log.another_journal().await,
        };
        let engine = Engine::new(Arc::new(ports), Arc::new(settings()), server);
        let stop = stop.subscribe();
        servers.push(tokio::spawn(async move { engine.run(stop).await }));
    }
    let instances: Vec<_> = (1..=BURST).map(|n| InstanceId::from_uuid(Uuid::from_u128(n))).collect();
    futures::future::join_all(instances.iter().map(|instance| order(&log, *instance))).await;
    let mut placed: BTreeMap<String, u32> = BTreeMap::new();
    for instance in instances {
        assert_eq!(settled(&log, instance).await, Lifecycle::Running);
        let history = log.history(instance).await;
        let failed = history.iter().find(|event| matches!(event, InstanceEvent::StepFailed { .. }));
        assert_eq!(failed, None, "a retry was burnt: {history:#?}");
        let state = log.journal().load(instance).await.unwrap().instance;
        *placed.entry(state.placement().unwrap().node.clone()).or_default() += 1;
    }
    stop.send_replace(true);
    futures::future::join_all(servers).await;
    assert_eq!((metered.1.most("node/"), metered.1.most("template/")), (2, 1), "at once, at most");
    // Two servers that choose at the same moment may differ by one.
    assert!(placed.len() == 3 && placed.values().all(|count| (8..=12).contains(count)), "{placed:?}");
}
