//! Ways through directories that the user may not enter, in a mount namespace of this process alone.
//!
//! Over the first closed ancestor goes a small tmpfs that everybody may enter, and the wanted directories are mounted
//! back at their own paths, from descriptors opened before. Path names stay the same.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::{Access, PrivilegeError, Target, reach};

/// A directory below a closed one, held open.
#[derive(Debug)]
struct Blocked {
    path: PathBuf,
    ancestor: PathBuf,
    directory: File,
}

/// Makes every wanted directory reachable.
pub(super) fn open_ways(target: &Target, wanted: &[Access]) -> Result<(), PrivilegeError> {
    let mut closed = closed(target, wanted)?;
    // Outer directories first: what lies inside one of them comes back with it.
    closed.sort_by_key(|(path, _)| path.components().count());
    if let Some(first) = closed.first() {
        private_namespace().map_err(|source| unreachable(target, first, source))?;
    }
    // Opened inside the new namespace (mounts of another one cannot be bound), and before anything is covered.
    let blocked: Vec<Blocked> = closed.into_iter().map(|way| open(target, way)).collect::<Result<_, _>>()?;
    let mut brought_back: Vec<&Path> = Vec::new();
    let mut covered: Vec<&Path> = Vec::new();
    for entry in &blocked {
        if brought_back.iter().any(|outer| entry.path.starts_with(outer)) {
            continue;
        }
        let failed = |source| unreachable(target, &(entry.path.clone(), entry.ancestor.clone()), source);
        if !covered.contains(&entry.ancestor.as_path()) {
            cover(&entry.ancestor).map_err(failed)?;
            covered.push(&entry.ancestor);
        }
        bring_back(entry).map_err(failed)?;
        brought_back.push(&entry.path);
    }
    closed_tops(target, wanted)
}

fn unreachable(target: &Target, (path, ancestor): &(PathBuf, PathBuf), source: io::Error) -> PrivilegeError {
    PrivilegeError::Unreachable {
        user: target.name.clone(),
        ancestor: ancestor.clone(),
        path: path.clone(),
        source,
    }
}

/// The wanted directories that lie below one which the user may not enter, with that one.
fn closed(target: &Target, wanted: &[Access]) -> Result<Vec<(PathBuf, PathBuf)>, PrivilegeError> {
    let mut closed = Vec::new();
    for access in wanted {
        // Links are resolved now, while everything can be entered.
        let path = fs::canonicalize(access.path()).map_err(target.directory("find", access.path()))?;
        if let Some(ancestor) = reach::closed_ancestor(target, &path) {
            closed.push((path, ancestor));
        }
    }
    Ok(closed)
}

fn open(target: &Target, (path, ancestor): (PathBuf, PathBuf)) -> Result<Blocked, PrivilegeError> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlag::O_PATH.bits() | OFlag::O_DIRECTORY.bits());
    let directory = options.open(&path).map_err(target.directory("open", &path))?;
    Ok(Blocked { path, ancestor, directory })
}

/// A namespace whose mounts nobody else sees.
fn private_namespace() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    Ok(())
}

fn cover(ancestor: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), ancestor, Some("tmpfs"), flags, Some("mode=0755,size=1m"))?;
    Ok(())
}

fn bring_back(entry: &Blocked) -> io::Result<()> {
    // 0755 whatever the umask: these directories exist only to be walked through.
    let mut way = entry.ancestor.clone();
    let inside = entry.path.strip_prefix(&entry.ancestor).map_err(io::Error::other)?;
    for part in inside {
        way.push(part);
        match DirBuilder::new().mode(0o755).create(&way) {
            Ok(()) => fs::set_permissions(&way, std::os::unix::fs::PermissionsExt::from_mode(0o755))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let source = format!("/proc/self/fd/{}", entry.directory.as_raw_fd());
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(source.as_str()), &entry.path, None::<&str>, flags, None::<&str>)?;
    Ok(())
}

/// A way to a directory does not help if the directory itself is closed.
fn closed_tops(target: &Target, wanted: &[Access]) -> Result<(), PrivilegeError> {
    for path in wanted.iter().map(Access::path) {
        if !reach::may_read(target, path) {
            return Err(PrivilegeError::Closed { user: target.name.clone(), path: path.to_path_buf() });
        }
    }
    Ok(())
}
