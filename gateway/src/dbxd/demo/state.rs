//! The demo's state directory: who uses it, what is where, and as which user.

use super::{network::Network, process};
use crate::Failure;
use pve_emulator::privilege::{self, Access};
use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Fetches the Postgres servers that the machine does not have; the same script that tests use.
const FETCH_POSTGRES: &str = include_str!("../../../../proxmox-adapter/emulator/fetch-postgres.sh");

/// A state directory that is ours until we end.
pub(crate) struct StateDir {
    root: PathBuf,
    postgres: PathBuf,
    network: Network,
    _lock: File,
}

impl StateDir {
    /// Makes the directory ready and drops privileges. Must run before any thread exists.
    ///
    /// # Errors
    /// Another demo uses the directory, or the Postgres servers cannot be had.
    pub(crate) fn prepare(path: &Path, fresh: bool) -> Result<Self, Failure> {
        make_private(path)?;
        let root = fs::canonicalize(path).map_err(about(path))?;
        refuse_unquotable(&root)?;
        let postgres = match std::env::var_os("DBX_POSTGRES_DIR") {
            Some(elsewhere) => fs::canonicalize(&elsewhere)
                .map_err(|error| format!("DBX_POSTGRES_DIR {}: {error}", elsewhere.display()))?,
            None => root.join("postgres"),
        };
        let lock = lock(&root)?;
        let network = Network::hold(&root)?;
        if fresh {
            forget(&root)?;
        }
        fetch_postgres(&root, &postgres)?;
        let state = Self { root, postgres, network, _lock: lock };
        state.drop_privileges()?;
        Ok(state)
    }

    fn drop_privileges(&self) -> Result<(), Failure> {
        let program = std::env::current_exe()?;
        let programs = program.parent().ok_or("this program has no directory")?;
        let wanted = [
            Access::Write(self.root.clone()),
            Access::Read(self.postgres.clone()),
            Access::Read(programs.to_owned()),
        ];
        if let Some(user) = privilege::drop_with(None, &wanted)? {
            super::say(&format!("running as user {user}, not as root"));
        }
        make_private(&self.control())?;
        make_private(&self.cluster())?;
        Ok(())
    }

    /// Our log.
    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("dbxd.log")
    }

    /// The control database's files.
    pub(crate) fn control(&self) -> PathBuf {
        self.root.join("control")
    }

    /// The emulated cluster's files.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    /// The Postgres servers, one directory per major.
    pub(crate) fn postgres(&self) -> &Path {
        &self.postgres
    }

    /// The first two bytes of the instances' addresses.
    pub(crate) fn network(&self) -> [u8; 2] {
        self.network.prefix()
    }
}

/// Paths go into configuration files of Postgres, where these characters mean something.
fn refuse_unquotable(root: &Path) -> Result<(), Failure> {
    match root.to_string_lossy().contains(['\'', '\\', '"', '\n']) {
        true => Err(format!(
            "the state directory {} has a quote or backslash in its path; choose another --state-dir",
            root.display()
        )
        .into()),
        false => Ok(()),
    }
}

/// Names the path in an error that does not.
fn about(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.to_owned();
    move |error| {
        let advice = match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                "; it belongs to another user: run the demo as that user, or choose another --state-dir"
            }
            _ => "; choose another --state-dir",
        };
        format!("cannot use {}: {error}{advice}", path.display()).into()
    }
}

fn make_private(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        format!("cannot make {}: {error}; choose another --state-dir", path.display()).into()
    })
}

fn lock(root: &Path) -> Result<File, Failure> {
    let path = root.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(about(root))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another demo is running with {}; stop it, or choose another --state-dir",
            root.display()
        )
        .into()),
        Err(TryLockError::Error(error)) => Err(format!("cannot lock {}: {error}", root.display()).into()),
    }
}

/// Stops what an earlier demo left running and removes its data. The Postgres programs stay.
fn forget(root: &Path) -> Result<(), Failure> {
    for part in ["cluster", "control"] {
        let directory = root.join(part);
        process::stop_leftovers(&directory)?;
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("cannot remove {}: {error}", directory.display()).into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn fetch_postgres(root: &Path, target: &Path) -> Result<(), Failure> {
    let there = |major: &str| target.join(major).join("bin/postgres").exists();
    if ["16", "17", "18"].into_iter().all(there) {
        return Ok(());
    }
    super::say("fetching the Postgres servers that this machine does not have");
    let script = root.join("fetch-postgres.sh");
    fs::write(&script, FETCH_POSTGRES)?;
    let status = Command::new("bash").arg(&script).arg(target).status()?;
    match status.success() {
        true => Ok(()),
        false => Err("the Postgres servers could not be fetched; what was wrong is printed above".into()),
    }
}
