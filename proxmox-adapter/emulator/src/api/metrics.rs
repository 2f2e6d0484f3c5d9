//! `rrddata`: one point a minute for the last hour (or coarser for longer), figures since the container started.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, opt, req};
use super::{ApiError, ApiResult, Call, Reply};
use crate::clock::unix_now;
use crate::engine::Engine;

pub(super) const PARAMS: &[Param] = &[
    opt("cf", Kind::OneOf(&["AVERAGE", "MAX"])),
    req("timeframe", Kind::OneOf(&["hour", "day", "week", "month", "year"])),
];

/// Points of a time frame.
const POINTS: i64 = 60;

fn step(timeframe: &str) -> i64 {
    match timeframe {
        "hour" => 60,
        "day" => 1_800,
        "week" => 10_800,
        "month" => 43_200,
        _ => 604_800,
    }
}

/// Past points carry the present figures: the emulator keeps no history. A container that has never run has no file.
pub(super) fn rrddata(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let vmid = call.vmid();
    engine.store.read(|cluster| {
        let container = cluster.container_on(call.node(), vmid)?;
        let Some(running) = &container.running else {
            return Err(ApiError::Failed(format!(
                "RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: opening '/var/lib/rrdcached/db/pve-vm-9.0/{vmid}': No such file or directory"
            )));
        };
        let step = step(call.text("timeframe").unwrap_or_default());
        let last = unix_now() / step * step;
        let figures = engine.backend.figures(vmid);
        let node_cpus = cluster.nodes.get(&container.node).map_or(1, |node| node.cpus);
        let cpus = container.cpus(node_cpus);
        let point = |at: i64| -> Value {
            let time = last - (POINTS - at) * step;
            if time < running.since {
                return json!({"time": time});
            }
            json!({
                "time": time, "cpu": figures.cpus_busy / cpus, "maxcpu": super::lxc::whole(cpus),
                "mem": figures.memory, "maxmem": container.number("memory", 512) << 20,
                "disk": figures.disk, "maxdisk": 0, "diskread": 0, "diskwrite": 0, "netin": 0, "netout": 0,
            })
        };
        Ok(Reply::data((1..=POINTS).map(point).collect::<Vec<_>>()))
    })
}
