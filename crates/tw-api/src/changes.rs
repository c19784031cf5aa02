//! What was committed, as far as screens show it: a bounded list of records, numbered, for readers
//! who follow at their own pace.
//!
//! Whoever commits appends ([`Changes::push`]) and never waits. A reader asks for everything after
//! the number it has; when that is no longer kept, or was never given out, it is told to begin anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;
use tw_model::{DagId, DagRunState, RunId, Timestamp};

/// Names kept over all records; some 5 MB with the names themselves.
const NAMES_KEPT_MAX: usize = 50_000;
/// Names of one kind in a change; more are not listed, only said to be.
const NAMES_MAX: usize = 5_000;

/// A run by its DAG and its name.
pub(crate) type RunKey = (DagId, RunId);

/// What one commit, or several, changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// Runs, each with the state it has now; `None` = it was deleted.
    runs: BTreeMap<RunKey, Option<DagRunState>>,
    /// Runs of which task instances changed.
    task_runs: BTreeSet<RunKey>,
    dags: BTreeSet<DagId>,
    import_errors: bool,
    pools: bool,
    /// More changed than is listed.
    many: bool,
}

impl Change {
    /// A run was created, or changed; without a state, deleted.
    pub fn run(&mut self, dag_id: &DagId, run_id: &RunId, state: Option<DagRunState>) {
        let key = (dag_id.clone(), run_id.clone());
        if self.runs.len() < NAMES_MAX || self.runs.contains_key(&key) {
            self.runs.insert(key, state);
        } else {
            self.many = true;
        }
    }

    /// Task instances of a run changed.
    pub fn task_run(&mut self, dag_id: &DagId, run_id: &RunId) {
        let key = (dag_id.clone(), run_id.clone());
        if self.task_runs.len() < NAMES_MAX || self.task_runs.contains(&key) {
            self.task_runs.insert(key);
        } else {
            self.many = true;
        }
    }

    /// A DAG changed, or has a new version.
    pub fn dag(&mut self, dag_id: &DagId) {
        if self.dags.len() < NAMES_MAX || self.dags.contains(dag_id) {
            self.dags.insert(dag_id.clone());
        } else {
            self.many = true;
        }
    }

    /// A file has an import error, or no longer.
    pub fn import_errors(&mut self) {
        self.import_errors = true;
    }

    /// Pools changed.
    pub fn pools(&mut self) {
        self.pools = true;
    }

    /// Adds what a later change says.
    fn merge(&mut self, later: &Self) {
        for ((dag_id, run_id), state) in &later.runs {
            self.run(dag_id, run_id, *state);
        }
        for (dag_id, run_id) in &later.task_runs {
            self.task_run(dag_id, run_id);
        }
        for dag_id in &later.dags {
            self.dag(dag_id);
        }
        self.import_errors |= later.import_errors;
        self.pools |= later.pools;
        self.many |= later.many;
    }

    fn names(&self) -> usize {
        self.runs.len() + self.task_runs.len() + self.dags.len()
    }

    /// A change of everything.
    pub(crate) fn everything() -> Self {
        Self { many: true, ..Self::default() }
    }

    /// Whether it may be about this run.
    pub(crate) fn touches(&self, run: &RunKey) -> bool {
        self.many || self.runs.contains_key(run) || self.task_runs.contains(run)
    }

    /// DAGs of which there are other runs now, or none; some twice.
    pub(crate) fn dags_with_other_runs(&self) -> impl Iterator<Item = &DagId> {
        self.runs.keys().map(|(dag_id, _)| dag_id).chain(&self.dags)
    }

    /// Whether it may be about a run of this DAG.
    pub(crate) fn touches_runs_of(&self, dag_id: &DagId) -> bool {
        self.many || self.dags_with_other_runs().any(|changed| changed == dag_id)
    }

    /// Whether more changed than is listed.
    pub(crate) fn is_large(&self) -> bool {
        self.many
    }

