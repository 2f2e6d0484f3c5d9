//! `dbxd replay` over what a demo did.

use crate::{
    cli::Person,
    demo::{Demo, program},
};
use serde_json::Value;
use std::process::{Command, Output};

fn replay(demo: &Demo, arguments: &[&str]) -> Output {
    let mut command = Command::new(program("dbxd"));
    let output = command.arg("replay").arg("--state-dir").arg(demo.state()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

fn text(output: Output) -> String {
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_replay_tells_decisions_changes_and_tasks_and_todays_engine_agrees() {
    let demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let shown: Value =
        serde_json::from_str(&ada.ok(&["instance", "show", "db", "--output", "json"])).unwrap();
    let (instance, org) = (shown["id"].as_str().unwrap(), shown["orgId"].as_str().unwrap());
    let story: Value =
        serde_json::from_str(&text(replay(&demo, &["--instance", instance, "--format", "json", "--check"])))
            .unwrap();
    assert!(story["decisions"].as_u64().unwrap() >= 8 && story["divergences"] == 0, "{story:#}");
    let events = || {
        story["moments"].as_array().unwrap().iter().flat_map(|moment| moment["events"].as_array().unwrap())
    };
    let clone = events().find(|event| event["call"]["kind"] == "vzclone").unwrap();
    assert!(clone["call"]["lastedMs"].as_u64().unwrap() > 0, "{clone:#}");
    let ends = |method: &'static str, end: &'static str| {
        events().flat_map(|event| event["calls"]["made"].as_array().unwrap()).any(|call| {
            call["method"] == method && call["path"].as_str().unwrap().ends_with(end) && call["status"] == 200
        })
    };
    assert!(ends("POST", "/clone") && ends("PUT", "/config") && ends("GET", "/status"), "{story:#}");
    let created = events().find(|event| event["type"] == "WorkflowFinished").unwrap();
    let running = |change: &Value| change["field"] == "resting" && change["after"] == "Running";
    assert!(created["changes"].as_array().unwrap().iter().any(running), "{created:#}");

    let story = text(replay(&demo, &["--org", org]));
    assert!(story.contains("ada created") && story.contains("decided  begin step clone"), "{story}");
    assert!(story.contains("/clone — done 200") && !story.contains("run.steps."), "{story}");
    let full = text(replay(&demo, &["--org", org, "--full", "--ids"]));
    assert!(full.contains("run.steps.") && !full.contains("ada created"), "{full}");
    let none = text(replay(&demo, &["--org", org, "--to", "2020-01-01"]));
    assert!(none.contains("0 events"), "{none}");
    let page = demo.state().join("story.html");
    replay(&demo, &["--org", org, "--format", "html", "--out", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("vzclone") && !page.contains("<script"), "{page}");
    for elsewhere in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert!(!page.contains("ada@"), "no personal data");
}
