//! Secrets that nobody gets to see, and servers that say nothing.

use crate::{
    commands::{ORG, with_org},
    program::{Dbx, told},
    server::{Reply, Server},
};
use serde_json::{Value, json};
use std::{fs::File, process::Command};

const KEY: &str = "key_01m865hx0xemevrfkmhe49aehx";

fn issuing() -> Server {
    let server = with_org();
    let key = json!({ "id": KEY, "orgId": ORG, "name": "ci", "role": "viewer", "prefix": "dbx_abc", "token": "dbx_abc_hidden",
                      "userId": "usr_1", "createdAt": "2026-01-01T00:00:00Z", "expiresAt": null, "lastUsedAt": null });
    server.on("POST /v1/apikeys", [Reply::Json(201, key)]);
    server
}

fn orders(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.line.starts_with("POST")).count()
}

#[test]
fn a_secret_that_stdout_does_not_take_is_told_as_lost_with_the_way_to_revoke_it() {
    let (server, dbx) = (issuing(), Dbx::new());
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = dbx.command("apikey create ci --role viewer -o json");
    command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test").stdout(full);
    let (code, _, stderr) = told(command.output().unwrap());
    let failure: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((code, &failure["code"], &failure["id"]), (Some(2), &json!("secret_lost"), &json!(KEY)));
    assert_eq!(failure["retryable"], json!(false));
    assert!(failure["next"].as_str().unwrap().contains(&format!("dbx apikey revoke {KEY} --force")));
    assert!(failure["detail"].as_str().unwrap().contains("cannot write to stdout"), "{failure}");
    assert!(!stderr.contains("hidden"), "{stderr}");
    assert_eq!(orders(&server), 1);
}

#[test]
fn a_closed_stdout_is_refused_before_a_secret_is_ordered() {
    let (server, dbx) = (issuing(), Dbx::new());
    let run = |redirection: &str| {
        let line = format!("exec \"$0\" apikey create ci --role viewer -q {redirection}");
        let of = dbx.command("");
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(line).arg(of.get_program()).env_clear();
        command.env("XDG_CONFIG_HOME", dbx.0.path());
        command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test");
        told(command.output().unwrap())
    };
    let (code, _, stderr) = run(">&-");
    assert!(code == Some(1) && stderr.contains("stdout is closed"), "{stderr}");
    assert_eq!(orders(&server), 0);
    let (code, _, stderr) = run("> /dev/null");
    assert_eq!((code, orders(&server)), (Some(0), 1), "{stderr}");
}

#[test]
fn a_doctor_asks_a_silent_server_once_and_shows_what_it_knows_by_then() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("GET /v1/plans", [Reply::HangUp]);
    server.on("GET /v1/users/me", [Reply::HangUp]);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "doctor");
    assert_eq!(code, Some(2), "{stderr}");
    for found in ["files", "is reached in", "failed"] {
        assert!(stdout.contains(found), "{found}: {stdout}");
    }
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(asked, ["GET /v1/plans", "GET /v1/users/me"], "one attempt each");
}

#[test]
fn a_doctor_shows_a_check_while_the_next_one_hangs() {
    use std::{
        io::{BufRead as _, BufReader},
        net::TcpListener,
        process::Stdio,
    };
    // Connections wait in its queue; nobody ever reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let dbx = Dbx::new();
    let mut command = dbx.command("doctor");
    command
        .env("DBX_API_URL", format!("http://{}", silent.local_addr().unwrap()))
        .env("DBX_TOKEN", "dbx_test");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("server") && line.contains("is reached in")));
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.starts_with("api") && line.contains("failed")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn advice_about_a_quota_names_the_command_of_whose_it_is() {
    let (server, dbx) = (with_org(), Dbx::new());
    for (whose, command) in [("project", "dbx project quota NAME"), ("org", "dbx org quota")] {
        let detail = format!("the {whose}'s quota of 1 instances is reached: 1 in use, 1 asked for");
        let refusal = json!({ "type": "x", "title": "The quota is reached", "status": 422, "detail": detail, "requestId": "r",
                              "code": "quota_exceeded", "errors": [], "retryable": false });
        server.on("POST /v1/orgs", [Reply::Json(422, refusal)]);
        let (code, _, stderr) = dbx.with_token(&server.url(), "org create x");
        assert!(code == Some(1) && stderr.contains(command), "{stderr}");
    }
}
