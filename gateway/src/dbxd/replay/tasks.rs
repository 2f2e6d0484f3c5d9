//! The cluster's tasks: what each one was, read from its id, and how long it took, read from the log.

use super::moments::{Happening, Moment};
use dbx_domain::{instance::InstanceEvent, time::Timestamp};
use serde::Serialize;

/// A task that the cluster took on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    /// The cluster's id of it (a UPID).
    pub(super) task: String,
    /// What it did, in the cluster's words, such as `vzclone`.
    pub(super) kind: Option<String>,
    /// Where.
    pub(super) node: Option<String>,
    /// To which container.
    pub(super) guest: Option<String>,
    /// How long until its end was on record, in milliseconds; none if that is not.
    pub(super) lasted_ms: Option<u64>,
}

impl Call {
    /// Reads `UPID:node:pid:pstart:starttime:type:id:user:`.
    pub(super) fn of(task: &str) -> Self {
        let parts: Vec<&str> = task.split(':').collect();
        let part = |index: usize| {
            let known = parts.first() == Some(&"UPID");
            parts.get(index).filter(|part| known && !part.is_empty()).map(|part| (*part).to_owned())
        };
        Self { task: task.to_owned(), kind: part(5), node: part(1), guest: part(6), lasted_ms: None }
    }
}

/// Notes how long tasks and steps took. Moments of one instance, with the events behind them.
#[derive(Default)]
pub(super) struct Clock {
    /// Moment, event in it, and when the task was taken on.
    task: Option<(usize, usize, Timestamp)>,
    step: Option<Timestamp>,
}

impl Clock {
    /// Hears of an event: number `event` of the moment that comes after those in `earlier`.
    pub(super) fn hear(
        &mut self,
        event: &InstanceEvent,
        at: Timestamp,
        place: (usize, usize),
        earlier: &mut [Moment],
        now: &mut Happening,
    ) {
        match event {
            InstanceEvent::StepBegan { .. } | InstanceEvent::UndoBegan { .. } => self.step = Some(at),
            InstanceEvent::TaskSubmitted { task, .. } => {
                self.end_task(at, earlier);
                now.call = Some(Call::of(task));
                self.task = Some((place.0, place.1, at));
            }
            InstanceEvent::StepCompleted { .. }
            | InstanceEvent::StepFailed { .. }
            | InstanceEvent::UndoCompleted { .. }
            | InstanceEvent::UndoFailed { .. } => {
                self.end_task(at, earlier);
                now.lasted_ms = self.step.take().map(|began| millis(began, at));
            }
            _ => {}
        }
    }

    fn end_task(&mut self, at: Timestamp, earlier: &mut [Moment]) {
        let Some((moment, event, began)) = self.task.take() else { return };
        let happening = earlier.get_mut(moment).and_then(|moment| moment.events.get_mut(event));
        if let Some(call) = happening.and_then(|happening| happening.call.as_mut()) {
            call.lasted_ms = Some(millis(began, at));
        }
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn a_task_is_read_from_its_id() {
        let call = Call::of("UPID:pve1:000005D9:000469C0:6B04F754:vzclone:120:dbxyz@pve!ctl:");
        let read = (call.kind.as_deref(), call.node.as_deref(), call.guest.as_deref());
        assert_eq!(read, (Some("vzclone"), Some("pve1"), Some("120")));
        assert_eq!(Call::of("something else").kind, None);
    }
}
