//! Files that hold what was agreed once; a difference fails, `DBX_UPDATE_GOLDEN=1` writes them anew for review.

use std::{fs, path::PathBuf};

/// The place of `name` under `tests/`.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Asserts that the file holds exactly `text`.
pub(crate) fn assert_matches(name: &str, text: &str) {
    let path = path(name);
    if std::env::var_os("DBX_UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let agreed = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("tests/{name}: {error}; write it with DBX_UPDATE_GOLDEN=1 and review it")
    });
    assert_eq!(agreed, text, "tests/{name} differs from what the code does");
}
