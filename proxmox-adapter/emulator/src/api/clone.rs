//! Cloning a template (linked) or a stopped container (full).
//!
//! Before the answer the source has the lock `disk` and the new configuration exists with the lock `create`. The task's
//! UPID names the *source*. A task that is killed leaves both locks, and no call of the API removes them.

use std::sync::Arc;

use serde_json::json;

use super::schema::{Kind, Param, dns_name, opt, req, vmid_format};
use super::{ApiError, ApiResult, Call, Reply, storage};
use crate::clock::unix_now;
use crate::engine::Engine;
use crate::model::{Cluster, Container, MountPoint, Network, Vmid, Volume, VolumeKey};
use crate::worker::{self, Stop, Worker};

pub(super) const PARAMS: &[Param] = &[
    opt("bwlimit", Kind::Num(0.0, f64::MAX)),
    opt("description", Kind::Text(8192)),
    opt("full", Kind::Flag),
    opt("hostname", Kind::Format(dns_name)),
    req("newid", Kind::Format(vmid_format)),
    opt("pool", Kind::Text(64)),
    opt("snapname", Kind::Text(40)),
    opt("storage", Kind::Text(64)),
    opt("target", Kind::Text(64)),
];

/// VM.Clone on the source, and VM.Allocate on the new id or the pool.
pub(super) fn allowed(cluster: &Cluster, call: &Call) -> Result<(), ApiError> {
    let source = format!("/vms/{}", call.var("vmid").unwrap_or_default());
    if !call.who.may(cluster, &source, "VM.Clone") {
        return Err(ApiError::denied(&source, "VM.Clone"));
    }
    let new = call.text("newid").map(|id| format!("/vms/{id}"));
    let pool = call.text("pool").map(|pool| format!("/pool/{pool}"));
    if [new, pool].into_iter().flatten().any(|path| call.who.may(cluster, &path, "VM.Allocate")) {
        return Ok(());
    }
    match call.text("pool") {
        Some(pool) if !cluster.pools.contains(&pool.to_owned()) => {
            Err(ApiError::Forbidden(format!("Permission check failed (pool '{pool}' does not exist)")))
        }
        _ => Err(ApiError::Forbidden("Permission check failed".to_owned())),
    }
}

/// A clone under way.
#[derive(Debug, Clone)]
struct Plan {
    node: String,
    source: Vmid,
    new: Vmid,
    pool: Option<String>,
    linked: bool,
    storage_full: bool,
}

pub(super) fn clone(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let (plan, upid) = engine.store.write(|cluster| begin(cluster, call))?;
    worker::spawn(engine, upid.clone(), call.actions.task_fate(), move |worker| run(worker, plan));
    Ok(Reply::data(json!(upid)))
}

/// Locks the source, makes the new configuration and opens the task.
fn begin(cluster: &mut Cluster, call: &Call) -> Result<(Plan, String), ApiError> {
    let (node, source) = (call.node().to_owned(), call.vmid());
    if let Some(target) = call.text("target").filter(|target| !cluster.nodes.contains(&(*target).to_owned()))
    {
        return Err(ApiError::Failed(format!("no such cluster node '{target}'")));
    }
    let container = cluster.container_on(&node, source)?.clone();
    let linked = container.is_template() && call.flag("full") != Some(true);
    let plan = Plan {
        node,
        source,
        new: call.text("newid").and_then(|id| id.parse().ok()).unwrap_or_default(),
        pool: call.text("pool").map(str::to_owned),
        linked,
        storage_full: call.actions.storage_full(),
    };
    // The source's lock comes first: a second clone to the same id is told about the lock, not the id.
    container.check_lock()?;
    if let Some(taken) = cluster.containers.get(&plan.new) {
        return Err(ApiError::Failed(format!("CT {} already exists on node '{}'", plan.new, taken.node)));
    }
    check(cluster, call, &container, linked)?;
    let new = copy(&container, &plan, call);
    if let Some(locked) = cluster.containers.get_mut(&source) {
        locked.config.insert("lock".to_owned(), "disk".to_owned());
    }
    cluster.containers.insert(plan.new, new);
    if let Some(firewall) = cluster.firewalls.get(&source).cloned() {
        cluster.firewalls.insert(plan.new, firewall);
    }
    let upid = cluster.begin_task(&plan.node, "vzclone", &source.to_string(), &call.who.id);
    Ok((plan, upid))
}

fn check(cluster: &Cluster, call: &Call, source: &Container, linked: bool) -> Result<(), ApiError> {
    if let Some(name) = call.text("storage") {
        if linked {
            return Err(ApiError::Failed("parameter 'storage' not allowed for linked clones".to_owned()));
        }
        storage::check_rootdir(name)?;
    }
    if call.text("target").is_some_and(|target| target != source.node) {
        let mount = source.mounts().next().map(|(_, mount)| mount.storage().to_owned()).unwrap_or_default();
        return Err(ApiError::Failed(format!("can't clone to non-shared storage '{mount}'")));
    }
    if source.is_running() {
        let text = "Full clone of a running container is only possible from a snapshot";
        return Err(ApiError::Failed(text.to_owned()));
    }
    let stores =
        source.mounts().map(|(_, mount)| call.text("storage").unwrap_or_else(|| mount.storage()).to_owned());
    for path in stores.map(|storage| format!("/storage/{storage}")) {
        if !call.who.may(cluster, &path, "Datastore.AllocateSpace") {
            return Err(ApiError::denied(&path, "Datastore.AllocateSpace"));
        }
    }
    let bridges = source.config.iter().filter(|(key, _)| key.starts_with("net"));
    for path in bridges.filter_map(|(_, text)| Network::parse(text).ok()?.sdn_path()) {
        if !call.who.may(cluster, &path, "SDN.Use") {
            return Err(ApiError::denied(&path, "SDN.Use"));
        }
    }
    Ok(())
}

