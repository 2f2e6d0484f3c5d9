//! A person at a terminal, from the first question to the last typed name.

use crate::{cli::PASSWORD, demo::Demo, demo::program};
use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};
use std::process::Command;

/// Longest wait for something to appear; generous, because only a failing test waits for it.
const PATIENCE: Option<u64> = Some(120_000);

fn dbx(demo: &Demo, line: &str) -> PtySession {
    let home = demo.state().join("home-terminal");
    let mut command = Command::new(program("dbx"));
    command
        .args(line.split(' '))
        .env("DBX_API_URL", &demo.url)
        .env("XDG_CONFIG_HOME", &home)
        .env("HOME", &home)
        .env("TERM", "xterm-256color")
        // A pager would ask for keys of its own.
        .env("PAGER", "cat");
    spawn_command(command, PATIENCE).unwrap()
}

fn ends_with(mut session: PtySession, code: i32) {
    let rest = session.exp_eof().unwrap();
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, found) => assert_eq!(found, code, "{rest}"),
        other => panic!("{other:?}: {rest}"),
    }
}

#[test]
fn from_signing_up_to_deleting_a_person_is_led() {
    let mut demo = Demo::start();

    let mut session = dbx(&demo, "register");
    session.exp_string("Email: ").unwrap();
    session.send_line("ada@example.com").unwrap();
    for _ in 0..2 {
        session.exp_regex("(more|again)\\)?: ").unwrap();
        session.send_line(PASSWORD).unwrap();
    }
    session.exp_string("Signed in to").unwrap();
    ends_with(session, 0);
    ends_with(dbx(&demo, "project create myapp"), 0);

    let mut session = dbx(&demo, "instance create --name db --plan nano --wait");
    for step in ["Reserve a place on a node", "Clone the template", "Wait for Postgres to answer"] {
        session.exp_regex(&format!("{step} [^ ]+ done [0-9.]+s")).unwrap();
    }
    session.exp_regex("status[^\n]+running").unwrap();
    ends_with(session, 0);

    let mut session = dbx(&demo, "psql db");
    session.exp_string("=> ").unwrap();
    session.send_line("select 6 * 7 as answer;").unwrap();
    session.exp_regex("42").unwrap();
    session.send_line("\\q").unwrap();
    ends_with(session, 0);

    let mut session = dbx(&demo, "instance delete db --wait");
    session.exp_string("Type its name to go on: ").unwrap();
    session.send_line("bd").unwrap();
    session.exp_string("nothing is done").unwrap();
    ends_with(session, 1);
    let mut session = dbx(&demo, "instance delete db --wait");
    session.exp_string("Type its name to go on: ").unwrap();
    session.send_line("db").unwrap();
    session.exp_string("db deleted").unwrap();
    ends_with(session, 0);

    demo.stop();
}

#[test]
fn an_interrupted_wait_leaves_its_job_to_go_on() {
    let mut demo = Demo::start();
    let mut session = dbx(&demo, "register --email ada@example.com");
    for _ in 0..2 {
        session.exp_regex("(more|again)\\)?: ").unwrap();
        session.send_line(PASSWORD).unwrap();
    }
    ends_with(session, 0);
    ends_with(dbx(&demo, "project create myapp"), 0);

    let mut session = dbx(&demo, "instance create --name db --plan nano --wait");
    session.exp_regex("Reserve a place on a node [^ ]+ done").unwrap();
    session.send_control('c').unwrap();
    session.exp_regex("interrupted; job job_[a-z0-9]+ goes on").unwrap();
    ends_with(session, 130);

    let mut session = dbx(&demo, "job watch db");
    session.exp_regex("status[^\n]+succeeded").unwrap();
    ends_with(session, 0);
    demo.stop();
}
