//! TLS, tokens and addresses.

use crate::world::{World, seen, target};
use dbx_domain::{
    Secret,
    instance::FailureClass::{Transient, Unknown},
};
use dbx_workflows::hypervisor::Hypervisor;
use proxmox_adapter::{CaPin, ProxmoxHypervisor, testing};
use pve_emulator::FaultAction;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};

fn fingerprint(pem: &str) -> String {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    Sha256::digest(&der).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

async fn with_pin(world: &World, ca: CaPin) -> Result<(), dbx_domain::instance::Failure> {
    let mut config = testing::config_for(&world.emulator);
    config.ca = ca;
    let hypervisor = ProxmoxHypervisor::new(config, &testing::secret_of(world.emulator.token())).unwrap();
    hypervisor.nodes().await.map(drop)
}

#[tokio::test]
async fn another_ca_of_the_same_kind_is_refused_before_the_token_is_sent() {
    let world = World::new().await;
    let stranger = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let pin = CaPin::Pem(stranger.cert.pem());
    assert_eq!(seen(with_pin(&world, pin).await), (Transient, "untrusted_server".to_owned()));
    let pin = CaPin::Fingerprint(fingerprint(&stranger.cert.pem()));
    assert_eq!(seen(with_pin(&world, pin).await), (Transient, "untrusted_server".to_owned()));
}

#[tokio::test]
async fn the_nodes_own_fingerprint_is_accepted() {
    let world = World::new().await;
    let rows: Vec<serde_json::Value> =
        crate::world::client(&world.emulator).get("/nodes", &[]).await.unwrap();
    let pin = rows[0]["ssl_fingerprint"].as_str().unwrap().to_owned();
    with_pin(&world, CaPin::Fingerprint(pin)).await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_is_told_and_not_repeated_in_the_message() {
    let world = World::new().await;
    let secret = "00000000-dead-beef-0000-000000000000";
    let hypervisor =
        ProxmoxHypervisor::new(testing::config_for(&world.emulator), &Secret::new(secret)).unwrap();
    let failure = hypervisor.nodes().await.unwrap_err();
    assert_eq!(failure.code, "unauthorized");
    assert!(!failure.message.contains(secret) && !format!("{hypervisor:?}").contains(secret));
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_is_down() {
    let world = World::with(
        |_| {},
        // A port that nobody listens on: bound once, and closed again.
        |config| {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            config.api_urls.insert(0, format!("https://{free}"));
        },
    )
    .await;
    world.clone_it(&target(1)).await.unwrap();
}

#[tokio::test]
async fn no_address_at_all_is_transient_because_nothing_was_sent() {
    let world = World::with(|_| {}, |config| config.api_urls = vec!["https://127.0.0.1:1".to_owned()]).await;
    let failure = world.clone_it(&target(1)).await;
    assert_eq!(seen(failure), (Transient, "proxmox_unreachable".to_owned()));
}

#[tokio::test]
async fn a_changing_call_is_sent_once_even_if_there_are_more_addresses() {
    let world = World::with(|_| {}, |config| config.api_urls = vec![config.api_urls[0].clone(); 3]).await;
    world.emulator.script(pve_emulator::Fault {
        method: Some("POST".to_owned()),
        path: "**".to_owned(),
        nth: None,
        times: None,
        action: FaultAction::DropBeforeEffect,
    });
    assert_eq!(seen(world.clone_it(&target(1)).await), (Unknown, "answer_lost".to_owned()));
    assert_eq!(world.emulator.faults().struck(), [1]);
}
