//! Everything that is kept about a person, for themselves.

use crate::{
    api::{OwnAction, OwnApiKey, OwnMembership, OwnSession, PersonalData},
    app::App,
    http::problem::Problem,
};
use dbx_domain::ids::{AccountId, ApiKeyId};
use dbx_projections::{
    api_keys, members,
    page::{PageRequest, PageSize},
};
use dbx_sql::source::{api_keys as secrets, origins, people, sessions};

/// Most actions that one answer lists, the newest first.
const ACTIONS_MAX: u32 = 10_000;

/// Collects it.
pub(crate) async fn of(app: &App, account: AccountId) -> Result<PersonalData, Problem> {
    let person = people::find(app.db(), account).await?.ok_or_else(Problem::not_found)?;
    let mut actions = origins::of_account(app.db(), account, ACTIONS_MAX + 1).await?;
    let more_actions = actions.len() > ACTIONS_MAX as usize;
    actions.truncate(ACTIONS_MAX as usize);
    Ok(PersonalData {
        user: person.into(),
        memberships: memberships(app, account).await?,
        sessions: open_sessions(app, account).await?,
        api_keys: keys(app, account).await?,
        actions: actions.into_iter().map(shown).collect(),
        more_actions,
    })
}

fn shown(action: origins::OwnAction) -> OwnAction {
    OwnAction {
        time: action.recorded_at.inner(),
        kind: action.event_type,
        resource: action.aggregate_id,
        address: action.ip,
        user_agent: action.user_agent,
    }
}

async fn memberships(app: &App, account: AccountId) -> Result<Vec<OwnMembership>, Problem> {
    let (mut found, mut request) = (Vec::new(), PageRequest { size: PageSize::DEFAULT, after: None });
    loop {
        let page = members::orgs_of(app.db(), account, &request).await?;
        found.extend(page.items.into_iter().map(|membership| OwnMembership {
            org_id: membership.org.to_string(),
            org_name: membership.name.to_string(),
            role: membership.role.into(),
            joined_at: membership.joined_at.inner(),
        }));
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(found),
        }
    }
}

async fn open_sessions(app: &App, account: AccountId) -> Result<Vec<OwnSession>, Problem> {
    let sessions = sessions::list(app.db(), account).await?.into_iter();
    let shown = sessions.map(|session| OwnSession {
        id: session.id.to_string(),
        created_at: session.created_at.inner(),
        last_seen_at: session.last_seen_at.inner(),
        address: session.ip,
        user_agent: session.user_agent,
    });
    Ok(shown.collect())
}

async fn keys(app: &App, account: AccountId) -> Result<Vec<OwnApiKey>, Problem> {
    let (mut ids, mut request) =
        (Vec::<ApiKeyId>::new(), PageRequest { size: PageSize::DEFAULT, after: None });
    loop {
        let page = api_keys::page_of_account(app.db(), account, &request).await?;
        ids.extend(page.items.iter().map(|key| key.key));
        match page.next {
            Some(next) => request.after = Some(next),
            None => break,
        }
    }
    let notes = secrets::notes(app.db(), &ids).await?.into_iter();
    let shown = notes.map(|note| OwnApiKey {
        id: note.id.to_string(),
        name: note.name,
        last_used_at: note.last_used_at.map(|at| at.inner()),
    });
    Ok(shown.collect())
}
