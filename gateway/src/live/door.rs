//! Compares everybody who listens with who may.

use super::{frame::Bye, hub::Hub};
use crate::{auth::principal::Principal, http::problem::Problem};
use dbx_domain::{
    ids::{AccountId, ApiKeyId, OrgId, SessionId},
    policy::{Action, allows},
};
use dbx_projections::{api_keys, members};
use dbx_sql::source::sessions;

/// Ends the streams of those who may not listen any more: three queries for all of them.
///
/// # Errors
/// The database does not answer; then nothing new is shown to anybody either.
pub(super) async fn check(hub: &Hub) -> Result<(), Problem> {
    let audience = hub.audience();
    if audience.is_empty() {
        return Ok(());
    }
    let (mut open, mut keys, mut pairs): (Vec<SessionId>, Vec<ApiKeyId>, Vec<(OrgId, AccountId)>) =
        Default::default();
    for (_, principal, org) in &audience {
        match principal {
            Principal::Session { session, .. } => open.push(*session),
            Principal::ApiKey { key, .. } => keys.push(*key),
        }
        pairs.push((*org, principal.account()));
    }
    pairs.sort_unstable();
    pairs.dedup();
    let open = sessions::open_among(&hub.db, &open).await?;
    let keys = api_keys::working_among(&hub.db, &keys).await?;
    let roles = members::roles(&hub.db, &pairs).await?;
    for (id, principal, org) in audience {
        let valid = match principal {
            Principal::Session { session, .. } => open.contains(&session),
            Principal::ApiKey { key, .. } => keys.contains(&key),
        };
        let role = roles.get(&(org, principal.account())).copied();
        let role = principal.role_in(org, role).filter(|role| valid && allows(*role, Action::ReadAudit));
        if role.is_none() {
            hub.end(id, Bye::AccessLost);
        }
    }
    Ok(())
}
