//! No password in the clear where it does not belong: log of events, files, process arguments.

use crate::{
    cli::{PASSWORD, Person},
    demo::{Demo, command_lines},
};
use std::{fs, path::Path};

#[test]
fn no_clear_password_is_written_or_shown() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let first = ada.ok(&["instance", "creds", "reveal", "db"]).trim().to_owned();
    ada.ok(&["instance", "creds", "rotate", "db", "--wait"]);
    let second = ada.ok(&["instance", "creds", "reveal", "db"]).trim().to_owned();
    assert!(first.len() > 16 && second.len() > 16 && first != second);
    let listed = ada.ok(&["instance", "list", "--project", "myapp", "--output", "json"]);
    let shown = ada.ok(&["instance", "info", "db", "--output", "json"]);
    for secret in [first.as_str(), second.as_str(), PASSWORD] {
        assert!(!listed.contains(secret) && !shown.contains(secret));
        assert!(!shown_by_processes(secret), "in a process's arguments");
        // The control database's files hold events, read models and everything else it ever wrote, WAL included.
        let found = files_with(demo.state(), secret.as_bytes());
        assert!(found.is_empty(), "in the clear in {found:?}");
    }
    demo.stop();
}

/// Whether any process of this machine shows it among its arguments.
pub(crate) fn shown_by_processes(secret: &str) -> bool {
    command_lines().iter().any(|(_, line)| line.contains(secret))
}

/// Files below `directory` that hold `needle`.
pub(crate) fn files_with(directory: &Path, needle: &[u8]) -> Vec<std::path::PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(current) = left.pop() {
        for entry in fs::read_dir(current).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(path),
                Ok(kind) if kind.is_file() => {
                    let content = fs::read(&path).unwrap_or_default();
                    if content.windows(needle.len()).any(|window| window == needle) {
                        found.push(path);
                    }
                }
                _ => {}
            }
        }
    }
    found
}
