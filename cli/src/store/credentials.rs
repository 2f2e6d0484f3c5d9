//! `credentials.json`: a session per server.
//!
//! Guarantee: the file is never used while others can read it, and never written so that they could.

use super::{
    ConfigDir, StoreError,
    file::{self, Access},
};
use crate::{api_url::ApiUrl, secret::Secret};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

const FILE: &str = "credentials.json";

/// All sessions.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Credentials {
    #[serde(default)]
    sessions: BTreeMap<String, Session>,
}

/// A session with one server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// What proves it.
    #[serde(serialize_with = "clear", deserialize_with = "secret")]
    pub token: Secret,
    /// Whose it is.
    pub user_id: String,
    /// The address they signed in with.
    pub email: String,
    /// When it ends by itself, RFC 3339.
    pub expires_at: String,
}

impl Credentials {
    /// What is stored.
    ///
    /// # Errors
    /// [`StoreError`], also if others can read the file.
    pub fn load(directory: &ConfigDir) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        match file::read(&path, Access::Private)? {
            Some(text) => serde_json::from_str(&text).map_err(|cause| StoreError::Damaged { path, cause }),
            None => Ok(Self::default()),
        }
    }

    /// The session with a server.
    #[must_use]
    pub fn session(&self, api: &ApiUrl) -> Option<&Session> {
        self.sessions.get(&api.to_string())
    }

    /// Remembers a session in the place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remember(directory: &ConfigDir, api: &ApiUrl, session: Session) -> Result<(), StoreError> {
        Self::change(directory, |all| {
            all.sessions.insert(api.to_string(), session);
        })
    }

    /// Forgets the session with a server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget(directory: &ConfigDir, api: &ApiUrl) -> Result<(), StoreError> {
        Self::change(directory, |all| {
            all.sessions.remove(&api.to_string());
        })
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

fn clear<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
