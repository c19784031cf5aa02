//! New surrogate ids from time, a seed and a counter: UUIDv7 without randomness of its own.

use tw_model::Timestamp;
use uuid::Uuid;

/// Makes ids. Two generators with the same seed make the same ids at the same instants.
#[derive(Clone, Debug)]
pub(crate) struct IdSource {
    seed: u64,
    counter: u64,
}

const COUNTER_BITS: u32 = 12;
const COUNTER_MASK: u64 = (1 << COUNTER_BITS) - 1;

impl IdSource {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// An id that sorts by `now` and, within a millisecond, mostly by order of creation.
    pub(crate) fn next(&mut self, now: Timestamp) -> Uuid {
        let millis = (now.as_micros().max(0) as u64) / 1000;
        let count = self.counter;
        self.counter = self.counter.wrapping_add(1);
        let high = (millis << 16) | 0x7000 | (count & COUNTER_MASK);
        // The whole counter goes into the mix, so ids stay distinct when the 12 bits wrap.
        let low = (mix(self.seed ^ mix(count)) >> 2) | (1 << 63);
        Uuid::from_u64_pair(high, low)
    }
}

/// The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_distinct_version_7_and_reproducible() {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let mut source = IdSource::new(7);
        let ids: Vec<Uuid> = (0..10_000).map(|_| source.next(now)).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        assert!(ids.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        let mut again = IdSource::new(7);
        assert_eq!(ids[0], again.next(now));
        assert_ne!(IdSource::new(8).next(now), ids[0]);
    }
}
