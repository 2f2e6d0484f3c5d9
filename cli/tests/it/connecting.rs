//! How to connect: what is shown, and what stands in files.

use crate::{fixtures::instances, program::Dbx, server::Server};
use serde_json::{Value, json};
use std::fs;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[test]
fn a_certificate_in_a_file_makes_every_uri_verify_it() {
    let (server, dbx, instance) = (Server::new(), Dbx::new(), instances().remove(0));
    server.gives(&format!("GET /v1/instances/{}", instance.id), json!(instance));
    let connection = json!({
        "host": "192.0.2.7", "port": 5432, "database": "app", "user": "app", "fingerprint": "ab", "sslMode": "verify-full",
        "certificatePem": CERTIFICATE, "uri": "postgresql://app@192.0.2.7:5432/app?sslmode=require",
        "verifyingUri": "postgresql://app@192.0.2.7:5432/app?sslmode=verify-full&sslrootcert=db.pem",
    });
    server.gives(&format!("GET /v1/instances/{}/connection", instance.id), connection);
    let path = fs::canonicalize(dbx.0.path()).unwrap().join("db.pem");
    let line = format!("instance connection {} --sslrootcert {} -o json", instance.id, path.display());
    let (code, stdout, stderr) = dbx.with_token(&server.url(), &line);
    assert_eq!(code, Some(0), "{stderr}");
    let body: Value = serde_json::from_str(&stdout).unwrap();
    let expected =
        format!("postgresql://app@192.0.2.7:5432/app?sslmode=verify-full&sslrootcert={}", path.display());
    assert_eq!((&body["uri"], &body["verifyingUri"]), (&json!(expected), &json!(expected)));
    assert_eq!(fs::read_to_string(path).unwrap(), CERTIFICATE);
}
