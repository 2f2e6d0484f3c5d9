//! A running emulator: start, what its user may ask of it, and the ways it ends.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use nix::fcntl::{Flock, FlockArg};
use tokio::task::JoinHandle;

use crate::backend::{Backend, SimPostgres};
use crate::config::EmulatorConfig;
use crate::engine::Engine;
use crate::error::EmulatorError;
use crate::faults::{Fault, Faults};
use crate::http::Server;
use crate::ledger::Ledger;
use crate::model::{AclEntry, TokenRecord};
use crate::secret::ApiToken;
use crate::store::Store;
use crate::tls::Tls;
use crate::{boot, preset};

/// A running emulator. Dropped without [`shutdown`](Self::shutdown) it stops serving, and its state is what the
/// journal holds.
#[derive(Debug)]
pub struct Emulator {
    engine: Arc<Engine>,
    server: Server,
    background: Background,
    token: ApiToken,
    ca_pem: String,
    // Held for its lock: one emulator per state directory.
    _exclusive: Flock<File>,
}

/// Work beside the calls; it ends with the emulator, however that ends.
#[derive(Debug)]
struct Background(Vec<JoinHandle<()>>);

impl Drop for Background {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Emulator {
    /// Opens the state directory, brings back what ran, and serves.
    ///
    /// # Errors
    /// Everything that [`EmulatorError`] lists.
    pub async fn start(config: EmulatorConfig) -> Result<Self, EmulatorError> {
        let directory = &config.state_dir;
        let exclusive = claim(directory)?;
        let tls = Tls::open(directory)?;
        let backend = Backend::open(&config.backend, directory)?;
        let store = Store::open(directory)?;
        let token = token(directory)?;
        store.write(|cluster| {
            preset::install(cluster, &config.nodes);
            preset::grant(cluster, &token);
            boot::bury_lost_tasks(cluster);
        });
        let engine = Arc::new(Engine {
            store,
            backend,
            faults: Faults::default(),
            timing: config.timing,
            task_duration: config.task_duration,
            config_locks: Default::default(),
            workers: Default::default(),
            broadcast: Default::default(),
            started: Instant::now(),
            fingerprint: tls.fingerprint,
        });
        boot::bring_back(&engine).await;
        let background = Background(boot::background(&engine));
        let listening = Server::start(config.listen, tls.config, Arc::clone(&engine)).await;
        let server = listening.map_err(|source| EmulatorError::Listen { address: config.listen, source })?;
        Ok(Self { engine, server, background, token, ca_pem: tls.ca_pem, _exclusive: exclusive })
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.address
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.server.address)
    }

    /// The certificate authority to trust, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The control plane's token, with the least privileges that it needs.
    #[must_use]
    pub fn token(&self) -> &ApiToken {
        &self.token
    }

    /// Makes another token (`USER@REALM!TOKENID`) with these rights alone.
    #[must_use]
    pub fn add_token(&self, id: &str, acl: Vec<AclEntry>) -> ApiToken {
        let token = ApiToken::generate(id);
        let record = TokenRecord { secret_hash: token.secret_hash(), acl };
        self.engine.store.write(|cluster| cluster.tokens.insert(id.to_owned(), record));
        token
    }

    /// Everything that exists.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.engine.ledger()
    }

    /// The fault script.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.engine.faults
    }

    /// Adds a fault; [`FaultAction::Lock`](crate::FaultAction::Lock) takes effect at once.
    pub fn script(&self, fault: Fault) {
        self.engine.script(fault);
    }

    /// `pct unlock` by the operator. `false` if there is no such container.
    pub fn unlock(&self, vmid: u32) -> bool {
        self.engine.unlock(vmid)
    }

    /// The simulated Postgres of the running container with this address; `None` if there is none, or if the backend
    /// runs real ones.
    #[must_use]
    pub fn sim_postgres(&self, ip: Ipv4Addr) -> Option<SimPostgres> {
        match self.engine.backend {
            Backend::Sim => SimPostgres::find(&self.engine, ip),
            Backend::Process(_) => None,
        }
    }

    /// Ends as SIGTERM does: running clones are taken back, servers stop in good order, and those that ran are started
    /// again at the next start.
    pub async fn shutdown(self) {
        self.server.stop().await;
        drop(self.background);
        self.engine.workers.stop().await;
        self.engine.backend.stop_all().await;
    }

    /// Ends as SIGKILL does: tasks die where they stand, and servers outlive it.
    pub async fn kill(self) {
        self.server.kill().await;
        drop(self.background);
        self.engine.workers.kill().await;
    }
}

/// Makes the state directory and takes its lock.
fn claim(directory: &Path) -> Result<Flock<File>, EmulatorError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(EmulatorError::state("create", directory))?;
    let path = directory.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(EmulatorError::state("open", &path))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|_| EmulatorError::InUse(directory.to_path_buf()))
}

/// The token of the state directory, made at the first start.
fn token(directory: &Path) -> Result<ApiToken, EmulatorError> {
    let path = directory.join("token");
    if let Some(token) = fs::read_to_string(&path).ok().as_deref().and_then(ApiToken::parse) {
        return Ok(token);
    }
    let token = ApiToken::generate(preset::TOKEN_ID);
    let side = directory.join("token.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&side)
        .map_err(EmulatorError::state("write", &side))?;
    file.write_all(token.expose().as_bytes()).map_err(EmulatorError::state("write", &side))?;
    fs::rename(&side, &path).map_err(EmulatorError::state("write", &path))?;
    Ok(token)
}
