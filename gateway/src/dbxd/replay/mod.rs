//! `dbxd replay`: what happened to an org, a project or an instance, step by step, for a review.
//!
//! Each append of the log becomes a *moment*: who caused it, what the engine heard and decided, each event with what it
//! changed in the state, and every call to the cluster with how long it took. Guarantees: it only reads; it shows no
//! secret, for the log holds none, and of people nothing but the names that they have now; `--ids` leaves those out,
//! too; `--check` decides everything again with today's engine.

mod decision;
mod difference;
mod html;
mod lanes;
mod moments;
mod range;
mod story;
mod tasks;
mod text;
mod words;

use crate::{Failure, config, demo};
use clap::ValueEnum;
use dbx_domain::ids::{InstanceId, OrgId, ProjectId};
use dbx_sql::Database;
use range::Point;
use std::{fs, io::Write as _, path::PathBuf, process::ExitCode};
use story::{Story, Subject};

/// Options of `dbxd replay`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
    /// Look at the running demo with this state directory instead
    #[arg(long, conflicts_with = "config")]
    state_dir: Option<PathBuf>,
    #[command(flatten)]
    subject: Which,
    /// Begin here: a time such as 2026-11-24T09:00:00Z, a date, or 90m, 2h, 3d ago; with the first event if absent
    #[arg(long)]
    from: Option<Point>,
    /// End here; with the last event if absent
    #[arg(long)]
    to: Option<Point>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show bookkeeping, too: every field that changed, and the ids of things and jobs (text only; the others have it all)
    #[arg(long)]
    full: bool,
    /// Name people and API keys by id only, to hand it to outsiders
    #[arg(long)]
    ids: bool,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also end with 1 if today's engine would have decided anything else
    #[arg(long)]
    check: bool,
}

/// What to replay.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// An org with everything in it
    #[arg(long, value_name = "ID")]
    org: Option<OrgId>,
    /// A project's instances
    #[arg(long, value_name = "ID")]
    project: Option<ProjectId>,
    /// An instance
    #[arg(long, value_name = "ID")]
    instance: Option<InstanceId>,
}

impl Which {
    fn subject(&self) -> Result<Subject, Failure> {
        match (self.org, self.project, self.instance) {
            (Some(org), _, _) => Ok(Subject::Org(org)),
            (_, Some(project), _) => Ok(Subject::Project(project)),
            (_, _, Some(instance)) => Ok(Subject::Instance(instance)),
            _ => Err("name what to replay: --org, --project or --instance".into()),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// One page that needs nothing else, for a review
    Html,
}

/// Replays, and tells whether today's engine agrees where that was asked.
pub(crate) fn main(options: &Options) -> Result<ExitCode, Failure> {
    let config = match &options.state_dir {
        Some(state) => demo::attach(state)?,
        None => config::load(&options.config)?,
    };
    let story = tokio::runtime::Runtime::new()?.block_on(tell(&config, options))?;
    let shown = match options.format {
        Format::Text => text::render(&story, options.full),
        Format::Json => format!("{:#}\n", serde_json::to_value(&story)?),
        Format::Html => html::render(&story),
    };
    match &options.out {
        Some(file) => {
            fs::write(file, shown).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        None => match std::io::stdout().write_all(shown.as_bytes()) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            written => written?,
        },
    }
    Ok(if options.check && story.divergences > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn tell(config: &config::Config, options: &Options) -> Result<Story, Failure> {
    let database = Database::connect(&config.database(&config.secrets.read()?)).await?;
    let now = database.now().await?;
    let at = |point: Option<Point>| point.map(|point| point.at(now));
    let range = (at(options.from), at(options.to));
    if let (Some(from), Some(to)) = range
        && from > to
    {
        return Err(format!("--from ({from}) is after --to ({to}); change them round").into());
    }
    let story = story::tell(&database, options.subject.subject()?, range, options.ids).await;
    database.close();
    story
}
