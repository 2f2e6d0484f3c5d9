//! What the log says, as clients see it: names filled in, positions as text.

use super::schema::{
    activity::{ActivityItem, Severity},
    audit::{AuditEntry, Resource},
    event::{Actor, ActorKind},
};
use crate::http::problem::Problem;
use dbx_projections::{
    activity::{self, Doer},
    audit,
    narrative::{self, Names},
};
use dbx_sql::Database;

/// Who acted.
pub(super) fn actor(doer: Doer, names: &Names) -> Actor {
    let kind = match doer.kind.as_str() {
        "account" => ActorKind::Account,
        "api_key" => ActorKind::ApiKey,
        _ => ActorKind::System,
    };
    Actor { kind, name: names.of(&doer.id).map(str::to_owned), id: doer.id }
}

/// Items with the names of all they mention.
pub(crate) async fn activity(
    db: &Database,
    items: Vec<activity::ActivityItem>,
) -> Result<Vec<ActivityItem>, Problem> {
    let texts = items.iter().map(|item| item.sentence.as_str());
    let actors = items.iter().map(|item| item.actor.id.as_str());
    let names = Names::find(db, texts, actors).await?;
    Ok(items.into_iter().map(|item| activity_item(item, &names)).collect())
}

fn activity_item(item: activity::ActivityItem, names: &Names) -> ActivityItem {
    ActivityItem {
        position: item.cursor.to_string(),
        time: item.time.inner(),
        actor: actor(item.actor, names),
        kind: item.event_type,
        sentence: names.fill(&item.sentence),
        severity: severity(item.severity),
        detail: item.detail,
        org_id: item.org.to_string(),
        project_id: item.project.map(|id| id.to_string()),
        instance_id: item.instance.map(|id| id.to_string()),
        job_id: item.job.map(|id| id.to_string()),
        sequence: item.sequence,
    }
}

const fn severity(severity: narrative::Severity) -> Severity {
    match severity {
        narrative::Severity::Info => Severity::Info,
        narrative::Severity::Success => Severity::Success,
        narrative::Severity::Warning => Severity::Warning,
        narrative::Severity::Error => Severity::Error,
    }
}

/// Entries with the names of people and keys.
pub(super) async fn audit(
    db: &Database,
    entries: Vec<audit::AuditEntry>,
) -> Result<Vec<AuditEntry>, Problem> {
    let ids = entries.iter().flat_map(|entry| [entry.actor.id.as_str(), entry.resource.id.as_str()]);
    let names = Names::find(db, [], ids).await?;
    Ok(entries.into_iter().map(|entry| audit_entry(entry, &names)).collect())
}

fn audit_entry(entry: audit::AuditEntry, names: &Names) -> AuditEntry {
    let audit::Resource { kind, id, name } = entry.resource;
    AuditEntry {
        position: entry.cursor.to_string(),
        time: entry.time.inner(),
        org_id: entry.org.map(|id| id.to_string()),
        actor: actor(entry.actor, names),
        action: entry.action,
        resource: Resource { name: name.or_else(|| names.of(&id).map(str::to_owned)), kind, id },
        request_id: entry.request_id,
        address: entry.address,
        user_agent: entry.user_agent,
        before: entry.before,
        after: entry.after,
        event_type: entry.event_type,
    }
}
