//! Old event shapes to current ones.
//!
//! Guarantee: every event ever written stays readable. When a payload changes shape, its version in the `events!`
//! declaration goes up, an upcaster for the old version is added here, and the old JSON stays in
//! `tests/events/` for ever.

use cqrs_es::persist::EventUpcaster;

/// The upcasters of every aggregate, in the order they run.
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    Vec::new()
}
