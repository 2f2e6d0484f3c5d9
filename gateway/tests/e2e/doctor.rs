//! `dbxd doctor` beside a running demo.

use crate::{
    cli::Person,
    demo::{Demo, program},
};
use serde_json::Value;
use std::{
    fs,
    process::{Command, Output},
};

fn doctor(demo: &Demo, more: &[&str]) -> Output {
    let mut command = Command::new(program("dbxd"));
    command.arg("doctor").arg("--state-dir").arg(demo.state()).args(more).output().unwrap()
}

fn json(demo: &Demo) -> (Option<i32>, Value) {
    let output = doctor(demo, &["--json"]);
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code(), document.unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

#[test]
fn a_running_demo_is_healthy_and_the_doctor_shows_no_secret() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let (code, document) = json(&demo);
    assert_eq!((code, &document["healthy"]), (Some(0), &Value::Bool(true)), "{document:#}");
    let findings = document["findings"].as_array().unwrap();
    for section in ["cluster", "database", "keys", "queue", "fleet"] {
        assert!(findings.iter().any(|finding| finding["section"] == section), "{section}: {document:#}");
    }
    let text = String::from_utf8(doctor(&demo, &["--repair"]).stdout).unwrap();
    assert!(text.contains("every instance is as recorded") && text.contains("0 errors"), "{text}");
    let mut secrets = vec![ada.ok(&["instance", "creds", "reveal", "db"]).trim().to_owned()];
    for file in ["control/master-key", "control/proxmox-token", "control/password"] {
        secrets.push(fs::read_to_string(demo.state().join(file)).unwrap().trim().to_owned());
    }
    for secret in secrets {
        assert!(!text.contains(&secret) && !document.to_string().contains(&secret));
    }
    let mut command = Command::new(program("dbxd"));
    let audit =
        command.args(["audit", "verify", "--json", "--state-dir"]).arg(demo.state()).output().unwrap();
    let report: Value = serde_json::from_slice(&audit.stdout).unwrap();
    assert_eq!((audit.status.code(), &report["sound"]), (Some(0), &Value::Bool(true)), "{report:#}");
    let projections = |arguments: &[&str]| {
        let mut command = Command::new(program("dbxd"));
        command.arg("projections").args(arguments).arg("--state-dir").arg(demo.state()).output().unwrap()
    };
    // While the demo goes on serving.
    for arguments in [&["list"][..], &["rebuild", "--all"], &["verify", "--all"]] {
        let idle = |output: &Output| String::from_utf8_lossy(&output.stderr).contains("leased by workers");
        let output = projections(arguments);
        assert!(output.status.success() || idle(&output), "{output:?}");
    }
    demo.stop();
    let after = doctor(&demo, &[]);
    let why = String::from_utf8(after.stderr).unwrap();
    assert_eq!(after.status.code(), Some(1));
    assert!(why.contains("dbxd demo"), "{why}");
}
