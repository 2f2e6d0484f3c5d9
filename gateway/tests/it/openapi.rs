//! The checked-in document is the one that the program generates.

use std::path::Path;

/// Set to write the file instead of comparing it.
const UPDATE: &str = "DBX_UPDATE_OPENAPI";

#[test]
fn the_checked_in_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let generated = dbx_gateway::openapi_json();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, generated).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == generated,
        "gateway/openapi.json is stale; run: {UPDATE}=1 cargo test -p dbx-gateway --test it fresh"
    );
}

#[test]
fn every_operation_and_parameter_is_described_and_every_error_declared() {
    let document: serde_json::Value = serde_json::from_str(&dbx_gateway::openapi_json()).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(operation["summary"].is_string(), "{name} has no summary");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {} has no description", parameter["name"]);
        }
        let responses = operation["responses"].as_object().unwrap();
        for status in ["429", "503", "default"] {
            assert!(responses.contains_key(status), "{name} does not declare {status}");
        }
    }
}
