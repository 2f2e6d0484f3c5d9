//! Whether a user may enter a directory, by owner, group and mode. (Access control lists are not looked at.)

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Target;

/// The first ancestor of `path` (not `path` itself) that the user may not enter.
pub(super) fn closed_ancestor(target: &Target, path: &Path) -> Option<PathBuf> {
    let mut ancestors: Vec<&Path> = path.ancestors().skip(1).collect();
    ancestors.reverse();
    ancestors.into_iter().find(|ancestor| !permits(target, ancestor, 0o1)).map(Path::to_path_buf)
}

/// Whether the user may list and enter the directory itself.
pub(super) fn may_read(target: &Target, path: &Path) -> bool {
    permits(target, path, 0o5)
}

fn permits(target: &Target, path: &Path, wanted: u32) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    allows(
        metadata.mode(),
        metadata.uid() == target.uid.as_raw(),
        metadata.gid() == target.gid.as_raw(),
        wanted,
    )
}

/// The class that applies is the first that fits, as the kernel does it: an owner is not helped by the group's bits.
fn allows(mode: u32, is_owner: bool, in_group: bool, wanted: u32) -> bool {
    let bits = if is_owner {
        mode >> 6
    } else if in_group {
        mode >> 3
    } else {
        mode
    };
    bits & wanted == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_fits_decides() {
        assert!(allows(0o700, true, false, 0o5));
        assert!(!allows(0o700, false, false, 0o1));
        assert!(!allows(0o077, true, true, 0o1));
        assert!(allows(0o751, false, false, 0o1) && !allows(0o751, false, false, 0o5));
    }
}
