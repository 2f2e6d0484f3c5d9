//! The loopback network that a demo's instances live in: 127.64.0.0/16 to 127.127.0.0/16, one per demo.
//!
//! Guarantee: two demos that run on one machine never share a network. Each holds a listening socket on the first
//! address of its own for as long as it runs. A state directory keeps its network for ever, since the addresses of its
//! instances are on record.

use crate::Failure;
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

/// How many there are.
const COUNT: u8 = 64;
/// The second byte of the first.
const FIRST: u8 = 64;

/// A network that is ours until we end.
pub(super) struct Network {
    second: u8,
    _held: TcpListener,
}

impl Network {
    /// The network on record for `root`, or a free one that is put on record.
    ///
    /// # Errors
    /// Another demo has it, or all are taken.
    pub(super) fn hold(root: &Path) -> Result<Self, Failure> {
        if let Some([_, second]) = on_record(root) {
            return listen(second).map(|held| Self { second, _held: held }).map_err(|error| {
                format!("the instances in {} live in 127.{second}.0.0/16, which another demo is using ({error}); stop that one first", root.display()).into()
            });
        }
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let start = (hasher.finish() % u64::from(COUNT)) as u8;
        let free = (0..COUNT).map(|offset| FIRST + (start + offset) % COUNT);
        let (second, held) = free
            .into_iter()
            .find_map(|second| listen(second).ok().map(|held| (second, held)))
            .ok_or("every network from 127.64 to 127.127 is used by another demo; stop one")?;
        fs::write(root.join("network"), second.to_string())?;
        Ok(Self { second, _held: held })
    }

    /// Its first two bytes.
    pub(super) fn prefix(&self) -> [u8; 2] {
        [127, self.second]
    }
}

/// The first two bytes of the network that `root`'s instances live in, if it ever had one.
pub(super) fn on_record(root: &Path) -> Option<[u8; 2]> {
    let second = fs::read_to_string(root.join("network")).ok()?.trim().parse().ok()?;
    Some([127, second])
}

fn listen(second: u8) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::new(127, second, 0, 1), 5432))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_held_by_one_and_kept_on_record() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Network::hold(one.path()).unwrap();
        fs::copy(one.path().join("network"), two.path().join("network")).unwrap();
        assert!(Network::hold(two.path()).is_err(), "a copied directory meets its original");
        let prefix = first.prefix();
        drop(first);
        assert_eq!(Network::hold(one.path()).unwrap().prefix(), prefix);
    }
}
