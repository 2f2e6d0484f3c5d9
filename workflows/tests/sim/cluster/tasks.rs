//! Tasks: work that goes on after its call was answered, and the ways in which it can end.

use super::{Cluster, Guest, Lock, Refusal};
use dbx_domain::ids::Ctid;
use dbx_workflows::credential::Verifier;

pub type TaskId = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    Clone,
    Start,
    Shutdown,
    Destroy,
}

/// How a task ends. Drawn when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    Done,
    /// As `Done`, but nobody hears of it: the log was rotated away.
    Forgotten,
    /// Nothing remains of it.
    Failed,
    /// SIGKILL: whatever it had locked stays locked.
    Killed,
    Full,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    kind: TaskKind,
    node: String,
    ctid: Ctid,
    late: bool,
    end: TaskEnd,
    over: bool,
}

impl Cluster {
    pub(super) fn begin(&mut self, kind: TaskKind, node: &str, ctid: Ctid, late: bool) -> TaskId {
        self.next_task += 1;
        let end = self.draw_end(kind);
        let millis = self.duration(kind);
        self.begun.push((self.next_task, millis));
        self.tasks.insert(self.next_task, Task { kind, node: node.to_owned(), ctid, late, end, over: false });
        self.next_task
    }

    fn draw_end(&self, kind: TaskKind) -> TaskEnd {
        let sea = &self.sea;
        if sea.strikes(|weather| weather.task_fails) {
            TaskEnd::Failed
        } else if matches!(kind, TaskKind::Clone | TaskKind::Destroy) && sea.strikes(|w| w.task_killed) {
            TaskEnd::Killed
        } else if kind == TaskKind::Clone && sea.strikes(|weather| weather.storage_full) {
            TaskEnd::Full
        } else if sea.strikes(|weather| weather.task_forgotten) {
            TaskEnd::Forgotten
        } else {
            TaskEnd::Done
        }
    }

    /// How long a task takes, in milliseconds.
    fn duration(&self, kind: TaskKind) -> u64 {
        let slow = if self.sea.strikes(|weather| weather.slow) { 60 } else { 1 };
        slow * match kind {
            TaskKind::Clone => self.dice().within(300..=1_500),
            _ => self.dice().within(100..=700),
        }
    }

    /// What its owner is told of it.
    ///
    /// # Errors
    /// The node is down or nobody knows it.
    pub fn task(&self, id: TaskId) -> Result<Option<TaskEnd>, Refusal> {
        let Some(task) = self.tasks.get(&id) else { return Err(Refusal::NoSuchTask) };
        if !self.nodes.iter().any(|node| node.name == task.node && node.reachable) {
            return Err(Refusal::NodeDown);
        }
        match task.end {
            TaskEnd::Forgotten if task.over => Err(Refusal::NoSuchTask),
            end => Ok(task.over.then_some(end)),
        }
    }

    /// The running task of `kind` about `ctid`.
    pub fn running_task(&self, kind: TaskKind, ctid: Ctid) -> Option<TaskId> {
        let wanted = |task: &Task| !task.over && task.kind == kind && task.ctid == ctid;
        self.tasks.iter().find(|(_, task)| wanted(task)).map(|(id, _)| *id)
    }

    /// A task about `ctid` runs.
    pub fn is_worked_on(&self, ctid: Ctid) -> bool {
        self.tasks.values().any(|task| !task.over && task.ctid == ctid)
    }

    /// A clone runs from this node's template.
    pub fn is_cloning(&self, node: &str) -> bool {
        self.tasks.values().any(|task| !task.over && task.kind == TaskKind::Clone && task.node == node)
    }

