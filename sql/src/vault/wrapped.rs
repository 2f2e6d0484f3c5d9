//! Data keys in their wrapped form, and a short memory of them.
//!
//! Guarantees: what is remembered is worthless without a master key; it is used to seal only, so a key that was shredded
//! opens nothing from that moment on; it is forgotten after [`KEPT`], and a key that is wrapped anew meanwhile is still
//! the same key.

use dbx_domain::ids::OrgId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio_postgres::Row;

/// How long a wrapped key is remembered.
const KEPT: Duration = Duration::from_secs(10);
/// Most keys that are remembered.
const KEPT_MAX: usize = 1_000;

/// An org's data key as it is stored.
#[derive(Debug)]
pub(super) struct WrappedKey {
    pub(super) nonce: Vec<u8>,
    pub(super) wrapped: Vec<u8>,
    pub(super) master_key_id: String,
}

impl WrappedKey {
    /// `row`: org, nonce, wrapped key, master key id, …
    pub(super) fn of_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self { nonce: row.try_get(1)?, wrapped: row.try_get(2)?, master_key_id: row.try_get(3)? })
    }
}

/// Wrapped keys that were read a moment ago.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<OrgId, (Instant, Arc<WrappedKey>)>>);

impl Remembered {
    pub(super) fn of(&self, org: OrgId) -> Option<Arc<WrappedKey>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&org).filter(|(since, _)| since.elapsed() < KEPT).map(|(_, key)| Arc::clone(key))
    }

    pub(super) fn keep(&self, org: OrgId, key: WrappedKey) -> Arc<WrappedKey> {
        let key = Arc::new(key);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (since, _)| since.elapsed() < KEPT);
        }
        if kept.len() < KEPT_MAX {
            kept.insert(org, (Instant::now(), Arc::clone(&key)));
        }
        key
    }
}
