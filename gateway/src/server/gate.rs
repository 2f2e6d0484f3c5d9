//! Who may come in: so many connections in all, and so many from one address.

use crate::http::rate_limit::network_of;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts connections.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    shares: Arc<Shares>,
}

struct Shares {
    share: Option<usize>,
    of: Mutex<HashMap<String, usize>>,
}

/// A place, taken before it is known for whom.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Leave to stay; given back when dropped.
pub(super) struct Pass {
    shares: Arc<Shares>,
    network: String,
    _place: Place,
}

impl Gate {
    pub(super) fn new(places: usize, share: Option<usize>) -> Self {
        let shares = Shares { share, of: Mutex::default() };
        Self { places: Arc::new(Semaphore::new(places)), shares: Arc::new(shares) }
    }

    /// Waits for a free place.
    pub(super) async fn place(&self) -> Place {
        loop {
            // The semaphore is never closed, so this is the first turn's.
            if let Ok(permit) = Arc::clone(&self.places).acquire_owned().await {
                return Place { _permit: permit };
            }
        }
    }

    /// Lets an address in, unless its share is used up.
    pub(super) fn pass(&self, place: Place, address: IpAddr) -> Option<Pass> {
        let network = network_of(&address.to_string());
        let mut of = self.shares.lock();
        let count = of.get(&network).copied().unwrap_or_default();
        if self.shares.share.is_some_and(|share| count >= share) {
            return None;
        }
        of.insert(network.clone(), count + 1);
        drop(of);
        Some(Pass { shares: Arc::clone(&self.shares), network, _place: place })
    }
}

impl Shares {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut of = self.shares.lock();
        match of.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                of.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn an_address_has_its_share_and_all_have_the_places() {
        let gate = Gate::new(3, Some(2));
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = gate.pass(gate.place().await, one).unwrap();
        let _second = gate.pass(gate.place().await, one).unwrap();
        assert!(gate.pass(gate.place().await, one).is_none());
        let _third = gate.pass(gate.place().await, other).unwrap();
        assert!(gate.place().now_or_never().is_none());
        drop(first);
        assert!(gate.pass(gate.place().await, one).is_some());
    }
}
