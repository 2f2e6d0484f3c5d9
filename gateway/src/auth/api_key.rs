//! API keys: drawing one, and reading a token.
//!
//! A token is `dbx_<prefix>_<secret>`: the prefix finds the row and may be shown, the secret has 256 bits of which
//! only a hash is kept. Guarantee: a revoked key works no longer from the commit that revokes it on, because its row
//! goes with that commit and is looked up for every request.

use super::{proof::Proof, token};
use crate::{app::App, command::decided, http::problem::Problem, ids};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dbx_domain::{Account, Secret, account::AccountCommand, ids::AccountId, ids::ApiKeyId, ids::OrgId};
use dbx_sql::{
    Append,
    source::api_keys::{ApiKeySecret, ApiKeyWrite},
};

/// What API keys begin with, so that people and secret scanners recognise them.
const PREFIX: &str = "dbx_";

/// A key that is about to be issued; the token exists nowhere else.
pub(crate) struct DrawnKey {
    pub(crate) row: ApiKeySecret,
    pub(crate) token: Secret,
}

impl DrawnKey {
    /// Draws a key.
    pub(crate) fn draw(name: String) -> Result<Self, Problem> {
        let (mut prefix, mut bits) = ([0u8; 6], [0u8; 32]);
        ids::fill_random(&mut prefix)?;
        ids::fill_random(&mut bits)?;
        let prefix: String = prefix.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = Secret::new(URL_SAFE_NO_PAD.encode(bits));
        let token = Secret::new(format!("{PREFIX}{prefix}_{}", secret.expose()));
        let row = ApiKeySecret { id: ids::api_key(), prefix, secret_hash: token::hash(&secret), name };
        Ok(Self { row, token })
    }
}

/// What a token proves, if it has the form of a key.
pub(super) fn proof(token: &Secret) -> Option<Proof> {
    let (prefix, secret) = token.expose().strip_prefix(PREFIX)?.split_once('_')?;
    Some(Proof::ApiKey(prefix.to_owned(), token::hash(&Secret::new(secret))))
}

/// Revokes every key that `account` has to `org`, as a part of what takes its rights there away: should the person
/// come back some day, the old keys must not.
pub(crate) async fn revoke_all(
    app: &App,
    account: AccountId,
    org: OrgId,
) -> Result<(Append, Vec<ApiKeyWrite>), Problem> {
    let stream = account.to_string();
    let loaded = app.store().load::<Account>(&stream).await?;
    let keys: Vec<ApiKeyId> =
        loaded.aggregate.api_keys().iter().filter(|(_, opens)| **opens == org).map(|(key, _)| *key).collect();
    let commands = keys.iter().copied().map(AccountCommand::RevokeApiKey).collect();
    let append = decided::<Account>(loaded.aggregate, loaded.head, &stream, commands)?;
    Ok((append, keys.into_iter().map(ApiKeyWrite::Revoke).collect()))
}
