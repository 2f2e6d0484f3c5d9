//! First boot against real servers of every major: what it lets in, what it keeps out, and that it can be killed
//! anywhere.
//!
//! The script runs under the emulator here, which is also how its user changes when the tests run as root.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::client::env;
use crate::process::Served;
use crate::sql::{self, connect, connect_plain, refusal, verifier};

const TENANT: (&str, &str) = ("acme", "tenant-password");
const PLATFORM: (&str, &str) = ("dbxyz_platform", "platform-password");

struct Booted {
    directory: TempDir,
    served: Served,
    ip: Ipv4Addr,
}

async fn boot(major: u8) -> Booted {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(&directory.path().join("state")).await;
    let ip = sql::free_address();
    let env = env(major, &verifier(TENANT.1), &verifier(PLATFORM.1));
    served.client.prepare(130, &ip.to_string(), &env).await;
    assert_eq!(served.client.power(130, "start").await, "OK");
    Booted { directory, served, ip }
}

impl Booted {
    fn data(&self) -> PathBuf {
        self.directory.path().join("state/volumes/pve1/local-zfs/subvol-130-disk-1")
    }

    async fn restart(&self) {
        assert_eq!(self.served.client.power(130, "reboot").await, "OK");
    }
}

async fn boots_rotates_and_keeps_out(major: u8) {
    let booted = boot(major).await;
    let ip = booted.ip;
    let tenant = sql::ready(ip, TENANT, "acmedb").await;
    let version = tenant.query_one("SHOW server_version_num", &[]).await.unwrap().get::<_, String>(0);
    assert!(version.starts_with(&major.to_string()), "{version}");
    let row = tenant
        .query_one(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit
             FROM pg_roles WHERE rolname = current_user",
            &[],
        )
        .await
        .unwrap();
    assert!((0..5).all(|column| !row.get::<_, bool>(column)));
    assert_eq!(row.get::<_, i32>(5), 20);
    tenant
        .batch_execute("CREATE TABLE mine (n int); CREATE SCHEMA s")
        .await
        .expect("the tenant owns its database");
    assert!(tenant.batch_execute("CREATE ROLE other").await.is_err());
    tenant.query("SELECT count(*) FROM pg_stat_statements", &[]).await.expect("pg_stat_statements");

    // 28P01: wrong password; 28000: no line in pg_hba.conf lets it in.
    assert_eq!(refusal(connect(ip, ("acme", "wrong"), "acmedb").await), "28P01");
    assert_eq!(refusal(connect_plain(ip, TENANT, "acmedb").await), "28000");
    assert_eq!(refusal(connect(ip, TENANT, "postgres").await), "28000");
    assert_eq!(refusal(connect(ip, ("postgres", "x"), "postgres").await), "28000");
    assert_eq!(refusal(connect(ip, PLATFORM, "acmedb").await), "28000");

    let platform = sql::ready(ip, PLATFORM, "postgres").await;
    let row =
        platform.query_one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", &[]).await.unwrap();
    assert!(!row.get::<_, bool>(0));
    assert!(
        platform.batch_execute("SET ROLE acme").await.is_err(),
        "it administers the tenant, it is not the tenant"
    );
    platform.query("SELECT numbackends FROM pg_stat_database", &[]).await.unwrap();

    let rotate = format!("ALTER ROLE acme PASSWORD '{}'", verifier("rotated"));
    platform.batch_execute(&rotate).await.unwrap();
    assert_eq!(refusal(connect(ip, TENANT, "acmedb").await), "28P01");
    booted.restart().await;
    sql::ready(ip, ("acme", "rotated"), "acmedb").await.query("SELECT n FROM mine", &[]).await.unwrap();
    booted.served.terminate().await;
}

#[tokio::test]
async fn postgres_16_boots_rotates_and_keeps_out() {
    boots_rotates_and_keeps_out(16).await;
}

#[tokio::test]
async fn postgres_17_boots_rotates_and_keeps_out() {
    boots_rotates_and_keeps_out(17).await;
}

#[tokio::test]
async fn postgres_18_boots_rotates_and_keeps_out() {
    boots_rotates_and_keeps_out(18).await;
}

/// Stopping a container that still first boots kills the script where it stands; the next start finishes the work.
#[tokio::test]
async fn a_first_boot_that_is_killed_anywhere_is_finished_by_the_next_one() {
    let booted = boot(17).await;
    let side = booted.data().join("17/main.new");
    // Each wait is for something that the script makes on its way.
    for stage in [side.join("PG_VERSION"), side.join("global/pg_control"), side.join("base/1")] {
        while !stage.exists() && !booted.data().join("17/main").exists() {
            tokio::task::yield_now().await;
        }
        assert_eq!(booted.served.client.power(130, "stop").await, "OK");
        assert_eq!(booted.served.client.power(130, "start").await, "OK");
    }
    let tenant = sql::ready(booted.ip, TENANT, "acmedb").await;
    tenant.simple_query("SELECT 1").await.unwrap();
    assert!(!side.exists());
    booted.served.terminate().await;
}

#[tokio::test]
async fn no_secret_is_in_a_log_or_readable_by_others() {
    use std::os::unix::fs::MetadataExt;
    let booted = boot(17).await;
    let platform = sql::ready(booted.ip, PLATFORM, "postgres").await;
    let bad = format!("ALTER ROLE nobody_there PASSWORD '{}'", verifier("x"));
    assert!(platform.batch_execute(&bad).await.is_err());
    let container = booted.directory.path().join("state/containers/130");
    let log = std::fs::read_to_string(container.join("boot.log")).unwrap();
    assert!(!log.contains("SCRAM-SHA-256"), "{log}");
    for name in ["environ", "tenant.env"] {
        assert_eq!(std::fs::metadata(container.join(name)).unwrap().mode() & 0o777, 0o600, "{name}");
    }
    booted.served.terminate().await;
}
