//! Old event shapes to current ones.
//!
//! Guarantee: every event ever written stays readable. When a payload changes shape, its version in the `events!`
//! declaration goes up, an upcaster for the old version is added here, and the old JSON stays in
//! `tests/events/` for ever.

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster};
use serde_json::Value;

/// The upcasters of every aggregate, in the order they run.
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    let mut all: Vec<Box<dyn EventUpcaster>> = vec![Box::new(SemanticVersionEventUpcaster::new(
        "TaskSubmitted",
        "2.0.0",
        Box::new(task_submitted_2),
    ))];
    for ended in ["StepCompleted", "StepFailed", "UndoCompleted", "UndoFailed"] {
        all.push(Box::new(SemanticVersionEventUpcaster::new(ended, "2.0.0", Box::new(attempt_ended_2))));
    }
    all
}

/// Version 2 lists the calls to the cluster, if there were any. Of version 1 nobody knows, and it reads as none.
const fn attempt_ended_2(payload: Value) -> Value {
    payload
}

/// Version 2 says which attempt submitted the task. Version 1 did not, and that cannot be found out from the event.
fn task_submitted_2(mut payload: Value) -> Value {
    if let Some(fields) = payload.get_mut("TaskSubmitted").and_then(Value::as_object_mut) {
        fields.insert("attempt".to_owned(), Value::Null);
    }
    payload
}
