//! A brake on guessing passwords: after a few failures, each further one doubles the wait.
//!
//! Kept per client address and per user name, in a bounded table, so that neither one address
//! trying many names nor many addresses trying one name gets far. A good log-in clears its keys.

use std::collections::HashMap;
use std::sync::Mutex;

use tw_model::{TimeSpan, Timestamp};

/// Failures that cost nothing: people mistype.
const FREE_FAILURES: u32 = 5;
/// The wait after the first failure beyond the free ones; doubles with each.
const FIRST_WAIT_SECS: i64 = 1;
/// The longest wait; keeps a forgotten script from locking somebody out for a day.
const WAIT_MAX_SECS: i64 = 60;
/// Keys remembered. At the limit the stalest is forgotten, which costs an attacker one more
/// address per free failure and bounds memory at about 1 MB.
const KEYS_MAX: usize = 10_000;
/// A key is forgotten after this long without a failure.
const FORGET_AFTER: TimeSpan = TimeSpan::from_secs(15 * 60);

/// Remembers failed log-ins.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    fn wait(self) -> TimeSpan {
        match self.count.checked_sub(FREE_FAILURES) {
            None => TimeSpan::ZERO,
            Some(doublings) => TimeSpan::from_secs((FIRST_WAIT_SECS << doublings.min(16)).min(WAIT_MAX_SECS)),
        }
    }
}

impl Throttle {
    /// How long the holder of these keys has to wait before trying, if at all.
    pub(super) fn wait(&self, keys: &[String], now: Timestamp) -> Option<TimeSpan> {
        let table = self.table();
        let longest = keys
            .iter()
            .filter_map(|key| table.get(key))
            .map(|failures| failures.last.saturating_add(failures.wait()).since(now))
            .max()?;
        (longest > TimeSpan::ZERO).then_some(longest)
    }

    /// Counts an attempt before it is checked, so that parallel guesses count too.
    pub(super) fn attempt(&self, keys: &[String], now: Timestamp) {
        let mut table = self.table();
        for key in keys {
            if table.len() >= KEYS_MAX && !table.contains_key(key) {
                Self::forget(&mut table, now);
            }
            let entry = table.entry(key.clone()).or_insert(Failures { count: 0, last: now });
            let fresh = now.since(entry.last) > FORGET_AFTER;
            *entry = Failures { count: if fresh { 1 } else { entry.count.saturating_add(1) }, last: now };
        }
    }

    /// Forgets the failures of these keys after a good log-in.
    pub(super) fn clear(&self, keys: &[String]) {
        let mut table = self.table();
        for key in keys {
            table.remove(key);
        }
    }

    fn forget(table: &mut HashMap<String, Failures>, now: Timestamp) {
        table.retain(|_, failures| now.since(failures.last) <= FORGET_AFTER);
        if table.len() >= KEYS_MAX
            && let Some(stalest) = table.iter().min_by_key(|(_, failures)| failures.last).map(|(key, _)| key.clone())
        {
            table.remove(&stalest);
        }
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<String, Failures>> {
        // A poisoned table is still a table of counters: nothing in it can be half-written.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    #[test]
    fn the_wait_doubles_up_to_a_bound_and_is_cleared() {
        let throttle = Throttle::default();
        let keys = ["ip:1".to_owned(), "user:ada".to_owned()];
        for _ in 0..4 {
            throttle.attempt(&keys, at(0));
        }
        assert_eq!(throttle.wait(&keys, at(0)), None);
        let mut waits = Vec::new();
        for _ in 0..8 {
            throttle.attempt(&keys, at(0));
            waits.push(throttle.wait(&keys, at(0)).unwrap().as_secs_f64() as i64);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(throttle.wait(&keys[1..], at(59)), Some(TimeSpan::from_secs(1)));
        assert_eq!(throttle.wait(&keys, at(60)), None);
        throttle.clear(&keys[1..]);
        assert_eq!(throttle.wait(&keys[1..], at(0)), None);
        assert!(throttle.wait(&keys[..1], at(0)).is_some());
    }

    #[test]
    fn old_failures_are_forgotten() {
        let throttle = Throttle::default();
        let keys = ["ip:1".to_owned()];
        for _ in 0..20 {
            throttle.attempt(&keys, at(0));
        }
        throttle.attempt(&keys, at(16 * 60));
        assert_eq!(throttle.wait(&keys, at(16 * 60)), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..KEYS_MAX as i64 + 10 {
            throttle.attempt(&[format!("ip:{n}")], Timestamp::from_micros(n));
        }
        assert_eq!(throttle.table().len(), KEYS_MAX);
        assert!(!throttle.table().contains_key("ip:0"));
    }
}
