//! The program itself, as far as it needs no server.

use crate::{
    golden::assert_golden,
    program::{Dbx, told},
};
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

/// An address at which surely nothing listens: it was ours a moment ago.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn help_and_version_are_results() {
    let dbx = Dbx::new();
    for line in ["--help", "--version", "instance create --help"] {
        let (code, stdout, stderr) = dbx.run(line);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{line}");
        assert!(!stdout.is_empty());
    }
}

#[test]
fn wrong_usage_is_told_on_stderr_in_the_wished_form() {
    let dbx = Dbx::new();
    let (code, stdout, stderr) = dbx.run("instance info");
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("<INSTANCE>"), "{stderr}");
    let (code, stdout, stderr) = dbx.run("instance info -o json");
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let document: serde_json::Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(document["code"], "usage");
}

#[test]
fn without_a_session_nothing_is_asked() {
    let dbx = Dbx::new();
    let (code, _, stderr) = dbx.run(&format!("--api {} instance list", nobody()));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("login --email"), "{stderr}");
}

#[test]
fn an_absent_server_is_an_error_with_its_address() {
    let (dbx, api) = (Dbx::new(), nobody());
    let (code, stdout, stderr) = dbx.run(&format!("--api {api} plans"));
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains(&api) && stderr.contains("next: "), "{stderr}");
    let (code, _, stderr) = dbx.run(&format!("--api {api} plans -o json"));
    let document: serde_json::Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((code, &document["code"]), (Some(2), &"unreachable".into()));
}

#[test]
fn a_token_of_the_environment_is_used_and_not_shown() {
    let dbx = Dbx::new();
    let output =
        dbx.command(&format!("--api {} whoami", nobody())).env("DBX_TOKEN", "dbs_hidden").output().unwrap();
    let (code, stdout, stderr) = told(output);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("dbs_hidden"));
}

#[test]
fn credentials_that_others_can_read_stop_everything() {
    let dbx = Dbx::new();
    let path = dbx.0.path().join("dbx/credentials.json");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, r#"{"sessions":{}}"#).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, stderr) = dbx.run("whoami");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("chmod 600"), "{stderr}");
}

#[test]
fn passwords_are_not_asked_for_where_nobody_can_type() {
    let dbx = Dbx::new();
    let (code, _, stderr) = dbx.run("login --email ann@example.com");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--password-stdin"), "{stderr}");
    let (code, _, stderr) = dbx.run("login --email ann@example.com --password-stdin");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("empty"), "{stderr}");
}

#[test]
fn help_reads_as_agreed() {
    let dbx = Dbx::new();
    for (name, line) in [
        ("help", "--help"),
        ("help-short", "-h"),
        ("help-instance", "instance -h"),
        ("help-instance-create", "instance create -h"),
        ("help-job", "job -h"),
        ("help-org", "org -h"),
    ] {
        assert_golden(name, &dbx.run(line).1);
    }
}

#[test]
fn profiles_are_apart_from_each_other() {
    let dbx = Dbx::new();
    let path = dbx.0.path().join("dbx/profiles/work");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("config.json"), r#"{"api":"https://db.example.com","servers":{}}"#).unwrap();
    assert_golden("profiles", &dbx.run("profiles --profile work").1);
    let (_, _, stderr) = dbx.run("whoami --profile work");
    assert!(stderr.contains("https://db.example.com in profile work"), "{stderr}");
    let (_, _, stderr) = dbx.run("whoami");
    assert!(stderr.contains("http://127.0.0.1:8080\n"), "{stderr}");
    let (code, _, stderr) = dbx.run("whoami --profile ../x");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("lower-case"), "{stderr}");
}

#[test]
fn a_time_apart_from_its_option_is_told_how_to_get_to_it() {
    let dbx = Dbx::new();
    let (code, _, stderr) = dbx.run("instance reboot x --wait 5m");
    assert!(code == Some(1) && stderr.contains("--wait=10m"), "{stderr}");
    let document: serde_json::Value =
        serde_json::from_str(&dbx.run("instance reboot x --wait 5m -o json").2).unwrap();
    assert!(document["next"].as_str().unwrap().contains("--wait=10m"), "{document}");
    assert!(!dbx.run("instance reboot x y --wait").2.contains("--wait=10m"));
    assert!(dbx.run("psql db --output=file").2.contains("behind --"));
}

#[test]
fn advice_leads_to_the_same_profile_and_server() {
    let (dbx, api) = (Dbx::new(), nobody());
    let (_, _, stderr) = dbx.run(&format!("--profile work --api {api} whoami"));
    assert!(stderr.contains(&format!("dbx --profile work --api {api} login")), "{stderr}");
    let (_, _, stderr) = dbx.run(&format!("--api {api} whoami"));
    assert!(stderr.contains(&format!("dbx --api {api} login")), "{stderr}");
}

#[test]
fn an_export_that_is_not_there_is_named() {
    let (server, dbx) = (crate::commands::with_org(), Dbx::new());
    server.gives("GET /v1/audit-logs/keys", serde_json::json!({ "data": [] }));
    let (code, _, stderr) = dbx.with_token(&server.url(), "audit verify --chain /nonexistent/chain");
    assert!(
        code == Some(1) && stderr.contains("/nonexistent/chain") && stderr.contains("next: "),
        "{stderr}"
    );
}

#[test]
fn an_export_on_stdout_has_no_other_form() {
    let (server, dbx) = (crate::commands::with_org(), Dbx::new());
    for format in ["json", "yaml"] {
        let (code, stdout, stderr) = dbx.with_token(&server.url(), &format!("audit export -o {format}"));
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.contains("--format"), "{stderr}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let dbx = Dbx::new();
    let place = dbx.0.path().join("man1");
    let (code, _, stderr) = dbx.run(&format!("man --dir {}", place.display()));
    assert_eq!(code, Some(0), "{stderr}");
    for page in ["dbx.1", "dbx-instance-create.1", "dbx-job-abandon.1"] {
        let text = fs::read_to_string(place.join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(dbx.run("man").1.contains(".TH dbx 1"));
}

#[test]
fn programs_read_one_document_on_stderr_also_without_encryption() {
    let (dbx, line) = (Dbx::new(), "--api http://db.example.com whoami");
    assert!(dbx.run(line).2.starts_with("warning: "), "people are warned");
    let stderr = dbx.run(&format!("{line} -o json")).2;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&stderr).unwrap()["code"], "unauthenticated");
}

#[test]
fn a_variable_that_can_be_no_token_is_told_and_not_sent() {
    let dbx = Dbx::new();
    for token in ["dbs_é", "dbs_a\nb"] {
        let output =
            dbx.command(&format!("--api {} whoami", nobody())).env("DBX_TOKEN", token).output().unwrap();
        let (code, _, stderr) = told(output);
        assert!(code == Some(1) && stderr.contains("DBX_TOKEN is no token"), "{stderr}");
        assert!(!stderr.contains("dbs_"), "{stderr}");
    }
}
