//! Merkle trees as in RFC 9162 §2.1, with leaves that may change: one changed leaf costs its path to the root.
//!
//! `leaf = SHA-256(0x00 ‖ text)`, `node = SHA-256(0x01 ‖ left ‖ right)`; the last node of a level that has no partner
//! moves up unchanged. The root of no leaves is SHA-256 of nothing.

use sha2::{Digest as _, Sha256};

/// A node of a tree.
pub type Hash = [u8; 32];

/// The hash of a leaf with this text.
pub fn leaf_hash(text: &str) -> Hash {
    Sha256::new().chain_update([0]).chain_update(text).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree with all its nodes, level by level from the leaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// How many leaves it has.
    pub(crate) fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Adds a leaf at the end.
    pub(crate) fn push(&mut self, leaf: Hash) {
        self.set(self.len(), leaf);
    }

    /// Changes the leaf at `index`, which is at most [`Self::len`].
    pub(crate) fn set(&mut self, index: usize, leaf: Hash) {
        let (mut index, mut node, mut level) = (index, leaf, 0);
        loop {
            self.put(level, index, node);
            let nodes = &self.levels[level];
            if nodes.len() < 2 {
                return;
            }
            let left = index & !1;
            node = match nodes.get(left + 1) {
                Some(right) => node_hash(&nodes[left], right),
                None => nodes[left],
            };
            (index, level) = (index / 2, level + 1);
        }
    }

    fn put(&mut self, level: usize, index: usize, node: Hash) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
            if level > 0 {
                // The level below had one node until now, which stands for itself here.
                let first = self.levels[level - 1][0];
                self.levels[level].push(first);
            }
        }
        match self.levels[level].get_mut(index) {
            Some(old) => *old = node,
            None => self.levels[level].push(node),
        }
    }

    /// The root.
    pub(crate) fn root(&self) -> Hash {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_else(|| Sha256::digest("").into())
    }

    /// What proves that the leaf at `index` is in the tree: its siblings, from the leaves up.
    pub(crate) fn path(&self, index: usize) -> Vec<Hash> {
        let sibling = |(level, nodes): (usize, &Vec<Hash>)| nodes.get((index >> level) ^ 1).copied();
        self.levels.iter().enumerate().filter_map(sibling).collect()
    }
}

/// The root that a tree of `size` leaves has, if `leaf` is its leaf at `index` and `path` leads up from there; none if
/// no such tree has such a path.
pub fn root_of_path(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut node) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            node = node_hash(sibling, &node);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            node = node_hash(&node, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition in the RFC: split at the largest power of two below the number of leaves.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest("").into(),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&by_definition(&leaves[..split]), &by_definition(&leaves[split..]))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_string())).collect()
    }

    #[test]
    fn growing_and_changing_give_the_root_that_the_rfc_defines() {
        let mut tree = Tree::default();
        assert_eq!(tree.root(), by_definition(&[]));
        let mut plain = Vec::new();
        for leaf in leaves(37) {
            tree.push(leaf);
            plain.push(leaf);
            assert_eq!(tree.root(), by_definition(&plain), "{} leaves", plain.len());
            let changed = plain.len() / 3;
            plain[changed] = leaf_hash("changed");
            tree.set(changed, plain[changed]);
            assert_eq!(tree.root(), by_definition(&plain), "{} leaves, one changed", plain.len());
        }
    }

    #[test]
    fn every_path_proves_its_leaf_and_no_other() {
        for size in 1..20 {
            let mut tree = Tree::default();
            leaves(size).into_iter().for_each(|leaf| tree.push(leaf));
            for (index, leaf) in leaves(size).into_iter().enumerate() {
                let (path, place, all) = (tree.path(index), index as u64, size as u64);
                assert_eq!(root_of_path(place, all, leaf, &path), Some(tree.root()), "{index} of {size}");
                assert_ne!(root_of_path(place, all, leaf_hash("other"), &path), Some(tree.root()));
                assert_eq!(root_of_path(all, all, leaf, &path), None);
                let longer: Vec<Hash> = path.iter().copied().chain([leaf]).collect();
                assert_ne!(root_of_path(place, all, leaf, &longer), Some(tree.root()));
            }
        }
    }
}
