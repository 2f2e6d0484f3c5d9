//! Merkle trees of RFC 9162 §2.1.

use super::hash::Hash;

/// The hash of a leaf.
pub(super) fn leaf(text: &str) -> Hash {
    Hash::of(&[&[0], text.as_bytes()])
}

fn node(left: Hash, right: Hash) -> Hash {
    Hash::of(&[&[1], left.bytes(), right.bytes()])
}

/// The root over leaves (§2.1.1).
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [leaf] => *leaf,
        leaves => {
            // The largest power of two below their number.
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            node(root(left), root(right))
        }
    }
}

/// The root that a leaf's path leads to (§2.1.3.2), or `None` if the path is too short or too long.
pub(super) fn climb(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            hash = node(*step, hash);
            while place % 2 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node(hash, *step);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::{Hash, climb, leaf, node, root};

    /// The path of a leaf (§2.1.3.1).
    fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut path, other) = match index < left.len() {
            true => (path(left, index), root(right)),
            false => (path(right, index - left.len()), root(left)),
        };
        path.push(other);
        path
    }

    #[test]
    fn every_leaf_of_every_tree_leads_to_its_root_and_no_other_does() {
        for size in 1..40_usize {
            let leaves: Vec<Hash> = (0..size).map(|n| leaf(&n.to_string())).collect();
            for index in 0..size {
                let path = path(&leaves, index);
                let climb = |leaf, index: usize, path: &[Hash]| climb(leaf, index as u64, size as u64, path);
                assert_eq!(climb(leaves[index], index, &path), Some(root(&leaves)), "{index} of {size}");
                assert_ne!(climb(leaf("other"), index, &path), Some(root(&leaves)));
                assert_eq!(climb(leaves[index], size, &path), None);
                assert_ne!(
                    climb(leaves[index], index, &[path.as_slice(), &[leaf("x")]].concat()),
                    Some(root(&leaves))
                );
            }
        }
    }

    #[test]
    fn a_tree_of_two_is_a_node() {
        let (a, b) = (leaf("a"), leaf("b"));
        assert_eq!(root(&[a, b]), node(a, b));
    }
}
