//! Rotate, stop, start, reboot, delete.

use crate::{
    cli::{Person, psql},
    demo::{Demo, command_lines},
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

#[test]
fn rotating_replaces_the_password_and_keeps_sessions() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "16");
    let old = ada.connection("db");
    let mut session = Session::open(&old);
    assert_eq!(session.ask("select 'before'"), "before");
    ada.ok(&["instance", "creds", "rotate", "db", "--wait"]);
    let new = ada.connection("db");
    assert_ne!(old, new);
    psql(&old, "select 1").unwrap_err();
    assert_eq!(psql(&new, "select 1"), Ok("1".to_owned()));
    assert_eq!(session.ask("select 'after'"), "after");
    // A later boot must not bring the first password back.
    ada.ok(&["instance", "reboot", "db", "--wait"]);
    psql(&old, "select 1").unwrap_err();
    assert_eq!(psql(&new, "select 1"), Ok("1".to_owned()));
    demo.stop();
}

/// An open `psql`.
struct Session {
    child: std::process::Child,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Session {
    fn open(connection: &str) -> Self {
        let mut child = Command::new("psql")
            .args(["-X", "-A", "-t", "-q", "-d", connection])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, answers }
    }

    fn ask(&mut self, sql: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{sql};").unwrap();
        self.answers.next().unwrap().unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn data_survives_stop_start_reboot_and_a_restart_of_everything() {
    let mut demo = Demo::start();
    let mut ada = Person::register(&demo, "ada");
    ada.create("db", "18");
    let connection = ada.connection("db");
    psql(&connection, "create table kept as select 42 as answer").unwrap();
    let kept = || psql(&connection, "select answer from kept");
    ada.ok(&["instance", "stop", "db", "--wait"]);
    assert_eq!(ada.json(&["instance", "info", "db"])["lifecycle"], "stopped");
    kept().unwrap_err();
    ada.ok(&["instance", "start", "db", "--wait"]);
    assert_eq!(kept(), Ok("42".to_owned()));
    ada.ok(&["instance", "reboot", "db", "--wait"]);
    assert_eq!(kept(), Ok("42".to_owned()));
    demo.stop();
    kept().unwrap_err();
    demo.restart();
    ada.moved(&demo);
    assert_eq!(ada.json(&["instance", "info", "db"])["lifecycle"], "running");
    eventually(|| kept() == Ok("42".to_owned()), "the instance is back");
    demo.stop();
}

#[test]
fn deleting_leaves_nothing_but_the_history() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let id = ada.json(&["instance", "info", "db"])["id"].as_str().unwrap().to_owned();
    let before = demo.processes();
    assert!(before.iter().any(|line| line.contains("cluster/")), "the instance's server runs: {before:?}");
    ada.ok(&["instance", "delete", "db", "--force", "--wait"]);
    let servers = |(_, line): &(u32, String)| {
        line.contains("cluster/")
            && line.contains("bin/postgres")
            && line.contains(&*demo.state().to_string_lossy())
    };
    assert!(!command_lines().iter().any(servers), "its server still runs");
    for part in ["containers", "volumes"] {
        let left = files_under(&demo.state().join("cluster").join(part), "subvol-10");
        assert!(left.is_empty(), "left in {part}: {left:?}");
    }
    assert_eq!(ada.json(&["instance", "list", "--project", "myapp"])["data"].as_array().unwrap().len(), 0);
    let history = ada.json(&["instance", "info", &id]);
    assert_eq!(history["lifecycle"], "deleted");
    ada.create("db", "17");
    assert_ne!(ada.json(&["instance", "info", "db"])["id"], id.as_str());
    demo.stop();
}

/// Files below `directory` whose path holds `part`.
fn files_under(directory: &std::path::Path, part: &str) -> Vec<std::path::PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(current) = left.pop() {
        for entry in fs::read_dir(current).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.to_string_lossy().contains(part) {
                found.push(path.clone());
            }
            if path.is_dir() {
                left.push(path);
            }
        }
    }
    found
}

/// For what no event announces: looks until it is so.
pub(crate) fn eventually(mut so: impl FnMut() -> bool, what: &str) {
    for _ in 0..300 {
        if so() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    panic!("never: {what}");
}
