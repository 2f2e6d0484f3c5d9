//! The demo's secret files: the same files that an operator would write.

use super::{
    cluster::DemoCluster,
    control_database::{ControlDatabase, random_hex},
    state::StateDir,
};
use crate::{Failure, config::SecretFiles};
use dbx_domain::Secret;
use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

/// Where they are.
pub(super) fn files(control: &Path) -> SecretFiles {
    SecretFiles {
        database_url_file: control.join("database-url"),
        master_key_file: control.join("master-key"),
        older_master_key_files: Vec::new(),
        proxmox_token_file: control.join("proxmox-token"),
        checkpoint_key_file: Some(control.join("checkpoint-key")),
    }
}

/// Writes them. The keys are made once; the others follow what runs.
pub(super) fn write(
    state: &StateDir,
    database: &ControlDatabase,
    cluster: &DemoCluster,
) -> Result<SecretFiles, Failure> {
    let files = files(&state.control());
    write_private(&files.database_url_file, database.url())?;
    write_private(&files.proxmox_token_file, &cluster.token_secret)?;
    for file in std::iter::once(&files.master_key_file).chain(&files.checkpoint_key_file) {
        if !file.exists() {
            let key = Secret::new(format!("{}{}", random_hex()?.expose(), random_hex()?.expose()));
            write_private(file, &key)?;
        }
    }
    Ok(files)
}

/// By rename, so that a reader never sees half a secret.
fn write_private(path: &Path, secret: &Secret) -> Result<(), Failure> {
    let side = path.with_extension("new");
    let mut file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&side)?;
    file.write_all(secret.expose().as_bytes())?;
    file.sync_all()?;
    fs::rename(side, path)?;
    Ok(())
}
