//! Deliberate bugs, each switched on by name for the current thread, to prove that the simulation finds it. Exists
//! only with the feature `planted-bugs`; without it, [`planted!`](crate::planted!) is the constant `false`.

use std::cell::Cell;

/// A bug of a kind that engines like this one have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A verb takes whatever has the number for the instance's own.
    NoOwnershipCheck,
}

thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants `bug` in this thread, or nothing.
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether `bug` is planted in this thread.
pub fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}
