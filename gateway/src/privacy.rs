//! What whoever operates the server does for a person: hand over what is kept about them, and erase it.

use crate::{
    app::App,
    auth::{erasure, personal_data},
};
use dbx_domain::ids::AccountId;
use poem_openapi::types::ToJSON as _;
use serde_json::Value;

/// Why it was not done, as a sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

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
