//! Configuration, firewall, volume and environment.

use crate::world::{Always, World, address, client, env, plan, seen, target};
use dbx_domain::instance::FailureClass::{Permanent, Transient, Unknown};
use dbx_workflows::hypervisor::{Hypervisor, Target};
use pve_emulator::FaultAction;
use serde_json::Value;
use std::collections::BTreeMap;

type Row = BTreeMap<String, Value>;

async fn config(world: &World, target: &Target) -> Row {
    let path = format!("/nodes/{}/lxc/{}/config", target.node, target.ctid);
    client(&world.emulator).get(&path, &[]).await.unwrap()
}

async fn set(world: &World, target: &Target, name: &str, value: &str) {
    let path = format!("/nodes/{}/lxc/{}/config", target.node, target.ctid);
    client(&world.emulator).put(&Always, &path, &[(name, value)]).await.unwrap();
}

#[tokio::test]
async fn sets_what_the_plan_says_and_keeps_the_hardware_address() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let before = config(&world, &target).await;
    world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await.unwrap();
    let after = config(&world, &target).await;
    for (name, value) in [("cores", 2), ("memory", 2048), ("swap", 0), ("onboot", 1)] {
        assert_eq!(after[name], value, "{name}");
    }
    let mac = |row: &Row| row["net0"].as_str().unwrap().split("hwaddr=").nth(1).unwrap()[..17].to_owned();
    assert_eq!(mac(&after), mac(&before));
    let ip = format!("ip={}/8", address(&target));
    assert!(after["net0"].as_str().unwrap().contains(&ip), "{}", after["net0"]);

    world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await.unwrap();
    assert_eq!(config(&world, &target).await["digest"], after["digest"]);
}

#[tokio::test]
async fn opens_the_firewall_for_postgres_alone_with_one_rule() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let client = client(&world.emulator);
    let base = format!("/nodes/{}/lxc/{}/firewall", target.node, target.ctid);
    let ours = [("action", "ACCEPT"), ("type", "in"), ("enable", "0"), ("comment", "dbxyz: postgres")];
    for _ in 0..2 {
        client.post::<Value>(&Always, &format!("{base}/rules"), &ours).await.unwrap();
    }
    world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await.unwrap();
    let rules: Vec<Row> = client.get(&format!("{base}/rules"), &[]).await.unwrap();
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert_eq!(
        (&rules[0]["dport"], &rules[0]["proto"], &rules[0]["enable"]),
        (&"5432".into(), &"tcp".into(), &1.into())
    );
    let options: Row = client.get(&format!("{base}/options"), &[]).await.unwrap();
    assert_eq!((&options["enable"], &options["policy_in"]), (&1.into(), &"DROP".into()));
}

#[tokio::test]
async fn an_answer_without_effect_leaves_no_server_without_its_firewall() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let base = format!("/nodes/{}/lxc/{}/firewall", target.node, target.ctid);
    for (method, path) in
        [("PUT", "/nodes/*/lxc/*/firewall/options"), ("POST", "/nodes/*/lxc/*/firewall/rules")]
    {
        world.fault(method, path, 1, FaultAction::AnswerWithoutEffect);
    }
    world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await.unwrap();
    assert_eq!(world.emulator.faults().struck(), [1, 1]);
    let options: Row = client(&world.emulator).get(&format!("{base}/options"), &[]).await.unwrap();
    assert_eq!((&options["enable"], &options["policy_in"]), (&1.into(), &"DROP".into()));
    let rules: Vec<Row> = client(&world.emulator).get(&format!("{base}/rules"), &[]).await.unwrap();
    assert_eq!(rules.len(), 1, "{rules:?}");
}

#[tokio::test]
async fn a_firewall_that_somebody_switched_off_is_on_before_the_server_starts() {
    let world = World::new().await;
    let target = target(1);
    world.running(&target).await;
    let options = format!("/nodes/{}/lxc/{}/firewall/options", target.node, target.ctid);
    client(&world.emulator).put(&Always, &options, &[("enable", "0")]).await.unwrap();
    world.hypervisor.ensure_stopped(&target, &world.tasks).await.unwrap();
    world.hypervisor.ensure_started(&target, &world.tasks).await.unwrap();
    let row: Row = client(&world.emulator).get(&options, &[]).await.unwrap();
    assert_eq!(row["enable"], 1);
}

#[tokio::test]
async fn a_container_of_somebody_else_survives_every_verb() {
    let world = World::new().await;
    let target = target(1);
    let other = crate::world::target(9).instance;
    world.foreigner(&target, &format!("dbxyz-owner: {other}")).await;
    let before = world.emulator.ledger();
    let stays = config(&world, &target).await;
    let (hypervisor, tasks) = (&world.hypervisor, &world.tasks);
    for result in [
        hypervisor.ensure_configured(&target, &plan(&target), &Always).await,
        hypervisor.ensure_volume(&target, 10, &Always).await,
        hypervisor.ensure_env(&target, &env(), &Always).await,
        hypervisor.ensure_started(&target, tasks).await,
        hypervisor.ensure_stopped(&target, tasks).await,
        hypervisor.ensure_destroyed(&target, tasks).await,
    ] {
        assert_eq!(seen(result), (Permanent, "not_ours".to_owned()));
    }
    assert_eq!(seen(world.clone_it(&target).await), (Permanent, "ctid_taken".to_owned()));
    assert_eq!(world.emulator.ledger(), before);
    assert_eq!(config(&world, &target).await, stays);
    assert!(tasks.kinds().is_empty());
}

