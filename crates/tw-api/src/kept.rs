//! What was costly to make, kept for a while: the oldest is forgotten first.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by key, of a bounded total weight.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    entries: Mutex<Entries<K, V>>,
    weight_max: usize,
}

#[derive(Debug)]
struct Entries<K, V> {
    values: HashMap<K, (V, usize)>,
    order: VecDeque<K>,
    weight: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> Kept<K, V> {
    /// Keeps values that weigh `weight_max` together; what weight means is the caller's business.
    pub(crate) fn new(weight_max: usize) -> Self {
        let entries = Entries { values: HashMap::new(), order: VecDeque::new(), weight: 0 };
        Self { entries: Mutex::new(entries), weight_max }
    }

    /// The value, if it is kept.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.entries().values.get(key).map(|(value, _)| value.clone())
    }

    /// Keeps a value, instead of an earlier one of this key. The newest stays even if it alone
    /// weighs too much.
    pub(crate) fn put(&self, key: K, value: V, weight: usize) {
        self.entries().put(key, value, weight, self.weight_max);
    }

    /// The value that is kept, or else the one of `make`, which is kept from now on.
    pub(crate) fn get_or_put(&self, key: K, make: impl FnOnce() -> V, weight: usize) -> V {
        let mut entries = self.entries();
        if let Some((value, _)) = entries.values.get(&key) {
            return value.clone();
        }
        let value = make();
        entries.put(key, value.clone(), weight, self.weight_max);
        value
    }

    /// Keeps a value no longer.
    pub(crate) fn forget(&self, key: &K) {
        self.forget_all([key]);
    }

    /// Keeps values no longer. However many they are, what is left is walked once.
    pub(crate) fn forget_all<'a>(&self, keys: impl IntoIterator<Item = &'a K>)
    where
        K: 'a,
    {
        let mut entries = self.entries();
        let Entries { values, order, weight } = &mut *entries;
        let before = values.len();
        for key in keys {
            *weight -= values.remove(key).map_or(0, |(_, weight)| weight);
        }
        if values.len() < before {
            order.retain(|key| values.contains_key(key));
        }
    }

    /// Keeps nothing any longer.
    pub(crate) fn clear(&self) {
        *self.entries() = Entries { values: HashMap::new(), order: VecDeque::new(), weight: 0 };
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, V>> {
        // Every change leaves the entries whole, so a panic elsewhere spoils nothing.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone, V> Entries<K, V> {
    fn put(&mut self, key: K, value: V, weight: usize, weight_max: usize) {
        self.weight += weight;
        match self.values.insert(key.clone(), (value, weight)) {
            Some((_, replaced)) => self.weight -= replaced,
            None => self.order.push_back(key),
        }
        while self.weight > weight_max && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { break };
            self.weight -= self.values.remove(&oldest).map_or(0, |(_, weight)| weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let kept = Kept::new(100);
        let held = |keys: &[u8]| keys.iter().filter(|key| kept.get(*key).is_some()).copied().collect::<Vec<_>>();
        kept.put(1, "one", 50);
        kept.put(2, "two", 50);
        kept.put(2, "two again", 50);
        assert_eq!(held(&[1, 2]), [1, 2]);
        kept.put(3, "three", 1);
        assert_eq!(held(&[1, 2, 3]), [2, 3]);
        kept.put(4, "four", 101);
        assert_eq!(held(&[1, 2, 3, 4]), [4]);
        kept.put(5, "five", 10);
        kept.forget(&4);
        kept.forget(&4);
        kept.put(6, "six", 90);
        assert_eq!(held(&[4, 5, 6]), [5, 6], "what was forgotten weighs nothing");
        assert_eq!((kept.get_or_put(6, || "other", 1), kept.get_or_put(7, || "seven", 1)), ("six", "seven"));
        assert_eq!(held(&[5, 6, 7]), [6, 7], "what is kept that way weighs too");
        kept.clear();
        assert_eq!(held(&[5, 6]), [0u8; 0]);
    }
}
