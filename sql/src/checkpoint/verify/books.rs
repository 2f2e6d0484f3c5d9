//! The trees, built again from the heads of one checkpoint after the other.

use crate::checkpoint::{
    merkle::{Hash, Tree},
    progress::StreamKey,
    statement::{CoveredHead, scope_leaf},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The heads of one checkpoint by stream, each with the scope it is said to be of.
pub(super) type Heads = BTreeMap<StreamKey, (String, CoveredHead)>;

/// What all checkpoints so far add up to.
#[derive(Debug, Default)]
pub(super) struct Books {
    places: HashMap<StreamKey, usize>,
    scopes: HashMap<String, (usize, Tree)>,
    root: Tree,
}

impl Books {
    /// Enters heads; the same heads with other content may be entered again.
    pub(super) fn enter(&mut self, heads: &Heads) {
        let mut grown = BTreeSet::new();
        for (key, (scope, head)) in heads {
            let (_, tree) = self.scopes.entry(scope.clone()).or_insert_with(|| (usize::MAX, Tree::default()));
            let place = *self.places.entry(key.clone()).or_insert(tree.len());
            // A head that names another scope than before has no place there; then the root will not fit.
            tree.set(place.min(tree.len()), head.leaf());
            grown.insert(scope);
        }
        for scope in grown {
            let Some((place, tree)) = self.scopes.get_mut(scope) else { continue };
            if *place == usize::MAX {
                *place = self.root.len();
            }
            self.root.set(*place, scope_leaf(scope, tree.len() as u64, &tree.root()));
        }
    }

    pub(super) fn root(&self) -> Hash {
        self.root.root()
    }
}
