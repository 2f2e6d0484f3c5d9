//! The emulated cluster as a process, and what an operator can do to it.

use crate::{
    control,
    process::{Process, Program, built, eventually},
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::{fs, path::Path, path::PathBuf, sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

pub(crate) struct Cluster {
    server: Process,
    agent: Agent,
    pub(crate) url: String,
    pub(crate) directory: PathBuf,
    /// `USER@REALM!TOKENID=SECRET`.
    pub(crate) token: String,
}

/// The containers' numbers begin here; one of the first belongs to somebody else.
pub(crate) const FIRST_CTID: u32 = 10_000;
const FOREIGNER: u32 = FIRST_CTID + 3;

impl Cluster {
    pub(crate) fn start(directory: &Path, port: u16) -> Self {
        let (state, servers) =
            (directory.display().to_string(), control::postgres_dir().display().to_string());
        let listen = format!("127.0.0.1:{port}");
        let arguments = ["serve", "--state-dir", &state, "--postgres-dir", &servers, "--listen", &listen];
        let more = ["--backend", "process", "--task-ms", "150"];
        let server = Process::start(Program {
            name: "the cluster".to_owned(),
            path: built("pve-emulator"),
            arguments: arguments.into_iter().chain(more).map(str::to_owned).collect(),
            log: directory.with_extension("log"),
            unprivileged: false,
        });
        let token = directory.join("emulator.json");
        assert!(eventually(Duration::from_secs(60), || token.exists()), "the cluster does not start");
        let read = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
        let cluster = Self {
            server,
            agent: agent(&read("pve-root-ca.pem")),
            url: format!("https://127.0.0.1:{port}"),
            directory: directory.to_owned(),
            token: read("token").trim().to_owned(),
        };
        assert!(eventually(Duration::from_secs(30), || cluster.answers()), "the cluster does not answer");
        cluster
    }

    pub(crate) fn ca_pem(&self) -> String {
        fs::read_to_string(self.directory.join("pve-root-ca.pem")).unwrap()
    }

    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    pub(crate) fn keep_running(&mut self) {
        self.server.keep_running();
    }

    pub(crate) fn answers(&self) -> bool {
        self.call("GET", "/emulator/ledger", None).is_some()
    }

    /// Everything that exists, by the emulator's own books.
    pub(crate) fn ledger(&self) -> Option<Value> {
        self.call("GET", "/emulator/ledger", None)
    }

    pub(crate) fn script(&self, faults: &Value) {
        let _ = self.call("POST", "/emulator/faults", Some(faults.to_string()));
    }

    pub(crate) fn cease(&self) -> bool {
        self.call("DELETE", "/emulator/faults", None).is_some()
    }

    /// The operator's `pct unlock`, for each lock that no running task holds. Says whom it freed.
    pub(crate) fn unlock_the_stuck(&self) -> Vec<u64> {
        let Some(ledger) = self.ledger() else { return Vec::new() };
        if ledger["running_tasks"] != json!([]) {
            return Vec::new();
        }
        let locked = ledger["containers"].as_array().into_iter().flatten();
        let locked = locked.filter(|container| container["lock"].is_string());
        let locked: Vec<u64> = locked.filter_map(|container| container["vmid"].as_u64()).collect();
        for vmid in &locked {
            let _ = self.call("POST", &format!("/emulator/unlock/{vmid}"), None);
        }
        locked
    }

    /// Somebody else's container in the middle of our numbers.
    pub(crate) fn plant_foreigner(&self) -> u64 {
        let body = json!({ "newid": FOREIGNER, "hostname": "somebody-elses", "pool": "dbxyz" });
        let path = "/api2/json/nodes/pve1/lxc/9001/clone";
        assert!(self.call("POST", path, Some(body.to_string())).is_some(), "no foreign container");
        let there = || self.ledger().is_some_and(|ledger| ledger["running_tasks"] == json!([]));
        assert!(eventually(Duration::from_secs(30), there), "the foreign container is not made");
        FOREIGNER.into()
    }

    fn call(&self, method: &str, path: &str, body: Option<String>) -> Option<Value> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("PVEAPIToken={}", self.token));
        let answer = match body {
            Some(body) => {
                self.agent.run(request.header("content-type", "application/json").body(body).unwrap())
            }
            // Proxmox takes no chunked bodies; an empty text has a length.
            None if method == "POST" => self.agent.run(request.body("").unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.ok().filter(|answer| answer.status().is_success())?;
        let whole: Value = answer.body_mut().read_json().ok()?;
        Some(whole["data"].clone())
    }

    /// Stops it and every server in it.
    pub(crate) fn stop(&mut self) {
        self.keep_running();
        let _ = eventually(Duration::from_secs(30), || self.answers());
        self.server.stop(Signal::SIGTERM);
    }
}

fn agent(ca_pem: &str) -> Agent {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[ca]))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(20)));
    config.build().into()
}
