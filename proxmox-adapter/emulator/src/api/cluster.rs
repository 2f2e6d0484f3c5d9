//! Calls about the cluster as a whole: version, ids, status.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, opt, vmid_format};
use super::{ApiError, ApiResult, Call, Reply};
use crate::engine::Engine;
use crate::model::Vmid;

/// The release whose contract is spoken.
pub(super) const VERSION: &str = "9.1.7";
pub(super) const REPOID: &str = "0307225d00000000";

pub(super) const NEXTID: &[Param] = &[opt("vmid", Kind::Format(vmid_format))];

pub(super) fn index(_: &Arc<Engine>, _: &Call) -> ApiResult {
    let areas = ["version", "cluster", "nodes", "storage", "access", "pools"];
    Ok(Reply::data(areas.map(|area| json!({"subdir": area})).to_vec()))
}

pub(super) fn version(_: &Arc<Engine>, _: &Call) -> ApiResult {
    Ok(Reply::data(json!({"release": "9.1", "repoid": REPOID, "version": VERSION})))
}

pub(super) fn options(_: &Arc<Engine>, _: &Call) -> ApiResult {
    Ok(Reply::data(json!({"allowed-tags": []})))
}

/// The lowest free id, as a string; it reserves nothing.
pub(super) fn nextid(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| match call.text("vmid") {
        Some(text) => {
            let taken = text.parse::<Vmid>().is_ok_and(|vmid| cluster.containers.contains(&vmid));
            if taken {
                Err(ApiError::parameter("vmid", &format!("VM {text} already exists")))
            } else {
                Ok(Reply::data(json!(text)))
            }
        }
        None => {
            let free = (100_u32..1_000_000).find(|vmid| !cluster.containers.contains(vmid));
            let none = || "unable to get any free VMID in range [100, 1000000]".to_owned();
            Ok(Reply::data(json!(free.ok_or_else(none)?.to_string())))
        }
    })
}

pub(super) fn status(engine: &Arc<Engine>, _: &Call) -> ApiResult {
    let nodes: Vec<String> = engine.store.read(|cluster| cluster.nodes.keys());
    let online = |name: &String| !engine.faults.node_down(name);
    let quorate = nodes.iter().filter(|name| online(name)).count() * 2 > nodes.len();
    let mut items = vec![json!({
        "type": "cluster", "id": "cluster", "name": "dbxyz", "nodes": nodes.len(),
        "quorate": u8::from(quorate), "version": nodes.len(),
    })];
    let node = |(index, name): (usize, &String)| -> Value {
        json!({
            "type": "node", "id": format!("node/{name}"), "name": name, "nodeid": index + 1, "level": "",
            "ip": "127.0.0.1", "local": u8::from(index == 0), "online": u8::from(online(name)),
        })
    };
    items.extend(nodes.iter().enumerate().map(node));
    Ok(Reply::data(items))
}
