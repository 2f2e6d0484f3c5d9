//! `dbxd doctor`: looks at everything a running system depends on, and says what is wrong and what to do about it.
//!
//! Guarantees: it only reads, unless `--repair` is given; it prints no secret; it ends with 1 if anything needs
//! somebody, with 0 otherwise.

mod control;
mod finding;
mod fleet;

use crate::{Failure, assembly::Assembly, config, demo};
use async_trait::async_trait;
use dbx_domain::instance::Failure as StepFailure;
use dbx_sql::Database;
use dbx_workflows::hypervisor::StepGuard;
use finding::{Findings, Section};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Options of `dbxd doctor`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
    /// Look at the running demo with this state directory instead
    #[arg(long, conflicts_with = "config")]
    state_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also mend what is safe to mend, as the server does from time to time
    #[arg(long)]
    repair: bool,
}

/// Looks, prints, and tells whether anything needs somebody.
pub(crate) fn main(options: &Options) -> Result<ExitCode, Failure> {
    let config = match &options.state_dir {
        Some(state) => demo::attach(state)?,
        None => config::load(&options.config)?,
    };
    let findings = tokio::runtime::Runtime::new()?.block_on(examine(&config, options.repair))?;
    findings.print(options.json)?;
    Ok(if findings.is_healthy() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(config: &config::Config, repair: bool) -> Result<Findings, Failure> {
    let secrets = config.secrets.read()?;
    let mut findings = Findings::default();
    let database = match Database::connect(&config.database(&secrets)).await {
        Ok(database) => database,
        Err(error) => {
            findings.error(
                Section::Database,
                format!("it cannot be reached: {error}"),
                "start it, or correct `secrets.database_url_file`",
            );
            return Ok(findings);
        }
    };
    let parts = Assembly::new(config, &secrets, database.clone())?;
    for finding in parts.hypervisor.doctor().await {
        findings.add(Section::Cluster, finding);
    }
    if control::examine(&parts, &mut findings).await? {
        let reconciler = parts.reconciler(config, Arc::new(Beside));
        fleet::examine(&database, &reconciler, repair, &mut findings).await;
    }
    database.close();
    Ok(findings)
}

/// Repairs beside a running server: each looks before it acts, so two of them are harmless.
struct Beside;

#[async_trait]
impl StepGuard for Beside {
    async fn permit(&self) -> Result<(), StepFailure> {
        Ok(())
    }

    async fn submitted(&self, _task: &str) {}
}
