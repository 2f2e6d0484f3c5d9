//! Where things may stand and how long they may grow.

use crate::sources::{self, Source};

/// Longest file, in lines. Beyond that a stranger no longer finds the way.
const FILE_MAX: usize = 400;
/// Longest function, in lines.
const FUNCTION_MAX: usize = 60;

/// Statements may stand here, and nowhere else.
const SQL_HOMES: [&str; 4] = [
    "sql/",
    "projections/",
    // Speaks SQL to tenants' servers, never to the control database.
    "proxmox-adapter/src/sql_admin",
    "proxmox-adapter/emulator/src/backend",
];

fn complain(rule: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = sources::rust().into_iter().filter(|source| {
        let first = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        !first.starts_with("//!") && !source.path.ends_with("build.rs")
    });
    complain(
        "begin the file with a `//!` sentence on purpose and guarantees",
        silent.map(|s| s.path).collect(),
    );
}

#[test]
fn files_stay_small() {
    let long = sources::rust().into_iter().filter(|source| source.text.lines().count() > FILE_MAX);
    let named = long.map(|source| format!("{} ({} lines)", source.path, source.text.lines().count()));
    complain(&format!("split these files, at most {FILE_MAX} lines"), named.collect());
}

#[test]
fn functions_stay_small() {
    let long = sources::rust().iter().flat_map(long_functions).collect();
    complain(&format!("split these functions, at most {FUNCTION_MAX} lines"), long);
}

/// Relies on rustfmt: a function ends with a brace at the indentation where it began.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<_> = source.text.lines().collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    // `fn name(`, but not a parameter of a function type, `run: fn(`.
    let begins = |line: &str| {
        let text = line.trim_start();
        let head = text.split(['(', '<']).next().unwrap_or_default();
        !text.starts_with("//") && head.rsplit_once(' ').is_some_and(|(before, _name)| before.ends_with("fn"))
    };
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| begins(line)) {
        let ends = |other: &&str| {
            indentation(other) == indentation(line)
                && other.trim_end() == format!("{}}}", &line[..indentation(line)])
        };
        let opens =
            lines[number..].iter().position(|other| other.trim_end().ends_with(['{', ';', '}'])).unwrap_or(0);
        if lines[number + opens].trim_end().ends_with([';', '}']) {
            continue;
        }
        let length = lines[number..].iter().position(ends).map_or(0, |last| last + 1);
        if length > FUNCTION_MAX {
            found.push(format!("{}:{} ({length} lines)", source.path, number + 1));
        }
    }
    found
}

#[test]
fn sql_stays_at_home() {
    let statements = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE "];
    let stray = sources::rust()
        .into_iter()
        .filter(|s| !s.is_test() && !SQL_HOMES.iter().any(|home| s.path.starts_with(home)));
    let found = stray.flat_map(|source| {
        let path = source.path.clone();
        let lines: Vec<_> = source.text.lines().map(str::to_owned).collect();
        lines
            .into_iter()
            .enumerate()
            .filter(move |(_, line)| statements.iter().any(|s| line.contains(&format!("\"{s}"))))
            .map(move |(number, _)| format!("{path}:{}", number + 1))
            .collect::<Vec<_>>()
    });
    complain("statements live in sql/ and projections/", found.collect());
}

#[test]
fn only_the_store_writes_events() {
    let writers = sources::rust().into_iter().filter(|source| {
        !source.path.starts_with("sql/") && !source.is_test() && source.text.contains("INSERT INTO events")
    });
    complain("append through EventStore::commit", writers.map(|source| source.path).collect());
}

#[test]
fn nothing_is_left_for_later() {
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("unimple", "mented!"), concat!("to", "do!(")];
    let found = sources::rust().into_iter().flat_map(|source| {
        let hit = marks
            .iter()
            .filter(|mark| source.text.contains(**mark))
            .map(|mark| format!("{}: {mark}", source.path));
        hit.collect::<Vec<_>>()
    });
    complain("finish it or leave it out", found.collect());
}
