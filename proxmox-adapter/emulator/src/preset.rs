//! What a fresh cluster holds: nodes, a template container on each, a pool, and a token with the least privileges that
//! the control plane needs.

use std::collections::BTreeMap;

use crate::clock::unix_now;
use crate::config::NodeConfig;
use crate::model::{
    AclEntry, BRIDGE, Cluster, Container, MountPoint, POOL, Pool, STORAGE, TokenRecord, Vmid, Volume,
    VolumeKey, fresh_mac,
};
use crate::secret::ApiToken;

/// The control plane's token.
pub(crate) const TOKEN_ID: &str = "dbxyz@pve!control";
/// The template on the n-th node has this id plus n.
const TEMPLATE_BASE: Vmid = 9_000;
const TEMPLATE_BYTES: u64 = 4 << 30;

const ON_POOL: &[&str] = &[
    "VM.Allocate",
    "VM.Audit",
    "VM.Config.CPU",
    "VM.Config.Memory",
    "VM.Config.Disk",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.PowerMgmt",
    "Pool.Audit",
];

/// Fills an empty cluster. One that has nodes stays as it is.
pub(crate) fn install(cluster: &mut Cluster, nodes: &[NodeConfig]) {
    if cluster.nodes.len() > 0 {
        return;
    }
    cluster.pools.insert(POOL.to_owned(), Pool::default());
    for (node, vmid) in nodes.iter().zip(TEMPLATE_BASE + 1..) {
        cluster.nodes.insert(node.name.clone(), node.clone());
        template(cluster, &node.name, vmid);
    }
}

/// Makes `token` the control plane's, with the privileges of today's preset.
pub(crate) fn grant(cluster: &mut Cluster, token: &ApiToken) {
    let record = TokenRecord { secret_hash: token.secret_hash(), acl: control_acl(cluster) };
    cluster.tokens.insert(token.id().to_owned(), record);
}

fn control_acl(cluster: &Cluster) -> Vec<AclEntry> {
    let templates = cluster.containers.values().filter(|container| container.is_template());
    let templates = templates.map(|container| format!("/vms/{}", container.vmid));
    let mut acl = vec![
        AclEntry::new(&format!("/pool/{POOL}"), ON_POOL),
        AclEntry::new(&format!("/storage/{STORAGE}"), &["Datastore.AllocateSpace", "Datastore.Audit"]),
        AclEntry::new(&format!("/sdn/zones/localnetwork/{BRIDGE}"), &["SDN.Use"]),
        AclEntry::new("/nodes", &["Sys.Audit"]),
        // Half-done clones are in no pool yet; without this they could not be seen.
        AclEntry::new("/vms", &["VM.Audit"]),
        // For the checks before the first use only: cluster status, and whether the cluster's firewall is on.
        AclEntry::new("/", &["Sys.Audit"]).without_propagation(),
    ];
    acl.extend(templates.map(|path| AclEntry::new(&path, &["VM.Clone", "VM.Audit"])));
    acl
}

fn template(cluster: &mut Cluster, node: &str, vmid: Vmid) {
    let volid = format!("{STORAGE}:basevol-{vmid}-disk-0");
    let key = VolumeKey::new(node, &volid);
    cluster
        .volumes
        .insert(key, Volume { owner: vmid, bytes: TEMPLATE_BYTES, created: unix_now(), parent: None });
    let net = format!("name=eth0,bridge={BRIDGE},firewall=1,hwaddr={},ip=manual,type=veth", fresh_mac());
    let options = [
        ("arch", "amd64".to_owned()),
        ("hostname", "dbxyz-postgres".to_owned()),
        ("memory", "512".to_owned()),
        ("net0", net),
        ("ostype", "debian".to_owned()),
        ("rootfs", MountPoint::new(&volid, "4G").text()),
        ("swap", "512".to_owned()),
        ("tags", "dbxyz".to_owned()),
        ("template", "1".to_owned()),
        ("unprivileged", "1".to_owned()),
    ];
    let config: BTreeMap<String, String> = options.map(|(key, value)| (key.to_owned(), value)).into();
    let container = Container {
        vmid,
        node: node.to_owned(),
        config,
        pending: BTreeMap::new(),
        pending_delete: Default::default(),
        running: None,
    };
    cluster.containers.insert(vmid, container);
}