#[tokio::test]
async fn a_template_is_never_taken_for_an_instance() {
    let world = World::new().await;
    let victim = Target { ctid: world.template("pve1"), node: "pve1".to_owned(), ..target(1) };
    let before = world.emulator.ledger();
    assert_eq!(
        seen(world.hypervisor.ensure_destroyed(&victim, &world.tasks).await),
        (Permanent, "not_ours".to_owned())
    );
    assert_eq!(world.emulator.ledger(), before);
}

#[tokio::test]
async fn a_locked_container_is_busy() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    world.fault("GET", "/nosuch", 1, FaultAction::Lock { vmid: target.ctid.0, name: "backup".to_owned() });
    let configured = world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await;
    assert_eq!(seen(configured), (Transient, "locked".to_owned()));
    assert!(world.emulator.unlock(target.ctid.0));
    world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await.unwrap();
}

#[tokio::test]
async fn a_volume_whose_answer_was_lost_stays_the_only_one() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let lost =
        FaultAction::Status { code: 596, reason: "Connection timed out".to_owned(), after_effect: true };
    world.fault("PUT", "/nodes/*/lxc/*/config", 1, lost);
    assert_eq!(
        seen(world.hypervisor.ensure_volume(&target, 10, &Always).await),
        (Unknown, "answer_lost".to_owned())
    );
    world.hypervisor.ensure_volume(&target, 10, &Always).await.unwrap();
    let row = config(&world, &target).await;
    let mount = row["mp0"].as_str().unwrap();
    assert!(mount.contains("mp=/var/lib/postgresql") && mount.contains("backup=1"), "{mount}");
    assert!(!row.keys().any(|name| name.starts_with("unused")), "{row:?}");
    assert_eq!(world.emulator.ledger().guest_volumes().count(), 2);
}

#[tokio::test]
async fn two_requests_for_a_volume_at_once_make_one() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    // The first request has looked, and is overtaken on its way.
    world.fault("PUT", "/nodes/*/lxc/*/config", 1, FaultAction::DelayMs(300));
    let slow = world.hypervisor.ensure_volume(&target, 10, &Always);
    let fast = async {
        while world.emulator.faults().struck() == [0] {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        world.hypervisor.ensure_volume(&target, 10, &Always).await
    };
    let (slow, fast) = tokio::join!(slow, fast);
    fast.unwrap();
    assert_eq!(seen(slow), (Transient, "config_changed".to_owned()));
    assert_eq!(world.emulator.ledger().guest_volumes().count(), 2);
}

#[tokio::test]
async fn a_second_volume_is_removed_and_a_detached_one_is_not_replaced() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    world.hypervisor.ensure_volume(&target, 10, &Always).await.unwrap();
    // What a client without our care would have done: ask again.
    set(&world, &target, "mp0", "local-zfs:10,mp=/var/lib/postgresql,backup=1").await;
    assert_eq!(world.emulator.ledger().guest_volumes().count(), 3);
    world.hypervisor.ensure_volume(&target, 10, &Always).await.unwrap();
    assert_eq!(world.emulator.ledger().guest_volumes().count(), 2);

    set(&world, &target, "delete", "mp0").await;
    let refused = world.hypervisor.ensure_volume(&target, 10, &Always).await;
    assert_eq!(seen(refused), (Permanent, "volume_detached".to_owned()));
    assert_eq!(world.emulator.ledger().guest_volumes().count(), 2);
}

#[tokio::test]
async fn a_gone_container_is_not_made_anew_by_configuring_it() {
    let world = World::new().await;
    let result = world.hypervisor.ensure_configured(&target(1), &plan(&target(1)), &Always).await;
    assert_eq!(seen(result), (Permanent, "container_absent".to_owned()));
    let base = format!("/nodes/{}/lxc/{}/firewall/rules", target(1).node, target(1).ctid);
    let rules: Vec<Row> = client(&world.emulator).get(&base, &[]).await.unwrap_or_default();
    assert!(rules.is_empty());
}

#[tokio::test]
async fn env_arrives_to_the_letter_and_no_verifier_is_in_a_failure() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let verifier = env().0["PG_TENANT_PASS"].clone();
    let echo = format!("env: value '{verifier}' does not match");
    world.fault("PUT", "**", 1, FaultAction::Status { code: 500, reason: echo, after_effect: false });
    let failure = world.hypervisor.ensure_env(&target, &env(), &Always).await.unwrap_err();
    assert!(!failure.message.contains(&verifier), "{}", failure.message);
    world.hypervisor.ensure_env(&target, &env(), &Always).await.unwrap();
    let row = config(&world, &target).await;
    let stored = row["env"].as_str().unwrap();
    assert!(stored.split('\0').any(|pair| pair == format!("PG_TENANT_PASS={verifier}")), "{stored}");
}
