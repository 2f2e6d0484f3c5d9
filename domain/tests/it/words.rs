//! The closed vocabularies as they are written in events, read models, JSON and on the command line. A word that is
//! renamed or taken away makes old events unreadable, so the page only ever grows.

use crate::{
    golden_file,
    sample::{failure, secret, size},
};
use dbx_domain::{
    account::AccountEvent,
    ids::Ctid,
    instance::{CredentialRole, DriftKind, FailureClass, Health, Lifecycle, Outcome, Remnant, WorkflowKind},
    plan::{PgVersion, Plan},
    policy::Role,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt::{Debug, Write as _},
    net::Ipv4Addr,
};

/// Appends the words, each as its JSON, and reads each one back.
fn list<T: Serialize + DeserializeOwned + PartialEq + Debug>(page: &mut String, title: &str, words: &[T]) {
    writeln!(page, "{title}").unwrap();
    for word in words {
        let json = serde_json::to_string(word).unwrap();
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *word);
        writeln!(page, "    {json}").unwrap();
    }
}

pub(crate) fn remnants() -> Vec<Remnant> {
    vec![
        Remnant::Container { ctid: Ctid(9_001), node: "pve1".to_owned() },
        Remnant::Address { address: Ipv4Addr::new(10, 20, 0, 11) },
        Remnant::Secret { role: CredentialRole::Tenant, secret: secret(10), version: 1 },
    ]
}

fn outcomes() -> Vec<Outcome> {
    let failure = failure(FailureClass::Permanent);
    let abandoned = Outcome::Abandoned { left: remnants() };
    vec![Outcome::Succeeded, Outcome::Failed { failure }, Outcome::Canceled, Outcome::Superseded, abandoned]
}

#[test]
fn words_are_written_as_agreed() {
    let mut page = String::new();
    list(&mut page, "role", &Role::ALL);
    list(&mut page, "plan", &Plan::ALL);
    list(&mut page, "Postgres major", &PgVersion::ALL);
    list(&mut page, "size, by plan", &Plan::ALL.map(size));
    list(&mut page, "workflow", WorkflowKind::ALL);
    list(&mut page, "lifecycle", Lifecycle::ALL);
    list(&mut page, "health", Health::ALL);
    list(&mut page, "credential", CredentialRole::ALL);
    list(&mut page, "failure class", FailureClass::ALL);
    list(&mut page, "outcome", &outcomes());
    list(&mut page, "drift", DriftKind::ALL);
    list(&mut page, "remnant", &remnants());
    golden_file::assert_matches("words.txt", &page);
}

#[test]
fn words_are_shown_as_they_are_written() {
    for kind in WorkflowKind::ALL {
        assert_eq!(
            (kind.to_string(), serde_json::to_value(kind).unwrap()),
            (kind.name().into(), kind.name().into())
        );
    }
    for lifecycle in Lifecycle::ALL {
        assert_eq!(serde_json::to_value(lifecycle).unwrap(), lifecycle.name());
    }
}

/// An absent option is written as null and may also be missing, as in events of before it was added.
#[test]
fn absent_options_are_read_both_ways() {
    let missing = r#"{"ApiKeyIssued":{"key":"key_00000000000000000000000003","org":"org_00000000000000000000000004",
        "ceiling":"viewer"}}"#;
    let missing: AccountEvent = serde_json::from_str(missing).unwrap();
    assert!(matches!(missing, AccountEvent::ApiKeyIssued { expires_at: None, .. }));
    let written = serde_json::to_value(&missing).unwrap();
    assert_eq!(written["ApiKeyIssued"]["expires_at"], serde_json::Value::Null);
    assert_eq!(serde_json::from_value::<AccountEvent>(written).unwrap(), missing);
}
