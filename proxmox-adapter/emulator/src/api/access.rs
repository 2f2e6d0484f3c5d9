//! What the caller may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::schema::{Kind, Param, opt};
use super::{ApiError, ApiResult, Call, Reply};
use crate::engine::Engine;

pub(super) const PERMISSIONS: &[Param] = &[opt("path", Kind::Text(512)), opt("userid", Kind::Text(128))];

/// Privileges by path: of the path asked for, or of every path that an access list or a container gives.
pub(super) fn permissions(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    if call.text("userid").is_some_and(|userid| userid != call.who.id) {
        return Err(ApiError::denied("/access", "Sys.Audit"));
    }
    let flags = |privileges: BTreeSet<String>| -> Value {
        privileges.into_iter().map(|privilege| (privilege, json!(1))).collect::<Map<_, _>>().into()
    };
    let paths: Map<String, Value> = engine.store.read(|cluster| match call.text("path") {
        Some(path) => {
            let privileges = call.who.privileges(cluster, path);
            Map::from_iter([(path.to_owned(), flags(privileges))])
        }
        None => call.who.all(cluster).into_iter().map(|(path, set)| (path, flags(set))).collect(),
    });
    Ok(Reply::data(paths))
}
