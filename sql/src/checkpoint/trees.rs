//! The trees of a checkpoint, from the newest known leaves and what grew.
//!
//! A leaf keeps its place for ever. New ones go to the end, streams in the order of kind and id, scopes in the order of
//! their names, so that whoever verifies finds the same places.

use super::{
    merkle::{Hash, Tree},
    progress::{Growth, Head, StreamKey, hash_at},
    statement::{CoveredHead, scope_leaf},
};
use crate::error::SqlError;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Transaction;

/// A scope's place below the root, and what its leaf says.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) leaf: usize,
    pub(super) streams: u64,
    pub(super) root: Hash,
}

/// Leaf of a stream.
pub(super) fn stream_leaf((aggregate_type, aggregate_id): &StreamKey, head: &Head) -> Hash {
    CoveredHead {
        aggregate_type: aggregate_type.clone(),
        aggregate_id: aggregate_id.clone(),
        sequence: head.sequence,
        hash: head.hash,
        times: head.times,
    }
    .leaf()
}

/// Gives the streams that grew their places and says what their scopes are now.
pub(super) async fn grown_scopes(
    transaction: &Transaction<'_>,
    growth: &mut Growth,
) -> Result<BTreeMap<String, (u64, Hash)>, SqlError> {
    let grown: Vec<String> =
        growth.heads.values().map(|head| head.scope.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut trees: BTreeMap<String, Tree> =
        grown.iter().map(|scope| (scope.clone(), Tree::default())).collect();
    let known = "SELECT s.aggregate_type, s.aggregate_id, s.scope, s.leaf, s.sequence, s.hash, s.times
                 FROM checkpoint_streams s WHERE s.scope = ANY($1) ORDER BY s.scope, s.leaf";
    for row in transaction.query(known, &[&grown]).await? {
        let key: StreamKey = (row.try_get(0)?, row.try_get(1)?);
        let scope: String = row.try_get(2)?;
        let sequence = row.try_get::<_, i64>(4)?.cast_unsigned();
        let (hash, times) = (hash_at(&row, 5)?, hash_at(&row, 6)?);
        let stored = Head { scope, leaf: None, covered: sequence, sequence, hash, times };
        let leaf = stream_leaf(&key, growth.heads.get(&key).unwrap_or(&stored));
        trees.entry(stored.scope).or_default().push(leaf);
    }
    for (key, head) in growth.heads.iter_mut().filter(|(_, head)| head.leaf.is_none()) {
        let tree = trees.entry(head.scope.clone()).or_default();
        head.leaf = Some(tree.len());
        tree.push(stream_leaf(key, head));
    }
    Ok(trees.into_iter().map(|(scope, tree)| (scope, (tree.len() as u64, tree.root()))).collect())
}

/// All scopes with what changed, by name, and the tree over them.
pub(super) async fn all_scopes(
    transaction: &Transaction<'_>,
    grown: &BTreeMap<String, (u64, Hash)>,
) -> Result<(BTreeMap<String, Scope>, Tree), SqlError> {
    let (mut changed, mut tree) = (BTreeMap::new(), Tree::default());
    let known = "SELECT c.scope, c.leaf, c.streams, c.root FROM checkpoint_scopes c ORDER BY c.leaf";
    for row in transaction.query(known, &[]).await? {
        let name: &str = row.try_get(0)?;
        let (mut streams, mut root) = (row.try_get::<_, i64>(2)?.cast_unsigned(), hash_at(&row, 3)?);
        if let Some((new_streams, new_root)) = grown.get(name) {
            (streams, root) = (*new_streams, *new_root);
            changed.insert(name.to_owned(), Scope { leaf: tree.len(), streams, root });
        }
        tree.push(scope_leaf(name, streams, &root));
    }
    for (name, (streams, root)) in grown {
        if !changed.contains_key(name) {
            changed.insert(name.clone(), Scope { leaf: tree.len(), streams: *streams, root: *root });
            tree.push(scope_leaf(name, *streams, root));
        }
    }
    Ok((changed, tree))
}
