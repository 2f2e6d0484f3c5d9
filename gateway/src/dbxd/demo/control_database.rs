//! The demo's control database: a Postgres of its own on a free loopback port, with a password.

use super::{process, state::StateDir};
use crate::Failure;
use dbx_domain::Secret;
use nix::sys::signal::Signal;
use rand::{TryRngCore as _, rngs::OsRng};
use std::{
    fs,
    io::Write as _,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::process::Child;

/// How long the server may take until it answers; crash recovery included.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// Between two attempts to connect: a server that starts cannot be awaited otherwise.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);
/// Before one that ended at once is launched again: its predecessor, just killed, may not be quite gone.
const LAUNCH_PAUSE: Duration = Duration::from_secs(1);
/// The role that owns everything in it.
const OWNER: &str = "dbxd";

/// The control database while it runs.
pub(crate) struct ControlDatabase {
    directory: PathBuf,
    url: Secret,
}

impl ControlDatabase {
    /// Starts it, or takes over the one that a killed demo left running. One that ends before it answers is launched
    /// again.
    ///
    /// # Errors
    /// No Postgres server is on this machine, or none answers in time.
    pub(crate) async fn start(state: &StateDir) -> Result<Self, Failure> {
        let directory = state.control();
        let bin = server_programs(state)?;
        let password = initialise(&directory, &bin)?;
        let url = |port| format!("postgres://{OWNER}:{}@127.0.0.1:{port}/postgres", password.expose());
        let find = || match left_running(&directory) {
            Some(port) => Ok(Server { port, launched: None }),
            None => launch(&directory, &bin),
        };
        let answers =
            async |port| tokio_postgres::connect(&url(port), tokio_postgres::NoTls).await.map(|_answered| ());
        let port = answering(&directory, find, answers).await?;
        Ok(Self { url: Secret::new(url(port)), directory })
    }

    /// How to reach it, password included.
    pub(crate) fn url(&self) -> &Secret {
        &self.url
    }

    /// Stops it cleanly.
    ///
    /// # Errors
    /// It does not stop.
    pub(crate) async fn stop(&self) -> Result<(), Failure> {
        match process::recorded_pid(&self.directory.join("data/postmaster.pid")) {
            Some(pid) => process::stop(pid, Signal::SIGINT, "the control database").await,
            None => Ok(()),
        }
    }
}

/// A server that may not answer yet.
struct Server {
    port: u16,
    /// Its process, if it is our child; one that was found running is not.
    launched: Option<Child>,
}

impl Server {
    fn is_over(&mut self, directory: &Path) -> bool {
        match &mut self.launched {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => left_running(directory) != Some(self.port),
        }
    }
}

/// The port of the server from `find` that `answers`. It is looked for again whenever it ends.
async fn answering<E: std::fmt::Display>(
    directory: &Path,
    mut find: impl FnMut() -> Result<Server, Failure>,
    answers: impl AsyncFn(u16) -> Result<(), E>,
) -> Result<u16, Failure> {
    let give_up = Instant::now() + START_PATIENCE;
    let mut server = find()?;
    loop {
        match answers(server.port).await {
            Ok(()) => return Ok(server.port),
            Err(error) if Instant::now() > give_up => {
                let log = directory.join("postgres.log");
                return Err(
                    format!("the control database does not answer ({error}); see {}", log.display()).into()
                );
            }
            Err(_ended) if server.is_over(directory) => {
                tokio::time::sleep(LAUNCH_PAUSE).await;
                server = find()?;
            }
            Err(_starting) => tokio::time::sleep(CONNECT_PAUSE).await,
        }
    }
}

/// The machine's own newest server if there is one, else one of those that the instances use.
fn server_programs(state: &StateDir) -> Result<PathBuf, Failure> {
    let own = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut own: Vec<_> = own.filter(|major| major.join("bin/initdb").exists()).collect();
    own.sort_by_key(|major| major.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let fetched = state.postgres().join("17");
    let chosen = own.pop().or_else(|| fetched.join("bin/initdb").exists().then_some(fetched));
    chosen
        .map(|major| major.join("bin"))
        .ok_or_else(|| "no Postgres server was found; install one and try again".into())
}

/// Makes the cluster at the first start and returns its owner's password. A killed attempt is begun anew: the data
/// directory gets its name only when it is complete.
fn initialise(directory: &Path, bin: &Path) -> Result<Secret, Failure> {
    let (password_file, data, side) =
        (directory.join("password"), directory.join("data"), directory.join("data.new"));
    if data.join("PG_VERSION").exists() {
        return Ok(Secret::new(fs::read_to_string(password_file)?.trim()));
    }
    let password = random_hex()?;
    let mut file =
        fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&password_file)?;
    file.write_all(password.expose().as_bytes())?;
    if side.exists() {
        fs::remove_dir_all(&side)?;
    }
    let output = Command::new(bin.join("initdb"))
        .arg("-D")
        .arg(&side)
        .args(["-U", OWNER, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", "--data-checksums"])
        .arg("--pwfile")
        .arg(&password_file)
        .output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("initdb failed for the control database: {reason}").into());
    }
    fs::rename(side, data)?;
    Ok(password)
}

/// 128 random bits in hex.
pub(super) fn random_hex() -> Result<Secret, Failure> {
    let mut bytes = [0; 16];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// The port of a server that runs on our data directory already: line 4 of `postmaster.pid`.
fn left_running(directory: &Path) -> Option<u16> {
    let file = directory.join("data/postmaster.pid");
    let pid = process::recorded_pid(&file)?;
    let port = fs::read_to_string(&file).ok()?.lines().nth(3)?.trim().parse().ok()?;
    process::runs(pid, "postgres", directory).then_some(port)
}

fn launch(directory: &Path, bin: &Path) -> Result<Server, Failure> {
    // Another program could take the port in between; Postgres then says so in its log.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut program = Command::new(bin.join("postgres"));
    program.arg("-D").arg(directory.join("data")).args([
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
    ]);
    let child = process::spawn(program, &directory.join("postgres.log"), Stdio::null())?;
    Ok(Server { port, launched: Some(child) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that ends at once, or that goes on until it is dropped.
    fn server(port: u16, ends: bool) -> Server {
        let (name, argument) = if ends { ("false", "") } else { ("sleep", "600") };
        let child = tokio::process::Command::new(name).arg(argument).kill_on_drop(true).spawn().unwrap();
        Server { port, launched: Some(child) }
    }

    /// As after a postmaster that was killed a moment ago: the new one finds its lock file and ends.
    #[tokio::test]
    async fn a_server_that_ends_before_it_answers_is_launched_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut launches = 0;
        let launch = || {
            launches += 1;
            Ok(server(launches, launches < 3))
        };
        let answers = async |port| if port == 3 { Ok(()) } else { Err("connection refused") };
        assert_eq!(answering(directory.path(), launch, answers).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_server_that_starts_slowly_is_launched_once() {
        let directory = tempfile::tempdir().unwrap();
        let (mut launches, looks) = (0, std::cell::Cell::new(0));
        let launch = || {
            launches += 1;
            Ok(server(launches, false))
        };
        let answers = async |_| {
            looks.set(looks.get() + 1);
            if looks.get() > 5 { Ok(()) } else { Err("starting up") }
        };
        assert_eq!(answering(directory.path(), launch, answers).await.unwrap(), 1);
    }
}
