//! Listing, finding, and the doctor.

use crate::world::{World, target};
use dbx_workflows::{
    care::volumes::{Volume, Volumes},
    hypervisor::{Hypervisor, Power, Target},
};
use proxmox_adapter::{Finding, Level, ProxmoxHypervisor, testing};
use pve_emulator::{AclEntry, Fault, FaultAction};

fn down(node: &str) -> Fault {
    let action = FaultAction::NodeDown(node.to_owned());
    Fault { method: None, path: "**".to_owned(), nth: None, times: None, action }
}

#[tokio::test]
async fn nodes_are_listed_with_what_they_have_also_those_that_are_down() {
    let world = World::new().await;
    world.emulator.script(down("pve2"));
    let mut nodes = world.hypervisor.nodes().await.unwrap();
    nodes.sort_by(|one, two| one.name.cmp(&two.name));
    let online: Vec<_> = nodes.iter().map(|node| (node.name.as_str(), node.online)).collect();
    assert_eq!(online, [("pve1", true), ("pve2", false), ("pve3", true)]);
    assert_eq!((nodes[0].vcpus, nodes[0].memory_mib), (8, 32 * 1024));
    assert!(nodes[0].memory_free_mib > 0 && nodes[0].disk_free_gib > 400, "{:?}", nodes[0]);
}

#[tokio::test]
async fn containers_are_listed_with_owner_and_live_state_but_without_templates() {
    let world = World::new().await;
    let (ours, running, foreign) = (target(1), target(2), target(3));
    world.clone_it(&ours).await.unwrap();
    world.running(&running).await;
    world.foreigner(&foreign, "somebody else's").await;
    let listed = world.hypervisor.containers().await.unwrap();
    let seen: Vec<_> = listed.iter().map(|one| (one.ctid, one.owner, one.power)).collect();
    assert_eq!(
        seen,
        [
            (ours.ctid, Some(ours.instance), Power::Stopped),
            (running.ctid, Some(running.instance), Power::Running),
            (foreign.ctid, None, Power::Stopped),
        ]
    );
}

#[tokio::test]
async fn containers_on_a_node_that_went_down_are_still_listed_as_ours() {
    let world = World::new().await;
    let target = target(1);
    world.running(&target).await;
    world.emulator.script(down(&target.node));
    let listed = world.hypervisor.containers().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((listed[0].owner, listed[0].node.as_str()), (Some(target.instance), target.node.as_str()));
}

#[tokio::test]
async fn find_knows_what_is_there_and_what_is_not() {
    let world = World::new().await;
    assert_eq!(world.hypervisor.find(target(1).ctid).await.unwrap(), None);
    world.foreigner(&target(1), "").await;
    let found = world.hypervisor.find(target(1).ctid).await.unwrap().unwrap();
    assert_eq!((found.owner, found.node), (None, target(1).node));
}

#[tokio::test]
async fn volumes_are_listed_with_the_container_they_name_on_nodes_that_answer() {
    let world = World::new().await;
    let (one, two) = (target(1), target(2));
    world.running(&one).await;
    world.running(&two).await;
    let of = |volumes: &[Volume], target: &Target| {
        let own = volumes.iter().filter(|volume| volume.owner == target.ctid && volume.node == target.node);
        own.count()
    };
    let listed = world.hypervisor.volumes().await.unwrap();
    assert_eq!((of(&listed, &one), of(&listed, &two)), (2, 2), "root and data: {listed:?}");
    world.emulator.script(down(&one.node));
    let listed = world.hypervisor.volumes().await.unwrap();
    assert_eq!((of(&listed, &one), of(&listed, &two)), (0, 2));
}

fn bad(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.level != Level::Good).collect()
}

#[tokio::test]
async fn the_doctor_finds_nothing_wrong_with_the_preset() {
    let world = World::new().await;
    let findings = world.hypervisor.doctor().await;
    assert!(bad(&findings).is_empty(), "{:#?}", bad(&findings));
    assert!(findings.len() > 10, "{findings:?}");
}

#[tokio::test]
async fn the_doctor_names_each_missing_thing_with_its_remedy() {
    let world = World::new().await;
    let token = world.emulator.add_token(
        "dbxyz@pve!weak",
        vec![AclEntry::new("/pool/dbxyz", &["VM.Allocate"]), AclEntry::new("/vms", &["VM.Audit"])],
    );
    let mut config = testing::config_for(&world.emulator);
    config.token_id = token.id().to_owned();
    config.templates.insert("pve9".to_owned(), target(1).ctid);
    let weak = ProxmoxHypervisor::new(config, &testing::secret_of(&token)).unwrap();
    let findings = weak.doctor().await;
    let text: Vec<String> =
        bad(&findings).iter().map(|finding| format!("{}: {}", finding.what, finding.remedy)).collect();
    for part in ["VM.Config.Options", "AllocateSpace", "SDN.Use", "VM.Clone", "pve9 is not in the cluster"] {
        assert!(text.iter().any(|line| line.contains(part)), "{part} in {text:#?}");
    }
    assert!(bad(&findings).iter().all(|finding| !finding.remedy.is_empty()));
}
