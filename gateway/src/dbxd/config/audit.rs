//! How the log is signed, and which keys are trusted when it is verified.

use dbx_sql::checkpoint::PublicKey;
use serde::Deserialize;

/// How the log is signed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuditSection {
    /// Seconds between two checkpoints of a log that grows.
    pub(crate) checkpoint_secs: u64,
    /// Public keys that signed before the present one.
    pub(crate) older_checkpoint_keys: Vec<String>,
}

impl Default for AuditSection {
    fn default() -> Self {
        Self { checkpoint_secs: 60, older_checkpoint_keys: Vec::new() }
    }
}

impl AuditSection {
    pub(super) fn findings(&self) -> Vec<String> {
        let zero =
            (self.checkpoint_secs == 0).then(|| "`audit.checkpoint_secs` must be above zero".to_owned());
        let wrong = self.older_checkpoint_keys.iter().filter_map(|key| {
            let error = key.parse::<PublicKey>().err()?;
            Some(format!("`{key}` in `audit.older_checkpoint_keys`: {error}"))
        });
        zero.into_iter().chain(wrong).collect()
    }

    /// The keys that signed before; all of them are well-formed once the configuration was accepted.
    pub(crate) fn older_keys(&self) -> Vec<PublicKey> {
        self.older_checkpoint_keys.iter().filter_map(|key| key.parse().ok()).collect()
    }
}
