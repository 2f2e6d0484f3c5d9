//! Picks: placements that were chosen by this process and are not on record yet.
//!
//! Guarantee: a choice sees every earlier one of this process, on record or not, so that a burst spreads over the nodes
//! instead of piling up on the one that was emptiest when it began.

use super::Occupancy;
use dbx_domain::{instance::Placement, plan::Size};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The picks of a process; clones share them.
#[derive(Clone, Default)]
pub struct Picks {
    turn: Arc<tokio::sync::Mutex<()>>,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    next: u64,
    picks: BTreeMap<u64, (Placement, Size)>,
}

fn locked(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right to choose; others of this process wait. Read the occupancy under it: a pick that is over is on record.
pub struct Turn<'a> {
    picks: &'a Picks,
    _exclusive: tokio::sync::MutexGuard<'a, ()>,
}

impl Picks {
    /// Waits for one's turn.
    pub async fn turn(&self) -> Turn<'_> {
        Turn { picks: self, _exclusive: self.turn.lock().await }
    }
}

impl Turn<'_> {
    /// Adds the open picks to what is on record. One that has just been recorded is there by its address.
    pub fn count_in(&self, occupancy: &mut Occupancy) {
        for (placement, size) in locked(&self.picks.open).picks.values() {
            if !occupancy.addresses.contains(&placement.address) {
                occupancy.count(placement, *size);
            }
        }
    }

    /// Keeps a choice open as long as the answer, or a clone of it, lives.
    pub fn pick(self, placement: &Placement, size: Size) -> Pick {
        let mut open = locked(&self.picks.open);
        let number = open.next;
        open.next += 1;
        open.picks.insert(number, (placement.clone(), size));
        Pick { _handle: Arc::new(Handle { number, open: Arc::clone(&self.picks.open) }) }
    }
}

/// A choice that is on its way into the log.
#[derive(Clone)]
pub struct Pick {
    _handle: Arc<Handle>,
}

impl fmt::Debug for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pick")
    }
}

struct Handle {
    number: u64,
    open: Arc<Mutex<Open>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        locked(&self.open).picks.remove(&self.number);
    }
}
