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
