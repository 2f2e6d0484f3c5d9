//! The ledger: what exists in cluster and journal, and whether it adds up with what the instance says of itself.

use crate::world::{INSTANCE, World};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{CredentialRole, Lifecycle},
};
use dbx_workflows::{credential::Credential, journal::Journal as _, simulation::SimCluster};
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

/// Everything that must hold whenever a world is at rest.
pub async fn assert_balanced(world: &World, what: &str) {
    let instance = world.instance().await;
    let holdings = world.journal.holdings();
    let ledger = world.cluster.ledger().await;
    let lifecycle = instance.lifecycle();
    let ours: Vec<_> = ledger.containers.iter().filter(|(_, entry)| entry.owner == Some(INSTANCE)).collect();
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
                BTreeMap::from([(*ctid, INSTANCE)]),
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
        holdings.released.contains(&INSTANCE),
        lifecycle == Lifecycle::Deleted,
        "{what}: the org's side"
    );
}

/// One version of each credential is kept, it is the active one, and a running server accepts it.
async fn assert_credentials(world: &World, what: &str) {
    let instance = world.instance().await;
    let holdings = world.journal.holdings();
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
        let secret = world.journal.open_secret(tenant.secret, tenant.latest).await.unwrap();
        let password = Credential::from_secret(&secret).unwrap().password;
        let address = instance.placement().unwrap().address;
        let accepted = world.cluster.database().tenant_accepts(address, &password).await;
        assert_eq!(accepted, Ok(true), "{what}: the server accepts the kept password");
    }
}
