//! Start, stop, shutdown, reboot. The answer is a task; the task is done when the container runs or has stopped,
//! which says nothing about the Postgres in it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::schema::{Kind, Param, opt};
use super::{ApiError, ApiResult, Call, Reply};
use crate::backend::StopMode;
use crate::engine::Engine;
use crate::lifecycle;
use crate::model::Vmid;
use crate::worker::{self, Stop, Worker};

pub(super) const START: &[Param] = &[opt("debug", Kind::Flag), opt("skiplock", Kind::Flag)];
pub(super) const STOP: &[Param] = &[opt("overrule-shutdown", Kind::Flag), opt("skiplock", Kind::Flag)];
pub(super) const SHUTDOWN: &[Param] = &[opt("forceStop", Kind::Flag), opt("timeout", Kind::Int(0, i64::MAX))];
pub(super) const REBOOT: &[Param] = &[opt("timeout", Kind::Int(0, i64::MAX))];

/// How long a shutdown waits if the call does not say.
const GRACE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
enum Action {
    Start,
    Stop(StopMode),
    Reboot(StopMode),
}

fn no_skiplock(call: &Call) -> Result<(), ApiError> {
    match call.flag("skiplock") {
        Some(true) => Err(ApiError::parameter("skiplock", "Only root may use this option.")),
        _ => Ok(()),
    }
}

/// A missing container is no error here: its task fails.
pub(super) fn start(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    no_skiplock(call)?;
    if is_running(engine, call) {
        return Err(ApiError::Failed(format!("CT {} already running", call.vmid())));
    }
    task(engine, call, "vzstart", Action::Start)
}

pub(super) fn stop(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    no_skiplock(call)?;
    if !is_running(engine, call) {
        return Err(ApiError::Failed(format!("CT {} not running", call.vmid())));
    }
    task(engine, call, "vzstop", Action::Stop(StopMode::Kill))
}

pub(super) fn shutdown(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    if !is_running(engine, call) {
        return Err(ApiError::Failed(format!("CT {} not running", call.vmid())));
    }
    let kill = call.flag("forceStop") == Some(true);
    task(engine, call, "vzshutdown", Action::Stop(StopMode::Graceful { timeout: timeout(call), kill }))
}

pub(super) fn reboot(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    if !is_running(engine, call) {
        // The word is Proxmox's.
        return Err(ApiError::Failed(format!("VM {} not running", call.vmid())));
    }
    task(engine, call, "vzreboot", Action::Reboot(StopMode::Graceful { timeout: timeout(call), kill: true }))
}

fn timeout(call: &Call) -> Duration {
    call.number("timeout").map_or(GRACE, Duration::from_secs)
}

fn is_running(engine: &Engine, call: &Call) -> bool {
    let found = |cluster: &crate::model::Cluster| {
        cluster.container_on(call.node(), call.vmid()).is_ok_and(crate::model::Container::is_running)
    };
    engine.store.read(found)
}

fn task(engine: &Arc<Engine>, call: &Call, kind: &str, action: Action) -> ApiResult {
    let (node, vmid) = (call.node().to_owned(), call.vmid());
    let upid = engine.store.write(|cluster| cluster.begin_task(&node, kind, &vmid.to_string(), &call.who.id));
    worker::spawn(engine, upid.clone(), call.actions.task_fate(), move |worker| {
        run(worker, node, vmid, action)
    });
    Ok(Reply::data(json!(upid)))
}

async fn run(mut worker: Worker, node: String, vmid: Vmid, action: Action) -> Result<(), Stop> {
    let engine = Arc::clone(&worker.engine);
    // A shutdown holds the lock for its whole wait, which is why other calls then time out on it.
    let _guard = engine.config_locks.acquire(vmid, engine.timing.config_lock_timeout).await?;
    worker.pace().await?;
    match action {
        Action::Start => {
            if engine.store.read(|cluster| cluster.containers.get(&vmid).is_some_and(|c| c.is_running())) {
                return Err(Stop::Failed(format!("CT {vmid} already running")));
            }
            lifecycle::start(&engine, &node, vmid).await?;
        }
        Action::Stop(mode) => lifecycle::stop(&engine, vmid, mode).await?,
        Action::Reboot(mode) => {
            lifecycle::stop(&engine, vmid, mode).await?;
            lifecycle::start(&engine, &node, vmid).await?;
        }
    }
    Ok(())
}
