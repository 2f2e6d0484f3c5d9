//! What `dbx` remembers between runs, in `$XDG_CONFIG_HOME/dbx` or `~/.config/dbx`.
//!
//! Guarantees: the directory is made for its owner alone; a file is replaced whole or not at all; two runs at once do
//! not lose each other's changes.

mod certificates;
mod credentials;
mod directory;
mod evidence;
mod file;
mod profile;
mod settings;

pub use certificates::{CertificateError, export, keep};
pub use credentials::{Credentials, Session};
pub use directory::ConfigDir;
pub use evidence::{Evidence, Seen, SeenCheckpoint};
pub use profile::{Profile, ProfileError};
pub use settings::{Chosen, Selection, Settings};

use std::{io, path::PathBuf};

/// Why something could not be remembered or recalled.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Neither `XDG_CONFIG_HOME` nor `HOME` says where.
    #[error("there is no place for dbx's files: set HOME, or XDG_CONFIG_HOME to an absolute path")]
    NoHome,
    /// The file system refused.
    #[error("cannot {action} {path}: {cause}", path = path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Others may have read the tokens, or may put their own in.
    #[error("{path} is open to other users (mode {mode:04o}); if nobody read it: chmod 600 {path}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else's file.
    #[error("{path} belongs to another user; move it away and sign in again", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Not what this program wrote.
    #[error("{path} is damaged ({cause}); move it away and sign in again", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
}
