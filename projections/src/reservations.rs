//! Reservations: which container numbers, addresses and node resources are ours.
//!
//! Guarantees: a row is never deleted, so a container number is never given out twice; an address belongs to one
//! living reservation at most. Both are unique indexes of the table: two placements that raced for the same number or
//! address end as a duplicate of the later append, which then decides again.
//!
//! The table is created by `dbx-sql`, which also reads it for placement. Not rebuilt while serving for that reason.

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::InstanceEvent,
    time::Timestamp,
};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use std::{net::Ipv4Addr, sync::Arc};

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "reservations",
    version: 1,
    tables: &["reservations"],
    ddl: "",
    rebuild: Rebuild::WhileIdle,
    beside_log: &[],
    projection: || Arc::new(Reservations),
};

/// Fills `reservations`.
#[derive(Clone, Copy, Debug)]
pub struct Reservations;

/// The sizes come from the instance, whose plan never changes.
const RESERVED: &str = "INSERT INTO reservations
        (vmid, instance_id, node, address, vcpus, memory_mib, disk_gib, reserved_at)
    SELECT $2::bigint, i.instance_id, $3::text, $4::text, i.vcpus, i.memory_mib, i.disk_gib,
           coalesce($5, dbx_now())
    FROM instances i WHERE i.instance_id = $1";
const RELEASED: &str = "UPDATE reservations SET released_at = coalesce($3, dbx_now())
    WHERE vmid = $2 AND instance_id = $1 AND released_at IS NULL";

impl InlineProjection for Reservations {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let instance = event.aggregate_id.to_owned();
        let (sql, mut params) = match model::instance(event)? {
            Some(InstanceEvent::PlacementReserved { node, ctid, address }) => {
                (RESERVED, params![instance, i64::from(ctid.0), node, address.to_string()])
            }
            Some(InstanceEvent::PlacementReleased { ctid }) => {
                (RELEASED, params![instance, i64::from(ctid.0)])
            }
            _ => return Ok(()),
        };
        params.push(event.recorded_at_param());
        // Of the instance it reads what no event changes.
        out.push_row(MODEL.name, sql, params);
        Ok(())
    }

    /// An address goes from one instance to another.
    fn keeps_streams_apart(&self) -> bool {
        false
    }
}

/// A living reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationView {
    /// The container's number.
    pub ctid: Ctid,
    /// Whose.
    pub instance: InstanceId,
    /// On which node.
    pub node: String,
    /// The server's address.
    pub address: Ipv4Addr,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Data volume in GiB.
    pub disk_gib: u32,
    /// Since when.
    pub reserved_at: Timestamp,
}

/// Every living reservation, by container number.
///
/// # Errors
/// Any [`SqlError`].
pub async fn living(db: &Database) -> Result<Vec<ReservationView>, SqlError> {
    const SQL: &str = "SELECT vmid, instance_id, node, address, vcpus::bigint, memory_mib::bigint,
                              disk_gib::bigint, reserved_at FROM reservations WHERE released_at IS NULL ORDER BY vmid";
    let read = |row| {
        let columns = Columns(row);
        Ok(ReservationView {
            ctid: Ctid(columns.number("vmid")?),
            instance: columns.word("instance_id")?,
            node: columns.plain("node")?,
            address: columns.word("address")?,
            vcpus: columns.number("vcpus")?,
            memory_mib: columns.number("memory_mib")?,
            disk_gib: columns.number("disk_gib")?,
            reserved_at: columns.time("reserved_at")?,
        })
    };
    columns::rows(db, SQL, &[]).await?.iter().map(read).collect()
}
