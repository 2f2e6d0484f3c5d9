//! How a demo treats what is around it: other demos, its terminal, a cluster that dies.

use crate::{
    cli::{Person, psql},
    demo::{Demo, postgres_dir, program},
    lifecycle::eventually,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

#[test]
fn a_killed_cluster_is_started_again_and_work_goes_on() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("before", "17");
    let connection = ada.connection("before");
    let recorded = std::fs::read_to_string(demo.state().join("cluster/emulator.json")).unwrap();
    let recorded: serde_json::Value = serde_json::from_str(&recorded).unwrap();
    kill(Pid::from_raw(i32::try_from(recorded["pid"].as_i64().unwrap()).unwrap()), Signal::SIGKILL).unwrap();
    assert_eq!(psql(&connection, "select 1"), Ok("1".to_owned()), "servers do not depend on it");
    ada.create("after", "17");
    demo.stop();
}

#[test]
fn a_copied_state_directory_leaves_its_original_alone() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let connection = ada.connection("db");
    let copy = tempfile::TempDir::new().unwrap();
    let copied = Command::new("cp").arg("-a").arg(demo.state().join(".")).arg(copy.path()).status().unwrap();
    assert!(copied.success());
    let output = Command::new(program("dbxd"))
        .args(["demo", "--fresh", "--port", "0", "--state-dir"])
        .arg(copy.path())
        .env("DBX_POSTGRES_DIR", postgres_dir())
        .output()
        .unwrap();
    assert!(!output.status.success(), "its instances' addresses are in use");
    assert_eq!(psql(&connection, "select 1"), Ok("1".to_owned()));
    assert_eq!(ada.json(&["instance", "info", "db"])["lifecycle"], "running");
    demo.stop();
}

#[test]
fn a_terminal_that_goes_away_does_not_end_the_demo_untidily() {
    let state = tempfile::TempDir::new().unwrap();
    let mut server = Command::new(program("dbxd"))
        .args(["demo", "--port", "0", "--state-dir"])
        .arg(state.path())
        .env("DBX_POSTGRES_DIR", postgres_dir())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let ready = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .any(|line| line.starts_with("ready "));
    assert!(ready);
    // The reader is gone with the iterator; what the server says from here on goes nowhere.
    kill(Pid::from_raw(i32::try_from(server.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert!(server.wait().unwrap().success());
    let place = state.path().to_string_lossy().into_owned();
    eventually(
        || !crate::demo::command_lines().iter().any(|(_, line)| line.contains(&place)),
        "nothing of it is left running",
    );
}
