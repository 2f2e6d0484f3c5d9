//! Dropping root for good, with the directories that are needed still reachable under their own names.
//!
//! Postgres refuses to run as root, and product demos are started as root all the same: in a container, in CI, with
//! sudo, from a clone under /root. [`drop_to_unprivileged`] chooses an ordinary user and gives it the directories. Where
//! one of them lies below a directory that the user may not enter, a private mount namespace makes a way: nothing
//! outside this process and its children sees it, and no mode of any existing directory is changed.
//!
//! Call it before the process has a second thread: ids and namespaces belong to threads.

mod namespace;
mod reach;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, chdir, chown, geteuid, setgroups, setresgid, setresuid};

/// Why root could not be dropped, as a sentence that names the directory and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivilegeError {
    /// No such user.
    #[error("there is no user {0:?} to run as: name another one with --user")]
    NoSuchUser(String),
    /// The user asked for is root.
    #[error("user {0:?} is root itself: name an ordinary user with --user")]
    StillRoot(String),
    /// Neither the user behind sudo, nor `postgres`, nor `nobody` exists.
    #[error(
        "there is neither a user behind sudo, nor `postgres`, nor `nobody` to run as: name one with --user"
    )]
    NoCandidate,
    /// Another thread was started already.
    #[error(
        "root must be dropped before the first thread is started; {0} threads are running: this is a programming error"
    )]
    Threads(usize),
    /// A directory could not be made or given to the user.
    #[error("cannot {doing} {path} for user {user}: {source}; create it yourself and give it to that user")]
    Directory {
        /// What was being done.
        doing: &'static str,
        /// Which directory.
        path: PathBuf,
        /// For whom.
        user: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The user may not enter the directory, and no way around could be made.
    #[error(
        "user {user} may not enter {ancestor}, and a private mount namespace could not be made ({source}): move {path} to a place that everybody may enter, or start as an ordinary user"
    )]
    Unreachable {
        /// Who.
        user: String,
        /// The directory that cannot be entered.
        ancestor: PathBuf,
        /// The directory that is wanted.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The directory itself is closed to the user.
    #[error("user {user} may not read {path}: run `chmod o+rx` on it, or name another user with --user")]
    Closed {
        /// Who.
        user: String,
        /// Which directory.
        path: PathBuf,
    },
    /// The system refused to change the ids.
    #[error("cannot become user {user}: {source}; start as that user instead")]
    Refused {
        /// Who.
        user: String,
        /// The system's answer.
        source: io::Error,
    },
}

/// A directory that is needed after root is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Must be writable: it is created if missing, and its top (nothing below it) is given to the user.
    Write(PathBuf),
    /// Must be readable as it is.
    Read(PathBuf),
}

impl Access {
    fn path(&self) -> &Path {
        match self {
            Self::Write(path) | Self::Read(path) => path,
        }
    }
}

/// The user to become, with its group.
#[derive(Debug, Clone)]
struct Target {
    name: String,
    uid: Uid,
    gid: Gid,
}

impl Target {
    fn directory(&self, doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PrivilegeError {
        let (path, user) = (path.to_path_buf(), self.name.clone());
        move |source| PrivilegeError::Directory { doing, path, user, source }
    }
}

/// Drops root, if this process has it; the directories are made and stay writable. Returns the name of the user that
/// it dropped to, or `None` if it was not root. See [`drop_with`].
///
/// # Errors
/// Every [`PrivilegeError`] is a sentence for the person who started the process.
pub fn drop_to_unprivileged(user: Option<&str>, dirs: &[PathBuf]) -> Result<Option<String>, PrivilegeError> {
    let wanted: Vec<Access> = dirs.iter().cloned().map(Access::Write).collect();
    drop_with(user, &wanted)
}

/// Drops root, if this process has it, in favour of `user`; without one: the owner of the first directory that exists
/// and is not root's, else the user behind sudo, else `postgres`, else `nobody`.
///
/// The working directory becomes `/` if the user may not enter it, so give absolute paths.
///
/// # Errors
/// Every [`PrivilegeError`] is a sentence for the person who started the process.
pub fn drop_with(user: Option<&str>, wanted: &[Access]) -> Result<Option<String>, PrivilegeError> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(PrivilegeError::Threads(threads));
    }
    let target = choose(user, wanted)?;
    for access in wanted {
        if let Access::Write(path) = access {
            give(&target, path)?;
        }
    }
    namespace::open_ways(&target, wanted)?;
    leave_unreachable_directory(&target);
    become_user(&target)?;
    Ok(Some(target.name))
}

fn choose(user: Option<&str>, wanted: &[Access]) -> Result<Target, PrivilegeError> {
    if let Some(name) = user {
        let found = User::from_name(name).ok().flatten();
        let found = found.ok_or_else(|| PrivilegeError::NoSuchUser(name.to_owned()))?;
        if found.uid.is_root() {
            return Err(PrivilegeError::StillRoot(name.to_owned()));
        }
        return Ok(Target { name: found.name, uid: found.uid, gid: found.gid });
    }
    let owners = wanted.iter().filter_map(|access| match access {
        Access::Write(path) => fs::metadata(path).ok().map(|metadata| Uid::from_raw(metadata.uid())),
        Access::Read(_) => None,
    });
    let sudo = std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok()).map(Uid::from_raw);
    let by_uid = owners.chain(sudo).filter_map(|uid| User::from_uid(uid).ok().flatten());
    let by_name = ["postgres", "nobody"].into_iter().filter_map(|name| User::from_name(name).ok().flatten());
    let found = by_uid.chain(by_name).find(|user| !user.uid.is_root());
    found
        .map(|user| Target { name: user.name, uid: user.uid, gid: user.gid })
        .ok_or(PrivilegeError::NoCandidate)
}

/// Makes a directory, if it is missing, and gives its top to the user.
fn give(target: &Target, path: &Path) -> Result<(), PrivilegeError> {
    fs::create_dir_all(path).map_err(target.directory("create", path))?;
    let metadata = fs::metadata(path).map_err(target.directory("look at", path))?;
    if metadata.uid() != target.uid.as_raw() {
        chown(path, Some(target.uid), Some(target.gid))
            .map_err(|error| target.directory("change the owner of", path)(error.into()))?;
    }
    Ok(())
}

/// Programs fail in odd ways in a working directory that they may not enter.
fn leave_unreachable_directory(target: &Target) {
    let reachable = std::env::current_dir()
        .is_ok_and(|cwd| reach::closed_ancestor(target, &cwd).is_none() && reach::may_read(target, &cwd));
    if !reachable {
        // `/` always exists.
        let _ = chdir("/");
    }
}

fn become_user(target: &Target) -> Result<(), PrivilegeError> {
    let refused =
        |error: nix::Error| PrivilegeError::Refused { user: target.name.clone(), source: error.into() };
    setgroups(&[target.gid]).map_err(refused)?;
    setresgid(target.gid, target.gid, target.gid).map_err(refused)?;
    setresuid(target.uid, target.uid, target.uid).map_err(refused)?;
    // There must be no way back.
    match setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)) {
        Err(_) => Ok(()),
        Ok(()) => Err(refused(nix::Error::EPERM)),
    }
}
