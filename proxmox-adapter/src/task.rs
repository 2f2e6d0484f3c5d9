//! Tasks: what a UPID says, and waiting for one to end.
//!
//! Guarantee: only `OK` and `WARNINGS: n` count as success; a task whose end was not seen is neither success nor failure.

use crate::{
    client::ProxmoxClient,
    error::ApiError,
    meaning::{Class, Meaning},
};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::failure::unknown;
use serde::Deserialize;
use std::{fmt, str::FromStr, time::Duration};
use tokio::time::{Instant, sleep};

/// The first look at a task comes after this long, the next ones after an eighth of the time it has taken so far: its
/// end is noticed late by an eighth at most, and a long task is not asked about all the time.
const FIRST_POLL: Duration = Duration::from_millis(20);
/// At most this long between two looks.
const SLOWEST_POLL: Duration = Duration::from_secs(1);

/// A task's id: `UPID:node:pid:pstart:starttime:type:id:user:`, numbers in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upid {
    text: String,
    node: String,
    kind: String,
    id: String,
}

/// A text that is no UPID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no task id; one looks like UPID:pve1:000005D9:000469C0:6B04F754:vzclone:120:user@pve!token:"
)]
pub struct NoUpid(String);

impl Upid {
    /// The node that runs it, and that must be asked about it.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Its type, such as `vzclone`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is about; of a clone that is the source.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn path(&self) -> String {
        let encoded: String = form_urlencoded::byte_serialize(self.text.as_bytes()).collect();
        format!("/nodes/{}/tasks/{encoded}", self.node)
    }
}

impl FromStr for Upid {
    type Err = NoUpid;

    fn from_str(text: &str) -> Result<Self, NoUpid> {
        let no = || NoUpid(text.chars().take(200).collect());
        let parts: Vec<&str> = text.split(':').collect();
        let ["UPID", node, pid, pstart, starttime, kind, id, user, ""] = parts.as_slice() else {
            return Err(no());
        };
        let hex = |text: &str, lengths: &[usize]| {
            lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let numbers = hex(pid, &[8]) && hex(pstart, &[8, 9]) && hex(starttime, &[8]);
        // The node becomes part of a path.
        let safe = node.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if !numbers || !safe || node.is_empty() || kind.is_empty() || user.is_empty() {
            return Err(no());
        }
        let owned = |text: &str| text.to_owned();
        Ok(Self { text: owned(text), node: owned(node), kind: owned(kind), id: owned(id) })
    }
}

impl fmt::Display for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Upid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Deserialize)]
struct Status {
    status: String,
    #[serde(default)]
    exitstatus: Option<String>,
}

/// Waits until `upid` has ended well.
///
/// # Errors
/// It failed, by its exit state; or its end was not seen, which is of unknown outcome.
pub(crate) async fn finish(client: &ProxmoxClient, upid: &Upid) -> Result<(), Failure> {
    let unseen = |text: String| unknown("task_unseen", format!("task {upid} was started, but {text}"));
    let started = Instant::now();
    let give_up = started + Duration::from_secs(client.timeouts().task_secs);
    loop {
        sleep((started.elapsed() / 8).clamp(FIRST_POLL, SLOWEST_POLL)).await;
        let status: Status = match client.get(&format!("{}/status", upid.path()), &[]).await {
            Ok(status) => status,
            Err(error) if error.meaning().class() == Class::Transient => {
                return Err(unseen(error.to_string()));
            }
            Err(error) if error.means(&Meaning::NoSuchTask) => {
                return Err(unseen("Proxmox no longer knows it".to_owned()));
            }
            Err(error) => return Err(unseen(format!("may not be watched: {error}"))),
        };
        if status.status == "stopped" {
            return ended(upid, status.exitstatus.as_deref().unwrap_or("unexpected status"));
        }
        if Instant::now() >= give_up {
            return Err(unseen(format!("still runs after {} s", client.timeouts().task_secs)));
        }
    }
}

fn ended(upid: &Upid, exit: &str) -> Result<(), Failure> {
    if exit == "OK" {
        return Ok(());
    }
    if exit.starts_with("WARNINGS: ") {
        tracing::info!(%upid, exit, "task ended with warnings");
        return Ok(());
    }
    Err(Meaning::of_text(exit).failure(format!("task {upid} ended with `{exit}`")))
}

#[derive(Deserialize)]
struct Listed {
    upid: Upid,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    endtime: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct LogLine {
    #[serde(rename = "t")]
    text: String,
}

/// Our tasks of `kind` that run on `node`.
async fn running(client: &ProxmoxClient, node: &str, kind: &str) -> Result<Vec<Upid>, ApiError> {
    let path = format!("/nodes/{node}/tasks");
    let listed: Vec<Listed> = client.get(&path, &[("source", "active"), ("typefilter", kind)]).await?;
    // The active list keeps tasks for a while after their end.
    let runs = |task: &Listed| {
        task.endtime.is_none()
            && task.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("running"))
    };
    Ok(listed
        .into_iter()
        .filter(|task| task.upid.kind() == kind && runs(task))
        .map(|task| task.upid)
        .collect())
}

/// The running clone that makes `ctid`. A clone's id is its source; only its log's first line names the target.
pub(crate) async fn running_clone_to(
    client: &ProxmoxClient,
    node: &str,
    ctid: Ctid,
) -> Result<Option<Upid>, ApiError> {
    let suffix = format!(" with ID {ctid}");
    for upid in running(client, node, "vzclone").await? {
        let path = format!("{}/log", upid.path());
        let log: Vec<LogLine> = client.get(&path, &[("start", "0"), ("limit", "5")]).await?;
        if log.iter().any(|line| line.text.starts_with("creating a clone") && line.text.ends_with(&suffix)) {
            return Ok(Some(upid));
        }
    }
    Ok(None)
}

/// The running task of `kind` about `ctid`.
pub(crate) async fn running_on(
    client: &ProxmoxClient,
    node: &str,
    kind: &str,
    ctid: Ctid,
) -> Result<Option<Upid>, ApiError> {
    let id = ctid.to_string();
    Ok(running(client, node, kind).await?.into_iter().find(|upid| upid.id() == id))
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
