//! The whole way with real servers: clone to first boot to rotation, over the emulator's process backend.

use crate::{
    server::{free_address, unprivileged},
    world::{Always, World, env_of, plan, target},
};
use dbx_domain::instance::FailureClass;
use dbx_workflows::{
    care::gauges::{ClusterGauges, ServerGauges},
    credential::{Credential, Password},
    database_admin::{DatabaseAdmin, ServerProof},
    hypervisor::{ContainerConfig, Hypervisor, TenantEnv},
};
use futures::FutureExt;
use proxmox_adapter::SqlAdmin;
use pve_emulator::{AddressRange, BackendConfig};
use std::{
    net::Ipv4Addr,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Servers as `fetch-postgres.sh` lays them out.
fn postgres_dir() -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dbx/postgres");
    fetched.join("17/bin/postgres").exists().then_some(fetched)
}

#[tokio::test]
async fn a_real_first_boot_is_proven_and_its_tenant_rotated() {
    let Some(postgres_dir) = postgres_dir() else {
        println!("skipped: there is no .dbx/postgres/17; run proxmox-adapter/emulator/fetch-postgres.sh");
        return;
    };
    // The backend refuses to run as root, as Postgres does: this very test again, as somebody else.
    if let Some(user) = unprivileged() {
        let name = "process::a_real_first_boot_is_proven_and_its_tenant_rotated";
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", user, "--regid", user, "--clear-groups"])
            .arg(std::env::current_exe().unwrap());
        command.args(["--exact", name, "--nocapture"]).env("HOME", "/tmp").env("TMPDIR", "/tmp");
        assert!(command.status().unwrap().success());
        return;
    }
    let backend = BackendConfig::Process { postgres_dir, allow_bind: AddressRange::LOOPBACK };
    let world = World::with(|config| config.backend = backend, |_| {}).await;
    // Servers outlive an emulator that panics, so the container goes before the test ends, however it ends.
    let outcome = AssertUnwindSafe(live(&world, free_address())).catch_unwind().await;
    world.hypervisor.ensure_destroyed(&target(1), &world.tasks).await.unwrap();
    outcome.unwrap();
    assert!(world.emulator.ledger().servers.is_empty());
}

fn settings(tenant: &Credential, platform: &Credential, address: Ipv4Addr) -> TenantEnv {
    let mut env = env_of(tenant, platform);
    let cidrs = || "127.0.0.0/8".to_owned();
    env.0.extend([
        ("PG_ALLOW_CIDRS", cidrs()),
        ("PG_PLATFORM_CIDRS", cidrs()),
        ("PG_TLS_SAN", format!("{address},pg-test")),
        ("PG_MEMORY_MIB", "512".to_owned()),
    ]);
    env
}

/// As the workflow's step does: tries again while it may pass.
async fn proven(address: Ipv4Addr, platform: &Password) -> ServerProof {
    for _ in 0..1_200 {
        match SqlAdmin::new().prove(address, platform).await {
            Ok(proof) => return proof,
            Err(failure) => assert_eq!(failure.class, FailureClass::Transient, "{failure:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server never came up");
}

async fn live(world: &World, address: Ipv4Addr) {
    let (tenant, platform) = (Credential::generate().unwrap(), Credential::generate().unwrap());
    let target = target(1);
    let hypervisor = &world.hypervisor;
    world.clone_it(&target).await.unwrap();
    let config = ContainerConfig { address, ..plan(&target) };
    hypervisor.ensure_configured(&target, &config, &Always).await.unwrap();
    hypervisor.ensure_volume(&target, 1, &Always).await.unwrap();
    hypervisor.ensure_env(&target, &settings(&tenant, &platform, address), &Always).await.unwrap();
    hypervisor.ensure_started(&target, &world.tasks).await.unwrap();

    let admin = SqlAdmin::new();
    let proof = proven(address, &platform.password).await;
    assert!(proof.server_version.starts_with("17"), "{}", proof.server_version);
    assert!(admin.tenant_accepts(address, &tenant.password).await.unwrap());

    measured(world, address, (&tenant, &platform)).await;

    let next = Credential::generate().unwrap();
    admin.set_tenant_verifier(address, &platform.password, &next.verifier, &Always).await.unwrap();
    assert!(admin.tenant_accepts(address, &next.password).await.unwrap());
    assert!(!admin.tenant_accepts(address, &tenant.password).await.unwrap());

    // A restart neither brings the first password back nor makes another certificate.
    hypervisor.ensure_stopped(&target, &world.tasks).await.unwrap();
    hypervisor.ensure_started(&target, &world.tasks).await.unwrap();
    let again = proven(address, &platform.password).await;
    assert_eq!(again.fingerprint, proof.fingerprint);
    assert!(admin.tenant_accepts(address, &next.password).await.unwrap());
}

/// What a real server counts, and what the cluster says of its processes.
async fn measured(world: &World, address: Ipv4Addr, (tenant, platform): (&Credential, &Credential)) {
    let admin = SqlAdmin::new();
    let before = admin.counters(address, &platform.password, true).await.unwrap();
    assert!(before.disk_bytes.is_some_and(|bytes| bytes > 20 << 20), "databases and WAL: {before:?}");
    assert_eq!(before.connections, 0, "we do not count");
    // Statistics reach the others when a session ends.
    for _ in 0..1_200 {
        assert!(admin.tenant_accepts(address, &tenant.password).await.unwrap());
        let after = admin.counters(address, &platform.password, false).await.unwrap();
        assert_eq!((&after.era, after.disk_bytes), (&before.era, None));
        if after.transactions > before.transactions {
            break;
        }
    }
    let after = admin.counters(address, &platform.password, false).await.unwrap();
    assert!(after.transactions > before.transactions, "{before:?} {after:?}");
    let wrong = Credential::generate().unwrap();
    let refused = admin.counters(address, &wrong.password, false).await.unwrap_err();
    assert_eq!(refused.code, "platform_refused");
    for _ in 0..1_200 {
        let loads = world.hypervisor.loads().await.unwrap();
        if let Some(load) = loads.iter().find(|load| load.ctid == target(1).ctid) {
            assert!(load.memory_bytes > 1 << 20 && load.cpu >= 0.0, "{load:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the cluster never showed the container's load");
}
