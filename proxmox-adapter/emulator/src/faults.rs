//! Scripted faults: what to break, at which call, in which moment.
//!
//! A fault is matched by method, path pattern and count when an authenticated request arrives. The same list can be
//! scripted in process ([`Faults`]) and over the wire (`POST /emulator/faults`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One scripted fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only this method; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path below `/api2/json`; `*` stands for one segment, `**` for any rest. Default: every path.
    #[serde(default = "every_path")]
    pub path: String,
    /// Strike at the n-th matching call alone (from 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Strike at most so many times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    pub action: FaultAction,
}

fn every_path() -> String {
    "**".to_owned()
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// The connection closes and nothing happened.
    DropBeforeEffect,
    /// The call takes effect, then the connection closes without an answer.
    DropAfterEffect,
    /// The call is answered as if it had been done, with `null`, and nothing happened.
    AnswerWithoutEffect,
    /// Another answer, for example 596 `Connection timed out`, before or after the effect.
    Status {
        /// HTTP status.
        code: u16,
        /// Reason phrase.
        reason: String,
        /// Whether the call takes effect first.
        #[serde(default)]
        after_effect: bool,
    },
    /// The call waits so many milliseconds first.
    DelayMs(u64),
    /// The task that the call starts ends with this text.
    TaskFails(String),
    /// The task that the call starts is killed half-way, and its locks stay.
    TaskLost,
    /// Nothing can be allocated during this call or in its task.
    StorageFull,
    /// The node does not answer: 595 for calls to it, `offline` in the lists, as long as the fault is scripted.
    NodeDown(String),
    /// Sets a container's lock when the fault is scripted. It stays when the fault is removed.
    Lock {
        /// The container.
        vmid: u32,
        /// The lock's name, for example `backup`.
        name: String,
    },
}

/// When an answer is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    BeforeEffect,
    AfterEffect,
}

/// What replaces an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Drop,
    /// 200 and `null`.
    Done,
    Status(u16, String),
}

/// The faults that strike one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actions(Vec<FaultAction>);

impl Actions {
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.0.iter().find_map(|action| match action {
            FaultAction::DelayMs(ms) => Some(Duration::from_millis(*ms)),
            _ => None,
        })
    }

    pub(crate) fn outcome(&self, moment: Moment) -> Option<Outcome> {
        self.0.iter().find_map(|action| match action {
            FaultAction::DropBeforeEffect if moment == Moment::BeforeEffect => Some(Outcome::Drop),
            FaultAction::AnswerWithoutEffect if moment == Moment::BeforeEffect => Some(Outcome::Done),
            FaultAction::DropAfterEffect if moment == Moment::AfterEffect => Some(Outcome::Drop),
            FaultAction::Status { code, reason, after_effect }
                if *after_effect == (moment == Moment::AfterEffect) =>
            {
                Some(Outcome::Status(*code, reason.clone()))
            }
            _ => None,
        })
    }

    pub(crate) fn task_fate(&self) -> TaskFate {
        let fate = self.0.iter().find_map(|action| match action {
            FaultAction::TaskFails(text) => Some(TaskFate::Fails(text.clone())),
            FaultAction::TaskLost => Some(TaskFate::Lost),
            _ => None,
        });
        fate.unwrap_or_default()
    }

    pub(crate) fn storage_full(&self) -> bool {
        self.0.contains(&FaultAction::StorageFull)
    }
}

/// How a task is to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum TaskFate {
    #[default]
    Normal,
    Fails(String),
    Lost,
}

/// The script. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    matched: u64,
    struck: u64,
}

impl Faults {
    /// Adds a fault to the script. ([`FaultAction::Lock`] takes effect through
    /// [`Emulator::script`](crate::Emulator::script) or the wire only.)
    pub fn add(&self, fault: Fault) {
        self.lock().push(Rule { fault, matched: 0, struck: 0 });
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The script as it stands.
    #[must_use]
    pub fn list(&self) -> Vec<Fault> {
        self.lock().iter().map(|rule| rule.fault.clone()).collect()
    }

    /// How often the faults struck, in order of the script.
    #[must_use]
    pub fn struck(&self) -> Vec<u64> {
        self.lock().iter().map(|rule| rule.struck).collect()
    }

    pub(crate) fn node_down(&self, node: &str) -> bool {
        self.lock()
            .iter()
            .any(|rule| matches!(&rule.fault.action, FaultAction::NodeDown(down) if down == node))
    }

    /// The faults for a call that arrives now.
    pub(crate) fn strike(&self, method: &str, path: &str) -> Actions {
        let mut rules = self.lock();
        Actions(rules.iter_mut().filter_map(|rule| rule.strike(method, path)).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn strike(&mut self, method: &str, path: &str) -> Option<FaultAction> {
        let fault = &self.fault;
        let wanted = fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        if !wanted || !glob(&fault.path, path) {
            return None;
        }
        self.matched += 1;
        let due = fault.nth.is_none_or(|nth| nth == self.matched)
            && fault.times.is_none_or(|times| self.struck < times);
        self.struck += u64::from(due);
        due.then(|| fault.action.clone())
    }
}

fn glob(pattern: &str, path: &str) -> bool {
    let segments =
        |text: &str| text.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (pattern, path) = (segments(pattern), segments(path));
    if let Some(("**", head)) = pattern.split_last().map(|(last, head)| (last.as_str(), head)) {
        return path.len() >= head.len() && head.iter().zip(&path).all(same);
    }
    pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
}

fn same((pattern, segment): (&String, &String)) -> bool {
    pattern == "*" || pattern == segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_segment_by_segment() {
        assert!(glob("/nodes/*/lxc/*/clone", "/nodes/pve1/lxc/9001/clone"));
        assert!(!glob("/nodes/*/lxc/*", "/nodes/pve1/lxc/9001/clone"));
        assert!(glob("/nodes/**", "/nodes/pve1/lxc"));
        assert!(glob("**", "/version"));
    }

    #[test]
    fn nth_and_times_limit_the_strikes() {
        let faults = Faults::default();
        let json = r#"{"method":"PUT","path":"/a","nth":2,"action":"drop_after_effect"}"#;
        faults.add(serde_json::from_str(json).unwrap());
        let strikes = |method| faults.strike(method, "/a").outcome(Moment::AfterEffect).is_some();
        assert_eq!(
            [strikes("GET"), strikes("PUT"), strikes("PUT"), strikes("PUT")],
            [false, false, true, false]
        );
    }

    #[test]
    fn actions_read_as_documented() {
        for json in [
            r#"{"action":{"status":{"code":596,"reason":"Connection timed out","after_effect":true}}}"#,
            r#"{"action":{"delay_ms":5}}"#,
            r#"{"action":{"task_fails":"no"}}"#,
            r#"{"action":"task_lost"}"#,
            r#"{"action":"answer_without_effect"}"#,
            r#"{"action":"storage_full"}"#,
            r#"{"action":{"node_down":"pve2"}}"#,
            r#"{"action":{"lock":{"vmid":101,"name":"backup"}}}"#,
        ] {
            serde_json::from_str::<Fault>(json).unwrap();
        }
    }
}
