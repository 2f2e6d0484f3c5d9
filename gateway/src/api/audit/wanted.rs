//! What somebody wants of the audit log, from a query's texts.
//!
//! Guarantee: a text that can match nothing is refused with what would be right. An auditor must not take a spelling for
//! "did nothing". Who is named by address or name is looked for only among those whom this very log mentions.

use crate::{
    app::App,
    http::{problem::Problem, query},
};
use dbx_domain::ids::{
    AccountId, ApiKeyId, InstanceId, InvitationId, OrgId, ProjectId, SessionId, WebhookId, WorkflowId,
};
use dbx_projections::audit::{self, AuditFilter, AuditScope, action::ACTIONS};

/// The parts of the product that act by themselves.
const PARTS: [&str; 7] = ["engine", "monitor", "operator", "reconciler", "sign-in", "unknown", "webhooks"];
/// What ids of things in the log begin with.
const RESOURCES: [&str; 9] = [
    AccountId::PREFIX,
    ApiKeyId::PREFIX,
    InstanceId::PREFIX,
    InvitationId::PREFIX,
    OrgId::PREFIX,
    ProjectId::PREFIX,
    SessionId::PREFIX,
    WebhookId::PREFIX,
    WorkflowId::PREFIX,
];

/// A query's texts, as they came.
pub(super) struct Texts {
    pub(super) actor: Option<String>,
    pub(super) action: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// Reads them for the log of `scope`.
pub(super) async fn read(app: &App, scope: AuditScope, texts: Texts) -> Result<AuditFilter, Problem> {
    for (name, text) in [("actor", &texts.actor), ("action", &texts.action), ("resource", &texts.resource)] {
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            return Err(query::refused(name, "this holds a character that no value has"));
        }
    }
    let from = query::time("from", texts.from.as_deref())?;
    let to = query::time("to", texts.to.as_deref())?;
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(query::refused("from", "this is after `to`; swap them"));
    }
    let action = texts.action.map(|text| action(&text)).transpose()?;
    let resource = texts.resource.map(resource).transpose()?;
    let actor = match texts.actor {
        Some(text) => Some(actor(app, scope, text).await?),
        None => None,
    };
    Ok(AuditFilter { actor, action, resource, from, to })
}

/// An action as it is, or a kind of actions, with or without its dot.
fn action(text: &str) -> Result<String, Problem> {
    if ACTIONS.contains(&text) {
        return Ok(text.to_owned());
    }
    let kind = format!("{}.", text.trim_end_matches('.'));
    if ACTIONS.iter().any(|known| known.starts_with(&kind)) {
        return Ok(kind);
    }
    let wanted = kind.split('.').next().unwrap_or_default();
    let alike: Vec<&str> =
        ACTIONS.iter().copied().filter(|known| known.split('.').next() == Some(wanted)).collect();
    let mut known: Vec<&str> = ACTIONS.iter().filter_map(|action| action.split('.').next()).collect();
    known.dedup();
    let known = if alike.is_empty() { known } else { alike };
    Err(query::refused("action", format!("no action is called so; there are {}", known.join(", "))))
}

fn resource(text: String) -> Result<String, Problem> {
    match text.split_once('_') {
        Some((prefix, _)) if RESOURCES.contains(&prefix) => Ok(text),
        _ => Err(query::refused("resource", "this is no id; give one such as ins_…, prj_… or usr_…")),
    }
}

/// An id as it is, a part of the product, or somebody by address or name.
async fn actor(app: &App, scope: AuditScope, text: String) -> Result<String, Problem> {
    let is_id = text.parse::<AccountId>().is_ok() || text.parse::<ApiKeyId>().is_ok();
    if is_id || PARTS.contains(&text.as_str()) {
        return Ok(text);
    }
    match audit::actors_called(app.db(), scope, &text).await?.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(query::refused(
            "actor",
            format!(
                "nobody in this log has this id, address or name; give an id (usr_… or key_…), or one of {}",
                PARTS.join(", ")
            ),
        )),
        several => Err(query::refused(
            "actor",
            format!("several are called so; give the address or one of {}", several.join(", ")),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_may_lack_their_dot_and_what_is_not_there_is_refused_with_what_is() {
        assert_eq!(action("instance"), Ok("instance.".to_owned()));
        assert_eq!(action("instance."), Ok("instance.".to_owned()));
        assert_eq!(action("instance.create"), Ok("instance.create".to_owned()));
        let refused = action("instance.explode").unwrap_err().to_string();
        assert!(refused.contains("action"), "{refused}");
        assert!(action("").is_err() && action(".").is_err() && action("inst").is_err());
        assert!(resource("db".to_owned()).is_err() && resource("ins_x".to_owned()).is_ok());
    }
}
