//! A number drawn from names: it spreads pauses evenly, and is the same wherever and whenever it is drawn.
//!
//! Guarantee: the numbers never change, so that all copies of the server, whichever build they are, decide the same,
//! and a simulated history replays with the next compiler. The standard library promises that of none of its hashers.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a (64 bits) over `parts`, each with its length in front, so that parts never run into each other.
fn fnv(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| {
        let length = (part.len() as u64).to_le_bytes();
        length.into_iter().chain(part.iter().copied())
    });
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// A number below `below`, which is not zero, for `parts`.
pub(crate) fn draw(parts: &[&[u8]], below: u64) -> u64 {
    let hash = fnv(parts);
    // The last bytes reach the low bits of FNV only by one multiplication; fold the high ones in.
    let folded = (hash ^ (hash >> 32)).wrapping_mul(PRIME);
    (folded ^ (folded >> 32)) % below
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_numbers_are_these_for_ever() {
        assert_eq!(fnv(&[]), OFFSET);
        let drawn = [
            draw(&[], 1_000),
            draw(&[b"clone"], 1_000),
            draw(&[b"clone", &1_u32.to_le_bytes()], 1_000),
            draw(&[b"clone", &2_u32.to_le_bytes()], 1_000),
        ];
        assert_eq!(drawn, [744, 809, 291, 143]);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(fnv(&[b"ab", b"c"]), fnv(&[b"a", b"bc"]));
    }

    #[test]
    fn neighbours_are_spread() {
        let drawn: BTreeSet<u64> = (0..1_000_u32).map(|n| draw(&[&n.to_le_bytes()], 1_000) / 100).collect();
        assert_eq!(drawn.len(), 10);
    }
}
