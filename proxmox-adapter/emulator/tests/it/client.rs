//! A small HTTP client that sees what a library would hide: reason phrases, empty bodies, dropped connections.

use std::io;
use std::sync::Arc;

use pve_emulator::{BackendConfig, Emulator, EmulatorConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A verifier for tests; no password belongs to it.
pub(crate) const VERIFIER: &str = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2E=$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) closes: bool,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["data"].clone()
    }

    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, &self.reason)
    }
}

/// Where to call, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) ca_pem: String,
    pub(crate) authorization: Option<String>,
}

impl Client {
    pub(crate) fn new(url: &str, ca_pem: &str, token: &str) -> Self {
        let address = url.strip_prefix("https://").unwrap().to_owned();
        Self { address, ca_pem: ca_pem.to_owned(), authorization: Some(format!("PVEAPIToken={token}")) }
    }

    pub(crate) fn of(emulator: &Emulator) -> Self {
        Self::new(&emulator.url(), emulator.ca_pem(), &emulator.token().expose())
    }

    pub(crate) async fn connect(&self) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.ca_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        let stream = TcpStream::connect(&self.address).await.unwrap();
        TlsConnector::from(config).connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await.unwrap()
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let authorization =
            self.authorization.as_ref().map_or(String::new(), |a| format!("Authorization: {a}\r\n"));
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}{headers}{length}\r\n{body}")
    }

    /// Any request; an error if the connection ends without an answer.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<Answer> {
        let mut stream = self.connect().await;
        stream.write_all(self.request(method, path, headers, body).as_bytes()).await?;
        read_answer(&mut stream).await
    }

    pub(crate) async fn send(&self, stream: &mut TlsStream<TcpStream>, method: &str, path: &str) -> Answer {
        let request = self.request(method, &format!("/api2/json{path}"), "", "");
        stream.write_all(request.as_bytes()).await.unwrap();
        read_answer(stream).await.unwrap()
    }

    pub(crate) async fn try_call(
        &self,
        method: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.raw(method, &format!("/api2/json{path}"), headers, &body.finish()).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        self.try_call(method, path, form).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[]).await
    }

    pub(crate) async fn put(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.call("PUT", path, form).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.call("POST", path, form).await
    }

    /// Waits for a task and returns its exit status.
    pub(crate) async fn task(&self, upid: &str) -> String {
        let node = upid.split(':').nth(1).unwrap();
        let path = format!("/nodes/{node}/tasks/{}/status", upid.replace(':', "%3A").replace('!', "%21"));
        loop {
            let data = self.get(&path).await.data();
            if data["status"] == json!("stopped") {
                return data["exitstatus"].as_str().unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Starts a task by POST or DELETE and waits for it.
    pub(crate) async fn run(&self, method: &str, path: &str, form: &[(&str, &str)]) -> String {
        let upid = self.call(method, path, form).await.data();
        self.task(upid.as_str().unwrap()).await
    }

    /// Clones the template of `pve1`.
    pub(crate) async fn clone_to(&self, vmid: u32) {
        let newid = vmid.to_string();
        let form =
            [("newid", newid.as_str()), ("pool", "dbxyz"), ("hostname", "pg"), ("description", "ours")];
        assert_eq!(self.run("POST", "/nodes/pve1/lxc/9001/clone", &form).await, "OK");
    }

    /// Clones, configures and gives a data volume, as the control plane does.
    pub(crate) async fn prepare(&self, vmid: u32, ip: &str, env: &str) {
        self.clone_to(vmid).await;
        let path = format!("/nodes/pve1/lxc/{vmid}/config");
        let net = format!("name=eth0,bridge=vmbr0,firewall=1,ip={ip}/8");
        self.put(&path, &[("env", env)]).await.data();
        self.put(&path, &[("net0", &net), ("cores", "1"), ("memory", "512"), ("swap", "0")]).await.data();
        self.put(&path, &[("mp0", "local-zfs:8,mp=/var/lib/postgresql,backup=1")]).await.data();
    }

    pub(crate) async fn power(&self, vmid: u32, verb: &str) -> String {
        self.run("POST", &format!("/nodes/pve1/lxc/{vmid}/status/{verb}"), &[]).await
    }
}

/// The tenant's environment, in the form of the option `env`.
pub(crate) fn env(major: u8, tenant_pass: &str, platform_pass: &str) -> String {
    [
        format!("PG_MAJOR={major}"),
        "PG_TENANT_USER=acme".to_owned(),
        "PG_TENANT_DB=acmedb".to_owned(),
        format!("PG_TENANT_PASS={tenant_pass}"),
        "PG_PLATFORM_USER=dbxyz_platform".to_owned(),
        format!("PG_PLATFORM_PASS={platform_pass}"),
        "PG_MAX_CONN=20".to_owned(),
        "PG_ALLOW_CIDRS=127.0.0.0/8".to_owned(),
        "PG_PLATFORM_CIDRS=127.0.0.1/32".to_owned(),
        "PG_TLS_SAN=pg.db.xyz".to_owned(),
        "PG_MEMORY_MIB=512".to_owned(),
    ]
    .join("\0")
}

async fn read_answer(stream: &mut TlsStream<TcpStream>) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0_u8; 16 * 1024];
    loop {
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..read]);
        if let Some(answer) = parse(&bytes) {
            return Ok(answer);
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let mut status = lines.next()?.splitn(3, ' ').skip(1);
    let header = |name: &str| {
        let found =
            head.lines().find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    if body.len() < length {
        return None;
    }
    Some(Answer {
        status: status.next()?.parse().ok()?,
        reason: status.next().unwrap_or_default().to_owned(),
        closes: header("connection").as_deref() == Some("close"),
        text: body.to_owned(),
    })
}

/// A simulated cluster in a directory of its own.
pub(crate) struct Cluster {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
    pub(crate) directory: TempDir,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A cluster whose configuration is changed first.
    pub(crate) async fn with(change: impl FnOnce(&mut EmulatorConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::open(directory, change).await
    }

    pub(crate) async fn open(directory: TempDir, change: impl FnOnce(&mut EmulatorConfig)) -> Self {
        let mut config = EmulatorConfig::three_nodes(directory.path(), BackendConfig::Sim);
        change(&mut config);
        let emulator = Emulator::start(config).await.unwrap();
        let client = Client::of(&emulator);
        Self { emulator, client, directory }
    }
}
