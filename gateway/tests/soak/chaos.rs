//! The fire: kills at random moments, and every fault that the emulator knows.

use crate::{dice::Dice, estate::Estate};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Calls that change something.
const CHANGES: [(&str, &str); 8] = [
    ("POST", "/nodes/*/lxc/*/clone"),
    ("PUT", "/nodes/*/lxc/*/config"),
    ("POST", "/nodes/*/lxc/*/status/start"),
    ("POST", "/nodes/*/lxc/*/status/shutdown"),
    ("POST", "/nodes/*/lxc/*/status/stop"),
    ("PUT", "/nodes/*/lxc/*/firewall/options"),
    ("POST", "/nodes/*/lxc/*/firewall/rules"),
    ("DELETE", "/nodes/*/lxc/*"),
];
/// Calls that only look.
const LOOKS: [&str; 5] = [
    "/cluster/resources",
    "/nodes/*/lxc/*/config",
    "/nodes/*/lxc/*/status/current",
    "/nodes/*/tasks/**",
    "/nodes",
];

/// Until the time is over: something bad, a pause, something bad.
pub(crate) fn rage(estate: &mut Estate, seed: u64, time: Duration) {
    let mut dice = Dice::of(seed, 1);
    let mut done: BTreeMap<&str, u32> = BTreeMap::new();
    let end = Instant::now() + time;
    while Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(dice.between(100, 1_200)));
        estate.keep_running();
        let what = strike(estate, &mut dice);
        *done.entry(what).or_default() += 1;
    }
    eprintln!("soak: the fire is over: {done:?}");
}

fn strike(estate: &mut Estate, dice: &mut Dice) -> &'static str {
    let down = Duration::from_millis(dice.between(0, 1_500));
    match dice.roll(20) {
        0..5 => {
            let number = usize::try_from(dice.roll(2)).unwrap();
            estate.servers[number].kill();
            std::thread::park_timeout(down);
            "server killed"
        }
        5 => {
            estate.servers.iter_mut().for_each(crate::process::Process::kill);
            std::thread::park_timeout(down);
            "both servers killed"
        }
        6..8 => {
            estate.cluster.kill();
            std::thread::park_timeout(down);
            "cluster killed"
        }
        8 => {
            estate.control.kill();
            std::thread::park_timeout(down);
            "database killed"
        }
        9 => {
            estate.control.kill_a_backend();
            "backend killed"
        }
        10 => {
            estate.cluster.unlock_the_stuck();
            "locks removed by an operator"
        }
        11 => {
            estate.cluster.cease();
            "faults removed"
        }
        12 => {
            lock_somebody(estate, dice);
            "somebody locked"
        }
        _ => {
            let (name, faults) = fault(dice);
            estate.cluster.script(&faults);
            name
        }
    }
}

/// A backup or an operator holds a container for a while.
fn lock_somebody(estate: &Estate, dice: &mut Dice) {
    let Some(ledger) = estate.cluster.ledger() else { return };
    let guests = ledger["containers"].as_array().into_iter().flatten();
    let guests = guests.filter(|container| container["template"] == false && container["lock"].is_null());
    let guests: Vec<u64> = guests.filter_map(|container| container["vmid"].as_u64()).collect();
    if !guests.is_empty() {
        let vmid = *dice.pick(&guests);
        estate.cluster.script(&json!([{ "action": { "lock": { "vmid": vmid, "name": "backup" } } }]));
    }
}

fn fault(dice: &mut Dice) -> (&'static str, Value) {
    let &(method, path) = dice.pick(&CHANGES);
    let times = dice.between(1, 3);
    let change =
        |action: Value| json!([{ "method": method, "path": path, "times": times, "action": action }]);
    let status = |code: u64, reason: &str, after: bool| json!({ "status": { "code": code, "reason": reason, "after_effect": after } });
    match dice.roll(11) {
        0..2 => ("effect without answer", change(json!("drop_after_effect"))),
        2 => ("no effect, no answer", change(json!("drop_before_effect"))),
        3 => ("596", change(status(596, "Connection timed out", dice.roll(2) == 0))),
        4 => ("500", change(status(500, "got timeout", false))),
        5 => ("task fails", change(json!({ "task_fails": "command failed: exit code 1" }))),
        6 => ("task lost", change(json!("task_lost"))),
        7 => {
            let look = dice.pick(&LOOKS);
            let action =
                dice.pick(&[json!("drop_before_effect"), status(595, "No route to host", false)]).clone();
            (
                "looking fails",
                json!([{ "method": "GET", "path": look, "times": times * 2, "action": action }]),
            )
        }
        8 => (
            "slow or full",
            match dice.roll(2) {
                0 => change(json!({ "delay_ms": dice.between(500, 9_000) })),
                _ => change(json!("storage_full")),
            },
        ),
        9 => ("answer without effect", change(json!("answer_without_effect"))),
        _ => {
            let node = *dice.pick(&["pve1", "pve2", "pve3"]);
            ("node down", json!([{ "action": { "node_down": node } }]))
        }
    }
}
