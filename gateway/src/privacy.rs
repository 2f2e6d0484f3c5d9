//! What whoever operates the server does for a person: hand over what is kept about them, and erase it.

use crate::{
    app::App,
    auth::{erasure, personal_data},
};
use dbx_domain::ids::AccountId;
use dbx_sql::source::people;
use poem_openapi::types::ToJSON as _;
use serde_json::Value;
use std::str::FromStr;

/// Why it was not done, as a sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// By the id, which outlives the person.
    Account(AccountId),
    /// By the address that they sign in with.
    Address(String),
}

/// A text that names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the account's id, `usr_…`, or the address that they sign in with")]
pub struct NobodyNamed;

impl FromStr for Whom {
    type Err = NobodyNamed;

    fn from_str(text: &str) -> Result<Self, NobodyNamed> {
        match text.contains('@') {
            true => Ok(Self::Address(text.to_owned())),
            false => text.parse().map(Self::Account).map_err(|_| NobodyNamed),
        }
    }
}

/// The account that is meant.
///
/// # Errors
/// Nobody signs in with the address, or the database cannot be read.
pub async fn account(app: &App, whom: &Whom) -> Result<AccountId, Refused> {
    let address = match whom {
        Whom::Account(account) => return Ok(*account),
        Whom::Address(address) => address.trim(),
    };
    let found = people::find_by_email(app.db(), address).await.map_err(|error| Refused(error.to_string()))?;
    let nobody =
        || Refused(format!("nobody signs in with {address}; whoever was erased has no address any more"));
    found.map(|person| person.account).ok_or_else(nobody)
}

/// Everything that is kept about a person, in the form of `GET /v1/users/me/export`.
///
/// # Errors
/// There is no such person, or the database cannot be read.
pub async fn export(app: &App, account: AccountId) -> Result<Value, Refused> {
    let data = personal_data::of(app, account).await.map_err(|problem| Refused(problem.to_string()))?;
    Ok(data.to_json().unwrap_or_default())
}

/// Erases a person as `DELETE /v1/users/me` does. Erasing twice is no error.
///
/// # Errors
/// They are the only owner of something, or the database cannot be changed.
pub async fn erase(app: &App, account: AccountId) -> Result<(), Refused> {
    erasure::by_operator(app, account).await.map_err(|problem| Refused(problem.to_string()))
}
