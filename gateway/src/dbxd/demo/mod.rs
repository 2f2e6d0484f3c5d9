//! `dbxd demo`: the whole product on one machine, from nothing.
//!
//! It starts a control database, an emulated cluster of three nodes whose containers are real Postgres servers, and
//! the server itself, the same as in production. Guarantees: everything it writes is under the state directory; as root
//! it drops to an unprivileged user first, for Postgres refuses to run as root; SIGTERM and Ctrl-C stop all it started;
//! killed without warning, the next start takes over what is left running.

mod cluster;
mod control_database;
mod network;
mod process;
mod secrets;
mod state;

use crate::{
    Failure,
    config::{
        AuditSection, BoundsSection, Config, DatabaseSection, InstancesSection, LimitsSection,
        MetricsSection, SecretFiles, WatchSection, WebhooksSection,
    },
    migrate, serve, telemetry,
};
use cluster::DemoCluster;
use control_database::ControlDatabase;
use dbx_domain::ids::Ctid;
use proxmox_adapter::settings::{CaPin, ProxmoxConfig, Timeouts};
use state::StateDir;
use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};
use tokio::net::TcpListener;

/// Options of `dbxd demo`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Port of the API and the console
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where everything is kept
    #[arg(long, default_value = ".dbx")]
    state_dir: PathBuf,
    /// Forget everything that an earlier demo left in the state directory
    #[arg(long)]
    fresh: bool,
}

/// Runs the demo until told to stop.
pub(crate) fn main(options: Options) -> Result<(), Failure> {
    let state = StateDir::prepare(&options.state_dir, options.fresh)?;
    telemetry::to_file(&state.log())
        .map_err(|error| format!("cannot write {}: {error}", state.log().display()))?;
    tokio::runtime::Runtime::new()?.block_on(run(&options, &state))
}

async fn run(options: &Options, state: &StateDir) -> Result<(), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; stop the program that does, or choose another --port")
    })?;
    let address = listener.local_addr()?;
    let stop = serve::stop_on_signal()?;
    say("starting the control database");
    let database = ControlDatabase::start(state).await?;
    say("starting the emulated cluster (three nodes, real Postgres servers)");
    let cluster = match DemoCluster::start(state).await {
        Ok(cluster) => cluster,
        Err(error) => {
            database.stop().await?;
            return Err(error);
        }
    };
    let outcome = served(state, &database, &cluster, listener, address, stop).await;
    say("stopping");
    let stopped = cluster.stop().await;
    database.stop().await?;
    stopped?;
    outcome?;
    say("stopped; the state is kept, `--fresh` forgets it");
    Ok(())
}

async fn served(
    state: &StateDir,
    database: &ControlDatabase,
    cluster: &DemoCluster,
    listener: TcpListener,
    address: SocketAddr,
    stop: tokio::sync::watch::Receiver<bool>,
) -> Result<(), Failure> {
    let files = secrets::write(state, database, cluster)?;
    let config = configuration(state.network(), cluster, files, address);
    let secrets = config.secrets.read()?;
    migrate::migrate(&config.database(&secrets)).await?;
    announce(address);
    serve::serve(&config, &secrets, listener, stop).await
}

/// What an operator would write for this cluster.
fn configuration(
    [first, second]: [u8; 2],
    cluster: &DemoCluster,
    secrets: SecretFiles,
    listen: SocketAddr,
) -> Config {
    let everybody_here = vec!["127.0.0.0/8".to_owned()];
    Config {
        listen,
        behind_proxy: false,
        public_url: None,
        secrets,
        database: DatabaseSection::default(),
        limits: LimitsSection::default(),
        // It listens on loopback only, and everybody there is one network.
        bounds: BoundsSection { sign_ups_per_hour: 0, ..BoundsSection::default() },
        proxmox: ProxmoxConfig {
            api_urls: vec![cluster.url.clone()],
            token_id: cluster.token_id.clone(),
            ca: CaPin::Pem(cluster.ca_pem.clone()),
            templates: cluster::TEMPLATES
                .iter()
                .map(|(node, ctid)| ((*node).to_owned(), Ctid(*ctid)))
                .collect(),
            storage: "local-zfs".to_owned(),
            full_clone: false,
            bridge: "vmbr0".to_owned(),
            prefix: 8,
            gateway: None,
            pool: "dbxyz".to_owned(),
            tags: vec!["dbxyz".to_owned()],
            parallel_calls: 8,
            timeouts: Timeouts::default(),
        },
        instances: InstancesSection {
            first_ctid: 10_000,
            last_ctid: 999_999,
            first_address: Ipv4Addr::new(first, second, 0, 10),
            last_address: Ipv4Addr::new(first, second, 255, 250),
            allow_cidrs: everybody_here.clone(),
            platform_cidrs: everybody_here,
            memory_overcommit: 1.0,
            cpu_overcommit: 8.0,
            // The emulated nodes promise plan sizes; the servers behind them use a few megabytes each.
            check_live: false,
            concurrency: 8,
        },
        watch: WatchSection { health_secs: 5, reconcile_secs: 30, ..WatchSection::default() },
        metrics: MetricsSection { interval: 5, ..MetricsSection::default() },
        // The receiver that somebody tries it with is on this machine.
        mail: None,
        webhooks: WebhooksSection { allow_private: true },
        audit: AuditSection { checkpoint_secs: 10, ..AuditSection::default() },
    }
}

/// The configuration of the demo that runs with this state directory, for a look at it from outside.
///
/// # Errors
/// No demo runs there, or its files may not be read.
pub(crate) fn attach(state_dir: &Path) -> Result<Config, Failure> {
    let none = |error: std::io::Error| {
        format!("no demo can be looked at in {}: {error}; start one with `dbxd demo`", state_dir.display())
    };
    let root = std::fs::canonicalize(state_dir).map_err(none)?;
    let cluster = DemoCluster::running_in(&root.join("cluster"))?;
    let files = secrets::files(&root.join("control"));
    std::fs::metadata(&files.database_url_file).map_err(none)?;
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let network = network::on_record(&root).ok_or("no demo ever ran there; start one with `dbxd demo`")?;
    Ok(configuration(network, &cluster, files, nowhere))
}

/// Progress for whoever started the demo.
fn say(what: &str) {
    print(&format!("dbxd demo: {what}"));
}

/// Writes a line to standard output. A pipe that nobody reads any more must not end the demo, so its error is ignored.
fn print(line: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// The line that scripts wait for, and what a person types next.
fn announce(address: SocketAddr) {
    let dbx = std::env::current_exe().ok().map(|exe| exe.with_file_name("dbx"));
    let dbx =
        dbx.filter(|path| path.exists()).map_or_else(|| "dbx".to_owned(), |path| path.display().to_string());
    let api = if address.port() == 8080 { String::new() } else { format!(" --api http://{address}") };
    print(&format!("ready http://{address}"));
    print(&format!("next:  {dbx}{api} register --email you@example.com"));
}
