//! Monitor and reconciler over the real client, an emulated cluster and Postgres.

use crate::{
    care_world::{CareWorld, FIRST, Free, Leaked},
    sampling::Counting,
};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{DriftKind, Health, InstanceEvent, Lifecycle, WorkflowKind},
};
use dbx_workflows::{
    care::{
        caretaker::Caretaker,
        duty::Duty,
        report::{Drift, Report, Unowned},
        volumes::Volume,
    },
    hypervisor::{Hypervisor as _, Power, Target},
};
use pve_emulator::{Fault, FaultAction};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

fn kinds(report: &Report) -> Vec<(InstanceId, DriftKind)> {
    report.drifts.iter().map(|drift: &Drift| (drift.instance, drift.what)).collect()
}

async fn open(world: &CareWorld) -> i64 {
    world.count("SELECT count(*) FROM drifts").await
}

#[tokio::test]
async fn a_fleet_that_is_as_recorded_is_left_alone() {
    let world = CareWorld::new().await;
    let (running, stopped) = (world.running().await, world.running().await);
    world.does(stopped, WorkflowKind::Stop).await;
    let before = (world.events(running).await.len(), world.events(stopped).await.len());
    assert_eq!(world.reconciler().round().await.unwrap(), Report::default());
    assert_eq!((world.events(running).await.len(), world.events(stopped).await.len()), before);
}

#[tokio::test]
async fn an_instance_whose_container_stopped_is_started_by_a_run_of_the_system() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    world.pull_the_plug(instance).await;
    let reconciler = world.reconciler();
    let report = reconciler.round().await.unwrap();
    assert_eq!(kinds(&report), [(instance, DriftKind::ContainerStopped)]);
    reconciler.round().await.unwrap();
    world.settle().await;
    assert!(world.container(world.placement(instance).await.ctid).unwrap().running);
    assert_eq!(world.state(instance).await.lifecycle(), Lifecycle::Running);
    assert_eq!(world.named(instance, "DriftDetected").await.len(), 1, "once, however often it is seen");
    let events = world.events(instance).await;
    let asked = events.iter().rfind(|event| event.event_type == "WorkflowRequested").unwrap();
    let actor = (&asked.metadata["actor"], &asked.metadata["actor_id"]);
    assert_eq!(actor, (&"system".into(), &"reconciler".into()));
    assert_eq!(reconciler.round().await.unwrap(), Report::default());
    assert_eq!((world.named(instance, "DriftRepaired").await.len(), open(&world).await), (1, 0));
}

#[tokio::test]
async fn a_stopped_instance_whose_container_runs_is_reported_and_not_touched() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    world.does(instance, WorkflowKind::Stop).await;
    let target = world.target(instance).await;
    world.hypervisor.ensure_started(&target, &Free).await.unwrap();
    let report = world.reconciler().round().await.unwrap();
    world.settle().await;
    assert_eq!(kinds(&report), [(instance, DriftKind::ContainerRunning)]);
    assert!(world.container(target.ctid).unwrap().running);
    assert_eq!((world.state(instance).await.lifecycle(), open(&world).await), (Lifecycle::Stopped, 1));
}

