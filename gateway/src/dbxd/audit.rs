//! `dbxd audit verify`: proves that the log is what was written, or says where it is not.
//!
//! Guarantees: it only reads; what it trusts are the keys of the configuration and of the command line, nothing in the
//! database. It ends with 1 if anything was changed.

use crate::{Failure, config, demo};
use dbx_sql::{
    Database,
    checkpoint::{PublicKey, bytes_of, hex, verify::Report, verify::verify},
};
use serde_json::json;
use std::{io::Write as _, path::PathBuf, process::ExitCode};

/// Commands of `dbxd audit`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Check every event and every checkpoint, and say exactly what was changed
    Verify(Options),
}

/// Options of `dbxd audit verify`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
    /// Verify the demo with this state directory instead
    #[arg(long, conflicts_with = "config")]
    state_dir: Option<PathBuf>,
    /// Also trust this public key (hexadecimal)
    #[arg(long, value_name = "KEY")]
    trust: Vec<PublicKey>,
    /// A checkpoint that you noted elsewhere, such as the server's log: it must still be there
    #[arg(long, value_name = "NUMBER:HASH", value_parser = noted)]
    expect: Option<(u64, [u8; 32])>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn noted(text: &str) -> Result<(u64, [u8; 32]), String> {
    let parsed =
        text.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, bytes_of(hash)?)));
    parsed.ok_or_else(|| "write it as NUMBER:HASH, as the server's log shows them".to_owned())
}

/// Verifies, prints, and tells whether everything is sound.
pub(crate) fn main(command: &Command) -> Result<ExitCode, Failure> {
    let Command::Verify(options) = command;
    let config = match &options.state_dir {
        Some(state) => demo::attach(state)?,
        None => config::load(&options.config)?,
    };
    let (report, missing) = tokio::runtime::Runtime::new()?.block_on(examine(&config, options))?;
    print(&report, missing.as_deref(), options.json)?;
    Ok(if report.is_sound() && missing.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(config: &config::Config, options: &Options) -> Result<(Report, Option<String>), Failure> {
    let secrets = config.secrets.read()?;
    let mut trusted = config.audit.older_keys();
    trusted.extend(secrets.checkpoint_key.as_ref().map(dbx_sql::checkpoint::CheckpointKey::public));
    trusted.extend(&options.trust);
    let database = Database::connect(&config.database(&secrets)).await?;
    let report = verify(&database, &trusted).await?;
    let missing = match options.expect {
        Some(expected) => missing(&database, expected).await?,
        None => None,
    };
    database.close();
    Ok((report, missing))
}

/// Why the checkpoint that was noted elsewhere is not there, if it is not.
async fn missing(database: &Database, (number, hash): (u64, [u8; 32])) -> Result<Option<String>, Failure> {
    let found = dbx_sql::checkpoint::read::list(database, Some(number + 1), 1).await?;
    let found = found.first().filter(|found| found.parsed.number == number);
    Ok(match found {
        None => {
            Some(format!("checkpoint {number}, which you noted, is gone: the end of the log was cut off"))
        }
        Some(found) if dbx_sql::checkpoint::statement_hash(&found.statement) != hash => {
            Some(format!("checkpoint {number} is not the one that you noted: history was replaced"))
        }
        Some(_) => None,
    })
}

fn print(report: &Report, missing: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let findings: Vec<String> = missing
        .map(str::to_owned)
        .into_iter()
        .chain(report.findings.iter().map(ToString::to_string))
        .collect();
    let text = if as_json { document(report, &findings) } else { sentences(report, &findings) };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

fn document(report: &Report, findings: &[String]) -> String {
    let newest = report.newest.map(|(number, hash)| json!({"number": number, "hash": hex(&hash)}));
    let document = json!({
        "sound": findings.is_empty(),
        "findings": findings,
        "moreFindings": report.more,
        "streams": report.streams,
        "events": report.events,
        "eventsNotYetSigned": report.uncovered,
        "eventsOfOtherPrograms": report.unsealed,
        "checkpoints": report.checkpoints,
        "newestCheckpoint": newest,
    });
    format!("{document:#}")
}

fn sentences(report: &Report, findings: &[String]) -> String {
    let mut lines: Vec<String> = findings.iter().map(|finding| format!("✗ {finding}")).collect();
    if report.more {
        lines.push("✗ … and more".to_owned());
    }
    let Report { streams, events, checkpoints, uncovered, unsealed, .. } = report;
    lines.push(format!("read {events} events of {streams} streams and {checkpoints} checkpoints"));
    if let Some((number, hash)) = report.newest {
        lines.push(format!(
            "newest checkpoint: {number}:{} (note it elsewhere; `--expect` compares)",
            hex(&hash)
        ));
    }
    if *uncovered > 0 {
        lines.push(format!("{uncovered} of the events are chained but not signed yet"));
    }
    if *unsealed > 0 {
        lines.push(format!("{unsealed} of the events were written by another program and have no hash yet"));
    }
    lines.push(match findings.len() {
        0 => "✓ history is what was written".to_owned(),
        count => format!("✗ history was changed: {count} finding(s); compare with a backup"),
    });
    lines.join("\n")
}
