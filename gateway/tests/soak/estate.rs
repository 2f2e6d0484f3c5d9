//! Everything that runs: control database, cluster, two servers, and the files they share.

use crate::{
    cluster::{Cluster, FIRST_CTID},
    control::{Control, free_port, give_away},
    process::{Process, Program, built, eventually},
};
use nix::sys::signal::Signal;
use std::{
    fs,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// Wraps the data keys of this estate's orgs.
pub(crate) const MASTER_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

pub(crate) struct Estate {
    directory: Option<TempDir>,
    pub(crate) control: Control,
    pub(crate) cluster: Cluster,
    pub(crate) servers: [Process; 2],
    /// Where the two servers answer.
    pub(crate) urls: [String; 2],
    stopped: bool,
}

impl Estate {
    pub(crate) fn start(seed: u64) -> Self {
        let directory = tempfile::Builder::new().prefix("dbx-soak.").tempdir().unwrap();
        let root = directory.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o711)).unwrap();
        let part = |name: &str| {
            let path = root.join(name);
            fs::create_dir(&path).unwrap();
            give_away(&path);
            path
        };
        let control = Control::start(&part("control"), free_port());
        let cluster = Cluster::start(&part("cluster"), free_port());
        let ports = [free_port(), free_port()];
        let configs = ports.map(|port| configure(root, port, &control, &cluster, seed));
        let migrated = Command::new(built("dbxd")).args(["migrate", "--config"]).arg(&configs[0]).output();
        let migrated = migrated.unwrap();
        assert!(migrated.status.success(), "migrate: {}", String::from_utf8_lossy(&migrated.stderr));
        let servers = [0, 1].map(|number| server(root, number, &configs[number]));
        let urls = ports.map(|port| format!("http://127.0.0.1:{port}"));
        let directory = Some(directory);
        let estate = Self { directory, control, cluster, servers, urls, stopped: false };
        assert!(eventually(Duration::from_secs(60), || estate.serves()), "the servers do not start");
        estate
    }

    /// Starts whatever does not run.
    pub(crate) fn keep_running(&mut self) {
        self.control.keep_running();
        self.cluster.keep_running();
        self.servers.iter_mut().for_each(Process::keep_running);
    }

    /// Whether both servers answer.
    pub(crate) fn serves(&self) -> bool {
        self.urls.iter().all(|url| crate::api::is_ready(url))
    }

    /// Keeps the files and says where.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.directory.take().map(TempDir::keep).unwrap_or_default()
    }

    pub(crate) fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        for server in &mut self.servers {
            server.stop(Signal::SIGTERM);
        }
        self.cluster.stop();
        self.control.stop();
    }
}

impl Drop for Estate {
    fn drop(&mut self) {
        if std::thread::panicking() && self.directory.is_some() {
            eprintln!("soak: logs are kept in {}", self.keep().display());
        }
        self.halt();
    }
}

fn server(root: &Path, number: usize, config: &Path) -> Process {
    Process::start(Program {
        name: format!("server {}", number + 1),
        path: built("dbxd"),
        arguments: vec!["serve".to_owned(), "--config".to_owned(), config.display().to_string()],
        log: root.join(format!("dbxd-{}.log", number + 1)),
        unprivileged: false,
    })
}

/// What an operator would write.
fn configure(root: &Path, port: u16, control: &Control, cluster: &Cluster, seed: u64) -> PathBuf {
    let (token_id, token_secret) = cluster.token.split_once('=').unwrap();
    let secret = |name: &str, content: &str| {
        let path = root.join(name);
        let mut file = fs::OpenOptions::new();
        let file = file.create(true).truncate(true).write(true).mode(0o600).open(&path).unwrap();
        std::io::Write::write_all(&mut &file, content.as_bytes()).unwrap();
        path.display().to_string()
    };
    let (database, key, token) = (
        secret("database-url", &control.url),
        secret("master-key", MASTER_KEY),
        secret("proxmox-token", token_secret),
    );
    // 127.128 to 127.191: apart from the demos.
    let network = 128 + seed % 64;
    let (url, ca) = (&cluster.url, cluster.ca_pem());
    let last = FIRST_CTID + 50_000;
    let text = format!(
        r#"listen = "127.0.0.1:{port}"
[secrets]
database_url_file = "{database}"
master_key_file = "{key}"
proxmox_token_file = "{token}"
[proxmox]
api_urls = ["{url}"]
token_id = "{token_id}"
ca = {{ pem = """{ca}""" }}
templates = {{ pve1 = 9001, pve2 = 9002, pve3 = 9003 }}
storage = "local-zfs"
bridge = "vmbr0"
prefix = 8
pool = "dbxyz"
timeouts = {{ connect_secs = 2, read_secs = 5, shutdown_secs = 10, task_secs = 20 }}
[instances]
first_ctid = {FIRST_CTID}
last_ctid = {last}
first_address = "127.{network}.0.10"
last_address = "127.{network}.255.250"
allow_cidrs = ["127.0.0.0/8"]
platform_cidrs = ["127.0.0.0/8"]
cpu_overcommit = 16.0
check_live = false
concurrency = 8
"#
    );
    let path = root.join(format!("dbxd-{port}.toml"));
    fs::write(&path, text).unwrap();
    path
}
