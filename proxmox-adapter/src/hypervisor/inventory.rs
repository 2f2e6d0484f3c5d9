//! Listing nodes and containers, and finding one.

use super::{
    ProxmoxHypervisor,
    observe::{Present, Sight},
};
use crate::{
    config::GuestConfig,
    container::{self, power_of},
    error::ApiError,
    meaning::Meaning,
    resources::{self, GuestRow, NodeRow},
};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::Failure,
};
use dbx_workflows::{
    failure::transient,
    hypervisor::{Container, Node, Power},
};
use futures::{StreamExt, TryStreamExt, future, stream};
use std::collections::BTreeMap;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

impl ProxmoxHypervisor {
    pub(super) async fn list_nodes(&self) -> Result<Vec<Node>, Failure> {
        let rows = resources::nodes(&self.client).await?;
        Ok(future::join_all(rows.iter().map(|row| self.describe(row))).await)
    }

    /// A node takes work if it is up, has a template of ours, and its storage is active.
    async fn describe(&self, row: &NodeRow) -> Node {
        let up = row.status == "online";
        let storage = match up {
            true => resources::storage(&self.client, &row.node, &self.config.storage).await.ok(),
            false => None,
        };
        let usable = storage.as_ref().is_some_and(|storage| storage.active && storage.enabled);
        Node {
            name: row.node.clone(),
            online: up && usable && self.config.templates.contains_key(&row.node),
            vcpus: u32::try_from(row.maxcpu).unwrap_or(u32::MAX),
            memory_mib: row.maxmem / MIB,
            memory_free_mib: row.maxmem.saturating_sub(row.mem) / MIB,
            disk_free_gib: storage.map_or(0, |storage| storage.avail / GIB),
        }
    }

    /// The cluster's summary for what is there, the nodes' own lists for whether it runs, and the markers of those
    /// that may be ours.
    pub(super) async fn list_containers(&self) -> Result<Vec<Container>, Failure> {
        let (rows, live) = future::try_join(resources::guests(&self.client), self.live()).await?;
        let guests = rows.into_iter().filter(|row| row.kind == "lxc" && !row.template);
        // Unordered, and as many at a time as the client lets through anyway.
        let mut containers: Vec<Container> = stream::iter(guests.map(|row| self.container(row, &live)))
            .buffer_unordered(self.config.parallel_calls)
            .try_filter_map(|container| future::ready(Ok(container)))
            .try_collect()
            .await?;
        containers.sort_by_key(|container| container.ctid);
        Ok(containers)
    }

    /// Whether containers run, from every node that answers.
    async fn live(&self) -> Result<BTreeMap<u64, Power>, ApiError> {
        let nodes = resources::nodes(&self.client).await?;
        let up = nodes.iter().filter(|row| row.status == "online");
        let lists = future::join_all(up.map(|row| resources::live(&self.client, &row.node))).await;
        let mut live = BTreeMap::new();
        for list in lists {
            match list {
                Ok(rows) => live.extend(rows.iter().map(|row| (row.vmid, power_of(&row.status)))),
                Err(error) if error.means(&Meaning::NodeDown) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(live)
    }

    async fn container(
        &self,
        row: GuestRow,
        live: &BTreeMap<u64, Power>,
    ) -> Result<Option<Container>, ApiError> {
        let Ok(number) = u32::try_from(row.vmid) else { return Ok(None) };
        let ctid = Ctid(number);
        let owner = match self.may_be_ours(&row) {
            true => match self.owner_on(&row.node, ctid).await {
                Err(error) if error.means(&Meaning::Absent) => return Ok(None),
                owner => owner?,
            },
            false => None,
        };
        let listed = row.status.as_deref().map_or(Power::Stopped, power_of);
        let power = live.get(&row.vmid).copied().unwrap_or(listed);
        Ok(Some(Container { ctid, node: row.node, owner, power, lock: row.lock }))
    }

    /// A container of ours is in our pool, except while its clone runs, and then it is locked. Spares one call for
    /// each container of somebody else.
    pub(super) fn may_be_ours(&self, row: &GuestRow) -> bool {
        let tags = row.tags.as_deref().unwrap_or_default();
        row.pool.as_deref() == Some(self.config.pool.as_str())
            || row.lock.is_some()
            || tags.split(';').any(|tag| self.config.tags.iter().any(|ours| ours == tag))
    }

    async fn owner_on(&self, node: &str, ctid: Ctid) -> Result<Option<InstanceId>, ApiError> {
        match GuestConfig::read(&self.client, node, ctid).await {
            Ok(config) => {
                self.remember(ctid, config.owner());
                Ok(config.owner())
            }
            Err(error) if error.means(&Meaning::NodeDown) || error.means(&Meaning::Forbidden) => {
                Ok(self.remembered(ctid))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn find_container(&self, ctid: Ctid) -> Result<Option<Container>, Failure> {
        if !resources::is_taken(&self.client, ctid).await? {
            return Ok(None);
        }
        let rows = resources::guests(&self.client).await?;
        let Some(row) = rows.into_iter().find(|row| row.vmid == u64::from(ctid.0)) else {
            return Err(transient(
                "not_visible",
                format!(
                    "number {ctid} is taken, but the API token may not look at it; grant VM.Audit on /vms"
                ),
            ));
        };
        match self.look(&row.node, ctid).await? {
            Sight::Present(present) => self.live_container(ctid, present).await.map(Some),
            Sight::Absent => Ok(None),
            Sight::Machine | Sight::Hidden => Ok(Some(Container {
                ctid,
                node: row.node,
                owner: None,
                power: row.status.as_deref().map_or(Power::Stopped, power_of),
                lock: row.lock,
            })),
        }
    }

    async fn live_container(&self, ctid: Ctid, present: Present) -> Result<Container, Failure> {
        let power = container::power(&self.client, &present.node, ctid).await?;
        let owner = present.config.owner();
        self.remember(ctid, owner);
        let lock = present.config.lock().map(str::to_owned);
        Ok(Container { ctid, node: present.node, owner, power, lock })
    }
}
