//! Where logs go, and how a command that failed says so.

use std::{error::Error, fs::File, io::IsTerminal as _, path::Path, sync::Mutex};
use tracing_subscriber::EnvFilter;

fn filter() -> EnvFilter {
    EnvFilter::try_from_env("DBXD_LOG").unwrap_or_else(|_| EnvFilter::new("info"))
}

/// Logs to standard error: JSON for collectors, text on a terminal.
pub(crate) fn to_stderr() {
    let builder = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr);
    match std::io::stderr().is_terminal() {
        true => builder.init(),
        false => builder.json().init(),
    }
}

/// Logs to a file, appending.
pub(crate) fn to_file(path: &Path) -> std::io::Result<()> {
    let file = File::options().create(true).append(true).open(path)?;
    tracing_subscriber::fmt().with_env_filter(filter()).with_ansi(false).with_writer(Mutex::new(file)).init();
    Ok(())
}

/// Prints an error with its causes, without saying anything twice: many errors quote their source already.
#[expect(clippy::print_stderr, reason = "this is where a command says why it failed")]
pub(crate) fn complain(error: &(dyn Error + 'static)) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let more = current.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = current.source();
    }
    eprintln!("error: {text}");
}
