//! The program, with a configuration of its own.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Somebody who runs `dbx`.
pub(crate) struct Dbx(pub(crate) TempDir);

/// Exit code, stdout, stderr.
pub(crate) type Told = (Option<i32>, String, String);

impl Dbx {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbx"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("XDG_CONFIG_HOME", self.0.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Told {
        told(self.command(line).output().unwrap())
    }

    /// Runs it with a session.
    pub(crate) fn with_token(&self, api: &str, line: &str) -> Told {
        told(self.command(line).env("DBX_API_URL", api).env("DBX_TOKEN", "dbx_test").output().unwrap())
    }

    /// Runs it with text on stdin.
    pub(crate) fn with_input(&self, line: &str, input: &str) -> Told {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        told(child.wait_with_output().unwrap())
    }
}

pub(crate) fn told(output: Output) -> Told {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