    /// The runs that changed, or whose task instances did; some twice.
    pub(crate) fn touched_runs(&self) -> impl Iterator<Item = &RunKey> {
        self.runs.keys().chain(&self.task_runs)
    }

    pub(crate) fn listed_runs(&self) -> impl Iterator<Item = (&DagId, &RunId, Option<DagRunState>)> {
        self.runs.iter().map(|((dag_id, run_id), state)| (dag_id, run_id, *state))
    }

    pub(crate) fn listed_task_runs(&self) -> impl Iterator<Item = &RunKey> {
        self.task_runs.iter()
    }

    pub(crate) fn listed_dags(&self) -> impl Iterator<Item = &DagId> {
        self.dags.iter()
    }

    pub(crate) fn flags(&self) -> (bool, bool, bool) {
        (self.import_errors, self.pools, self.many)
    }
}

/// The list. A cheap handle: clones share it.
#[derive(Clone)]
pub struct Changes(Arc<Shared>);

struct Shared {
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
    /// Told every change after it was appended, before readers are.
    observer: OnceLock<Observer>,
}

type Observer = Box<dyn Fn(&Change) + Send + Sync>;

#[derive(Debug)]
struct Ring {
    /// Number of the record before the oldest that is kept.
    floor: u64,
    records: VecDeque<Arc<Change>>,
    names: usize,
}

/// The answer to "what happened since".
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Since {
    /// Everything, up to this number.
    Changed(u64, Change),
    /// Nothing.
    Nothing,
    /// It is not known any more: read everything again, then go on from this number.
    Reset(u64),
}

impl Changes {
    /// An empty list. Numbers begin with the milliseconds of `now`, so that a number from before a
    /// restart is always older than the list.
    pub fn new(now: Timestamp) -> Self {
        let floor = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        let ring = Ring { floor, records: VecDeque::new(), names: 0 };
        let newest = watch::Sender::new(floor);
        Self(Arc::new(Shared { ring: Mutex::new(ring), newest, observer: OnceLock::new() }))
    }

    /// Appends what a commit changed, once it is durable. Takes microseconds and never waits for
    /// readers.
    pub fn push(&self, change: Change) {
        if change == Change::default() {
            return;
        }
        let names = change.names();
        let change = Arc::new(change);
        let mut ring = self.ring();
        ring.records.push_back(Arc::clone(&change));
        // A record without names costs one too.
        ring.names += names.max(1);
        while ring.names > NAMES_KEPT_MAX
            && let Some(oldest) = ring.records.pop_front()
        {
            ring.names -= oldest.names().max(1);
            ring.floor += 1;
        }
        let newest = ring.newest();
        drop(ring);
        self.observe(&change);
        self.announce(newest);
    }

    /// Forgets everything: what was committed is not known, so every reader has to begin anew.
    pub fn reset(&self) {
        let mut ring = self.ring();
        ring.floor = ring.newest() + 1;
        ring.records.clear();
        ring.names = 0;
        let newest = ring.newest();
        drop(ring);
        self.observe(&Change::everything());
        self.announce(newest);
    }

    /// Has every change told to `observer`, which must not take long. There is one at most.
    pub(crate) fn tell(&self, observer: impl Fn(&Change) + Send + Sync + 'static) {
        let _ = self.0.observer.set(Box::new(observer));
    }

    fn observe(&self, change: &Change) {
        if let Some(observer) = self.0.observer.get() {
            observer(change);
        }
    }

    /// The number of the newest record. What was read after asking for it contains at least that.
    pub(crate) fn version(&self) -> u64 {
        *self.0.newest.borrow()
    }

    /// What happened after the record with this number.
    pub(crate) fn since(&self, version: u64) -> Since {
        let ring = self.ring();
        let newest = ring.newest();
        if version < ring.floor || version > newest {
            return Since::Reset(newest);
        }
        if version == newest {
            return Since::Nothing;
        }
        let mut merged = Change::default();
        let seen = usize::try_from(version - ring.floor).unwrap_or(usize::MAX);
        ring.records.iter().skip(seen).for_each(|change| merged.merge(change));
        Since::Changed(newest, merged)
    }