/// The new configuration: everything is copied but the volumes, the lock and what makes a template.
fn copy(source: &Container, plan: &Plan, call: &Call) -> Container {
    let mut config = source.config.clone();
    config.retain(|key, _| {
        let volume = key == "rootfs" || key.starts_with("mp") || key.starts_with("unused");
        !volume && !matches!(key.as_str(), "lock" | "template" | "parent" | "snaptime" | "description")
    });
    for (key, value) in &mut config {
        if key.starts_with("net")
            && let Ok(network) = Network::parse(value)
        {
            *value = network.with_fresh_mac().canonical();
        }
    }
    config.insert("lock".to_owned(), "create".to_owned());
    for key in ["hostname", "description"] {
        if let Some(value) = call.text(key) {
            config.insert(key.to_owned(), crate::model::canonical(key, value));
        }
    }
    Container {
        vmid: plan.new,
        node: plan.node.clone(),
        config,
        pending: Default::default(),
        pending_delete: Default::default(),
        running: None,
    }
}

async fn run(mut worker: Worker, plan: Plan) -> Result<(), Stop> {
    worker.log(&format!("creating a clone of container {} with ID {}", plan.source, plan.new));
    let outcome = match worker.pace().await {
        Ok(()) => complete(&worker, &plan).map_err(Stop::Failed),
        Err(stop) => {
            // Half-way: the volumes exist, the configuration does not name them yet.
            let _ = allocate(&worker, &plan);
            Err(stop)
        }
    };
    match outcome {
        Ok(()) | Err(Stop::Lost) => outcome,
        Err(Stop::Signal) => {
            clean_up(&worker.engine, &plan);
            Err(Stop::Failed("clone failed: interrupted by signal".to_owned()))
        }
        Err(Stop::Failed(text)) => {
            clean_up(&worker.engine, &plan);
            Err(Stop::Failed(format!("clone failed: {text}")))
        }
    }
}

/// Makes a volume for each of the source's mount points.
fn allocate(worker: &Worker, plan: &Plan) -> Result<Vec<(String, MountPoint)>, String> {
    if plan.storage_full {
        return Err(storage::full(&format!("subvol-{}-disk-0", plan.new)));
    }
    worker.engine.store.write(|cluster| {
        let source = cluster.container_on(&plan.node, plan.source)?.clone();
        let mut made = Vec::new();
        for (key, mount) in source.mounts() {
            let kind = if plan.linked { "linked" } else { "full" };
            cluster.log_task(
                &worker.upid,
                &format!("create {kind} clone of mountpoint {key} ({})", mount.volume),
            );
            let base = VolumeKey::new(&plan.node, &mount.volume);
            let parent = plan.linked.then(|| base.name().to_owned());
            let bytes = mount.size_bytes();
            let new = Volume { owner: plan.new, bytes, created: unix_now(), parent };
            let volume = cluster.allocate_volume(&plan.node, mount.storage(), new);
            worker.engine.backend.create_volume(&volume).map_err(|error| error.to_string())?;
            made.push((key.to_owned(), mount.with_volume(volume.volid(), bytes)));
        }
        Ok(made)
    })
}

fn complete(worker: &Worker, plan: &Plan) -> Result<(), String> {
    let mounts = allocate(worker, plan)?;
    worker.engine.store.write(|cluster| {
        let container = cluster.container_on_mut(&plan.node, plan.new)?;
        if container.option("lock") != Some("create") {
            return Err("Lost 'create' config lock, aborting.".to_owned());
        }
        container.config.extend(mounts.into_iter().map(|(key, mount)| (key, mount.text())));
        container.config.remove("lock");
        if let Some(pool) = &plan.pool {
            cluster.pools.entry(pool, Default::default).members.insert(plan.new);
        }
        unlock_source(cluster, plan.source);
        Ok(())
    })
}

fn unlock_source(cluster: &mut Cluster, source: Vmid) {
    if let Some(source) = cluster.containers.get_mut(&source) {
        source.config.remove("lock");
    }
}

/// What a clone that fails or is interrupted takes back.
fn clean_up(engine: &Engine, plan: &Plan) {
    engine.store.write(|cluster| {
        let owned = cluster
            .volumes
            .iter()
            .filter(|(key, volume)| volume.owner == plan.new && key.node() == plan.node);
        for key in owned.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            if let Err(error) = engine.backend.remove_volume(&key) {
                tracing::warn!(%error, volume = key.volid(), "a volume's directory could not be removed");
            }
            cluster.free_volume(&key);
        }
        cluster.containers.remove(&plan.new);
        cluster.firewalls.remove(&plan.new);
        unlock_source(cluster, plan.source);
    });
}
