//! Firewall of a guest: options and rules. Writing works for guests that do not exist, as on a real node.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::schema::{Kind, Param, opt, req};
use super::{ApiError, ApiResult, Call, Reply};
use crate::engine::Engine;
use crate::model::Firewall;

const POLICIES: &[&str] = &["ACCEPT", "REJECT", "DROP"];
const LEVELS: &[&str] = &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog"];

pub(super) const OPTIONS: &[Param] = &[
    opt("delete", Kind::Text(512)),
    opt("dhcp", Kind::Flag),
    opt("digest", Kind::Text(64)),
    opt("enable", Kind::Flag),
    opt("ipfilter", Kind::Flag),
    opt("log_level_in", Kind::OneOf(LEVELS)),
    opt("log_level_out", Kind::OneOf(LEVELS)),
    opt("macfilter", Kind::Flag),
    opt("ndp", Kind::Flag),
    opt("policy_in", Kind::OneOf(POLICIES)),
    opt("policy_out", Kind::OneOf(POLICIES)),
    opt("radv", Kind::Flag),
];
pub(super) const RULE: &[Param] = &[
    req("action", Kind::Text(20)),
    opt("comment", Kind::Text(512)),
    opt("dest", Kind::Text(512)),
    opt("digest", Kind::Text(64)),
    opt("dport", Kind::Format(ports)),
    opt("enable", Kind::Int(0, i64::MAX)),
    opt("icmp-type", Kind::Text(64)),
    opt("iface", Kind::Text(20)),
    opt("log", Kind::OneOf(LEVELS)),
    opt("macro", Kind::Text(128)),
    opt("pos", Kind::Int(0, i64::MAX)),
    opt("proto", Kind::Text(64)),
    opt("source", Kind::Text(512)),
    opt("sport", Kind::Format(ports)),
    req("type", Kind::OneOf(&["in", "out", "forward", "group"])),
];
pub(super) const DIGEST: &[Param] = &[opt("digest", Kind::Text(64))];

const MODIFIED: &str = "detected modified configuration - file changed by other user? Try again.";
/// Digest of a file that is not there.
const EMPTY_DIGEST: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn ports(text: &str) -> Result<(), String> {
    for port in text.split([',', ':']) {
        let named = !port.is_empty() && port.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let number = port.bytes().all(|b| b.is_ascii_digit());
        if !named || (number && port.parse::<u16>().is_err()) {
            return Err(format!("invalid format - invalid port '{port}'\n"));
        }
    }
    Ok(())
}

/// The cluster's firewall is on: guests' rules would be in force.
pub(super) fn cluster_options(_: &Arc<Engine>, _: &Call) -> ApiResult {
    Ok(Reply::data(json!({"enable": 1, "policy_in": "DROP", "digest": EMPTY_DIGEST})))
}

fn typed(map: &BTreeMap<String, String>) -> Map<String, Value> {
    const FLAGS: [&str; 6] = ["enable", "dhcp", "ipfilter", "macfilter", "ndp", "radv"];
    let value = |key: &str, text: &str| match text.parse::<u64>() {
        Ok(number) if FLAGS.contains(&key) => json!(number),
        _ => json!(text),
    };
    map.iter().map(|(key, text)| (key.clone(), value(key, text))).collect()
}

pub(super) fn options(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let Some(firewall) = cluster.firewalls.get(&call.vmid()) else {
            return Ok(Reply::data(json!({"digest": EMPTY_DIGEST})));
        };
        let mut data = typed(&firewall.options);
        data.insert("digest".to_owned(), json!(firewall.digest()));
        Ok(Reply::data(data))
    })
}

fn change<R>(
    engine: &Engine,
    call: &Call,
    change: impl FnOnce(&mut Firewall) -> Result<R, ApiError>,
) -> Result<R, ApiError> {
    engine.store.write(|cluster| {
        let firewall = cluster.firewalls.entry(&call.vmid(), Firewall::default);
        if call.text("digest").is_some_and(|digest| digest != firewall.digest()) {
            return Err(ApiError::Failed(MODIFIED.to_owned()));
        }
        change(firewall)
    })
}

pub(super) fn set_options(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    change(engine, call, |firewall| {
        for (name, _) in call.params.iter() {
            match (name, call.text(name)) {
                ("digest", _) | (_, None) => {}
                ("delete", Some(list)) => {
                    list.split([',', ';', ' ']).for_each(|option| drop(firewall.options.remove(option)));
                }
                (_, Some(value)) => {
                    firewall.options.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        Ok(Reply::null())
    })
}

fn rule_json(firewall: &Firewall, pos: usize, rule: &BTreeMap<String, String>) -> Map<String, Value> {
    let mut data = typed(rule);
    data.insert("pos".to_owned(), json!(pos));
    data.insert("digest".to_owned(), json!(firewall.digest()));
    data
}

pub(super) fn rules(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let Some(firewall) = cluster.firewalls.get(&call.vmid()) else { return Ok(Reply::data(json!([]))) };
        let rules = firewall.rules.iter().enumerate();
        Ok(Reply::data(rules.map(|(pos, rule)| rule_json(firewall, pos, rule)).collect::<Vec<_>>()))
    })
}

/// A single rule; its position comes back as text here, and as a number in the list.
pub(super) fn rule(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let pos = position(call)?;
    engine.store.read(|cluster| {
        let firewall = cluster.firewalls.get(&call.vmid());
        let found = firewall.and_then(|firewall| Some((firewall, firewall.rules.get(pos)?)));
        let (firewall, rule) = found.ok_or_else(|| format!("no rule at position {pos}"))?;
        let mut data = rule_json(firewall, pos, rule);
        data.insert("pos".to_owned(), json!(pos.to_string()));
        Ok(Reply::data(data))
    })
}

fn position(call: &Call) -> Result<usize, ApiError> {
    let text = call.var("pos").unwrap_or_default();
    text.parse()
        .map_err(|_| ApiError::parameter("pos", &format!("type check ('integer') failed - got '{text}'")))
}

/// A rule goes to the top unless `pos` says otherwise.
pub(super) fn add_rule(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    check_rule(call)?;
    change(engine, call, |firewall| {
        let fields = call.params.iter().filter(|(name, _)| !matches!(*name, "pos" | "digest"));
        let rule =
            fields.filter_map(|(name, _)| Some((name.to_owned(), call.text(name)?.to_owned()))).collect();
        let pos =
            usize::try_from(call.number("pos").unwrap_or(0)).unwrap_or(usize::MAX).min(firewall.rules.len());
        firewall.rules.insert(pos, rule);
        Ok(Reply::null())
    })
}

fn check_rule(call: &Call) -> Result<(), ApiError> {
    let action = call.text("action").unwrap_or_default();
    if call.text("type") != Some("group") && !POLICIES.contains(&action) {
        return Err(ApiError::parameter("action", &format!("unknown action '{action}'")));
    }
    for port in ["dport", "sport"] {
        if call.text(port).is_some() && call.text("proto").is_none() && call.text("macro").is_none() {
            return Err(ApiError::parameter(
                "proto",
                &format!("missing property - '{port}' requires this property"),
            ));
        }
    }
    Ok(())
}

pub(super) fn remove_rule(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let pos = position(call)?;
    change(engine, call, |firewall| {
        if pos >= firewall.rules.len() {
            return Err(ApiError::Failed(format!("no rule at position {pos}")));
        }
        firewall.rules.remove(pos);
        Ok(Reply::null())
    })
}
