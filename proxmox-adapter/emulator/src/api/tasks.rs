//! Tasks: list, status, log, stop. A token sees its own; others' ask for rights on the node.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, opt, vmid_format};
use super::{ApiError, ApiResult, Call, Reply};
use crate::engine::Engine;
use crate::model::{Cluster, TaskRecord, Upid};

pub(super) const LIST: &[Param] = &[
    opt("errors", Kind::Flag),
    opt("limit", Kind::Int(0, i64::MAX)),
    opt("since", Kind::Int(0, i64::MAX)),
    opt("source", Kind::OneOf(&["archive", "active", "all"])),
    opt("start", Kind::Int(0, i64::MAX)),
    opt("statusfilter", Kind::Text(128)),
    opt("typefilter", Kind::Text(64)),
    opt("until", Kind::Int(0, i64::MAX)),
    opt("userfilter", Kind::Text(128)),
    opt("vmid", Kind::Format(vmid_format)),
];
pub(super) const LOG: &[Param] = &[
    opt("download", Kind::Flag),
    opt("limit", Kind::Int(0, i64::MAX)),
    opt("start", Kind::Int(0, i64::MAX)),
];

/// Fields that every view of a task has. The user of a token's task is shown apart from the token.
fn fields(upid: &str, task: &TaskRecord) -> Value {
    let (user, token) = task.user.split_once('!').unwrap_or((&task.user, ""));
    let mut entry = json!({
        "upid": upid, "node": task.node, "pid": task.pid, "pstart": task.pstart, "starttime": task.started,
        "type": task.kind, "id": task.id, "user": user,
    });
    if !token.is_empty() {
        entry["tokenid"] = json!(token);
    }
    entry
}

pub(super) fn list(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let source = call.text("source").unwrap_or("archive");
    engine.store.read(|cluster| {
        let audit = call.who.may(cluster, &format!("/nodes/{}", call.node()), "Sys.Audit");
        let wanted = |task: &TaskRecord| {
            task.node == call.node()
                && (audit || task.user == call.who.id)
                && match source {
                    "archive" => task.ended.is_some(),
                    "active" => task.ended.is_none(),
                    _ => true,
                }
                && passes(call, task)
        };
        let mut tasks: Vec<_> = cluster.tasks.iter().filter(|(_, task)| wanted(task)).collect();
        tasks.sort_by_key(|(_, task)| std::cmp::Reverse(task.pstart));
        let total = tasks.len();
        let skip = usize::try_from(call.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
        let limit = usize::try_from(call.number("limit").unwrap_or(50)).unwrap_or(usize::MAX);
        Ok(Reply::list(
            tasks.into_iter().skip(skip).take(limit).map(|(upid, task)| row(upid, task)).collect(),
            total,
        ))
    })
}

fn passes(call: &Call, task: &TaskRecord) -> bool {
    let exit = task.exit.as_deref().unwrap_or("RUNNING");
    let started = u64::try_from(task.started).unwrap_or(0);
    call.text("typefilter").is_none_or(|kind| task.kind.contains(kind))
        && call.text("vmid").is_none_or(|id| task.id == id)
        && call.text("userfilter").is_none_or(|user| task.user.contains(user))
        && call.number("since").is_none_or(|since| started >= since)
        && call.number("until").is_none_or(|until| started <= until)
        && (call.flag("errors") != Some(true) || (task.exit.is_some() && exit != "OK"))
        && call
            .text("statusfilter")
            .is_none_or(|filter| filter.split([',', ';', ' ']).any(|s| s == class(exit)))
}

fn class(exit: &str) -> &'static str {
    match exit {
        "OK" => "ok",
        "unexpected status" | "RUNNING" => "unknown",
        text if text.starts_with("WARNINGS: ") => "warning",
        _ => "error",
    }
}

fn row(upid: &str, task: &TaskRecord) -> Value {
    let mut row = fields(upid, task);
    match (&task.exit, task.ended) {
        (Some(exit), Some(ended)) => {
            row["status"] = json!(exit);
            row["endtime"] = json!(ended);
        }
        // The list of active tasks keeps the token in `user`.
        _ => {
            row["status"] = json!("RUNNING");
            row["saved"] = json!("0");
            row["user"] = json!(task.user);
        }
    }
    row
}

/// The UPID in the path; its task must be the caller's own, or the caller must have `privilege` on the node.
fn permitted<'a>(
    cluster: &'a Cluster,
    call: &Call,
    privilege: &str,
) -> Result<(String, Option<&'a TaskRecord>), ApiError> {
    let text = call.var("upid").unwrap_or_default();
    let Some(upid) = Upid::parse(text) else {
        return Err(ApiError::parameter("upid", "unable to parse worker upid"));
    };
    let path = format!("/nodes/{}", call.node());
    if upid.user != call.who.id && !call.who.may(cluster, &path, privilege) {
        return Err(ApiError::denied(&path, privilege));
    }
    let text = text.to_owned();
    let task = cluster.tasks.get(&text).filter(|task| task.node == call.node());
    Ok((text, task))
}

pub(super) fn status(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let (upid, task) = permitted(cluster, call, "Sys.Audit")?;
        let Some(task) = task else { return Err(ApiError::parameter("upid", "no such task")) };
        let mut entry = fields(&upid, task);
        match &task.exit {
            Some(exit) => {
                entry["status"] = json!("stopped");
                entry["exitstatus"] = json!(exit);
            }
            None => entry["status"] = json!("running"),
        }
        Ok(Reply::data(entry))
    })
}

pub(super) fn log(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let (_, task) = permitted(cluster, call, "Sys.Audit")?;
        let missing = ["unable to open file - No such file or directory".to_owned()];
        let lines = task.map_or(missing.as_slice(), |task| task.log.as_slice());
        let skip = usize::try_from(call.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
        let limit = match call.number("limit").unwrap_or(50) {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let numbered = lines.iter().enumerate().skip(skip).take(limit);
        Ok(Reply::list(numbered.map(|(at, line)| json!({"n": at + 1, "t": line})).collect(), lines.len()))
    })
}

/// Sends the task SIGTERM. A task that has ended is no error.
pub(super) fn stop(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let upid = engine.store.read(|cluster| permitted(cluster, call, "Sys.Modify").map(|(upid, _)| upid))?;
    engine.workers.signal(&upid);
    Ok(Reply::null())
}