    /// Waits until there is a record after the one with this number.
    pub(crate) async fn after(&self, version: u64) {
        let mut newest = self.0.newest.subscribe();
        // The sender lives as long as this handle, so waiting cannot fail.
        let _ = newest.wait_for(|newest| *newest != version).await;
    }

    /// Two who append at the same moment may announce in the other order.
    fn announce(&self, version: u64) {
        self.0.newest.send_if_modified(|newest| {
            let later = version > *newest;
            *newest = version.max(*newest);
            later
        });
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Every change leaves the ring whole, so a panic elsewhere spoils nothing.
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn newest(&self) -> u64 {
        self.floor + self.records.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, state: DagRunState) -> Change {
        let mut change = Change::default();
        change.run(&"d".into(), &name.into(), Some(state));
        change.task_run(&"d".into(), &name.into());
        change
    }

    fn changes() -> Changes {
        Changes::new(Timestamp::from_micros(7_000))
    }

    #[test]
    fn readers_get_everything_after_their_number_merged() {
        let changes = changes();
        assert_eq!((changes.version(), changes.since(7)), (7, Since::Nothing));
        changes.push(Change::default());
        assert_eq!(changes.version(), 7, "a commit that no screen shows is not told");
        changes.push(run("a", DagRunState::Running));
        changes.push(run("b", DagRunState::Queued));
        changes.push(run("a", DagRunState::Success));
        assert_eq!(changes.since(9), Since::Changed(10, run("a", DagRunState::Success)));
        let Since::Changed(10, all) = changes.since(7) else { panic!("nothing is lost") };
        let runs: Vec<String> = all.listed_runs().map(|(_, run, state)| format!("{run} {state:?}")).collect();
        assert_eq!(runs, ["a Some(Success)", "b Some(Queued)"]);
        assert_eq!(all.listed_task_runs().count(), 2);
    }

    #[test]
    fn strangers_and_stragglers_begin_anew() {
        let changes = changes();
        assert_eq!(changes.since(6), Since::Reset(7), "older than the list");
        assert_eq!(changes.since(8), Since::Reset(7), "never given out");
        for n in 0..NAMES_KEPT_MAX {
            changes.push(run(&n.to_string(), DagRunState::Queued));
        }
        let kept = (NAMES_KEPT_MAX / 2) as u64;
        assert_eq!(changes.since(7), Since::Reset(7 + 2 * kept));
        assert!(matches!(changes.since(7 + kept), Since::Changed(..)));
        changes.reset();
        assert_eq!(changes.since(7 + 2 * kept), Since::Reset(8 + 2 * kept));
        assert_eq!(changes.version(), 8 + 2 * kept);
    }

    #[test]
    fn a_large_change_says_that_it_is() {
        let mut change = Change::default();
        for n in 0..=NAMES_MAX {
            change.task_run(&"d".into(), &n.to_string().into());
        }
        change.task_run(&"d".into(), &"0".into());
        assert_eq!((change.listed_task_runs().count(), change.flags()), (NAMES_MAX, (false, false, true)));
    }

    #[test]
    fn one_observer_hears_everything() {
        let (changes, heard) = (changes(), Arc::new(Mutex::new(Vec::new())));
        let sink = Arc::clone(&heard);
        changes.tell(move |change| sink.lock().unwrap().push((change.touched_runs().count(), change.is_large())));
        changes.push(run("a", DagRunState::Running));
        changes.reset();
        assert_eq!(*heard.lock().unwrap(), [(2, false), (0, true)]);
    }

    #[tokio::test]
    async fn waiting_ends_with_the_next_record() {
        let changes = changes();
        let waiting = tokio::spawn({
            let changes = changes.clone();
            async move { changes.after(7).await }
        });
        changes.push(run("a", DagRunState::Running));
        waiting.await.unwrap();
        changes.after(7).await;
    }
}
