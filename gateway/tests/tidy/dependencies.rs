//! The arrows between crates, exactly.

use crate::sources;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Crate → what its code may use. Tests may use more: see [`FOR_TESTS`].
const ALLOWED: [(&str, &[&str]); 8] = [
    ("dbx-domain", &[]),
    ("dbx-sql", &["dbx-domain"]),
    ("dbx-projections", &["dbx-domain", "dbx-sql"]),
    ("dbx-workflows", &["dbx-domain", "dbx-sql"]),
    // The emulator only under its feature `testing`.
    ("proxmox-adapter", &["dbx-domain", "dbx-workflows", "pve-emulator"]),
    ("pve-emulator", &[]),
    (
        "dbx-gateway",
        &["dbx-domain", "dbx-projections", "dbx-sql", "dbx-workflows", "proxmox-adapter", "pve-emulator"],
    ),
    ("dbx-cli", &[]),
];

/// Crate → what its tests may use besides.
const FOR_TESTS: [(&str, &[&str]); 3] = [
    ("dbx-sql", &["dbx-sql"]),
    ("dbx-workflows", &["proxmox-adapter", "pve-emulator", "dbx-projections"]),
    ("proxmox-adapter", &["proxmox-adapter"]),
];

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let allowed: Edges = ALLOWED.iter().map(|(name, uses)| edge(name, uses)).collect();
    let (code, tests) = actual();
    assert_eq!(
        code, allowed,
        "an arrow is new or gone: change the picture in ARCHITECTURE.md first, then this table"
    );
    let besides: Edges = FOR_TESTS.iter().map(|(name, uses)| edge(name, uses)).collect();
    for (name, uses) in tests {
        let may: BTreeSet<_> = [&allowed[&name], besides.get(&name).unwrap_or(&BTreeSet::new())]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let more: Vec<_> = uses.difference(&may).collect();
        assert!(more.is_empty(), "the tests of {name} use {more:?}");
    }
}

fn edge(name: &str, uses: &[&str]) -> (String, BTreeSet<String>) {
    (name.to_owned(), uses.iter().map(|used| (*used).to_owned()).collect())
}

fn actual() -> (Edges, Edges) {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(sources::root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<_> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let (mut code, mut tests) = (Edges::new(), Edges::new());
    for package in packages {
        let name = package["name"].as_str().unwrap().to_owned();
        code.entry(name.clone()).or_default();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            let edges = if dependency["kind"] == "dev" { &mut tests } else { &mut code };
            if ours.contains(used) {
                edges.entry(name.clone()).or_default().insert(used.to_owned());
            }
        }
    }
    (code, tests)
}
