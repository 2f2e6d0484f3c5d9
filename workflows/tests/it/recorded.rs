//! Recorded histories: runs that older code decided stay decided. Each file in `tests/histories` holds the appends of a
//! real run over the emulator, as the code of its day wrote them; today's code decides them again and must come out
//! the same. A file is never changed or removed while a run that it stands for may exist anywhere.
//!
//! A failure here means that an instance in mid-run would go somewhere else after an upgrade. Either mend the code, or
//! give the definition a new version and keep the old one in the catalogue.
//!
//! To record new ones, under the next free number of each scenario (`recording.rs`):
//!
//! ```text
//! DBX_RECORD_HISTORIES=1 cargo test -p dbx-workflows --test it record_new_histories
//! ```

use cqrs_es::{EventEnvelope, persist::SerializedEvent};
use dbx_domain::{
    Instance,
    instance::{InstanceEvent, StepName},
    time::Timestamp,
    upcast::upcasters,
};
use dbx_workflows::replay::{Batch, decided_again};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// A file.
#[derive(Serialize, Deserialize)]
pub struct Recorded {
    /// What happened.
    pub about: String,
    /// In order.
    pub appends: Vec<Append>,
}

#[derive(Serialize, Deserialize)]
pub struct Append {
    pub recorded_at: Timestamp,
    pub events: Vec<Stored>,
}

/// An event as the log holds it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Stored {
    #[serde(rename = "type")]
    pub kind: String,
    pub version: String,
    pub payload: serde_json::Value,
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/histories")
}

/// Every file, by name.
fn all() -> Vec<(String, Recorded)> {
    let mut paths: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        (name.clone(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    paths.into_iter().map(read).collect()
}

/// As the store reads it: through the upcasters.
fn current(event: Stored) -> InstanceEvent {
    let Stored { kind, version, payload } = event;
    let (id, name) = ("any".to_owned(), "instance".to_owned());
    let stored = SerializedEvent::new(id, 1, name, kind, version, payload, serde_json::json!({}));
    let stored = upcasters().iter().fold(stored, |event, upcaster| {
        match upcaster.can_upcast(&event.event_type, &event.event_version) {
            true => upcaster.upcast(event),
            false => event,
        }
    });
    EventEnvelope::<Instance>::try_from(stored).unwrap().payload
}

fn batches(recorded: Recorded) -> Vec<Batch> {
    let batch = |append: Append| Batch {
        recorded_at: append.recorded_at,
        events: append.events.into_iter().map(current).collect(),
    };
    recorded.appends.into_iter().map(batch).collect()
}

#[test]
fn recorded_histories_are_decided_the_same_again() {
    let mut decided = 0;
    for (name, recorded) in all() {
        match decided_again(&batches(recorded)) {
            Ok(count) => decided += count,
            Err(divergence) => panic!("{name}: {divergence}"),
        }
    }
    assert!(decided > 100, "only {decided} decisions are recorded");
}

#[test]
fn old_versions_are_among_them() {
    let stored =
        all().into_iter().flat_map(|(_, recorded)| recorded.appends).flat_map(|append| append.events);
    let versions: BTreeSet<_> = stored.map(|event| (event.kind, event.version)).collect();
    for version in ["1.0.0", "2.0.0"] {
        assert!(
            versions.contains(&("TaskSubmitted".to_owned(), version.to_owned())),
            "{version}: {versions:?}"
        );
    }
}

/// The gate holds only if it can close: a history in which another step began is refused.
#[test]
fn another_decision_is_noticed() {
    for (name, recorded) in all() {
        let mut batches = batches(recorded);
        let begun = batches.iter_mut().flat_map(|batch| &mut batch.events).find_map(|event| match event {
            InstanceEvent::StepBegan { step, .. } => Some(step),
            _ => None,
        });
        *begun.unwrap() = StepName::new("something_else");
        assert!(decided_again(&batches).is_err(), "{name}");
    }
}
