//! Completion with names that the server knows.

use crate::{
    commands::{ORG, page, with_org},
    fixtures,
    program::{Dbx, told},
    server::Server,
};
use serde_json::json;

/// What bash would offer for the last word of a line.
fn offered(dbx: &Dbx, server: &Server, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = dbx.command("--");
    command
        .args(&words)
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("DBX_API_URL", server.url())
        .env("DBX_TOKEN", "dbx_test");
    let (code, stdout, stderr) = told(command.output().unwrap());
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{line}");
    stdout.lines().map(str::to_owned).collect()
}

fn server() -> Server {
    let server = with_org();
    let project = |id: &str, name: &str| json!({ "id": id, "orgId": ORG, "name": name, "createdAt": "2026-01-01T00:00:00Z" });
    let projects = page(json!([project("prj_1", "myapp"), project("prj_2", "other")]));
    server.gives(&format!("GET /v1/orgs/{ORG}/projects"), projects);
    server.gives("GET /v1/projects/prj_1/instances", page(json!(fixtures::instances())));
    server.gives("GET /v1/projects/prj_2/instances", page(json!([])));
    server.gives("GET /v1/plans", serde_json::from_str(include_str!("../fixtures/plans.json")).unwrap());
    server
}

#[test]
fn verbs_and_options_are_offered() {
    let (server, dbx) = (server(), Dbx::new());
    let verbs = offered(&dbx, &server, "dbx instance ");
    assert!(verbs.contains(&"create".to_owned()) && verbs.contains(&"history".to_owned()), "{verbs:?}");
    assert!(offered(&dbx, &server, "dbx instance delete --f").contains(&"--force".to_owned()));
    assert!(server.asked().is_empty(), "no server is needed for that");
}

#[test]
fn names_are_live() {
    let (server, dbx) = (server(), Dbx::new());
    let all: Vec<String> = fixtures::instances().into_iter().map(|instance| instance.name).collect();
    let found = offered(&dbx, &server, "dbx instance info ");
    assert!(all.iter().all(|name| found.contains(name)), "{found:?}");
    assert_eq!(offered(&dbx, &server, "dbx instance list --project my"), ["myapp"]);
    assert_eq!(offered(&dbx, &server, "dbx org use A"), ["Acme"]);
    server.gives(
        "GET /v1/orgs",
        page(json!([
            { "id": ORG, "name": "My org", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" }
        ])),
    );
    assert_eq!(offered(&dbx, &server, "dbx org use M"), [r"My\ org"]);
    assert_eq!(offered(&dbx, &server, "dbx instance create --pg 1"), ["16", "17", "18"]);
    let plans = offered(&dbx, &server, "dbx instance create --plan pro");
    assert_eq!(plans, ["pro", "pro-heavy"]);
}

#[test]
fn what_would_be_refused_as_ambiguous_or_as_an_option_is_offered_by_id() {
    let (server, dbx) = (server(), Dbx::new());
    let mut twin = fixtures::instances().remove(0);
    (twin.id, twin.project_id) = ("ins_01m865hx0xemevrfkmhe49zzzz".to_owned(), "prj_2".to_owned());
    server.gives("GET /v1/projects/prj_2/instances", page(json!([twin])));
    let found = offered(&dbx, &server, "dbx instance info ");
    assert!(!found.contains(&twin.name) && found.contains(&twin.id), "{found:?}");
    assert!(found.contains(&fixtures::instances()[0].id), "{found:?}");
    // In one project the name is enough.
    assert!(offered(&dbx, &server, "dbx instance info --project other ").contains(&twin.name));
    let key = |id: &str, name: &str| {
        json!({ "id": id, "orgId": ORG, "userId": "usr_1", "name": name, "prefix": "abc", "role": "member",
                "createdAt": "2026-01-01T00:00:00Z", "expiresAt": null, "lastUsedAt": null })
    };
    server.gives(
        "GET /v1/apikeys",
        page(json!([key("key_1", "x y"), key("key_2", "x y"), key("key_3", "--force")])),
    );
    let found = offered(&dbx, &server, "dbx apikey revoke ");
    assert!(["key_1", "key_2", "key_3"].iter().all(|id| found.contains(&(*id).to_owned())), "{found:?}");
    assert!(!found.iter().any(|word| word.contains('x') && word.contains("\\ ")), "{found:?}");
}

#[test]
fn jobs_are_offered_by_their_ids() {
    let (server, dbx) = (server(), Dbx::new());
    for project in ["prj_1", "prj_2"] {
        server.gives(&format!("GET /v1/projects/{project}/jobs"), page(json!([])));
    }
    server.gives("GET /v1/projects/prj_1/jobs", page(json!(fixtures::jobs())));
    let found = offered(&dbx, &server, "dbx job info job_");
    assert!(fixtures::jobs().iter().all(|job| found.contains(&job.id)), "{found:?}");
}

#[test]
fn what_is_typed_already_narrows_the_names() {
    let (server, dbx) = (server(), Dbx::new());
    let found = offered(&dbx, &server, "dbx instance info --project other ");
    assert!(
        !found.iter().any(|name| fixtures::instances().iter().any(|instance| instance.name == *name)),
        "{found:?}"
    );
}

#[test]
fn an_absent_server_or_session_offers_nothing_and_says_nothing() {
    let dbx = Dbx::new();
    let gone = Server::new();
    assert!(!offered(&dbx, &gone, "dbx instance info ").iter().any(|word| word == "away"));
    let mut command = dbx.command("-- dbx org use");
    command.arg("").env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3");
    let (code, _, stderr) = told(command.output().unwrap());
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
}

#[test]
fn every_shell_gets_a_script_that_asks_this_program() {
    let dbx = Dbx::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, stdout, stderr) = dbx.run(&format!("completion {shell}"));
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert!(stdout.contains("COMPLETE") && stdout.contains("dbx"), "{shell}: {stdout}");
    }
}
