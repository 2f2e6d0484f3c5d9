//! Record and cluster compared, as the reconciler sees them.

use super::finding::{Findings, Section};
use dbx_projections::drifts;
use dbx_sql::Database;
use dbx_workflows::care::{
    reconciler::{ReconcileError, Reconciler},
    report::{Drift, Repair, Report, Unowned},
};

/// Compares, and mends if asked to.
pub(super) async fn examine(
    database: &Database,
    reconciler: &Reconciler,
    repair: bool,
    findings: &mut Findings,
) {
    match compare(reconciler, repair, findings).await {
        Ok(report) => list(&report, findings),
        Err(error) => {
            let remedy = "see what is said about the cluster above; nothing is known about the instances";
            findings.error(Section::Fleet, error.to_string(), remedy);
        }
    }
    match drifts::open(database).await {
        Ok(open) => findings.good(Section::Fleet, format!("{} differences are on record", open.len())),
        Err(error) => findings.error(Section::Fleet, error.to_string(), "look at the control database"),
    }
}

/// With `repair`, what is still found afterwards.
async fn compare(
    reconciler: &Reconciler,
    repair: bool,
    findings: &mut Findings,
) -> Result<Report, ReconcileError> {
    if repair {
        let before = reconciler.round().await?;
        let mended = before.drifts.iter().filter(|drift| drift.repair.is_some()).count();
        findings.good(Section::Fleet, format!("{mended} repairs were begun"));
    }
    reconciler.look().await
}

fn list(report: &Report, findings: &mut Findings) {
    for node in &report.dark {
        let what = format!("{node} takes no work or does not answer; what is on it was not compared");
        findings.warning(
            Section::Fleet,
            what,
            "bring it up, or delete what was on it and abandon the deletes",
        );
    }
    for drift in &report.drifts {
        let remedy = remedy(drift);
        match drift.is_grave() {
            true => findings.error(Section::Fleet, drift.to_string(), remedy),
            false => findings.warning(Section::Fleet, drift.to_string(), remedy),
        }
    }
    for unowned in &report.unowned {
        findings.warning(Section::Fleet, unowned.to_string(), remedy_for(unowned));
    }
    if report.drifts.is_empty() && report.unowned.is_empty() {
        findings.good(Section::Fleet, "every instance is as recorded, and nothing is unclaimed");
    }
}

fn remedy(drift: &Drift) -> &'static str {
    use dbx_domain::instance::DriftKind as Kind;
    match (&drift.repair, drift.what) {
        (Some(Repair::Start), _) => {
            "the server starts it again by itself; `dbxd doctor --repair` does so now"
        }
        (Some(Repair::Firewall(_)), _) => {
            "the server sets it again by itself; `dbxd doctor --repair` does so now"
        }
        (Some(_), _) => "the server cleans it up by itself; `dbxd doctor --repair` does so now",
        (None, Kind::ContainerMissing) => {
            "restore the container from its backup under the same number, or delete the instance"
        }
        (None, Kind::ContainerForeign) => "find out who made it; db.xyz will not touch it",
        (None, Kind::ContainerMoved) => "move it back, or leave it: db.xyz finds it where it is",
        (None, Kind::ContainerRunning) => "stop it in Proxmox, or start the instance",
        (None, _) => "delete the instance; that cleans up",
    }
}

const fn remedy_for(unowned: &Unowned) -> &'static str {
    match unowned {
        Unowned::Container { .. } => "move it to another number: this range is for db.xyz alone",
        Unowned::Stranger { .. } => {
            "if no other db.xyz uses this cluster, look what it is and destroy it by hand"
        }
        Unowned::Copy { .. } => {
            "somebody copied it; remove the marker from its description, or destroy it by hand"
        }
        Unowned::Volume(_) => "look what is in it, then free it by hand: `pvesm free` on that node",
        Unowned::Reservation { .. } => "it is given back once the cluster shows that nothing is left of it",
        Unowned::Secrets { .. } => {
            "they belong to nobody any more; tell the maintainers, for this should not happen"
        }
    }
}
