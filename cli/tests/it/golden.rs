//! Texts as they were agreed on. `UPDATE_GOLDEN=1` writes them anew; read the difference before committing it.

use std::{env, fs, path::Path};

/// Asserts that `actual` is the content of `tests/golden/{name}.txt`.
pub(crate) fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs; UPDATE_GOLDEN=1 accepts the new text", path.display());
}
