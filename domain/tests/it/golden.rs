//! Every event ever written stays readable: the JSON of each event at each of its versions is kept in
//! `tests/events/<aggregate>/<EventName>.v<N>.json` for ever. A changed shape needs a new version and an upcaster.

use crate::{
    golden_file,
    sample_events::{account_events, instance_events, org_events},
    scenario::assert_all_covered,
};
use cqrs_es::{
    Aggregate, DomainEvent, EventEnvelope,
    persist::{SemanticVersion, SerializedEvent},
};
use dbx_domain::{
    Account, Instance, Org, account::AccountEvent, instance::InstanceEvent, org::OrgEvent, upcast::upcasters,
};
use std::{collections::BTreeSet, fs};

/// The file that keeps `event` at its current version.
fn file_of<A: Aggregate>(event: &A::Event) -> String {
    let major = event.event_version().split('.').next().unwrap().to_owned();
    format!("events/{}/{}.v{major}.json", A::TYPE, event.event_type())
}

/// Each event is written as its file says, and read from it as the same event.
fn assert_written_as_agreed<A: Aggregate>(events: Vec<A::Event>) {
    for event in events {
        let json = serde_json::to_string_pretty(&event).unwrap() + "\n";
        golden_file::assert_matches(&file_of::<A>(&event), &json);
        assert_eq!(serde_json::from_str::<A::Event>(&json).unwrap(), event);
    }
}

/// An event of `version` as the store would hold it, taken through the upcasters as the store does on loading.
fn loaded<A: Aggregate>(name: &str, version: &str, json: &str) -> A::Event {
    let payload = serde_json::from_str(json).unwrap();
    let (id, kind) = ("any".to_owned(), A::TYPE.to_owned());
    let version = format!("{version}.0.0");
    let stored =
        SerializedEvent::new(id, 1, kind, name.to_owned(), version.clone(), payload, serde_json::json!({}));
    let current = upcasters().iter().fold(stored, |event, upcaster| {
        match upcaster.can_upcast(&event.event_type, &event.event_version) {
            true => upcaster.upcast(event),
            false => event,
        }
    });
    let envelope = EventEnvelope::<A>::try_from(current.clone());
    let event = envelope.unwrap_or_else(|error| panic!("{name} {version} is unreadable: {error}")).payload;
    assert_eq!(event.event_type(), current.event_type);
    event
}

/// Every file of the aggregate, whatever its version, loads; and none is of a version still to come.
fn assert_all_files_load<A: Aggregate>() {
    let folder = golden_file::path(&format!("events/{}", A::TYPE));
    let mut found = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let stem = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".json"));
        let (name, version) = stem.and_then(|stem| stem.split_once(".v")).unwrap();
        let event = loaded::<A>(name, version, &fs::read_to_string(&file).unwrap());
        let newest: SemanticVersion = event.event_version().parse().unwrap();
        assert!(
            !version.parse::<SemanticVersion>().unwrap().supersedes(&newest),
            "{file:?} is newer than the code"
        );
        found += 1;
    }
    assert!(found > 0, "no golden events of {}", A::TYPE);
}

#[test]
fn every_event_is_written_as_agreed() {
    assert_all_covered(AccountEvent::NAMES, account_events().iter().map(AccountEvent::name));
    assert_all_covered(OrgEvent::NAMES, org_events().iter().map(OrgEvent::name));
    assert_all_covered(InstanceEvent::NAMES, instance_events().iter().map(InstanceEvent::name));
    assert_written_as_agreed::<Account>(account_events());
    assert_written_as_agreed::<Org>(org_events());
    assert_written_as_agreed::<Instance>(instance_events());
}

#[test]
fn every_event_ever_written_still_loads() {
    assert_all_files_load::<Account>();
    assert_all_files_load::<Org>();
    assert_all_files_load::<Instance>();
}

#[test]
fn names_are_unique_within_the_log() {
    let names = [AccountEvent::NAMES, OrgEvent::NAMES, InstanceEvent::NAMES].concat();
    // Upcasters choose by the event's name alone, without its aggregate.
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}
