//! `dbx` and `psql` as a user calls them.

use crate::demo::{Demo, program};
use serde_json::Value;
use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// A person with a configuration directory of their own.
pub(crate) struct Person {
    url: String,
    home: PathBuf,
}

pub(crate) const PASSWORD: &str = "violet tractor under nine moons";

impl Person {
    /// Registers, and makes the project `myapp`.
    pub(crate) fn register(demo: &Demo, name: &str) -> Self {
        let home = demo.state().join(format!("home-{name}"));
        let person = Self { url: demo.url.clone(), home };
        let email = format!("{name}@example.com");
        person.ok_with_input(&["register", "--email", &email, "--name", name, "--password-stdin"], PASSWORD);
        person.ok(&["project", "create", "myapp"]);
        person
    }

    /// The server came back under another port.
    pub(crate) fn moved(&mut self, demo: &Demo) {
        let email = format!(
            "{}@example.com",
            self.home.file_name().unwrap().to_string_lossy().trim_start_matches("home-")
        );
        self.url.clone_from(&demo.url);
        self.ok_with_input(&["login", "--email", &email, "--password-stdin"], PASSWORD);
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("dbx"));
        command
            .args(arguments)
            .env("DBX_API_URL", &self.url)
            .env("XDG_CONFIG_HOME", &self.home)
            .env("HOME", &self.home)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it, expects success, and gives back what it printed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        succeeded(arguments, self.run(arguments))
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<_> = arguments.iter().copied().chain(["--output", "json"]).collect();
        serde_json::from_str(&self.ok(&arguments)).unwrap()
    }

    fn ok_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{input}").unwrap();
        succeeded(arguments, child.wait_with_output().unwrap())
    }

    pub(crate) fn create(&self, name: &str, pg: &str) {
        self.ok(&[
            "instance",
            "create",
            "--project",
            "myapp",
            "--name",
            name,
            "--plan",
            "nano",
            "--pg",
            pg,
            "--wait",
        ]);
    }

    /// A complete connection string, password included.
    pub(crate) fn connection(&self, instance: &str) -> String {
        self.ok(&["instance", "connection", instance, "--reveal"]).trim().to_owned()
    }
}

fn succeeded(arguments: &[&str], output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "dbx {arguments:?} failed: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `psql` prints for `sql`, or what it says when it is refused.
pub(crate) fn psql(connection: &str, sql: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", connection, "-c", sql])
        .env("PGCONNECT_TIMEOUT", "10")
        .stdin(Stdio::null())
        .output()
        .expect("psql is installed (Debian: postgresql-client)");
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
