//! The directory of dbx's files.

use super::{Profile, StoreError, profile};
use std::{
    env,
    ffi::OsString,
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

/// `…/dbx`, which may not exist yet.
#[derive(Clone, Debug)]
pub struct ConfigDir(PathBuf);

impl ConfigDir {
    /// Where the environment says (XDG Base Directory Specification: relative paths are ignored).
    ///
    /// # Errors
    /// [`StoreError::NoHome`].
    pub fn from_environment() -> Result<Self, StoreError> {
        Self::locate(env::var_os("XDG_CONFIG_HOME"), env::var_os("HOME"))
    }

    /// Where these two variables say.
    ///
    /// # Errors
    /// [`StoreError::NoHome`].
    pub fn locate(xdg: Option<OsString>, home: Option<OsString>) -> Result<Self, StoreError> {
        let absolute = |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute(xdg).or_else(|| Some(absolute(home)?.join(".config")));
        Ok(Self(base.ok_or(StoreError::NoHome)?.join("dbx")))
    }

    /// The directory of a profile; the default one's is this very one.
    #[must_use]
    pub fn of(&self, profile: &Profile) -> Self {
        match profile.is_default() {
            true => self.clone(),
            false => Self(self.0.join(profile::HOME).join(profile.name())),
        }
    }

    /// The path of a file or directory in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Holds off other runs until the returned file is dropped. Makes the directory.
    pub(super) fn lock(&self) -> Result<File, StoreError> {
        make(&self.0)?;
        let path = self.join("lock");
        let fail =
            |action| move |path: &Path, cause| StoreError::File { action, path: path.to_owned(), cause };
        let mut options = File::options();
        let file = options.create(true).append(true).open(&path).map_err(|e| fail("open")(&path, e))?;
        file.lock().map_err(|error| fail("lock")(&path, error))?;
        Ok(file)
    }
}

/// Makes a directory for its owner alone, unless it exists.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|cause| StoreError::File { action: "create", path: path.to_owned(), cause })
}
