//! A server's own counters, by SQL as the platform role (`pg_monitor`).

use super::{SqlAdmin, connection::Connection, failure::Refusal, failure::Stage};
use async_trait::async_trait;
use dbx_domain::instance::Failure;
use dbx_workflows::{
    care::gauges::{ServerCounters, ServerGauges},
    credential::Password,
};
use std::net::Ipv4Addr;
use tokio_postgres::Row;

/// The database that this runs in is the platform's own; what we do there is not the tenant's doing. Statistics are
/// reset one database at a time, and all of them when the server recovers from a crash.
const COUNTERS: &str = "SELECT concat(pg_postmaster_start_time(), ' ', max(stats_reset)),
        coalesce(sum(xact_commit + xact_rollback) FILTER (WHERE datname <> current_database()), 0)::bigint,
        (SELECT count(*) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND usename <> current_user)
    FROM pg_stat_database WHERE datname IS NOT NULL";

const DISK: &str = "SELECT (SELECT sum(pg_database_size(oid)) FROM pg_database)::bigint
        + (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir())::bigint";

#[async_trait]
impl ServerGauges for SqlAdmin {
    async fn counters(
        &self,
        address: Ipv4Addr,
        platform: &Password,
        with_disk: bool,
    ) -> Result<ServerCounters, Failure> {
        let counted = async {
            let connection = self.as_platform(address, platform).await?;
            let mut counters = read(&connection.row(COUNTERS).await?).map_err(Refusal::of)?;
            if with_disk {
                counters.disk_bytes = disk(&connection).await;
            }
            Ok(counters)
        };
        counted.await.map_err(|refusal: Refusal| refusal.failure(address, Stage::Known))
    }
}

fn read(row: &Row) -> Result<ServerCounters, tokio_postgres::Error> {
    Ok(ServerCounters {
        era: row.try_get(0)?,
        transactions: row.try_get::<_, i64>(1)?.max(0).unsigned_abs(),
        connections: u32::try_from(row.try_get::<_, i64>(2)?).unwrap_or(u32::MAX),
        disk_bytes: None,
    })
}

/// None if it takes the server too long: it may have very many files.
async fn disk(connection: &Connection) -> Option<u64> {
    let row = connection.row(DISK).await.ok()?;
    u64::try_from(row.try_get::<_, i64>(0).ok()?).ok()
}