/// What somebody may do to a container's firewall, and what is said of it.
async fn opened(world: &CareWorld, instance: InstanceId, how: &str) {
    let Target { node, ctid, .. } = world.target(instance).await;
    let (client, lxc) = (world.client(), format!("/nodes/{node}/lxc/{ctid}"));
    let options = format!("{lxc}/firewall/options");
    match how {
        "policy" => client.put(&Free, &options, &[("policy_in", "ACCEPT")]).await.unwrap(),
        "off" => client.put(&Free, &options, &[("enable", "0")]).await.unwrap(),
        "rule" => drop(client.delete::<Value>(&Free, &format!("{lxc}/firewall/rules/0"), &[]).await.unwrap()),
        _ => {
            let config: Value = client.get(&format!("{lxc}/config"), &[]).await.unwrap();
            let net0 = config["net0"].as_str().unwrap().replace("firewall=1", "firewall=0");
            client.put(&Free, &format!("{lxc}/config"), &[("net0", &net0)]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_firewall_that_somebody_opened_is_told_and_closed_again() {
    let world = CareWorld::new().await;
    let (instance, other) = (world.running().await, world.running().await);
    let reconciler = world.reconciler();
    let closed = Some(vec!["5432".to_owned()]);
    for (round, how) in ["policy", "off", "rule", "card"].into_iter().enumerate() {
        opened(&world, instance, how).await;
        let place = world.placement(instance).await.ctid;
        assert_ne!(world.container(place).unwrap().lets_in, closed, "{how}");
        let report = reconciler.round().await.unwrap();
        assert_eq!(kinds(&report), [(instance, DriftKind::FirewallOpen)], "{how}");
        assert_eq!(world.container(place).unwrap().lets_in, closed, "{how}");
        assert_eq!((reconciler.round().await.unwrap(), open(&world).await), (Report::default(), 0), "{how}");
        assert_eq!(world.named(instance, "DriftDetected").await.len(), round + 1, "{how}");
    }
    assert_eq!(world.named(other, "DriftDetected").await, []);
}

#[tokio::test]
async fn a_firewall_that_was_not_looked_at_is_not_called_closed() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    opened(&world, instance, "off").await;
    let refused = FaultAction::Status { code: 500, reason: "no".to_owned(), after_effect: false };
    let path = "/nodes/*/lxc/*/firewall/options".to_owned();
    let method = Some("PUT".to_owned());
    world.emulator.script(Fault {
        method,
        path: path.clone(),
        nth: None,
        times: None,
        action: refused.clone(),
    });
    let reconciler = world.reconciler();
    assert_eq!(kinds(&reconciler.round().await.unwrap()), [(instance, DriftKind::FirewallOpen)]);
    world.emulator.script(Fault { method: None, path, nth: None, times: None, action: refused });
    let report = reconciler.round().await.unwrap();
    assert_eq!((kinds(&report), open(&world).await), (vec![], 1), "nobody knows, so it stays on record");
    world.emulator.faults().clear();
    reconciler.round().await.unwrap();
    assert_eq!((reconciler.round().await.unwrap(), open(&world).await), (Report::default(), 0));
}

#[tokio::test]
async fn nothing_on_a_node_that_is_down_is_called_missing() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    world.node_down(&world.placement(instance).await.node);
    // As after a restart of the server: the client has seen no marker yet.
    let report = world.reconciler().round().await.unwrap();
    assert_eq!((kinds(&report), report.dark.len(), open(&world).await), (vec![], 1, 0));
    assert!(report.unseen.contains(&instance));
}

#[tokio::test]
async fn a_container_that_is_gone_is_reported_missing_until_it_is_back() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let target = world.target(instance).await;
    world.hypervisor.ensure_destroyed(&target, &Free).await.unwrap();
    let report = world.reconciler().round().await.unwrap();
    assert_eq!(kinds(&report), [(instance, DriftKind::ContainerMissing)]);
    assert!(report.drifts[0].is_grave() && report.drifts[0].repair.is_none());
    world.does(instance, WorkflowKind::Delete).await;
    assert_eq!(world.state(instance).await.lifecycle(), Lifecycle::Deleted);
    world.reconciler().round().await.unwrap();
    assert_eq!(open(&world).await, 0, "a deleted instance misses nothing");
}

#[tokio::test]
async fn a_delete_ends_though_its_node_is_down_and_the_container_follows_when_it_is_back() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let target = world.target(instance).await;
    world.node_down(&target.node);
    world.does(instance, WorkflowKind::Delete).await;
    assert_eq!(world.state(instance).await.lifecycle(), Lifecycle::NeedsOperator);
    world.abandons(instance).await;
    let gone = world.state(instance).await;
    assert_eq!(
        (gone.lifecycle(), gone.placement().map(|place| place.ctid)),
        (Lifecycle::Deleted, Some(target.ctid))
    );
    assert_eq!(world.count("SELECT count(*) FROM secrets").await, 0);
    let released = "SELECT count(*) FROM events WHERE event_type = 'InstanceReleased'";
    assert_eq!(world.count(released).await, 1, "name and quota are free");
    assert_eq!(kinds(&world.reconciler().round().await.unwrap()), [], "the node is still down");
    assert!(world.container(target.ctid).is_some());

    world.emulator.faults().clear();
    let report = world.reconciler().round().await.unwrap();
    assert_eq!(kinds(&report), [(instance, DriftKind::ContainerLeft)]);
    assert_eq!(world.container(target.ctid), None);
    let living = "SELECT count(*) FROM reservations WHERE released_at IS NULL";
    assert_eq!((world.count(living).await, open(&world).await), (0, 0));
    assert_eq!(world.reconciler().round().await.unwrap(), Report::default());
}

