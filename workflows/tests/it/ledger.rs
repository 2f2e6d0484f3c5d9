//! The ledger: what exists in cluster and journal, and whether it adds up with what the instance says of itself.

use crate::world::World;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{CredentialRole, Lifecycle},
};
use dbx_workflows::{credential::Credential, hypervisor::Hypervisor, simulation::SimCluster};
use std::collections::BTreeMap;

/// A container as a ledger sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub owner: Option<InstanceId>,
    pub running: bool,
    pub locked: bool,
    pub volumes: usize,
}

/// What exists in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterLedger {
    pub containers: BTreeMap<Ctid, Entry>,
    /// Volumes whose container does not exist.
    pub orphan_volumes: usize,
}

impl ClusterLedger {
    pub fn of_sim(cluster: &SimCluster) -> Self {
        let counts = cluster.counts();
        assert!(counts.clones.values().all(|made| *made <= 1), "a container was made twice: {counts:?}");
        assert!(counts.volumes.values().all(|made| *made <= 1), "a volume was made twice: {counts:?}");
        assert!(
            counts.destroys.values().all(|made| *made <= 1),
            "a container was destroyed twice: {counts:?}"
        );
        let entry = |(ctid, container): (Ctid, dbx_workflows::simulation::SimContainer)| {
            let volumes = usize::from(container.volume_gib.is_some());
            (ctid, Entry { owner: container.owner, running: container.running, locked: false, volumes })
        };
        Self { containers: cluster.containers().into_iter().map(entry).collect(), orphan_volumes: 0 }
    }
}

impl ClusterLedger {
    /// From the emulator's own books; owners as the client reads them from the markers.
    pub async fn of_emulator(hypervisor: &dyn Hypervisor, books: &pve_emulator::Ledger) -> Self {
        let mut ledger = Self::default();
        for guest in books.guests() {
            let ctid = Ctid(guest.vmid);
            let owner = hypervisor.find(ctid).await.unwrap().and_then(|found| found.owner);
            let volumes = books.guest_volumes().filter(|volume| volume.owner == guest.vmid);
            // One is the root volume.
            let volumes = volumes.count().saturating_sub(1);
            ledger
                .containers
                .insert(ctid, Entry { owner, running: guest.running, locked: guest.lock.is_some(), volumes });
        }
        let orphaned =
            |volume: &&pve_emulator::LedgerVolume| !ledger.containers.contains_key(&Ctid(volume.owner));
        ledger.orphan_volumes = books.guest_volumes().filter(orphaned).count();
        assert!(
            books.containers.iter().all(|container| container.lock.is_none()),
            "a lock was left: {books:?}"
        );
        ledger
    }
}

/// Everything that must hold whenever a world is at rest.
pub async fn assert_balanced(world: &World, what: &str) {
    let instance = world.state().await;
    let holdings = world.log.holdings(world.instance).await;
    let ledger = world.cluster.ledger().await;
    let lifecycle = instance.lifecycle();
    let ours: Vec<_> =
        ledger.containers.iter().filter(|(_, entry)| entry.owner == Some(world.instance)).collect();
    assert_eq!(ledger.orphan_volumes, 0, "{what}: volumes without a container: {ledger:?}");
    assert!(ours.iter().all(|(_, entry)| !entry.locked), "{what}: a lock was left: {ledger:?}");
    match lifecycle {
        Lifecycle::Running | Lifecycle::Stopped => {
            assert_eq!(ours.len(), 1, "{what}: exactly one container: {ledger:?}");
            let (ctid, entry) = ours[0];
            assert_eq!(entry.running, lifecycle == Lifecycle::Running, "{what}: {entry:?}");
            assert_eq!(entry.volumes, 1, "{what}: exactly one data volume");
            assert_eq!(
                holdings.reserved,
                BTreeMap::from([(*ctid, world.instance)]),
                "{what}: one reservation, this one"
            );
            assert_eq!(instance.placement().map(|placement| placement.ctid), Some(*ctid), "{what}");
            assert_credentials(world, what).await;
        }
        Lifecycle::Failed | Lifecycle::Deleted => {
            assert_eq!(ours, Vec::new(), "{what}: no container may be left");
            assert_eq!(holdings.reserved, BTreeMap::new(), "{what}: no reservation may be left");
            assert_eq!(holdings.secrets, BTreeMap::new(), "{what}: no secret may be left");
            assert_eq!(instance.placement(), None, "{what}");
        }
        Lifecycle::NeedsOperator => {}
        other => panic!("{what}: at rest as {other}"),
    }
    assert_eq!(
        holdings.released.contains(&world.instance),
        lifecycle == Lifecycle::Deleted,
        "{what}: the org's side"
    );
}

/// One version of each credential is kept, it is the active one, and a running server accepts it.
async fn assert_credentials(world: &World, what: &str) {
    let instance = world.state().await;
    let holdings = world.log.holdings(world.instance).await;
    assert_eq!(holdings.secrets.len(), 2, "{what}: one secret per role: {:?}", holdings.secrets);
    for role in CredentialRole::ALL {
        let credential = instance.credential(*role).unwrap();
        assert_eq!(credential.active, Some(credential.latest), "{what}: {role} is in use");
        assert!(
            holdings.secrets.contains_key(&(credential.secret, credential.latest)),
            "{what}: {role} is kept"
        );
    }
    if instance.lifecycle() == Lifecycle::Running {
        let tenant = instance.credential(CredentialRole::Tenant).unwrap();
        let secret = world.journal().open_secret(tenant.secret, tenant.latest).await.unwrap();
        let password = Credential::from_secret(&secret).unwrap().password;
        let address = instance.placement().unwrap().address;
        let accepted = world.cluster.database().tenant_accepts(address, &password).await;
        assert_eq!(accepted, Ok(true), "{what}: the server accepts the kept password");
    }
}
