//! A person at a terminal: questions, progress, Ctrl-C.

use crate::{
    commands::{ORG, with_org},
    fixtures::{instances, job_with_steps},
    program::{Dbx, told},
    server::{Reply, Server},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};
use serde_json::{Value, json};
use std::process::Stdio;

// The session reads bytes as Latin-1: signs beyond ASCII are matched by what stands around them.

/// Longest wait for something to appear; generous, because only a failing test waits for it.
const PATIENCE: Option<u64> = Some(20_000);

fn at_terminal(dbx: &Dbx, server: &Server, line: &str) -> PtySession {
    with_variable(dbx, server, line, ("TERM", "xterm-256color"))
}

fn with_variable(dbx: &Dbx, server: &Server, line: &str, (name, value): (&str, &str)) -> PtySession {
    let mut command = dbx.command(line);
    command.env("DBX_API_URL", server.url()).env("TERM", "xterm-256color").env(name, value);
    // `command` has closed stdin; the terminal is to be all three.
    let mut fresh = std::process::Command::new(command.get_program());
    fresh.args(command.get_args()).env_clear();
    fresh.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    spawn_command(fresh, PATIENCE).unwrap()
}

fn exit_code(session: &PtySession) -> i32 {
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => unreachable!("{other:?}"),
    }
}

fn opened() -> Value {
    json!({
        "id": "ses_1", "token": "dbs_hidden", "expiresAt": "2027-01-01T00:00:00Z",
        "user": { "id": "usr_1", "email": "ann@example.com", "displayName": "Ann" },
    })
}

#[test]
fn a_password_is_asked_for_and_never_shown() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.gives("POST /v1/auth/login", opened());
    let mut session = at_terminal(&dbx, &server, "login");
    session.exp_string("Email: ").unwrap();
    session.send_line("ann@example.com").unwrap();
    session.exp_string("Password: ").unwrap();
    session.send_line("violet tractor").unwrap();
    let shown = session.exp_string("Signed in to").unwrap();
    assert!(!shown.contains("violet"), "{shown:?}");
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("ann@example.com, until 2027-01-01") && !rest.contains("dbs_hidden"), "{rest:?}");
    let sent: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    assert_eq!(sent["password"], "violet tractor");
}

#[test]
fn ctrl_c_at_a_password_ends_it_at_once() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let mut session = at_terminal(&dbx, &server, "login --email ann@example.com");
    session.exp_string("Password: ").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    assert_eq!(exit_code(&session), 130);
    assert!(server.asked().is_empty());
}

#[test]
fn two_different_new_passwords_are_refused() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let mut session = at_terminal(&dbx, &server, "register --email ann@example.com");
    session.exp_string("more): ").unwrap();
    session.send_line("violet tractor under moons").unwrap();
    session.exp_string("again: ").unwrap();
    session.send_line("violent tractor under moons").unwrap();
    session.exp_string("the two passwords differ").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(exit_code(&session), 1);
    assert!(server.asked().is_empty());
}

/// Signs in, so that there is a session for what follows.
fn signed_in(dbx: &Dbx, server: &Server) {
    server.gives("POST /v1/auth/login", opened());
    let line = format!("--api {} login --email ann@example.com --password-stdin", server.url());
    assert_eq!(dbx.with_input(&line, "secret\n").0, Some(0));
}

#[test]
fn a_delete_wants_the_name_typed() {
    let (server, dbx) = (with_org(), Dbx::new());
    signed_in(&dbx, &server);
    server.on(&format!("DELETE /v1/orgs/{ORG}"), [Reply::Json(204, Value::Null)]);
    for (answer, code, said) in
        [("acme", 1, "nothing is done"), ("", 1, "nothing is done"), ("Acme", 0, "is deleted")]
    {
        let mut session = at_terminal(&dbx, &server, "org delete Acme");
        session.exp_string("Type its name to go on: ").unwrap();
        session.send_line(answer).unwrap();
        session.exp_string(said).unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), code, "{answer:?}");
    }
    for (key, code, said) in
        [('c', 130, "interrupted; nothing is done"), ('d', 1, "no name was typed; nothing is done")]
    {
        let mut session = at_terminal(&dbx, &server, "org delete Acme");
        session.exp_string("Type its name to go on: ").unwrap();
        session.send_control(key).unwrap();
        session.exp_string(said).unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), code, "{key}");
    }
    let deletes = server.asked().iter().filter(|asked| asked.line.starts_with("DELETE")).count();
    assert_eq!(deletes, 1);
}

