//! Reading and replacing one of dbx's files.

use super::{StoreError, directory};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    process,
};

/// Who may have access to a file that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Only its owner, who must be the caller.
    Private,
    /// Anybody: it holds no secret.
    Any,
}

/// The content, or `None` if there is no such file. What is checked is the opened file, so it cannot be swapped between
/// the check and the reading.
pub(super) fn read(path: &Path, access: Access) -> Result<Option<String>, StoreError> {
    let fail = |action| move |cause| StoreError::File { action, path: path.to_owned(), cause };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail("open")(error)),
    };
    if access == Access::Private {
        check(&file.metadata().map_err(fail("look at"))?, path)?;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(fail("read"))?;
    Ok(Some(text))
}

fn check(found: &fs::Metadata, path: &Path) -> Result<(), StoreError> {
    if found.uid() != nix::unistd::geteuid().as_raw() {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    match found.mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(StoreError::Open { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

/// Puts `content` in the place of the file, readable by its owner only. A crash leaves the old or the new file.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    if let Some(parent) = path.parent() {
        directory::make(parent)?;
    }
    let fail = |action| move |cause| StoreError::File { action, path: path.to_owned(), cause };
    // Unique among the runs alive; what a crashed one left is in nobody's way for long.
    let draft = path.with_extension(format!("new-{}", process::id()));
    let _ = fs::remove_file(&draft);
    let written =
        File::options().create_new(true).write(true).mode(0o600).open(&draft).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
    let placed =
        written.map_err(fail("write")).and_then(|()| fs::rename(&draft, path).map_err(fail("replace")));
    if placed.is_err() {
        let _ = fs::remove_file(&draft);
    }
    placed
}
