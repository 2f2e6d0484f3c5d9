//! Tasks: UPIDs, logs and exit states, kept after the task ended.

use serde::{Deserialize, Serialize};

use super::Cluster;
use crate::clock::unix_now;

/// Finished tasks beyond this many are forgotten, the oldest first (Proxmox rotates its index at about 1,000).
const RETAINED: usize = 1_000;

/// A task's parts, written as `UPID:node:pid:pstart:starttime:type:id:user:`.
#[derive(Debug, Clone)]
pub(crate) struct Upid {
    pub(crate) node: String,
    pub(crate) pid: u32,
    pub(crate) pstart: u32,
    pub(crate) started: i64,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) user: String,
}

impl Upid {
    pub(crate) fn text(&self) -> String {
        let Self { node, pid, pstart, started, kind, id, user } = self;
        format!("UPID:{node}:{pid:08X}:{pstart:08X}:{started:08X}:{kind}:{id}:{user}:")
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["UPID", node, pid, pstart, started, kind, id, user, ""] = parts.as_slice() else { return None };
        Some(Self {
            node: (*node).to_owned(),
            pid: u32::from_str_radix(pid, 16).ok()?,
            pstart: u32::from_str_radix(pstart, 16).ok()?,
            started: i64::from_str_radix(started, 16).ok()?,
            kind: (*kind).to_owned(),
            id: (*id).to_owned(),
            user: (*user).to_owned(),
        })
    }
}

/// A task and its log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskRecord {
    pub(crate) node: String,
    pub(crate) pid: u32,
    pub(crate) pstart: u32,
    pub(crate) started: i64,
    pub(crate) kind: String,
    pub(crate) id: String,
    /// `USER@REALM!TOKENID`.
    pub(crate) user: String,
    pub(crate) log: Vec<String>,
    /// Set when the task has ended.
    pub(crate) ended: Option<i64>,
    pub(crate) exit: Option<String>,
}

impl Cluster {
    /// Opens a task; its UPID is the key.
    pub(crate) fn begin_task(&mut self, node: &str, kind: &str, id: &str, user: &str) -> String {
        let number = self.next("pid");
        let upid = Upid {
            node: node.to_owned(),
            pid: 1_000 + number,
            pstart: 100_000 + number,
            started: unix_now(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            user: user.to_owned(),
        };
        let text = upid.text();
        let Upid { node, pid, pstart, started, kind, id, user } = upid;
        let record = TaskRecord {
            node,
            pid,
            pstart,
            started,
            kind,
            id,
            user,
            log: Vec::new(),
            ended: None,
            exit: None,
        };
        self.tasks.insert(text.clone(), record);
        text
    }

    pub(crate) fn log_task(&mut self, upid: &str, line: &str) {
        if let Some(task) = self.tasks.get_mut(&upid.to_owned()) {
            task.log.push(line.to_owned());
        }
    }

    /// Ends a task as a worker does: the last log line carries the state.
    pub(crate) fn end_task(&mut self, upid: &str, outcome: &Result<(), String>) {
        let (line, exit) = match outcome {
            Ok(()) => ("TASK OK".to_owned(), "OK".to_owned()),
            Err(text) => (format!("TASK ERROR: {text}"), text.clone()),
        };
        self.log_task(upid, &line);
        self.close_task(upid, &exit);
    }

    /// A worker that was killed: no last line, and this is how its state reads.
    pub(crate) fn lose_task(&mut self, upid: &str) {
        self.close_task(upid, "unexpected status");
    }

    fn close_task(&mut self, upid: &str, exit: &str) {
        if let Some(task) = self.tasks.get_mut(&upid.to_owned()) {
            task.ended = Some(unix_now());
            task.exit = Some(exit.to_owned());
        }
        self.rotate_tasks();
    }

    fn rotate_tasks(&mut self) {
        while self.tasks.len() > RETAINED {
            let ended = self.tasks.iter().filter(|(_, task)| task.ended.is_some());
            let Some(oldest) = ended.min_by_key(|(_, task)| task.pstart).map(|(upid, _)| upid.clone()) else {
                return;
            };
            self.tasks.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_upid_reads_as_it_was_written() {
        let text = "UPID:pve1:000005D9:000469C0:6B04F754:vzclone:120:dbxyz@pve!ctl:";
        let upid = Upid::parse(text).unwrap();
        assert_eq!(
            (upid.kind.as_str(), upid.id.as_str(), upid.user.as_str()),
            ("vzclone", "120", "dbxyz@pve!ctl")
        );
        assert_eq!(upid.text(), text);
        assert!(Upid::parse("garbage").is_none());
    }

    #[test]
    fn old_tasks_are_forgotten_but_running_ones_never() {
        let mut cluster = Cluster::default();
        let running = cluster.begin_task("pve1", "vzclone", "9001", "u@pve!t");
        let first = cluster.begin_task("pve1", "vzstart", "100", "u@pve!t");
        cluster.end_task(&first, &Ok(()));
        for _ in 0..RETAINED {
            let upid = cluster.begin_task("pve1", "vzstart", "100", "u@pve!t");
            cluster.end_task(&upid, &Ok(()));
        }
        assert!(cluster.tasks.contains(&running));
        assert!(!cluster.tasks.contains(&first));
    }
}
