//! The process backend through the binary: real servers, and what becomes of them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::{Client, env};
use crate::sql;

/// The emulator as a process of its own. Started as root it drops to an ordinary user.
pub(crate) struct Served {
    pub(crate) process: Child,
    pub(crate) client: Client,
}

impl Served {
    pub(crate) async fn start(state_dir: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_pve-emulator"))
            .args(["serve", "--listen", "127.0.0.1:0", "--task-ms", "0", "--no-waits", "--state-dir"])
            .arg(state_dir)
            .arg("--postgres-dir")
            .arg(sql::postgres_dir())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("no `ready` line");
        let url = line.strip_prefix("ready ").unwrap();
        let read = |name: &str| std::fs::read_to_string(state_dir.join(name)).unwrap();
        let client = Client::new(url, &read("pve-root-ca.pem"), &read("token"));
        Self { process, client }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().unwrap().try_into().unwrap()), signal).unwrap();
    }

    pub(crate) async fn terminate(mut self) {
        self.signal(Signal::SIGTERM);
        assert!(self.process.wait().await.unwrap().success());
    }

    async fn servers(&self) -> Vec<i32> {
        let ledger = self.client.raw("GET", "/emulator/ledger", "", "").await.unwrap().data();
        let servers = ledger["servers"].as_array().unwrap();
        servers.iter().map(|server| server["pid"].as_i64().unwrap().try_into().unwrap()).collect()
    }
}

fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

async fn ended(pid: i32) {
    while is_alive(pid) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

const TENANT: (&str, &str) = ("acme", "tenant-password");

/// An emulator with one running database in it.
async fn running(major: u8) -> (TempDir, Served, Ipv4Addr) {
    // 0700 and root's, when root runs this: the user that is dropped to may not enter it without help.
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(&directory.path().join("state")).await;
    let ip = sql::free_address();
    let env = env(major, &sql::verifier(TENANT.1), &sql::verifier("platform"));
    served.client.prepare(130, &ip.to_string(), &env).await;
    assert_eq!(served.client.power(130, "start").await, "OK");
    (directory, served, ip)
}

#[tokio::test]
async fn data_survives_stop_and_start_and_goes_with_destroy() {
    let (directory, served, ip) = running(17).await;
    let sql = sql::ready(ip, TENANT, "acmedb").await;
    sql.batch_execute("CREATE TABLE t (n int); INSERT INTO t VALUES (7)").await.unwrap();
    let pid = served.servers().await[0];
    assert_eq!(served.client.power(130, "shutdown").await, "OK");
    assert!(!is_alive(pid));
    assert_eq!(served.client.power(130, "start").await, "OK");
    let sql = sql::ready(ip, TENANT, "acmedb").await;
    assert_eq!(sql.query_one("SELECT n FROM t", &[]).await.unwrap().get::<_, i32>(0), 7);
    let current = served.client.get("/nodes/pve1/lxc/130/status/current").await.data();
    assert!(current["mem"].as_u64().unwrap() > 0 && current["disk"].as_u64().unwrap() < 1 << 20);

    let pid = served.servers().await[0];
    assert_eq!(served.client.run("DELETE", "/nodes/pve1/lxc/130?force=1&purge=1", &[]).await, "OK");
    assert!(!is_alive(pid));
    assert_eq!(std::fs::read_dir(directory.path().join("state/containers")).unwrap().count(), 0);
    assert!(!directory.path().join("state/volumes/pve1/local-zfs/subvol-130-disk-1").exists());
    served.terminate().await;
}

#[tokio::test]
async fn servers_outlive_a_killed_emulator_and_are_adopted() {
    let (directory, mut served, ip) = running(16).await;
    let sql = sql::ready(ip, TENANT, "acmedb").await;
    let pid = served.servers().await;
    served.signal(Signal::SIGKILL);
    served.process.wait().await.unwrap();
    assert!(is_alive(pid[0]));
    sql.simple_query("SELECT 1").await.unwrap();

    let again = Served::start(&directory.path().join("state")).await;
    assert_eq!(again.servers().await, pid, "the same process");
    sql.simple_query("SELECT 1").await.unwrap();
    assert_eq!(again.client.power(130, "stop").await, "OK");
    assert!(!is_alive(pid[0]));
    again.terminate().await;
}

#[tokio::test]
async fn sigterm_stops_every_server_and_the_next_start_brings_them_back() {
    let (directory, served, ip) = running(18).await;
    drop(sql::ready(ip, TENANT, "acmedb").await);
    let pid = served.servers().await[0];
    served.terminate().await;
    assert!(!is_alive(pid));
    let again = Served::start(&directory.path().join("state")).await;
    drop(sql::ready(ip, TENANT, "acmedb").await);
    let status = again.client.get("/nodes/pve1/lxc/130/status/current").await.data()["status"].clone();
    assert_eq!(status, json!("running"));
    again.terminate().await;
}

#[tokio::test]
async fn a_killed_server_is_started_again() {
    let (_directory, served, ip) = running(17).await;
    drop(sql::ready(ip, TENANT, "acmedb").await);
    let pid = served.servers().await[0];
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    ended(pid).await;
    let sql = sql::ready(ip, TENANT, "acmedb").await;
    sql.simple_query("SELECT 1").await.unwrap();
    assert_ne!(served.servers().await, [pid]);
    served.terminate().await;
}

#[tokio::test]
async fn a_first_boot_that_fails_leaves_its_log_and_a_running_container() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(&directory.path().join("state")).await;
    let ip = sql::free_address();
    served.client.prepare(130, &ip.to_string(), &env(17, "clear-text-secret", &sql::verifier("x"))).await;
    assert_eq!(served.client.power(130, "start").await, "OK");
    let container = directory.path().join("state/containers/130");
    while !container.join("failed").exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let log = std::fs::read_to_string(container.join("boot.log")).unwrap();
    assert!(
        log.contains("PG_TENANT_PASS is missing or not allowed") && !log.contains("clear-text-secret"),
        "{log}"
    );
    let status = served.client.get("/nodes/pve1/lxc/130/status/current").await.data()["status"].clone();
    assert_eq!(status, json!("running"));
    served.terminate().await;
}