    /// The task's time has come.
    pub fn end_task(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| !task.over) else { return };
        task.over = true;
        let task = task.clone();
        self.sea.note(|| format!("task {id} ({:?} of {}) ends: {:?}", task.kind, task.ctid, task.end));
        match task.kind {
            TaskKind::Clone => self.end_clone(&task, id),
            TaskKind::Start => self.end_start(&task),
            TaskKind::Shutdown => self.end_shutdown(&task),
            TaskKind::Destroy => self.end_destroy(&task),
        }
        self.changed(task.ctid);
        self.check();
    }

    /// Every task of a node that lost power dies in mid-work.
    pub(super) fn kill_tasks(&mut self, node: &str) {
        let running: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|(_, task)| !task.over && task.node == node)
            .map(|(id, _)| *id)
            .collect();
        for id in running {
            if let Some(task) = self.tasks.get_mut(&id) {
                task.end = TaskEnd::Killed;
            }
            self.end_task(id);
        }
    }

    fn end_clone(&mut self, task: &Task, id: TaskId) {
        if task.end == TaskEnd::Killed {
            self.orphans.insert(task.ctid);
            return;
        }
        if let Some(node) = self.node(&task.node)
            && node.template_lock == Some(id)
        {
            node.template_lock = None;
        }
        match task.end {
            TaskEnd::Failed | TaskEnd::Full => drop(self.guests.remove(&task.ctid)),
            _ => self.alter(task, |guest| guest.lock = None),
        }
    }

    fn end_start(&mut self, task: &Task) {
        if matches!(task.end, TaskEnd::Failed | TaskEnd::Killed) {
            return;
        }
        let boots_at = self.sea.now() + self.dice().within(200..=4_000);
        self.alter(task, |guest| {
            if !std::mem::replace(&mut guest.running, true) {
                guest.boot(boots_at);
                guest.late = task.late;
            }
        });
    }

    fn end_shutdown(&mut self, task: &Task) {
        if !matches!(task.end, TaskEnd::Failed | TaskEnd::Killed) {
            self.alter(task, |guest| {
                if std::mem::replace(&mut guest.running, false) {
                    guest.late = task.late;
                }
            });
        }
    }

    fn end_destroy(&mut self, task: &Task) {
        match task.end {
            TaskEnd::Failed => {}
            TaskEnd::Killed => self.alter(task, |guest| guest.lock = Some(Lock::Destroyed)),
            // A start that came in between: it refuses in the worker as in the call.
            _ if self.guests.get(&task.ctid).is_some_and(|guest| guest.running) => {}
            _ => drop(self.guests.remove(&task.ctid)),
        }
    }

    fn alter(&mut self, task: &Task, change: impl FnOnce(&mut Guest)) {
        if let Some(guest) = self.guests.get_mut(&task.ctid) {
            change(guest);
        }
    }

    /// An operator on the node: `pct unlock`, and `pct destroy` for what a dead clone left.
    pub fn unlock_all(&mut self) {
        let dead: Vec<(Ctid, Lock)> =
            self.guests.iter().filter_map(|(ctid, guest)| guest.lock.map(|lock| (*ctid, lock))).collect();
        for (ctid, lock) in dead {
            let (kind, remains) = match lock {
                Lock::Create => (TaskKind::Clone, true),
                Lock::Destroyed => (TaskKind::Destroy, false),
            };
            if self.running_task(kind, ctid).is_some() {
                continue;
            }
            self.sea.note(|| format!("operator unlocks container {ctid}"));
            if let Some(guest) = self.guests.get_mut(&ctid) {
                guest.lock = None;
            }
            if remains {
                self.guests.remove(&ctid);
                self.orphans.remove(&ctid);
            }
        }
        let cloning: Vec<bool> = self.nodes.iter().map(|node| self.is_cloning(&node.name)).collect();
        for (node, cloning) in self.nodes.iter_mut().zip(cloning) {
            if node.template_lock.is_some() && !cloning {
                node.template_lock = None;
            }
        }
    }
}

impl Guest {
    /// First boot applies the delivered verifier; later boots keep what the server has.
    pub(super) fn boot(&mut self, answers_at: u64) {
        self.answers_at = answers_at;
        self.boots += 1;
        let delivered = self.env.as_ref().and_then(|env| env.0.get("PG_TENANT_PASS"));
        self.tenant = self.tenant.take().or_else(|| delivered.map(Verifier::from_stored));
    }
}
