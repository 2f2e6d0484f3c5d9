//! The SQL administrator against a real Postgres with TLS.

use crate::world::Always;
use crate::{server::Server, world::seen};
use dbx_domain::{
    Secret,
    instance::FailureClass::{Permanent, Transient},
};
use dbx_workflows::{
    credential::{Credential, Password, Verifier},
    database_admin::{DatabaseAdmin, ServerProof},
};
use proxmox_adapter::SqlAdmin;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};
use std::time::Duration;

pub(crate) fn pair() -> (Credential, Credential) {
    (Credential::generate().unwrap(), Credential::generate().unwrap())
}

/// As the workflow's step does: tries again while the server says that it may pass.
pub(crate) async fn prove(server: &Server, platform: &Password) -> ServerProof {
    for _ in 0..500 {
        match SqlAdmin::new().prove(server.address, platform).await {
            Ok(proof) => return proof,
            Err(failure) => assert_eq!(failure.class, Transient, "{failure:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server never came up");
}

#[tokio::test]
async fn proves_a_self_signed_server_and_rotates_the_tenant() {
    let (tenant, platform) = pair();
    let server = Server::start(&tenant, &platform);
    let (admin, at) = (SqlAdmin::new(), server.address);
    let proof = prove(&server, &platform.password).await;
    let der = CertificateDer::from_pem_slice(proof.certificate_pem.as_bytes()).unwrap();
    let expected: String = Sha256::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(proof.fingerprint, expected);
    assert!(proof.server_version.starts_with(char::is_numeric), "{}", proof.server_version);

    assert!(admin.tenant_accepts(at, &tenant.password).await.unwrap());
    let next = Credential::generate().unwrap();
    assert!(!admin.tenant_accepts(at, &next.password).await.unwrap());
    for _ in 0..2 {
        admin.set_tenant_verifier(at, &platform.password, &next.verifier, &Always).await.unwrap();
    }
    assert!(admin.tenant_accepts(at, &next.password).await.unwrap());
    assert!(!admin.tenant_accepts(at, &tenant.password).await.unwrap());
}

#[tokio::test]
async fn refusals_are_told_apart_and_name_no_secret() {
    let (tenant, platform) = pair();
    let mut server = Server::start(&tenant, &platform);
    let (admin, at) = (SqlAdmin::new(), server.address);
    prove(&server, &platform.password).await;

    let wrong = Password(Secret::new("not-the-password"));
    let failure = admin.prove(at, &wrong).await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_ref()), (Transient, "platform_refused"));
    assert!(!failure.message.contains("not-the-password"), "{}", failure.message);
    let rotated = admin.set_tenant_verifier(at, &wrong, &tenant.verifier, &Always).await;
    assert_eq!(seen(rotated), (Permanent, "platform_refused".to_owned()));
    let clear = Verifier::from_stored("hunter2");
    let refused = admin.set_tenant_verifier(at, &platform.password, &clear, &Always).await;
    assert_eq!(seen(refused), (Permanent, "bad_verifier".to_owned()));

    server.stop();
    let down = admin.prove(at, &platform.password).await.unwrap_err();
    assert_eq!((down.class, down.code.as_ref()), (Transient, "postgres_unreachable"));
    let down = admin.tenant_accepts(at, &tenant.password).await.unwrap_err();
    assert_eq!((down.class, down.code.as_ref()), (Transient, "postgres_unreachable"));
}

#[tokio::test]
async fn a_server_that_does_not_know_the_verifier_is_not_believed() {
    // It presents a certificate and asks for the password in the clear, as an impostor would.
    let (tenant, platform) = pair();
    let mut server = Server::start(&tenant, &platform);
    server.stop();
    server.trust_everybody();
    server.boot();
    for _ in 0..500 {
        let failure = SqlAdmin::new().prove(server.address, &platform.password).await.unwrap_err();
        match failure.code.as_ref() {
            // It is not up yet.
            "postgres_unreachable" | "postgres_busy" => tokio::time::sleep(Duration::from_millis(20)).await,
            code => return assert_eq!(code, "postgres_unproven", "{failure:?}"),
        }
    }
    panic!("the server never came up");
}
