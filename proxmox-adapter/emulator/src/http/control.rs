//! `/emulator/…`: the calls that no Proxmox has. They ask for a valid token like all others.
//!
//! `GET|POST|DELETE /emulator/faults`, `GET /emulator/ledger`, and what an operator does on the host as root:
//! `POST /emulator/unlock/{vmid}` is `pct unlock`, `POST /emulator/destroy/{vmid}` is `pct destroy --force`.

use std::sync::Arc;

use serde_json::json;

use super::Answer;
use crate::api::{Verb, destroy_by_operator};
use crate::engine::Engine;
use crate::faults::Fault;

pub(super) fn answer(engine: &Arc<Engine>, verb: Verb, path: &str, body: &[u8]) -> Answer {
    match (verb, path.split_once('/').unwrap_or((path, ""))) {
        (Verb::Get, ("faults", "")) => Answer::json(json!({"data": engine.faults.list()})),
        (Verb::Post, ("faults", "")) => script(engine, body),
        (Verb::Delete, ("faults", "")) => {
            engine.faults.clear();
            Answer::json(json!({"data": null}))
        }
        (Verb::Get, ("ledger", "")) => Answer::json(json!({"data": engine.ledger()})),
        (Verb::Post, ("unlock", vmid)) => unlock(engine, vmid),
        (Verb::Post, ("destroy", vmid)) => destroy(engine, vmid),
        _ => Answer::error(501, &format!("Method '{} /emulator/{path}' not implemented", verb.name())),
    }
}

fn script(engine: &Arc<Engine>, body: &[u8]) -> Answer {
    match serde_json::from_slice::<Vec<Fault>>(body) {
        Ok(faults) => {
            for fault in faults {
                engine.script(fault);
            }
            Answer::json(json!({"data": null}))
        }
        Err(error) => {
            let hint = "send a list such as [{\"path\":\"**\",\"action\":\"task_lost\"}]";
            Answer::error(400, &format!("the faults cannot be read ({error}): {hint}"))
        }
    }
}

fn unlock(engine: &Arc<Engine>, vmid: &str) -> Answer {
    match vmid.parse().ok().filter(|vmid| engine.unlock(*vmid)) {
        Some(_) => Answer::json(json!({"data": null})),
        None => Answer::error(404, &format!("there is no container '{vmid}' to unlock")),
    }
}

fn destroy(engine: &Arc<Engine>, vmid: &str) -> Answer {
    let none = |_| format!("there is no container '{vmid}' to destroy");
    match vmid.parse().map_err(none).and_then(|vmid| destroy_by_operator(engine, vmid)) {
        Ok(upid) => Answer::json(json!({"data": upid})),
        Err(text) => Answer::error(500, &text),
    }
}
