//! The program itself, as far as it needs no server.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

struct Dbx(TempDir);

impl Dbx {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbx"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("XDG_CONFIG_HOME", self.0.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> (Option<i32>, String, String) {
        told(self.command(line).output().unwrap())
    }
}

fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

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
    assert!(stderr.contains("dbx login"), "{stderr}");
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
fn every_shell_gets_a_script() {
    let dbx = Dbx::new();
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = dbx.run(&format!("completion {shell}"));
        assert_eq!(code, Some(0));
        assert!(stdout.contains("rotate") && stdout.contains("dbx"), "{shell}");
    }
}
