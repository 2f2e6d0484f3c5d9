//! What scripts do with `dbx`, against a running demo.

use crate::{cli::Person, demo::Demo, lifecycle::eventually};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

#[test]
fn a_script_gets_what_it_needs() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    let order = ["instance", "create", "--name", "db", "--plan", "nano", "--tag", "env=prod", "--wait", "-q"];
    let id = ada.ok(&order).trim().to_owned();
    assert!(id.starts_with("ins_"), "{id}");

    assert_eq!(ada.ok(&["instance", "list", "-q"]).trim(), id);
    assert_eq!(ada.ok(&["instance", "info", &id, "-q", "--fields", "name,lifecycle"]).trim(), "db\trunning");
    assert_eq!(ada.ok(&["instance", "show", "db", "-o", "yaml", "--fields", "plan"]), "plan: nano\n");
    assert_eq!(ada.json(&["api", "GET", &format!("/instances/{id}")])["name"], "db");

    ada.ok(&["instance", "update", "db", "--name", "main", "--tag", "team=a", "--untag", "env", "--protect"]);
    let now = ada.json(&["instance", "info", "main"]);
    assert_eq!(now["tags"], serde_json::json!({ "team": "a" }));
    let refused = ada.run(&["instance", "delete", "main", "--force"]);
    assert_eq!(refused.status.code(), Some(1), "protected");
    ada.ok(&["instance", "update", "main", "--unprotect"]);

    let history = ada.ok(&["instance", "history", "main", "-q", "--fields", "type"]);
    assert!(history.starts_with("InstanceRequested\n") && history.contains("ProtectionChanged"), "{history}");
    assert_eq!(ada.json(&["instance", "metrics", "main"])["window"], "1h");
    assert_eq!(ada.json(&["job", "info", "main"])["kind"], "create");

    let again = ada.run(&["instance", "start", "main", "--wait"]);
    assert_eq!(again.status.code(), Some(1), "it runs already");
    assert!(ada.ok(&["instance", "stop", "main", "--wait=5m", "-q"]).starts_with("job_"));
    assert_eq!(ada.run(&["psql", "main", "--", "-c", "select 1"]).status.code(), Some(1), "it is stopped");
    ada.ok(&["instance", "start", "main", "--wait"]);
    ada.ok(&["instance", "delete", "main", "--force", "--wait"]);
    assert_eq!(ada.ok(&["instance", "list", "-q"]), "");
    demo.stop();
}

#[test]
fn the_doctor_finds_what_is_wrong_and_what_is_not() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let found = ada.ok(&["doctor", "db"]);
    assert!(found.contains("TLS 1.3, the very one that db.xyz recorded"), "{found}");
    ada.ok(&["instance", "stop", "db", "--wait"]);
    let output = ada.run(&["doctor", "db"]);
    assert_eq!(output.status.code(), Some(2));
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(found.contains("next: dbx instance start db --wait"), "{found}");
    demo.stop();
}

#[test]
fn people_keys_and_orgs_are_managed_from_the_command_line() {
    let mut demo = Demo::start();
    let (ada, bob) = (Person::register(&demo, "ada"), Person::register(&demo, "bob"));
    let org = ada.ok(&["org", "create", "Acme", "-q"]).trim().to_owned();
    ada.ok(&["org", "use", "Acme"]);
    let link = ada.ok(&["org", "invite", "bob@example.com", "--role", "viewer", "-q"]);
    bob.ok(&["org", "accept", link.trim()]);
    assert!(bob.ok(&["org", "list"]).contains("viewer"));
    assert_eq!(bob.run(&["project", "create", "x", "--org", &org]).status.code(), Some(1), "a viewer looks");
    ada.ok(&["org", "role", "bob@example.com", "member"]);
    bob.ok(&["project", "create", "x", "--org", &org]);

    let token = ada.ok(&["apikey", "create", "--name", "ci", "--role", "member", "-q"]);
    let keyed = |line: &[&str]| ada.command(line).env("DBX_TOKEN", token.trim()).output().unwrap();
    assert!(keyed(&["project", "list", "--org", &org]).status.success());
    ada.ok(&["apikey", "revoke", "ci", "--force"]);
    assert_eq!(keyed(&["project", "list", "--org", &org]).status.code(), Some(1), "it is revoked");

    ada.ok(&["project", "delete", "x", "--force"]);
    bob.ok(&["org", "leave", "Acme", "--force"]);
    assert!(!bob.ok(&["org", "list"]).contains("Acme"));
    ada.ok(&["org", "delete", "Acme", "--force"]);
    assert!(!ada.ok(&["org", "list"]).contains("Acme"));
    demo.stop();
}

#[test]
fn what_happens_is_followed_live_until_ctrl_c() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let mut watching = ada
        .command(&["instance", "watch", "db"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(watching.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(notes.any(|note| note.contains("following")));
    let mut told = BufReader::new(watching.stdout.take().unwrap()).lines().map_while(Result::ok);
    ada.ok(&["instance", "stop", "db", "--wait"]);
    let seen: Vec<String> = told.by_ref().take_while(|line| !line.contains("db was stopped")).collect();
    assert!(seen.iter().any(|line| line.contains("stopping the container")), "{seen:?}");
    kill(Pid::from_raw(i32::try_from(watching.id()).unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(130));

    // The lists follow the log a moment behind it.
    let listed = || ada.ok(&["events", "--instance", "db"]).contains("db was stopped");
    eventually(listed, "the activity list has it too");
    let recorded = || ada.ok(&["audit", "list", "--resource", "db"]).contains("instance.stop");
    eventually(recorded, "the audit log has it too");
    demo.stop();
}

#[test]
fn an_untouched_history_verifies() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.ok(&["project", "create", "other"]);
    let found = ada.json(&["audit", "verify"]);
    assert_eq!(found["verified"], true, "{found}");
    assert!(found["events"].as_u64().unwrap() >= 3, "{found}");
    demo.stop();
}
