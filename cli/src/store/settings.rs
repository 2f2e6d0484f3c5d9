//! `config.json`: the server that was signed in to last, and what is selected on each. No secrets.

use super::{
    ConfigDir, StoreError,
    file::{self, Access},
};
use crate::api_url::ApiUrl;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FILE: &str = "config.json";

/// All settings.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Settings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api: Option<String>,
    #[serde(default)]
    servers: BTreeMap<String, Selection>,
}

/// What is selected on one server.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// Id of the user who selected: what one selected is not there for another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The org that commands work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Chosen>,
    /// The project in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Chosen>,
}

/// A selected thing. The id counts; the name is for people and may be out of date.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// Its id.
    pub id: String,
    /// Its name when it was selected.
    pub name: String,
}

impl Settings {
    /// What is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn load(directory: &ConfigDir) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        match file::read(&path, Access::Any)? {
            Some(text) => serde_json::from_str(&text).map_err(|cause| StoreError::Damaged { path, cause }),
            None => Ok(Self::default()),
        }
    }

    /// The server that was signed in to last.
    #[must_use]
    pub fn api(&self) -> Option<ApiUrl> {
        self.api.as_deref()?.parse().ok()
    }

    /// What is selected on a server.
    #[must_use]
    pub fn selection(&self, api: &ApiUrl) -> Selection {
        self.servers.get(&api.to_string()).cloned().unwrap_or_default()
    }

    /// Makes a server the one that commands talk to. What was selected there stays if the same user selected it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sign_in(directory: &ConfigDir, api: &ApiUrl, user: &str) -> Result<(), StoreError> {
        Self::change(directory, |all| {
            all.api = Some(api.to_string());
            let selection = all.servers.entry(api.to_string()).or_default();
            if selection.user.as_deref() != Some(user) {
                *selection = Selection { user: Some(user.to_owned()), ..Selection::default() };
            }
        })
    }

    /// Changes what is selected on a server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn select(
        directory: &ConfigDir,
        api: &ApiUrl,
        change: impl FnOnce(&mut Selection),
    ) -> Result<(), StoreError> {
        Self::change(directory, |all| change(all.servers.entry(api.to_string()).or_default()))
    }

    fn change(directory: &ConfigDir, change: impl FnOnce(&mut Self)) -> Result<(), StoreError> {
        let _held = directory.lock()?;
        let mut all = Self::load(directory)?;
        change(&mut all);
        let path = directory.join(FILE);
        match serde_json::to_vec_pretty(&all) {
            Ok(content) => file::replace(&path, &content),
            Err(cause) => Err(StoreError::Damaged { path, cause }),
        }
    }
}
