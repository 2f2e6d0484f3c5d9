//! Whether this command has changed something already: then no complaint may hide the answer, such as an id or a token.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Shared by who changes things and who shows them. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changed(Arc<AtomicBool>);

impl Changed {
    /// From now on something is.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether something is.
    pub(crate) fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
