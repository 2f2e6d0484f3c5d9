//! `dbxd projections`: what read models there are, where they stand, and whether they say what the log says.
//!
//! Guarantees: `list` and `verify` change nothing that is served; `rebuild` replaces tables in one transaction, so that
//! whoever reads finds the old ones or the new ones.

use crate::{Failure, config, demo, migrate::upcasters};
use dbx_projections::{Installed, Rebuilt, names};
use dbx_sql::Database;
use serde_json::{Value, json};
use std::{io::Write as _, path::PathBuf, process::ExitCode, time::Instant};

/// Commands of `dbxd projections`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the read models: versions, how far they are, what they stopped at
    List(Options),
    /// Build read models anew from the whole log, while serving
    Rebuild(Chosen),
    /// Build read models anew beside the living ones and compare
    Verify(Chosen),
}

/// Options of every command.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
    /// The demo with this state directory instead
    #[arg(long, conflicts_with = "config")]
    state_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which read models.
#[derive(clap::Args)]
pub(crate) struct Chosen {
    /// Their names; see `dbxd projections list`
    names: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "names")]
    all: bool,
    #[command(flatten)]
    options: Options,
}

impl Chosen {
    fn names(&self) -> Result<Vec<String>, Failure> {
        match (self.all, self.names.is_empty()) {
            (true, _) => Ok(names().into_iter().map(str::to_owned).collect()),
            (false, false) => Ok(self.names.clone()),
            (false, true) => {
                Err(format!("say which read models, or --all for all of them: {}", names().join(", ")).into())
            }
        }
    }
}

/// Runs the command; ends with 1 if anything is not as it should be.
pub(crate) fn main(command: &Command) -> Result<ExitCode, Failure> {
    let (Command::List(options)
    | Command::Rebuild(Chosen { options, .. })
    | Command::Verify(Chosen { options, .. })) = command;
    let names = match command {
        Command::List(_) => Vec::new(),
        Command::Rebuild(chosen) | Command::Verify(chosen) => chosen.names()?,
    };
    let config = match &options.state_dir {
        Some(state) => demo::attach(state)?,
        None => config::load(&options.config)?,
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = Database::connect(&config.database(&config.secrets.read()?)).await?;
        let sound = match command {
            Command::List(_) => list(&database, options.json).await,
            Command::Rebuild(_) => rebuild(&database, &names, options.json).await,
            Command::Verify(_) => verify(&database, &names, options.json).await,
        }?;
        database.close();
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

async fn list(database: &Database, as_json: bool) -> Result<bool, Failure> {
    let found = dbx_projections::list(database).await?;
    for model in &found {
        match as_json {
            true => say(&listed(model).to_string())?,
            false => say(&line(model))?,
        }
    }
    let sound = |model: &Installed| {
        let stopped = model.standing.as_ref().is_some_and(|standing| standing.stopped.is_some());
        model.held == Some(model.version) && !stopped
    };
    Ok(found.iter().all(sound))
}

fn listed(model: &Installed) -> Value {
    json!({
        "name": model.name,
        "kind": if model.standing.is_some() { "follower" } else { "inline" },
        "version": model.version,
        "held": model.held,
        "cursor": model.standing.as_ref().map(|standing| standing.cursor),
        "behind": model.standing.as_ref().map(|standing| standing.lag.readable + standing.lag.held_back),
        "stopped": model.standing.as_ref().and_then(|standing| standing.stopped.clone()),
    })
}

fn line(model: &Installed) -> String {
    let version = match model.held {
        Some(held) if held == model.version => format!("version {held}"),
        Some(held) => format!("version {held}, this program has {}; run `dbxd migrate`", model.version),
        None => "missing; run `dbxd migrate`".to_owned(),
    };
    let standing = match &model.standing {
        None => "changes with each append".to_owned(),
        Some(standing) => {
            let behind = standing.lag.readable + standing.lag.held_back;
            let stopped =
                standing.stopped.as_ref().map(|why| format!("; stopped: {why}")).unwrap_or_default();
            format!("follows the feed, {behind} events behind{stopped}")
        }
    };
    format!("{:<16} {version}, {standing}", model.name)
}

async fn rebuild(database: &Database, names: &[String], as_json: bool) -> Result<bool, Failure> {
    let began = Instant::now();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rebuilt = dbx_projections::rebuild(database, &upcasters(), &names).await?;
    let seconds = began.elapsed().as_secs_f64();
    for Rebuilt { name, events } in rebuilt {
        match as_json {
            // All are built in the same pass: the time is that of all of them.
            true => say(&json!({ "name": name, "events": events, "seconds": seconds }).to_string())?,
            false => say(&format!("{name:<16} built from {events} events"))?,
        }
    }
    if !as_json {
        say(&format!("{} read models built in {seconds:.1} s", names.len()))?;
    }
    Ok(true)
}

async fn verify(database: &Database, names: &[String], as_json: bool) -> Result<bool, Failure> {
    let mut sound = true;
    for name in names {
        let differing = dbx_projections::verify(database, &upcasters(), name).await?;
        sound &= differing.iter().all(|(_, rows)| *rows == 0);
        for (table, rows) in differing {
            match (as_json, rows) {
                (true, _) => say(&json!({ "name": name, "table": table, "differing": rows }).to_string())?,
                (false, 0) => say(&format!("{table:<20} is what the log says"))?,
                (false, _) => say(&format!(
                    "{table:<20} differs in {rows} rows; run `dbxd projections rebuild {name}`"
                ))?,
            }
        }
    }
    Ok(sound)
}

/// A closed pipe is no failure worth a trace, but an end.
fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
