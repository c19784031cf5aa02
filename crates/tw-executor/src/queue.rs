//! Who runs next: the heaviest waiting attempt, among equals the one that came first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use tw_model::{AttemptKey, Workload};

/// Order of service: weight first, then arrival.
type Place = (Reverse<i32>, u64);

/// Attempts that wait for a slot. Not bounded here: the scheduler admits no more than pools and
/// limits allow, and an admitted attempt that was dropped would never run.
#[derive(Debug, Default)]
pub struct WaitingList {
    line: BTreeMap<Place, Workload>,
    places: HashMap<AttemptKey, Place>,
    arrivals: u64,
}

impl WaitingList {
    /// Adds an attempt; `false` if it waits already.
    pub fn push(&mut self, workload: Workload) -> bool {
        if self.places.contains_key(&workload.attempt) {
            return false;
        }
        let place = (Reverse(workload.priority_weight), self.arrivals);
        self.arrivals += 1;
        self.places.insert(workload.attempt, place);
        self.line.insert(place, workload);
        true
    }

    /// Takes the next attempt.
    pub fn pop(&mut self) -> Option<Workload> {
        let (_, workload) = self.line.pop_first()?;
        self.places.remove(&workload.attempt);
        Some(workload)
    }

    /// Removes an attempt; `false` if it does not wait here.
    pub fn remove(&mut self, attempt: AttemptKey) -> bool {
        self.places.remove(&attempt).and_then(|place| self.line.remove(&place)).is_some()
    }

    /// Forgets everybody.
    pub fn clear(&mut self) {
        self.line.clear();
        self.places.clear();
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }
}
