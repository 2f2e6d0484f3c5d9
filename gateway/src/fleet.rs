//! The fleet port of the workflows over our read models.

use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::DriftKind,
};
use dbx_projections::{drifts, fleet};
use dbx_sql::{Database, SqlError};
use dbx_workflows::{
    care::fleet::{Fleet, Member, StrayReservation},
    journal::JournalError,
};
use std::collections::BTreeMap;

/// What the record holds, read from the control database.
#[derive(Clone, Debug)]
pub struct PgFleet(Database);

impl PgFleet {
    /// Reads from `db`.
    pub const fn new(db: Database) -> Self {
        Self(db)
    }
}

fn unavailable(error: SqlError) -> JournalError {
    JournalError(Box::new(error))
}

#[async_trait]
impl Fleet for PgFleet {
    async fn members(&self) -> Result<Vec<Member>, JournalError> {
        let members = fleet::members(&self.0).await.map_err(unavailable)?;
        let member = |view: fleet::FleetView| Member {
            instance: view.instance,
            lifecycle: view.lifecycle,
            health: view.health,
            busy: view.busy,
            placement: view.placement,
            platform: view.platform,
        };
        Ok(members.into_iter().map(member).collect())
    }

    async fn reserved_for(&self, ctids: &[Ctid]) -> Result<BTreeMap<Ctid, InstanceId>, JournalError> {
        fleet::reserved_for(&self.0, ctids).await.map_err(unavailable)
    }

    async fn open_drifts(&self) -> Result<Vec<(InstanceId, DriftKind)>, JournalError> {
        let open = drifts::open(&self.0).await.map_err(unavailable)?;
        Ok(open.into_iter().map(|drift| (drift.instance, drift.what)).collect())
    }

    async fn stray_reservations(&self) -> Result<Vec<StrayReservation>, JournalError> {
        let strays = fleet::stray_reservations(&self.0).await.map_err(unavailable)?;
        let stray = |view: fleet::StrayReservation| StrayReservation {
            ctid: view.ctid,
            instance: view.instance,
            node: view.node,
        };
        Ok(strays.into_iter().map(stray).collect())
    }

    async fn stray_secrets(&self) -> Result<Vec<(String, u32)>, JournalError> {
        fleet::stray_secrets(&self.0).await.map_err(unavailable)
    }
}
