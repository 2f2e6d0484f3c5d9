//! `evidence.json`: which keys and checkpoints earlier runs saw, per server. No secrets.
//!
//! A server that swaps its key or its whole log can pass a verification that knows nothing of the past; it cannot pass
//! one that remembers.

use super::{
    ConfigDir, StoreError,
    file::{self, Access},
};
use crate::api_url::ApiUrl;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FILE: &str = "evidence.json";

/// All servers.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Evidence {
    #[serde(default)]
    servers: BTreeMap<String, Seen>,
}

/// What was seen of one server.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Public keys, trusted since they were first seen.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The newest checkpoint that held, per org.
    #[serde(default)]
    pub checkpoints: BTreeMap<String, SeenCheckpoint>,
}

/// A checkpoint that held.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct SeenCheckpoint {
    /// Its number.
    pub number: u64,
    /// The hash of its statement.
    pub hash: String,
}

impl Evidence {
    /// What was seen of a server.
    ///
    /// # Errors
    /// [`StoreError`], also if others can write the file.
    pub fn of(directory: &ConfigDir, api: &ApiUrl) -> Result<Seen, StoreError> {
        Ok(Self::load(directory)?.servers.remove(&api.to_string()).unwrap_or_default())
    }

    /// Adds to what was seen of a server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remember(
        directory: &ConfigDir,
        api: &ApiUrl,
        change: impl FnOnce(&mut Seen),
    ) -> Result<(), StoreError> {
        let _held = directory.lock()?;
        let mut all = Self::load(directory)?;
        change(all.servers.entry(api.to_string()).or_default());
        let path = directory.join(FILE);
        match serde_json::to_vec_pretty(&all) {
            Ok(content) => file::replace(&path, &content),
            Err(cause) => Err(StoreError::Damaged { path, cause }),
        }
    }

    fn load(directory: &ConfigDir) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        match file::read(&path, Access::Private)? {
            Some(text) => serde_json::from_str(&text).map_err(|cause| StoreError::Damaged { path, cause }),
            None => Ok(Self::default()),
        }
    }
}
