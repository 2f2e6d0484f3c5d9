//! `pve-emulator serve`: the emulator as a process of its own.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use pve_emulator::{AddressRange, BackendConfig, Emulator, EmulatorConfig, Timing, privilege};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Speaks the Proxmox VE 9.1 wire contract over containers that are simulated or real Postgres servers.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C.
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Where all state lives; made if missing.
    #[arg(long)]
    state_dir: PathBuf,
    /// Address of the HTTPS API; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8006")]
    listen: SocketAddr,
    /// What stands behind containers.
    #[arg(long, value_enum, default_value = "process")]
    backend: BackendKind,
    /// Directory with 16/, 17/ and 18/, as fetch-postgres.sh makes it (process backend).
    #[arg(long, default_value = ".dbx/postgres")]
    postgres_dir: PathBuf,
    /// How long a task takes at least, in milliseconds.
    #[arg(long, default_value_t = 300)]
    task_ms: u64,
    /// Started as root: run as this user. Default: the user behind sudo, else postgres, else nobody.
    #[arg(long)]
    user: Option<String>,
    /// Leave out Proxmox's waits (3 s before a 401, up to 10 s until /cluster/resources knows of a change).
    #[arg(long)]
    no_waits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BackendKind {
    /// A real Postgres server per container.
    Process,
    /// No processes.
    Sim,
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let Arguments { command: Command::Serve(serve) } = Arguments::parse();
    match run(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut serve: Serve) -> Result<(), Box<dyn Error>> {
    serve.state_dir = std::path::absolute(&serve.state_dir)?;
    serve.postgres_dir = std::path::absolute(&serve.postgres_dir)?;
    // Before any thread exists: namespaces and ids belong to threads.
    if serve.backend == BackendKind::Process || serve.user.is_some() {
        let directories = [
            privilege::Access::Write(serve.state_dir.clone()),
            privilege::Access::Read(serve.postgres_dir.clone()),
        ];
        if let Some(user) = privilege::drop_with(serve.user.as_deref(), &directories)? {
            tracing::info!(user, "dropped root");
        }
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve_until_told(serve))
}

async fn serve_until_told(serve: Serve) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let state_dir = serve.state_dir.clone();
    let emulator = Emulator::start(serve.into_config()).await?;
    describe(&state_dir, &emulator.url())?;
    let mut stdout = io::stdout();
    writeln!(stdout, "ready {}", emulator.url())?;
    stdout.flush()?;
    tracing::info!(url = emulator.url(), "serving");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    emulator.shutdown().await;
    Ok(())
}

impl Serve {
    fn into_config(self) -> EmulatorConfig {
        let backend = match self.backend {
            BackendKind::Sim => BackendConfig::Sim,
            BackendKind::Process => {
                BackendConfig::Process { postgres_dir: self.postgres_dir, allow_bind: AddressRange::LOOPBACK }
            }
        };
        let mut config = EmulatorConfig::three_nodes(self.state_dir, backend);
        config.listen = self.listen;
        config.task_duration = Duration::from_millis(self.task_ms);
        config.timing = if self.no_waits { Timing::immediate() } else { Timing::proxmox() };
        config
    }
}

/// `emulator.json`: where to find this emulator.
fn describe(state_dir: &Path, url: &str) -> io::Result<()> {
    let side = state_dir.join("emulator.json.new");
    let text = serde_json::json!({"pid": std::process::id(), "url": url}).to_string();
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&side)?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(side, state_dir.join("emulator.json"))
}
