//! The fleet: what the record says should be in the cluster, over several read models at once.
//!
//! Guarantee: each answer is of one moment. What was recorded later is not in it, so whoever acts on it asks the log
//! again first.

use crate::columns::{self, Columns};
use dbx_domain::{
    ids::{Ctid, InstanceId, OrgId},
    instance::{Credential, Health, Lifecycle, Placement},
};
use dbx_sql::{Database, SqlError};
use std::collections::BTreeMap;

/// An instance that is there, or that left something behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetView {
    /// Its id.
    pub instance: InstanceId,
    /// Whose.
    pub org: OrgId,
    /// What we intend it to be.
    pub lifecycle: Lifecycle,
    /// What we last saw of it.
    pub health: Health,
    /// A run is under way, parked, or waits.
    pub busy: bool,
    /// Where it is.
    pub placement: Option<Placement>,
    /// The platform role's password.
    pub platform: Option<Credential>,
}

/// Every instance that is not deleted, and those deleted ones that still hold a place in the cluster.
///
/// # Errors
/// Any [`SqlError`].
pub async fn members(db: &Database) -> Result<Vec<FleetView>, SqlError> {
    const SQL: &str =
        "SELECT instance_id, org_id, lifecycle, health, run_workflow IS NOT NULL AS busy, node, vmid,
                              address, platform_secret, platform_active, platform_latest
                       FROM instances WHERE deleted_at IS NULL OR vmid IS NOT NULL";
    columns::rows(db, SQL, &[]).await?.iter().map(read).collect()
}

fn read(row: &tokio_postgres::Row) -> Result<FleetView, SqlError> {
    let columns = Columns(row);
    let placement = match columns.plain::<Option<String>>("node")? {
        Some(node) => {
            Some(Placement { node, ctid: Ctid(columns.number("vmid")?), address: columns.word("address")? })
        }
        None => None,
    };
    let platform = match columns.maybe_word("platform_secret")? {
        Some(secret) => {
            let (active, latest) =
                (columns.maybe_number("platform_active")?, columns.number("platform_latest")?);
            Some(Credential { secret, active, latest })
        }
        None => None,
    };
    Ok(FleetView {
        instance: columns.word("instance_id")?,
        org: columns.word("org_id")?,
        lifecycle: columns.word("lifecycle")?,
        health: columns.word("health")?,
        busy: columns.plain("busy")?,
        placement,
        platform,
    })
}

/// For which instance each of these container numbers was ever reserved; numbers that never were are left out.
///
/// # Errors
/// Any [`SqlError`].
pub async fn reserved_for(db: &Database, ctids: &[Ctid]) -> Result<BTreeMap<Ctid, InstanceId>, SqlError> {
    const SQL: &str = "SELECT vmid, instance_id FROM reservations WHERE vmid = ANY($1)";
    let numbers: Vec<i64> = ctids.iter().map(|ctid| i64::from(ctid.0)).collect();
    let rows = columns::rows(db, SQL, &[&numbers]).await?;
    let pair = |row| {
        let columns = Columns(row);
        Ok((Ctid(columns.number("vmid")?), columns.word("instance_id")?))
    };
    rows.iter().map(pair).collect()
}

/// A reservation that no instance claims as its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayReservation {
    /// The container number.
    pub ctid: Ctid,
    /// For which instance it was made.
    pub instance: InstanceId,
    /// On which node.
    pub node: String,
}

/// Reservations whose instance is gone or somewhere else.
///
/// # Errors
/// Any [`SqlError`].
pub async fn stray_reservations(db: &Database) -> Result<Vec<StrayReservation>, SqlError> {
    const SQL: &str = "SELECT r.vmid, r.instance_id, r.node FROM reservations r
                       LEFT JOIN instances i ON i.instance_id = r.instance_id
                       WHERE r.released_at IS NULL
                         AND (i.instance_id IS NULL OR i.deleted_at IS NOT NULL OR i.vmid IS DISTINCT FROM r.vmid)
                       ORDER BY r.vmid";
    let read = |row| {
        let columns = Columns(row);
        Ok(StrayReservation {
            ctid: Ctid(columns.number("vmid")?),
            instance: columns.word("instance_id")?,
            node: columns.plain("node")?,
        })
    };
    columns::rows(db, SQL, &[]).await?.iter().map(read).collect()
}

/// Owners of secrets that are neither a living instance nor a webhook, with how many secrets each left.
///
/// # Errors
/// Any [`SqlError`].
pub async fn stray_secrets(db: &Database) -> Result<Vec<(String, u32)>, SqlError> {
    const SQL: &str = "SELECT s.owner, count(*) AS count FROM secrets s
                       WHERE NOT EXISTS (SELECT FROM instances i WHERE i.instance_id = s.owner AND i.deleted_at IS NULL)
                         AND NOT EXISTS (SELECT FROM webhooks w WHERE w.webhook_id = s.owner) GROUP BY s.owner ORDER BY s.owner";
    let read = |row| {
        let columns = Columns(row);
        Ok((columns.plain("owner")?, columns.number("count")?))
    };
    columns::rows(db, SQL, &[]).await?.iter().map(read).collect()
}
