//! Server certificates as files, for libpq, which takes no other form.

use super::{ConfigDir, StoreError, directory, file};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Why a certificate was not written.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// What the server calls a certificate is none, or its fingerprint no fingerprint.
    #[error("the server's answer holds no usable certificate; report this with the request id")]
    Unusable,
    /// The user named a file that holds something else.
    #[error("{path} exists and is no certificate; name another file, so that nothing is lost", path = path.display())]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps a certificate among dbx's own files, named by its fingerprint.
///
/// # Errors
/// [`CertificateError`].
pub fn keep(directory: &ConfigDir, fingerprint: &str, pem: &str) -> Result<PathBuf, CertificateError> {
    // It becomes a file's name, and the server is not trusted with paths.
    let is_hex =
        (32..=128).contains(&fingerprint.len()) && fingerprint.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex || !pem.starts_with(BEGIN) {
        return Err(CertificateError::Unusable);
    }
    let home = directory.join("certificates");
    directory::make(&home)?;
    let path = home.join(format!("{fingerprint}.pem"));
    file::replace(&path, pem.as_bytes())?;
    Ok(path)
}

/// Writes a certificate where the user says; only another certificate is overwritten. The answer is absolute.
///
/// # Errors
/// [`CertificateError`].
pub fn export(path: &Path, pem: &str) -> Result<PathBuf, CertificateError> {
    if !pem.starts_with(BEGIN) {
        return Err(CertificateError::Unusable);
    }
    let fail = |action| move |cause| StoreError::File { action, path: path.to_owned(), cause };
    match fs::read(path) {
        Ok(found) if !found.starts_with(BEGIN.as_bytes()) => {
            return Err(CertificateError::Occupied { path: path.to_owned() });
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(fail("read")(error).into()),
        _ => {}
    }
    fs::write(path, pem).map_err(fail("write"))?;
    Ok(fs::canonicalize(path).map_err(fail("find"))?)
}
