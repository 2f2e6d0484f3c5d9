//! The guest's firewall: everything inwards is dropped but Postgres.
//!
//! Proxmox's rule list has no keys and adding is not idempotent, so our rule is known by its comment. Rules of others
//! are left alone.

use crate::{client::ProxmoxClient, config::path, wire};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{database_admin::POSTGRES_PORT, failure::transient, hypervisor::StepGuard};
use serde_json::Value;
use std::collections::BTreeMap;

/// Marks our rule.
const COMMENT: &str = "dbxyz: postgres";

type Row = BTreeMap<String, Value>;

/// More changes than this in one go means that something undoes them.
const ROUNDS: usize = 16;

/// Brings options and rule into shape; what is right already is not touched.
///
/// The caller has made sure that the container exists: Proxmox takes firewall writes for any number and leaves a file.
pub(crate) async fn ensure(
    client: &ProxmoxClient,
    guard: &dyn StepGuard,
    node: &str,
    ctid: Ctid,
) -> Result<(), Failure> {
    let base = format!("{}/firewall", path(node, ctid));
    // The rule first: enabling the firewall without it would cut off a server that runs.
    ensure_rule(client, guard, &format!("{base}/rules")).await?;
    ensure_options(client, guard, &format!("{base}/options")).await
}

/// What [`ensure`] would change, in words.
pub(crate) async fn flaw(client: &ProxmoxClient, node: &str, ctid: Ctid) -> Result<Option<String>, Failure> {
    let base = format!("{}/firewall", path(node, ctid));
    let options: Row = client.get(&format!("{base}/options"), &[]).await?;
    if let Some((name, _)) = missing(&options).first() {
        let set = text(&options, name).unwrap_or_else(|| "not set".to_owned());
        return Ok(Some(format!("`{name}` is {set}")));
    }
    let rules: Vec<Row> = client.get(&format!("{base}/rules"), &[]).await?;
    Ok(next_change(&rules).map(|change| match change {
        Change::Add => "the rule that lets Postgres in is missing".to_owned(),
        Change::Remove { position, .. } => format!("rule {position} of ours is wrong or repeated"),
    }))
}

/// Options that are not as they should be, with what they should be.
fn missing(options: &Row) -> Vec<(&'static str, &'static str)> {
    let wanted = [("enable", "1"), ("policy_in", "DROP")];
    wanted.into_iter().filter(|(name, value)| text(options, name).as_deref() != Some(*value)).collect()
}

/// Looks again after each change: an answer alone does not prove that it was made.
async fn ensure_options(client: &ProxmoxClient, guard: &dyn StepGuard, options: &str) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        let missing = missing(&client.get(options, &[]).await?);
        if missing.is_empty() {
            return Ok(());
        }
        client.put(guard, options, &missing).await?;
    }
    Err(transient(
        "not_applied",
        format!("{options}: the firewall does not stay on; does somebody else switch it off?"),
    ))
}

/// One change per look: positions and digest shift with every one.
async fn ensure_rule(client: &ProxmoxClient, guard: &dyn StepGuard, rules: &str) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        let rows: Vec<Row> = client.get(rules, &[]).await?;
        match next_change(&rows) {
            None => return Ok(()),
            Some(Change::Add) => {
                client.post::<Value>(guard, rules, &rule(&POSTGRES_PORT.to_string())).await?;
            }
            Some(Change::Remove { position, digest }) => {
                let query: Vec<_> = digest.iter().map(|digest| ("digest", digest.as_str())).collect();
                client.delete::<Value>(guard, &format!("{rules}/{position}"), &query).await?;
            }
        }
    }
    Err(transient(
        "not_applied",
        format!("{rules}: the rule for Postgres does not stay; does somebody else edit it?"),
    ))
}

fn rule(port: &str) -> [(&str, &str); 6] {
    [
        ("action", "ACCEPT"),
        ("type", "in"),
        ("proto", "tcp"),
        ("dport", port),
        ("enable", "1"),
        ("comment", COMMENT),
    ]
}

/// The next thing to do about the rules.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Add,
    /// A wrong or repeated rule of ours, guarded by the list's digest.
    Remove {
        position: String,
        digest: Option<String>,
    },
}

fn next_change(rows: &[Row]) -> Option<Change> {
    let port = POSTGRES_PORT.to_string();
    let is_right = |row: &Row| {
        let wanted = rule(&port).into_iter().all(|(name, value)| text(row, name).as_deref() == Some(value));
        wanted && !["source", "dest", "sport", "iface", "macro"].iter().any(|name| row.contains_key(*name))
    };
    let ours = || rows.iter().filter(|row| text(row, "comment").as_deref() == Some(COMMENT));
    let Some(right) = ours().find(|row| is_right(row)) else { return Some(Change::Add) };
    let surplus = ours().find(|row| text(row, "pos") != text(right, "pos"))?;
    Some(Change::Remove { position: text(surplus, "pos")?, digest: text(surplus, "digest") })
}

fn text(row: &Row, name: &str) -> Option<String> {
    row.get(name).and_then(wire::text).map(|text| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(value: Value) -> Vec<Row> {
        serde_json::from_value(value).unwrap()
    }

    fn ours(pos: u32, enable: u32) -> Value {
        json!({"action": "ACCEPT", "type": "in", "proto": "tcp", "dport": "5432", "enable": enable, "pos": pos,
               "comment": COMMENT, "digest": "d"})
    }

    #[test]
    fn a_right_rule_needs_nothing_and_foreign_rules_stay() {
        let ssh =
            json!({"action": "ACCEPT", "type": "in", "proto": "tcp", "dport": "22", "enable": 1, "pos": 0});
        assert_eq!(next_change(&rows(json!([ssh, ours(1, 1)]))), None);
        assert_eq!(next_change(&rows(json!([ssh]))), Some(Change::Add));
    }

    #[test]
    fn wrong_and_repeated_rules_of_ours_go() {
        let remove = |position: &str| {
            Some(Change::Remove { position: position.to_owned(), digest: Some("d".to_owned()) })
        };
        assert_eq!(next_change(&rows(json!([ours(0, 1), ours(1, 1)]))), remove("1"));
        assert_eq!(next_change(&rows(json!([ours(0, 0)]))), Some(Change::Add));
        assert_eq!(next_change(&rows(json!([ours(0, 0), ours(1, 1)]))), remove("0"));
        let mut narrowed = ours(0, 1);
        narrowed["source"] = json!("10.0.0.0/8");
        assert_eq!(next_change(&rows(json!([narrowed]))), Some(Change::Add));
    }
}
