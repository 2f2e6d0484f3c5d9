//! The table of calls: method, path, declared permission, parameters, code.

use std::sync::Arc;

use super::call::percent_decode;
use super::schema::Param;
use super::{
    ApiError, ApiResult, Call, Verb, access, clone, cluster, config_get, config_put, destroy, firewall, lxc,
    metrics, nodes, pools, power, resize, resources, storage, tasks,
};
use crate::engine::Engine;
use crate::model::Cluster;

/// The permission that a call declares.
#[derive(Clone, Copy)]
pub(super) enum Allow {
    /// Every token; the code filters or checks by itself.
    Anyone,
    /// Any one of the privileges on the path, whose `{name}` parts are filled in.
    On(&'static str, &'static [&'static str]),
    /// A rule of its own.
    Check(fn(&Cluster, &Call) -> Result<(), ApiError>),
}

/// One call of the API.
pub(super) struct Endpoint {
    verb: Verb,
    path: &'static str,
    pub(super) allow: Allow,
    pub(super) params: &'static [Param],
    /// Whether the code runs under the container's configuration lock.
    pub(super) locks_config: bool,
    pub(super) run: fn(&Arc<Engine>, &Call) -> ApiResult,
}

const fn call(
    verb: Verb,
    path: &'static str,
    allow: Allow,
    params: &'static [Param],
    run: fn(&Arc<Engine>, &Call) -> ApiResult,
) -> Endpoint {
    Endpoint { verb, path, allow, params, locks_config: false, run }
}

const fn locking(endpoint: Endpoint) -> Endpoint {
    Endpoint { locks_config: true, ..endpoint }
}

use Allow::{Anyone, Check, On};
use Verb::{Delete, Get, Post, Put};

const AUDIT: Allow = On("/vms/{vmid}", &["VM.Audit"]);
const POWER: Allow = On("/vms/{vmid}", &["VM.PowerMgmt"]);
const NETWORK: Allow = On("/vms/{vmid}", &["VM.Config.Network"]);
const STORAGE: Allow = On("/storage/{storage}", &["Datastore.Audit", "Datastore.AllocateSpace"]);
const ROOT_AUDIT: Allow = On("/", &["Sys.Audit"]);
const NODE_AUDIT: Allow = On("/nodes/{node}", &["Sys.Audit"]);
const CONFIG: Allow = On(
    "/vms/{vmid}",
    &["VM.Config.Disk", "VM.Config.CPU", "VM.Config.Memory", "VM.Config.Network", "VM.Config.Options"],
);

static ENDPOINTS: &[Endpoint] = &[
    call(Get, "/", Anyone, &[], cluster::index),
    call(Get, "/version", Anyone, &[], cluster::version),
    call(Get, "/access/permissions", Anyone, access::PERMISSIONS, access::permissions),
    call(Get, "/cluster/nextid", Anyone, cluster::NEXTID, cluster::nextid),
    call(Get, "/cluster/resources", Anyone, resources::PARAMS, resources::list),
    call(Get, "/cluster/status", ROOT_AUDIT, &[], cluster::status),
    call(Get, "/cluster/options", Anyone, &[], cluster::options),
    call(Get, "/cluster/firewall/options", ROOT_AUDIT, &[], firewall::cluster_options),
    call(Get, "/pools", Anyone, pools::PARAMS, pools::list),
    call(Get, "/nodes", Anyone, &[], nodes::list),
    call(Get, "/nodes/{node}/version", Anyone, &[], cluster::version),
    call(Get, "/nodes/{node}/status", NODE_AUDIT, &[], nodes::status),
    call(Get, "/nodes/{node}/network", Anyone, nodes::NETWORK, nodes::network),
    call(Get, "/nodes/{node}/storage", Anyone, storage::LIST, storage::list),
    call(Get, "/nodes/{node}/storage/{storage}/status", STORAGE, &[], storage::status),
    call(Get, "/nodes/{node}/storage/{storage}/content", STORAGE, storage::CONTENT, storage::content),
    call(Get, "/nodes/{node}/tasks", Anyone, tasks::LIST, tasks::list),
    call(Get, "/nodes/{node}/tasks/{upid}/status", Anyone, &[], tasks::status),
    call(Get, "/nodes/{node}/tasks/{upid}/log", Anyone, tasks::LOG, tasks::log),
    call(Delete, "/nodes/{node}/tasks/{upid}", Anyone, &[], tasks::stop),
    call(Get, "/nodes/{node}/lxc", Anyone, &[], lxc::list),
    call(Get, "/nodes/{node}/lxc/{vmid}", Anyone, &[], lxc::index),
    locking(call(
        Delete,
        "/nodes/{node}/lxc/{vmid}",
        On("/vms/{vmid}", &["VM.Allocate"]),
        destroy::PARAMS,
        destroy::destroy,
    )),
    call(Post, "/nodes/{node}/lxc/{vmid}/clone", Check(clone::allowed), clone::PARAMS, clone::clone),
    call(Get, "/nodes/{node}/lxc/{vmid}/config", AUDIT, config_get::PARAMS, config_get::config),
    locking(call(Put, "/nodes/{node}/lxc/{vmid}/config", CONFIG, super::options::PARAMS, config_put::config)),
    call(Get, "/nodes/{node}/lxc/{vmid}/pending", AUDIT, &[], config_get::pending),
    locking(call(
        Put,
        "/nodes/{node}/lxc/{vmid}/resize",
        On("/vms/{vmid}", &["VM.Config.Disk"]),
        resize::PARAMS,
        resize::resize,
    )),
    call(Get, "/nodes/{node}/lxc/{vmid}/feature", AUDIT, lxc::FEATURE, lxc::feature),
    call(Get, "/nodes/{node}/lxc/{vmid}/interfaces", AUDIT, &[], lxc::interfaces),
    call(Get, "/nodes/{node}/lxc/{vmid}/rrddata", AUDIT, metrics::PARAMS, metrics::rrddata),
    call(Get, "/nodes/{node}/lxc/{vmid}/status/current", AUDIT, &[], lxc::current),
    call(Post, "/nodes/{node}/lxc/{vmid}/status/start", POWER, power::START, power::start),
    call(Post, "/nodes/{node}/lxc/{vmid}/status/stop", POWER, power::STOP, power::stop),
    call(Post, "/nodes/{node}/lxc/{vmid}/status/shutdown", POWER, power::SHUTDOWN, power::shutdown),
    call(Post, "/nodes/{node}/lxc/{vmid}/status/reboot", POWER, power::REBOOT, power::reboot),
    call(Get, "/nodes/{node}/lxc/{vmid}/firewall/options", AUDIT, &[], firewall::options),
    call(Put, "/nodes/{node}/lxc/{vmid}/firewall/options", NETWORK, firewall::OPTIONS, firewall::set_options),
    call(Get, "/nodes/{node}/lxc/{vmid}/firewall/rules", AUDIT, &[], firewall::rules),
    call(Post, "/nodes/{node}/lxc/{vmid}/firewall/rules", NETWORK, firewall::RULE, firewall::add_rule),
    call(Get, "/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}", AUDIT, &[], firewall::rule),
    call(
        Delete,
        "/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}",
        NETWORK,
        firewall::DIGEST,
        firewall::remove_rule,
    ),
];

/// The endpoint for a path, with the path's parameters.
pub(super) fn find(verb: Verb, path: &str) -> Option<(&'static Endpoint, Vec<(&'static str, String)>)> {
    // Doubled and trailing slashes do not matter.
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut candidates = ENDPOINTS.iter().filter(|endpoint| endpoint.verb == verb);
    candidates.find_map(|endpoint| Some((endpoint, matches(endpoint.path, &segments)?)))
}

fn matches(pattern: &'static str, segments: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let pattern: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
    if pattern.len() != segments.len() {
        return None;
    }
    let mut vars = Vec::new();
    for (pattern, segment) in pattern.into_iter().zip(segments) {
        match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => vars.push((name, percent_decode(segment))),
            None if pattern == *segment => {}
            None => return None,
        }
    }
    Some(vars)
}
