//! The control database: its server, its tables, its keys, and the work that is queued in it.

use super::finding::{Findings, Section};
use crate::{
    Failure,
    assembly::{Assembly, CARETAKER},
};
use dbx_projections::{jobs, narrative::step::parked};
use dbx_sql::{
    EventFeed, SQL_MIGRATIONS,
    diagnosis::{self, Diagnosis, OLDEST_SERVER},
    lease,
};
use std::time::Duration;

/// Longest list of stuck jobs.
const PARKED_MAX: u32 = 50;
/// An open transaction that writes for longer holds readers back noticeably.
const WRITER_MAX: Duration = Duration::from_secs(30);

/// Looks at it; tells whether its tables are such that the rest can be looked at.
pub(super) async fn examine(parts: &Assembly, findings: &mut Findings) -> Result<bool, Failure> {
    let database = &parts.database;
    let outdated = dbx_projections::outdated(database).await?;
    if !dbx_sql::is_current(database, &[SQL_MIGRATIONS]).await? || !outdated.is_empty() {
        let what = "its tables are not at this program's version";
        findings.error(Section::Database, what, "run `dbxd migrate`, with the same version of the program");
        return Ok(false);
    }
    findings.good(Section::Database, "its tables and read models are at this program's version");
    let diagnosis = diagnosis::diagnose(database, CARETAKER).await?;
    server(&diagnosis, findings);
    horizon(parts, &diagnosis, findings).await?;
    keys(parts, findings).await?;
    queue(parts, &diagnosis, findings).await?;
    Ok(true)
}

fn server(diagnosis: &Diagnosis, findings: &mut Findings) {
    let Diagnosis { server_version, server_number, role, may_rewrite, .. } = diagnosis;
    let what = format!("Postgres {server_version}");
    match *server_number >= OLDEST_SERVER {
        true => findings.good(Section::Database, what),
        false => findings.error(Section::Database, what, "upgrade it to 15 or newer"),
    }
    match may_rewrite {
        false => {
            findings.good(Section::Database, format!("connected as {role}, which cannot change the log"))
        }
        true => findings.warning(
            Section::Database,
            format!("connected as {role}, which owns the log"),
            "serve as a role with no more than `GRANT dbx_runtime`; only `dbxd migrate` needs the owner",
        ),
    }
}

async fn horizon(parts: &Assembly, diagnosis: &Diagnosis, findings: &mut Findings) -> Result<(), Failure> {
    let feed = EventFeed::new(parts.database.clone());
    let lag = feed.lag(&feed.end().await?).await?;
    let age = diagnosis.oldest_writer.unwrap_or_default();
    match age > WRITER_MAX {
        false => findings.good(Section::Database, format!("{} events are held back", lag.held_back)),
        true => findings.warning(
            Section::Database,
            format!(
                "a transaction has been open for {} s and holds back {} events",
                age.as_secs(),
                lag.held_back
            ),
            "find it in pg_stat_activity (it may be in another database of this server) and end it",
        ),
    }
    Ok(())
}

async fn keys(parts: &Assembly, findings: &mut Findings) -> Result<(), Failure> {
    let check = parts.vault.check_keys().await?;
    findings
        .good(Section::Keys, format!("{} data keys open with the configured master keys", check.readable));
    if check.older > 0 {
        findings.warning(
            Section::Keys,
            format!("{} of them are wrapped by an older master key", check.older),
            "keep `older_master_key_files` until `dbxd keys rotate` has wrapped them anew (docs/keys.md)",
        );
    }
    for unreadable in check.unreadable {
        findings.error(Section::Keys, unreadable, "add the master key to `older_master_key_files`");
    }
    Ok(())
}

async fn queue(parts: &Assembly, diagnosis: &Diagnosis, findings: &mut Findings) -> Result<(), Failure> {
    let depth = lease::depth(&parts.database).await?;
    findings.good(Section::Queue, format!("{} due, {} being worked on", depth.due, depth.leased));
    if diagnosis.overdue > 0 {
        let what =
            format!("{} have been due for more than a minute, and nobody takes them up", diagnosis.overdue);
        findings.error(Section::Queue, what, "start `dbxd serve`, or raise `instances.concurrency`");
    }
    match &diagnosis.caretaker {
        Some(_) => findings.good(Section::Queue, "a server looks after health and drift"),
        None => findings.warning(
            Section::Queue,
            "no server looks after health and drift at present",
            "start `dbxd serve`; after a crash another server takes over within a minute",
        ),
    }
    for job in jobs::parked(&parts.database, PARKED_MAX).await? {
        let reason = job.parked_reason.unwrap_or_default();
        let reason = parked(&reason);
        findings.error(
            Section::Queue,
            format!("{} ({} of {}) needs an operator: {reason}", job.workflow, job.kind, job.instance),
            "retry, cancel or abandon the job, or delete the instance; the job says what each of them does",
        );
    }
    Ok(())
}
