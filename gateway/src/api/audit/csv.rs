//! Audit entries as comma-separated values (RFC 4180).
//!
//! Guarantee: no cell is taken for a formula: spreadsheets run what begins with `=`, `+`, `-`, `@`, a tab or a return,
//! and names and user agents are what their owners want them to be. Such a cell gets a `'` in front.

use crate::api::schema::{audit::AuditEntry, event::ActorKind};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

/// The first line.
pub(super) const HEAD: &str = "position,time,orgId,actorKind,actorId,actorName,action,resourceKind,resourceId,resourceName,\
     requestId,address,userAgent,before,after,eventType\r\n";

/// One line.
pub(super) fn line(entry: &AuditEntry) -> String {
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let kind = match entry.actor.kind {
        ActorKind::Account => "account",
        ActorKind::ApiKey => "api_key",
        ActorKind::System => "system",
    };
    let cells = [
        entry.position.clone(),
        entry.time.format(&Rfc3339).unwrap_or_default(),
        text(&entry.org_id),
        kind.to_owned(),
        entry.actor.id.clone(),
        text(&entry.actor.name),
        entry.action.clone(),
        entry.resource.kind.clone(),
        entry.resource.id.clone(),
        text(&entry.resource.name),
        text(&entry.request_id),
        text(&entry.address),
        text(&entry.user_agent),
        json(&entry.before),
        json(&entry.after),
        entry.event_type.clone(),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    match !guard.is_empty() || cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{guard}{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("two\nlines"), "\"two\nlines\"");
    }
}
