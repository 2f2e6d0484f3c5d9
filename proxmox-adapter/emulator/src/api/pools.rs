//! Resource pools, read only.

use std::sync::Arc;

use serde_json::json;

use super::schema::{Kind, Param, opt};
use super::{ApiError, ApiResult, Call, Reply, resources};
use crate::engine::Engine;

pub(super) const PARAMS: &[Param] =
    &[opt("poolid", Kind::Text(64)), opt("type", Kind::OneOf(&["qemu", "lxc", "storage"]))];

/// The pools that the caller may see; with `poolid` that pool and its members.
pub(super) fn list(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let Some(wanted) = call.text("poolid") else {
            let mut pools = cluster.pools.keys();
            pools.retain(|pool| call.who.may(cluster, &format!("/pool/{pool}"), "Pool.Audit"));
            return Ok(Reply::data(pools.iter().map(|pool| json!({"poolid": pool})).collect::<Vec<_>>()));
        };
        let path = format!("/pool/{wanted}");
        if !call.who.may(cluster, &path, "Pool.Audit") {
            return Err(ApiError::denied(&path, "Pool.Audit"));
        }
        let pool =
            cluster.pools.get(&wanted.to_owned()).ok_or_else(|| format!("pool '{wanted}' does not exist"))?;
        let containers = pool.members.iter().filter_map(|vmid| cluster.containers.get(vmid));
        let members: Vec<_> =
            containers.map(|container| resources::guest(engine, cluster, container)).collect();
        Ok(Reply::data(vec![json!({"poolid": wanted, "members": members})]))
    })
}
