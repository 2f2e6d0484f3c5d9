//! `dbxd keys`: which master keys the secrets hang on, and moving them to a new one.
//!
//! Guarantees: only the wrapping of data keys changes, one row at a time, so servers go on reading throughout; nothing is
//! changed while any data key does not open, or while a server lives that does not know the new key. No key is printed, only identifiers.

use crate::{Failure, config};
use dbx_gateway::roll_call;
use dbx_sql::{Database, KeyCheck, Vault};
use std::{io::Write as _, path::PathBuf, process::ExitCode};

/// Commands of `dbxd keys`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Say how many data keys open, and how many of them hang on an older master key
    Check(Options),
    /// Wrap every data key by the configured master key, so that older ones can go; see docs/keys.md
    Rotate(Options),
}

/// Options of `dbxd keys`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
}

/// Does it, prints a sentence, and ends with 1 while an older key is needed.
pub(crate) fn main(command: &Command) -> Result<ExitCode, Failure> {
    let (Command::Check(options) | Command::Rotate(options)) = command;
    let config = config::load(&options.config)?;
    let secrets = config.secrets.read()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = Database::connect(&config.database(&secrets)).await?;
        let strangers = roll_call::strangers_to(&database, secrets.master_keys.current_id()).await?;
        let vault = Vault::new(database.clone(), secrets.master_keys);
        let moved = match command {
            Command::Check(_) => None,
            Command::Rotate(_) => Some(rotate(&vault, &strangers).await?),
        };
        let check = vault.check_keys().await?;
        database.close();
        report(moved, &check, &strangers)
    })
}

/// Wraps anew what hangs on another key; says how many.
async fn rotate(vault: &Vault, strangers: &[String]) -> Result<usize, Failure> {
    let before = vault.check_keys().await?;
    refuse(&before.unreadable, "not every data key opens")?;
    refuse(strangers, "not every server knows the new key")?;
    Ok(vault.rewrap().await?)
}

fn refuse(findings: &[String], why: &str) -> Result<(), Failure> {
    match findings.is_empty() {
        true => Ok(()),
        false => Err(format!("nothing was changed, because {why}:\n- {}", findings.join("\n- ")).into()),
    }
}

fn report(moved: Option<usize>, check: &KeyCheck, strangers: &[String]) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout();
    if let Some(moved) = moved {
        writeln!(out, "{moved} data keys were wrapped anew")?;
    }
    writeln!(out, "{} data keys open", check.readable)?;
    for sentence in &check.unreadable {
        writeln!(out, "does not open: {sentence}")?;
    }
    for sentence in strangers {
        writeln!(out, "{sentence}")?;
    }
    if check.older == 0 && check.unreadable.is_empty() {
        writeln!(
            out,
            "no older master key is needed: take `older_master_key_files` out of every configuration"
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    if check.older > 0 {
        writeln!(
            out,
            "{} of them hang on an older master key: run `dbxd keys rotate`; if you did, a server still runs with the old \
             configuration",
            check.older
        )?;
    }
    Ok(ExitCode::FAILURE)
}