/// A server that is asked to stop an instance, and answers about the job as told, in order.
fn stopping(jobs: impl IntoIterator<Item = Value>) -> (Server, String, String) {
    let server = Server::new();
    let instance = instances().remove(0);
    let first = job_with_steps(&[("running", 1)]);
    server.gives(&format!("GET /v1/instances/{}", instance.id), json!(instance));
    server.on(&format!("POST /v1/instances/{}:stop", instance.id), [Reply::Json(202, json!(first))]);
    let answers: Vec<Reply> = jobs.into_iter().map(|job| Reply::Json(200, job)).collect();
    server.on(&format!("GET /v1/jobs/{}", first.id), answers);
    (server, instance.id, first.id)
}

#[test]
fn progress_names_the_steps_as_they_go() {
    let mut over = json!(job_with_steps(&[("completed", 1), ("completed", 1)]));
    over["status"] = json!("succeeded");
    let middle = json!(job_with_steps(&[("completed", 1), ("running", 1)]));
    // Long enough that the moving line is drawn, however slow the machine.
    let (server, instance, _) = stopping(std::iter::repeat_n(middle, 8).chain([over]));
    let dbx = Dbx::new();
    signed_in(&dbx, &server);
    let mut session = at_terminal(&dbx, &server, &format!("instance stop {instance} --wait"));
    session.exp_regex("Reserve a place on a node [^ ]+ done 0.8s").unwrap();
    // The moving line, with the time since the beginning.
    session.exp_regex("[0-9]+s Issue credentials .2 of 8.").unwrap();
    session.exp_regex("Issue credentials [^ ]+ done 0.8s").unwrap();
    session.exp_regex("done [0-9.ms]+ in all").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(exit_code(&session), 0);
}

#[test]
fn a_terminal_that_cannot_move_a_line_gets_plain_ones() {
    for variable in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let mut over = json!(job_with_steps(&[("completed", 1), ("completed", 1)]));
        over["status"] = json!("succeeded");
        let (server, instance, _) = stopping([over]);
        let dbx = Dbx::new();
        signed_in(&dbx, &server);
        let mut session = with_variable(&dbx, &server, &format!("instance stop {instance} --wait"), variable);
        session.exp_regex("Reserve a place on a node [^ ]+ done 0.8s").unwrap();
        session.exp_regex("done [0-9.ms]+ in all").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), 0, "{variable:?}");
    }
}

#[test]
fn ctrl_c_leaves_the_job_alone_and_says_how_to_follow_it() {
    let (server, instance, job) = stopping([json!(job_with_steps(&[("running", 1)]))]);
    let dbx = Dbx::new();
    signed_in(&dbx, &server);
    let mut session = at_terminal(&dbx, &server, &format!("instance stop {instance} --wait"));
    session.exp_string("Reserve").unwrap();
    session.send_control('c').unwrap();
    session.exp_string(&format!("interrupted; job {job} goes on")).unwrap();
    session.exp_string(&format!("next: watch it: dbx job watch {job}")).unwrap();
    session.exp_eof().unwrap();
    assert_eq!(exit_code(&session), 130);
}

#[test]
fn a_job_that_fails_ends_the_wait_with_a_code_of_its_own() {
    let (server, instance, job) = stopping([json!(crate::fixtures::job("failed"))]);
    let dbx = Dbx::new();
    signed_in(&dbx, &server);
    let line = format!("--api {} instance stop {instance} --wait -o json", server.url());
    let (code, stdout, stderr) = dbx.run(&line);
    assert_eq!(code, Some(4), "{stderr}");
    let document: Value = serde_json::from_str(&stderr).unwrap();
    let failed = crate::fixtures::job("failed");
    assert_eq!(
        (&document["jobId"], &document["instanceId"]),
        (&json!(failed.id), &json!(failed.instance_id))
    );
    let printed: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(printed, json!(failed), "the job as it ended, not as {job} began");
}