#[tokio::test]
async fn the_place_of_a_deleted_instance_is_given_back_when_nothing_is_left_there() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let target = world.target(instance).await;
    world.node_down(&target.node);
    world.does(instance, WorkflowKind::Delete).await;
    world.abandons(instance).await;
    world.emulator.faults().clear();
    world.hypervisor.ensure_destroyed(&target, &Free).await.unwrap();
    let report = world.reconciler().round().await.unwrap();
    assert_eq!(kinds(&report), [(instance, DriftKind::PlacementLeft)]);
    assert_eq!((world.state(instance).await.placement(), open(&world).await), (None, 0));
}

#[tokio::test]
async fn the_place_of_a_delete_that_was_given_up_is_free_though_a_stranger_has_its_number() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    world.node_down(&world.target(instance).await.node);
    world.does(instance, WorkflowKind::Delete).await;
    world.abandons(instance).await;
    world.emulator.faults().clear();
    let ctid = usurp(&world, instance).await;
    let precious = world.container(ctid);
    let report = world.reconciler().round().await.unwrap();
    assert_eq!(kinds(&report), [(instance, DriftKind::ContainerForeign)]);
    assert_eq!((world.state(instance).await.placement(), open(&world).await), (None, 0));
    let living = "SELECT count(*) FROM reservations WHERE released_at IS NULL";
    assert_eq!((world.count(living).await, world.container(ctid)), (0, precious));
}

/// Puts a stranger's running container in the place of the instance's own.
async fn usurp(world: &CareWorld, instance: InstanceId) -> Ctid {
    let target = world.target(instance).await;
    world.hypervisor.ensure_destroyed(&target, &Free).await.unwrap();
    world.foreigner(&target.node, target.ctid, "somebody's precious data").await;
    target.ctid
}

#[tokio::test]
async fn a_foreign_container_on_our_number_survives_everything() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let ctid = usurp(&world, instance).await;
    let precious = world.container(ctid).unwrap();
    let reconciler = world.reconciler();
    assert_eq!(kinds(&reconciler.round().await.unwrap()), [(instance, DriftKind::ContainerForeign)]);
    for kind in [WorkflowKind::Stop, WorkflowKind::Reboot] {
        world.does(instance, kind).await;
        assert_eq!(world.state(instance).await.lifecycle(), Lifecycle::NeedsOperator, "{kind}");
        world.abandons(instance).await;
        assert_eq!(world.container(ctid), Some(precious.clone()), "{kind}");
    }
    world.does(instance, WorkflowKind::Delete).await;
    let gone = world.state(instance).await;
    assert_eq!((gone.lifecycle(), gone.placement()), (Lifecycle::Deleted, None), "nothing holds a delete up");
    let listed = Unowned::Container { ctid, node: precious.node.clone() };
    for _ in 0..3 {
        let report = reconciler.round().await.unwrap();
        assert_eq!((report.drifts, report.unowned), (vec![], vec![listed.clone()]));
        world.settle().await;
    }
    assert_eq!((world.named(instance, "DriftDetected").await.len(), open(&world).await), (1, 0));
    assert_eq!(world.container(ctid), Some(precious));
    let next = world.running().await;
    assert_ne!(world.placement(next).await.ctid, ctid, "its number is not given again");
}

#[tokio::test]
async fn a_number_that_somebody_took_is_skipped_and_its_holder_listed() {
    let world = CareWorld::new().await;
    world.foreigner("pve1", Ctid(FIRST), "").await;
    let instance = world.running().await;
    assert_eq!(world.placement(instance).await.ctid, Ctid(FIRST + 1));
    let report = world.reconciler().round().await.unwrap();
    let unowned = Unowned::Container { ctid: Ctid(FIRST), node: "pve1".to_owned() };
    assert_eq!((report.drifts, report.unowned), (vec![], vec![unowned]));
    assert!(world.container(Ctid(FIRST)).unwrap().running);
}

