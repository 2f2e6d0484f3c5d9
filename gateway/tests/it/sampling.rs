//! The sampler over the real client, an emulated cluster and Postgres; only the servers' counters are scripted, because
//! simulated containers count nothing.

use crate::care_world::CareWorld;
use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{Failure, Health, Observation, WorkflowKind},
};
use dbx_sql::samples::{self, Figures};
use dbx_workflows::{
    care::gauges::{ClusterGauges, ServerCounters, ServerGauges},
    credential::Password,
    failure::transient,
};
use pve_emulator::{Fault, FaultAction};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Servers whose counters grow by themselves.
#[derive(Default)]
pub(crate) struct Counting {
    asked: AtomicUsize,
    disks: AtomicUsize,
    transactions: AtomicU64,
    silent: AtomicBool,
}

#[async_trait]
impl ServerGauges for Counting {
    async fn counters(&self, _: Ipv4Addr, _: &Password, with_disk: bool) -> Result<ServerCounters, Failure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.silent.load(Ordering::Relaxed) {
            return Err(transient("postgres_unreachable", "nobody is there"));
        }
        self.disks.fetch_add(usize::from(with_disk), Ordering::Relaxed);
        Ok(ServerCounters {
            era: "first".to_owned(),
            transactions: self.transactions.fetch_add(100, Ordering::Relaxed),
            connections: 3,
            disk_bytes: with_disk.then_some(7 << 20),
        })
    }
}

/// The newest sample of the last hour.
async fn latest(world: &CareWorld, instance: InstanceId) -> Option<Figures> {
    let (hour, second) = (Duration::from_secs(3_600), Duration::from_secs(1));
    let window = samples::window(world.database.db(), instance, hour, second).await.unwrap();
    window.latest.map(|sample| sample.figures)
}

/// The clock stands still between rounds; samples of the same moment are one.
async fn pass(world: &CareWorld) {
    let now = world.database.db().now().await.unwrap() + Duration::from_secs(15);
    world.database.db().set_fake_now(Some(now));
}

#[tokio::test]
async fn a_round_records_the_clusters_and_the_servers_figures() {
    let world = CareWorld::new().await;
    let (instance, resting) = (world.running().await, world.running().await);
    world.does(resting, WorkflowKind::Stop).await;
    let servers = Arc::new(Counting::default());
    let mut sampler = world.sampler(Arc::clone(&servers) as _);
    sampler.round().await.unwrap();
    let first = latest(&world, instance).await.unwrap();
    assert!(first.cpu.is_some_and(|cpu| (0.0..=1.0).contains(&cpu)), "{first:?}");
    assert!(first.memory_bytes.is_some_and(|bytes| bytes > 0), "{first:?}");
    assert_eq!((first.disk_bytes, first.connections), (Some(7 << 20), Some(3)));
    assert_eq!(first.queries_per_second, None, "a rate needs two looks");
    pass(&world).await;
    sampler.round().await.unwrap();
    let second = latest(&world, instance).await.unwrap();
    assert!(second.queries_per_second.is_some_and(|rate| rate > 0.0), "{second:?}");
    assert_eq!(second.disk_bytes, Some(7 << 20), "remembered");
    assert_eq!(servers.disks.load(Ordering::Relaxed), 1, "the disk is measured once a minute");
    assert_eq!(latest(&world, resting).await, None, "what is not meant to run is not measured");
}

#[tokio::test]
async fn what_does_not_answer_is_unknown_and_holds_nothing_up() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let servers = Arc::new(Counting::default());
    servers.silent.store(true, Ordering::Relaxed);
    let mut sampler = world.sampler(Arc::clone(&servers) as _);
    sampler.round().await.unwrap();
    let figures = latest(&world, instance).await.unwrap();
    assert!(figures.cpu.is_some(), "the cluster still tells");
    assert_eq!((figures.queries_per_second, figures.connections, figures.disk_bytes), (None, None, None));
    // The cluster is silent as well: there is nothing to record.
    world.node_down(&world.placement(instance).await.node);
    pass(&world).await;
    sampler.round().await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM samples").await, 1);
}

#[tokio::test]
async fn a_server_that_is_known_not_to_answer_is_not_asked() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    world.command(instance, Observation::Health(Health::Unreachable).into()).await;
    let servers = Arc::new(Counting::default());
    world.sampler(Arc::clone(&servers) as _).round().await.unwrap();
    assert_eq!(servers.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn no_more_servers_are_asked_than_the_rules_allow_and_each_has_its_turn() {
    let world = CareWorld::new().await;
    let instances = [world.running().await, world.running().await, world.running().await];
    let servers = Arc::new(Counting::default());
    let mut sampler = world.sampler(Arc::clone(&servers) as _);
    sampler.rules.servers_per_second = 1.0 / 15.0;
    for round in 1..=3 {
        sampler.round().await.unwrap();
        pass(&world).await;
        assert_eq!(servers.asked.load(Ordering::Relaxed), round);
    }
    for instance in instances {
        let sql =
            format!("SELECT count(*) FROM samples WHERE connections = 3 AND instance_id = '{instance}'");
        assert_eq!(world.count(&sql).await, 1);
    }
}

#[tokio::test]
async fn one_call_tells_of_all_containers_of_ours_that_run() {
    let world = CareWorld::new().await;
    let (instance, resting) = (world.running().await, world.running().await);
    world.does(resting, WorkflowKind::Stop).await;
    world.foreigner("pve1", Ctid(40_000), "").await;
    // A second call would fail.
    let action = FaultAction::DropBeforeEffect;
    world.emulator.script(Fault { method: None, path: "**".to_owned(), nth: Some(2), times: None, action });
    let loads = world.hypervisor.loads().await.unwrap();
    let ours: Vec<Ctid> = loads.iter().map(|load| load.ctid).collect();
    assert!(ours.contains(&world.placement(instance).await.ctid));
    assert!(!ours.contains(&world.placement(resting).await.ctid), "it does not run");
}
