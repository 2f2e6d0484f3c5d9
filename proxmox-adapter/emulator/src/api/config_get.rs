//! Reading a container's configuration, with and without what waits for the next start.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, opt};
use super::{ApiResult, Call, Reply};
use crate::engine::Engine;
use crate::model::{Container, digest, emit, emit_one};

pub(super) const PARAMS: &[Param] = &[opt("current", Kind::Flag), opt("snapshot", Kind::Text(40))];

/// The digest of a container's stored configuration.
pub(super) fn digest_of(container: &Container) -> String {
    digest(&container.config, &container.pending, &container.pending_delete)
}

/// The configuration with pending changes applied, or (`current=1`) as it is in force.
pub(super) fn config(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let container = cluster.container_on(call.node(), call.vmid())?;
        let mut shown = container.clone();
        if call.flag("current") != Some(true) {
            shown.apply_pending();
        }
        let mut data = emit(&shown.config);
        data.insert("digest".to_owned(), json!(digest_of(container)));
        Ok(Reply::data(data))
    })
}

/// Each option with its value in force and the one that waits.
pub(super) fn pending(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let container = cluster.container_on(call.node(), call.vmid())?;
        let mut items: Vec<Value> =
            container.config.iter().map(|(key, value)| entry(container, key, value)).collect();
        items.push(json!({"key": "digest", "value": digest_of(container)}));
        let fresh = container.pending.iter().filter(|(key, _)| !container.config.contains_key(*key));
        items.extend(fresh.map(|(key, value)| json!({"key": key, "pending": emit_one(key, value)})));
        Ok(Reply::data(items))
    })
}

fn entry(container: &Container, key: &str, value: &str) -> Value {
    let mut item = json!({"key": key, "value": emit_one(key, value)});
    if let Some(pending) = container.pending.get(key) {
        item["pending"] = emit_one(key, pending);
    }
    if container.pending_delete.contains(key) {
        item["delete"] = json!(1);
    }
    item
}
