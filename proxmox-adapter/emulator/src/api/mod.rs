//! What the calls mean: routes, checks in Proxmox's order, and one module per area of the API.

mod access;
mod call;
mod clone;
mod cluster;
mod config_get;
mod config_put;
mod destroy;
mod firewall;
mod lxc;
mod metrics;
mod nodes;
mod options;
mod pools;
mod power;
mod resize;
mod resources;
mod routes;
mod schema;
mod storage;
mod tasks;

use std::sync::Arc;

use serde_json::{Map, Value, json};

pub(crate) use call::{Call, Verb, percent_decode};
pub(crate) use destroy::by_operator as destroy_by_operator;
use routes::{Allow, Endpoint};

use crate::engine::Engine;
use crate::faults::Actions;
use crate::http::{Answer, ParamValue, Params};
use crate::model::{Cluster, Principal};

/// What a handler returns: the `data`, and the `total` that some lists carry.
#[derive(Debug)]
struct Reply {
    data: Value,
    total: Option<usize>,
}

impl Reply {
    fn null() -> Self {
        Self::data(Value::Null)
    }

    fn data(data: impl Into<Value>) -> Self {
        Self { data: data.into(), total: None }
    }

    fn list(items: Vec<Value>, total: usize) -> Self {
        Self { data: Value::Array(items), total: Some(total) }
    }
}

/// Why a call fails, in Proxmox's classes.
#[derive(Debug, Clone, PartialEq)]
enum ApiError {
    /// 400 with texts per parameter.
    Parameters(Map<String, Value>),
    /// 403.
    Forbidden(String),
    /// 500: a `die` in the Perl code.
    Failed(String),
    /// 595: the node cannot be reached.
    Unreachable,
}

impl ApiError {
    fn parameter(name: &str, text: &str) -> Self {
        Self::Parameters(Map::from_iter([(name.to_owned(), json!(text))]))
    }

    fn denied(path: &str, privilege: &str) -> Self {
        Self::Forbidden(format!("Permission check failed ({path}, {privilege})"))
    }
}

impl From<String> for ApiError {
    fn from(text: String) -> Self {
        Self::Failed(text)
    }
}

type ApiResult = Result<Reply, ApiError>;

/// Runs a call: route, permission, node, parameters, code.
pub(crate) async fn dispatch(
    engine: &Arc<Engine>,
    verb: Verb,
    path: &str,
    params: Params,
    who: Principal,
    actions: &Actions,
) -> Answer {
    let Some((endpoint, vars)) = routes::find(verb, path) else {
        let path = if path.is_empty() { "/" } else { path };
        return Answer::error(501, &format!("Method '{} {path}' not implemented", verb.name()));
    };
    let mut call = Call { vars, params, who, actions: actions.clone() };
    match run(engine, endpoint, &mut call).await {
        Ok(Reply { data, total: None }) => Answer::json(json!({"data": data})),
        Ok(Reply { data, total: Some(total) }) => Answer::json(json!({"data": data, "total": total})),
        Err(ApiError::Parameters(errors)) => Answer::bad_parameters(&Value::Object(errors)),
        Err(ApiError::Forbidden(text)) => Answer::error(403, &text),
        Err(ApiError::Failed(text)) => Answer::error(500, &text),
        Err(ApiError::Unreachable) => {
            tokio::time::sleep(engine.timing.no_route_delay).await;
            Answer::bare(595, "No route to host")
        }
    }
}

async fn run(engine: &Arc<Engine>, endpoint: &'static Endpoint, call: &mut Call) -> ApiResult {
    engine.store.read(|cluster| allow(cluster, endpoint, call))?;
    reach(engine, call)?;
    merge_path_parameters(call)?;
    schema::check(endpoint.params, call)?;
    let lock = if endpoint.locks_config { Some(call.vmid()) } else { None };
    let _guard = match lock {
        Some(vmid) => Some(engine.config_locks.acquire(vmid, engine.timing.config_lock_timeout).await?),
        None => None,
    };
    (endpoint.run)(engine, call)
}

/// The permission that the API declares for a call.
fn allow(cluster: &Cluster, endpoint: &Endpoint, call: &Call) -> Result<(), ApiError> {
    match endpoint.allow {
        Allow::Anyone => Ok(()),
        Allow::Check(check) => check(cluster, call),
        Allow::On(template, any_of) => {
            let path = call.fill(template);
            let granted = call.who.privileges(cluster, &path);
            if any_of.iter().any(|privilege| granted.contains(*privilege)) {
                Ok(())
            } else {
                Err(ApiError::denied(&path, &any_of.join("|")))
            }
        }
    }
}

/// Proxies to the node named in the path, which must exist and answer.
fn reach(engine: &Engine, call: &Call) -> Result<(), ApiError> {
    let Some(node) = call.var("node") else { return Ok(()) };
    if !engine.store.read(|cluster| cluster.nodes.contains(&node.to_owned())) {
        return Err(ApiError::Failed(format!(
            "hostname lookup '{node}' failed - failed to get address info for: {node}: Temporary failure in name resolution"
        )));
    }
    if engine.faults.node_down(node) { Err(ApiError::Unreachable) } else { Ok(()) }
}

/// A path parameter may be repeated, if its value is the same.
fn merge_path_parameters(call: &mut Call) -> Result<(), ApiError> {
    for (name, value) in &call.vars {
        match call.params.remove(name) {
            None => {}
            Some(ParamValue::Text(text)) if text == *value => {}
            Some(_) => {
                let text = "duplicate parameter (already defined in URI) with conflicting values!";
                return Err(ApiError::parameter(name, text));
            }
        }
    }
    Ok(())
}