#[test]
fn waiting_ends_at_its_limit_and_says_how_to_go_on() {
    let (server, instance, job) = stopping([json!(job_with_steps(&[("running", 1)]))]);
    let dbx = Dbx::new();
    signed_in(&dbx, &server);
    let (code, _, stderr) = dbx.run(&format!("--api {} instance stop {instance} --wait=1s", server.url()));
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains(&format!("job watch {job}")), "{stderr}");
    let line = format!("--api {} instance stop {instance} --wait=1s -o json", server.url());
    let (code, stdout, stderr) = dbx.run(&line);
    let (printed, document): (Value, Value) =
        (serde_json::from_str(&stdout).unwrap(), serde_json::from_str(&stderr).unwrap());
    assert_eq!(
        (code, &document["code"], &document["title"]),
        (Some(3), &json!("wait_timed_out"), &json!("The job goes on"))
    );
    assert_eq!((&document["jobId"], &printed["id"]), (&json!(job), &json!(job)));
    assert_eq!(document["instanceId"], printed["instanceId"]);
}

#[test]
fn a_signal_leaves_programs_with_the_ids() {
    // SIGHUP is another matter: where the tests run under nohup, it is to be ignored.
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let (server, instance, job) = stopping([json!(job_with_steps(&[("running", 1)]))]);
        let dbx = Dbx::new();
        let line = format!("instance stop {instance} --wait -o json");
        let mut command = dbx.command(&line);
        command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Once it asks how the job stands, it is waiting.
        server.await_asked(&format!("GET /v1/jobs/{job}"));
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        let (ended, stdout, stderr) = told(child.wait_with_output().unwrap());
        assert_eq!(ended, Some(code), "{signal}: {stderr}");
        let (printed, document): (Value, Value) =
            (serde_json::from_str(&stdout).unwrap(), serde_json::from_str(&stderr).unwrap());
        assert_eq!((&document["code"], &document["jobId"]), (&json!("interrupted"), &json!(job)));
        assert_eq!(printed["id"], json!(job));
    }
}

#[test]
fn a_signal_before_the_answer_leaves_the_key() {
    for (signal, code, json) in [(Signal::SIGINT, 130, true), (Signal::SIGTERM, 143, false)] {
        let (server, dbx) = (Server::new(), Dbx::new());
        // The head of an answer that never ends.
        server.on("POST /v1/orgs", [Reply::Stall(String::new())]);
        let mut command = dbx.command(if json { "org create Acme -o json" } else { "org create Acme" });
        command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        server.await_asked("POST /v1/orgs");
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        let (ended, stdout, stderr) = told(child.wait_with_output().unwrap());
        assert_eq!((ended, stdout.as_str()), (Some(code), ""), "{signal}: {stderr}");
        let key = server.asked()[0].headers["idempotency-key"].clone();
        if json {
            let document: Value = serde_json::from_str(&stderr).unwrap();
            assert_eq!(
                (&document["code"], &document["idempotencyKey"]),
                (&json!("interrupted"), &json!(key))
            );
        } else {
            assert!(stderr.contains(&format!("--idempotency-key {key}")), "{stderr}");
        }
    }
}

#[test]
fn a_name_that_cannot_be_shown_as_it_is_can_be_typed_either_way() {
    let (server, dbx) = (Server::new(), Dbx::new());
    signed_in(&dbx, &server);
    let org =
        json!({ "id": ORG, "name": "bidi\u{202e}abc", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" });
    server.gives("GET /v1/orgs", crate::commands::page(json!([org])));
    server.on(&format!("DELETE /v1/orgs/{ORG}"), [Reply::Json(204, Value::Null)]);
    for typed in ["bidi\u{202e}abc", "bidi\u{fffd}abc"] {
        let mut session = at_terminal(&dbx, &server, &format!("org delete {ORG}"));
        session.exp_string("Type its name to go on: ").unwrap();
        session.send_line(typed).unwrap();
        session.exp_string("is deleted").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), 0, "{typed:?}");
    }
}

#[test]
fn ctrl_d_at_a_question_ends_its_line() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let mut session = at_terminal(&dbx, &server, "login");
    session.exp_string("Email: ").unwrap();
    session.send_control('d').unwrap();
    session.exp_regex("^\r?\nerror: ").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(exit_code(&session), 1);
}
