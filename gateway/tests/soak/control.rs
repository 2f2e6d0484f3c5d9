//! The control database: a Postgres of our own with everything durable, as in production.

use crate::process::{self, Process, Program, as_ordinary_user, eventually};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

pub(crate) struct Control {
    server: Process,
    pub(crate) url: String,
}

fn programs() -> PathBuf {
    let own = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let own = own.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    own.unwrap_or_else(|| postgres_dir().join("17/bin"))
}

/// Postgres servers for instances, fetched by `make postgres`.
pub(crate) fn postgres_dir() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(".dbx/postgres");
    let found = std::env::var_os("DBX_POSTGRES_DIR").map_or_else(default, PathBuf::from);
    found.canonicalize().unwrap_or_else(|_| panic!("{} is missing: run `make postgres`", found.display()))
}

impl Control {
    pub(crate) fn start(directory: &Path, port: u16) -> Self {
        let (bin, data) = (programs(), directory.join("data"));
        let mut initdb = Command::new(bin.join("initdb"));
        initdb.arg("-D").arg(&data).args(["-U", "dbxd", "-A", "trust", "-E", "UTF8", "--locale=C"]);
        as_ordinary_user(&mut initdb);
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let port = port.to_string();
        let data = data.display().to_string();
        let listen = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];
        let arguments = ["-D", &data, "-p", &port].into_iter().chain(listen).map(str::to_owned).collect();
        let server = Process::start(Program {
            name: "the control database".to_owned(),
            path: bin.join("postgres"),
            arguments,
            log: directory.join("postgres.log"),
            unprivileged: true,
        });
        let control = Self { server, url: format!("postgres://dbxd@127.0.0.1:{port}/postgres") };
        assert!(eventually(Duration::from_secs(60), || control.answers()), "the control database is not up");
        control
    }

    /// Kills the postmaster. Its children see that and end.
    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    /// Kills one backend: the postmaster then restarts all others.
    pub(crate) fn kill_a_backend(&self) {
        let children = format!("/proc/{0}/task/{0}/children", self.server.id());
        let children = fs::read_to_string(children).unwrap_or_default();
        let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        if let Some(pid) = pids.max() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// Refuses to start while children of a killed one live; then the next look tries again.
    pub(crate) fn keep_running(&mut self) {
        self.server.keep_running();
    }

    pub(crate) fn answers(&self) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.is_ok() })
    }

    pub(crate) fn stop(&mut self) {
        self.server.stop(Signal::SIGINT);
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Gives a directory to the user that Postgres runs as.
pub(crate) fn give_away(directory: &Path) {
    if let Some(user) = process::ordinary_user() {
        nix::unistd::chown(directory, Some(user.uid), Some(user.gid)).unwrap();
    }
}