#[tokio::test]
async fn copies_and_strangers_with_our_marker_are_listed_and_not_touched() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let marker = |owner: InstanceId| format!("rescued\ndbxyz-owner: {owner}");
    world.does(instance, WorkflowKind::Delete).await;
    // Somebody saved a copy of it, and another installation uses the same cluster.
    world.foreigner("pve1", Ctid(FIRST + 500), &marker(instance)).await;
    let stranger = InstanceId::from_uuid(Uuid::from_u128(7));
    world.foreigner("pve2", Ctid(FIRST + 501), &marker(stranger)).await;
    let report = world.reconciler().round().await.unwrap();
    assert_eq!(kinds(&report), []);
    let node = |number: u32| format!("pve{number}");
    let copy = Unowned::Copy { ctid: Ctid(FIRST + 500), node: node(1), owner: instance };
    let other = Unowned::Stranger { ctid: Ctid(FIRST + 501), node: node(2), owner: stranger };
    assert_eq!(report.unowned, [other, copy]);
    for number in [FIRST + 500, FIRST + 501] {
        let found = world.hypervisor.find(Ctid(number)).await.unwrap().unwrap();
        assert_eq!(found.power, Power::Running);
    }
}

#[tokio::test]
async fn what_nobody_claims_is_listed() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    let leaked = Volume {
        owner: Ctid(FIRST + 77),
        node: "pve1".to_owned(),
        id: "local-zfs:subvol-10077-disk-1".to_owned(),
    };
    let mut reconciler = world.reconciler();
    reconciler.volumes = Arc::new(Leaked(Arc::clone(&world.hypervisor), leaked.clone()));
    let sql = "INSERT INTO secrets (secret_id, version, org_id, owner, nonce, ciphertext)
               SELECT 'sec_lost', 1, org_id, 'ins_lost', nonce, ciphertext FROM secrets LIMIT 1";
    world.database.db().client().await.unwrap().execute(sql, &[]).await.unwrap();
    let report = reconciler.round().await.unwrap();
    let secrets = Unowned::Secrets { owner: "ins_lost".to_owned(), count: 1 };
    assert_eq!((report.drifts, report.unowned), (vec![], vec![Unowned::Volume(leaked), secrets]));
    assert_eq!(world.state(instance).await.lifecycle(), Lifecycle::Running);
}

/// Looks until a round had somebody to look at.
async fn look(world: &CareWorld, seconds: u64) -> Vec<InstanceId> {
    let mut monitor = world.monitor();
    let (start, mut missing) = (Instant::now(), Vec::new());
    for second in 0..seconds {
        missing.extend(monitor.round(start + Duration::from_secs(second)).await.unwrap());
    }
    missing
}

#[tokio::test]
async fn health_is_recorded_when_it_changes_and_only_then() {
    let world = CareWorld::new().await;
    let (instance, resting) = (world.running().await, world.running().await);
    world.does(resting, WorkflowKind::Stop).await;
    assert_eq!(look(&world, 60).await, []);
    assert_eq!(world.named(instance, "HealthObserved").await, []);
    world.pull_the_plug(instance).await;
    assert_eq!(look(&world, 60).await, [instance]);
    assert_eq!(look(&world, 60).await, [], "it is known by now");
    let target = world.target(instance).await;
    world.hypervisor.ensure_started(&target, &Free).await.unwrap();
    look(&world, 60).await;
    let seen = world.named(instance, "HealthObserved").await;
    let health = |health| InstanceEvent::HealthObserved { health };
    assert_eq!(seen, [health(Health::Unreachable), health(Health::Healthy)]);
    assert_eq!(world.named(resting, "HealthObserved").await, [], "nobody expects it to answer");
}

#[tokio::test]
async fn the_caretaker_mends_by_itself_and_resigns_when_it_is_told_to_stop() {
    let world = CareWorld::new().await;
    let instance = world.running().await;
    world.pull_the_plug(instance).await;
    world.database.db().set_fake_now(None);
    let duty = Duty::new(world.database.db().clone(), "caretaker", "one");
    let caretaker = Caretaker {
        duty: duty.clone(),
        monitor: world.monitor(),
        reconciler: world.reconciler(),
        reconcile_every: Duration::from_millis(300),
        sampler: world.sampler(Arc::new(Counting::default())),
        db: world.database.db().clone(),
    };
    let stop = watch::Sender::new(false);
    let caring = tokio::spawn(caretaker.run(stop.subscribe()));
    let mut waiter = world.database.db().wakeups().waiter();
    while world.state(instance).await.run().is_none() {
        waiter.wait_or(Duration::from_millis(100)).await;
    }
    let another = Duty::new(world.database.db().clone(), "caretaker", "two");
    assert!(!another.take().await.unwrap(), "there is one caretaker");
    stop.send_replace(true);
    caring.await.unwrap();
    assert!(another.take().await.unwrap(), "it resigned");
}
