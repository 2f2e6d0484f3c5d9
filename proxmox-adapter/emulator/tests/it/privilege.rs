//! Dropping root. These run the real thing when the tests run as root, as they do in CI.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use nix::unistd::{User, geteuid};
use pve_emulator::{AddressRange, BackendConfig, Emulator, EmulatorConfig, EmulatorError};

use crate::process::Served;
use crate::sql;

#[tokio::test]
async fn the_library_refuses_to_run_servers_as_root() {
    let directory = tempfile::tempdir().unwrap();
    let backend =
        BackendConfig::Process { postgres_dir: sql::postgres_dir(), allow_bind: AddressRange::LOOPBACK };
    let started = Emulator::start(EmulatorConfig::three_nodes(directory.path(), backend)).await;
    match started {
        Err(EmulatorError::RunsAsRoot) => assert!(geteuid().is_root()),
        Ok(emulator) => {
            assert!(!geteuid().is_root());
            emulator.shutdown().await;
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_binary_serves_from_below_a_directory_that_its_user_may_not_enter() {
    let closed = tempfile::tempdir().unwrap();
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let state = closed.path().join("deep/er/state");
    let served = Served::start(&state).await;
    served.client.get("/version").await.data();
    let pid = served.process.id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let uid: u32 = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_ne!(uid, 0);
    served.terminate().await;

    // Seen from outside, everything is where it belongs, and the closed directory is as it was.
    assert!(state.join("journal.jsonl").exists());
    assert_eq!(std::fs::metadata(&state).unwrap().uid(), uid);
    assert_eq!(std::fs::metadata(closed.path()).unwrap().mode() & 0o777, 0o700);
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(closed.path().to_str().unwrap()), "the mounts are private");
}

#[tokio::test]
async fn an_unknown_user_is_named_in_the_refusal() {
    if !geteuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (user, text) in [("no-such-user", "there is no user"), ("root", "is root itself")] {
        assert!(User::from_name("root").unwrap().is_some());
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_pve-emulator"))
            .args(["serve", "--listen", "127.0.0.1:0", "--user", user, "--state-dir"])
            .arg(directory.path())
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(text), "{output:?}");
    }
}
