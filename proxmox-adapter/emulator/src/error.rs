//! Why an emulator did not start.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A failed start, as a sentence that names the place and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// A file or directory of the state could not be used.
    #[error("cannot {doing} {path}: {source}; check the directory's owner and free space")]
    State {
        /// What was being done.
        doing: &'static str,
        /// Which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another emulator uses the state directory.
    #[error("another pve-emulator uses {0}: stop it first, or choose another state directory")]
    InUse(PathBuf),
    /// The journal holds something that this version cannot read.
    #[error(
        "{path} line {line} cannot be read ({reason}): it was written by another version or edited; move it away to start afresh"
    )]
    Journal {
        /// The journal file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// The parser's words.
        reason: String,
    },
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}; choose another port with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// Certificate authority or certificate could not be made or read.
    #[error(
        "cannot prepare the TLS certificate in {path}: {reason}; remove the *.pem files there to have new ones made"
    )]
    Tls {
        /// Directory of the certificates.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// Postgres refuses to run as root, and so does the process backend.
    #[error(
        "the process backend runs real Postgres servers, and Postgres refuses to run as root: start as an ordinary user, or give `--user NAME` to drop privileges first"
    )]
    RunsAsRoot,
    /// A program that the process backend needs is missing.
    #[error("the process backend needs `{program}` on PATH: {hint}")]
    MissingProgram {
        /// Name of the program.
        program: &'static str,
        /// How to get it.
        hint: &'static str,
    },
    /// The Postgres directory holds no server.
    #[error(
        "no Postgres server under {0} (expected 16/bin/postgres or the like): run proxmox-adapter/emulator/fetch-postgres.sh, or name another place with --postgres-dir"
    )]
    NoPostgres(PathBuf),
}

impl EmulatorError {
    pub(crate) fn state(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::State { doing, path, source }
    }
}
