//! All chance in a simulation. Guarantee: the same seed gives the same throws on every machine and for ever, which no
//! crate's default generator promises.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// SplitMix64 (Steele, Lea, Flood 2014), shared by everybody in one history.
#[derive(Clone)]
pub struct Dice(Arc<AtomicU64>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    pub fn throw(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn within(&self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.throw() % (range.end() - range.start() + 1)
    }

    /// True in `per_mille` of a thousand cases.
    pub fn chance(&self, per_mille: u32) -> bool {
        self.throw() % 1_000 < u64::from(per_mille)
    }

    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[(self.throw() % from.len() as u64) as usize]
    }

    pub fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.throw()) << 64 | u128::from(self.throw()))
    }
}
