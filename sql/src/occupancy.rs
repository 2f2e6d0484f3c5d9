//! What of the cluster is reserved at present: the ground on which the next placement is chosen.
//!
//! Guarantee: a snapshot. Two choosers may see the same one; the unique keys of `reservations` decide between them
//! when they commit.

use crate::{Database, error::SqlError};

/// Reservations of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeReservations {
    /// The node.
    pub node: String,
    /// Instances on it.
    pub instances: i64,
    /// Their virtual CPUs.
    pub vcpus: i64,
    /// Their memory in MiB.
    pub memory_mib: i64,
    /// Their data volumes in GiB.
    pub disk_gib: i64,
}

/// Everything reserved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reservations {
    /// The highest container number ever reserved, released ones included.
    pub highest_ctid: Option<i64>,
    /// Addresses in use.
    pub addresses: Vec<String>,
    /// Per node.
    pub nodes: Vec<NodeReservations>,
}

/// Reads it.
///
/// # Errors
/// The database cannot be reached.
pub async fn reservations(db: &Database) -> Result<Reservations, SqlError> {
    let client = db.client().await?;
    let highest = client.prepare_cached("SELECT max(vmid) FROM reservations").await?;
    let addresses =
        client.prepare_cached("SELECT address FROM reservations WHERE released_at IS NULL").await?;
    let nodes = client
        .prepare_cached(
            "SELECT node, count(*), sum(vcpus)::bigint, sum(memory_mib)::bigint, sum(disk_gib)::bigint
             FROM reservations WHERE released_at IS NULL GROUP BY node ORDER BY node",
        )
        .await?;
    let (highest, addresses, nodes) = tokio::try_join!(
        client.query_one(&highest, &[]),
        client.query(&addresses, &[]),
        client.query(&nodes, &[])
    )?;
    Ok(Reservations {
        highest_ctid: highest.try_get(0)?,
        addresses: addresses.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
        nodes: nodes.iter().map(node_of).collect::<Result<_, _>>()?,
    })
}

fn node_of(row: &tokio_postgres::Row) -> Result<NodeReservations, tokio_postgres::Error> {
    Ok(NodeReservations {
        node: row.try_get(0)?,
        instances: row.try_get(1)?,
        vcpus: row.try_get(2)?,
        memory_mib: row.try_get(3)?,
        disk_gib: row.try_get(4)?,
    })
}

/// A container number that nobody else was or will be given, not below `at_least`. It is spent, used or not.
///
/// # Errors
/// The database cannot be reached.
pub async fn next_number(db: &Database, at_least: i64) -> Result<i64, SqlError> {
    const SQL: &str = "INSERT INTO container_numbers (last)
                       VALUES (greatest($1, (SELECT max(vmid) + 1 FROM reservations)))
                       ON CONFLICT (only_row) DO UPDATE SET last = greatest(container_numbers.last + 1, excluded.last)
                       RETURNING last";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_one(&statement, &[&at_least]).await?.try_get(0)?)
}
