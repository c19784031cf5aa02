//! What the task instances of a run are at, as cells in the order of a tree.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use tw_model::{DagRunId, TaskId, Timestamp};
use tw_store::{PlainTries, RunLine, TaskTally, TryLine};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::names::TaskState;
use super::outline::Outline;
use super::shape::Counts;
use crate::changes::{Change, RunKey, Since};
use crate::error::ApiError;
use crate::state::ApiState;

/// How a task stands in a run.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Cell {
    /// The task did not exist.
    Nothing,
    /// One instance.
    One(TaskState),
    /// A mapped task or a group.
    Many {
        /// How many in which state.
        counts: Counts,
    },
}

impl ToSchema for Cell {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.extend([(TaskState::name().into(), TaskState::schema()), (Counts::name().into(), Counts::schema())]);
    }
}

impl PartialSchema for Cell {
    fn schema() -> RefOr<Schema> {
        let text = "null: the task did not exist; a state: one instance; counts: a mapped task or a group.";
        let counts = ObjectBuilder::new().property("counts", Ref::from_schema_name(Counts::name())).required("counts");
        let forms = OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Null))
            .item(Ref::from_schema_name(TaskState::name()))
            .item(counts);
        Schema::from(forms.description(Some(text)).build()).into()
    }
}

/// The instances of one task in one run, or of all tasks of a group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) is_indexed: bool,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
}

/// The instances of a run by task.
#[derive(Debug, Default)]
pub(super) struct RunTally(HashMap<TaskId, Tally>);

impl Tally {
    fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.start = [self.start, other.start].into_iter().flatten().min();
        self.end = [self.end, other.end].into_iter().flatten().max();
    }
}

impl From<&TryLine> for Tally {
    fn from(line: &TryLine) -> Self {
        let counts = Counts::one(line.state);
        Self { counts, is_indexed: false, start: line.start_date, end: line.end_date }
    }
}

impl RunTally {
    fn put(&mut self, one: TaskTally) {
        let TaskTally { dag_run_id: _, task_id, is_indexed, start, end, counts } = one;
        let tally = self.0.entry(task_id).or_default();
        tally.add(&Tally { counts: Counts(counts), is_indexed, start, end });
        tally.is_indexed |= is_indexed;
    }

    /// The instances of a task.
    pub(super) fn task(&self, task_id: &TaskId) -> Option<&Tally> {
        self.0.get(task_id)
    }

    /// All of them.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.0.values().for_each(|tally| counts.add(&tally.counts));
        counts
    }

    /// By place in a tree: tasks as they are, groups with all their tasks.
    pub(super) fn placed(&self, outline: &Outline) -> Vec<Option<Tally>> {
        let mut placed: Vec<Option<Tally>> = vec![None; outline.tree.len()];
        for (task_id, place) in outline.tasks() {
            placed[place] = self.task(task_id).copied();
        }
        // Parents come before their children, so from the back every node is complete when it is added.
        for place in (0..placed.len()).rev() {
            if let (Some(parent), Some(tally)) = (outline.tree[place].parent, placed[place]) {
                placed[parent].get_or_insert_default().add(&tally);
            }
        }
        placed
    }

    /// The cells of a run in the order of a tree.
    pub(super) fn cells(&self, outline: &Outline) -> Vec<Cell> {
        cells(outline, &self.placed(outline))
    }
}

/// The cells of a run of which the instances are placed in a tree.
pub(super) fn cells(outline: &Outline, placed: &[Option<Tally>]) -> Vec<Cell> {
    let cell = |(place, tally): (usize, &Option<Tally>)| cell(outline, place, tally.as_ref());
    placed.iter().enumerate().map(cell).collect()
}

/// The cell of a node.
pub(super) fn cell(outline: &Outline, place: usize, tally: Option<&Tally>) -> Cell {
    let Some(tally) = tally else { return Cell::Nothing };
    let node = &outline.tree[place];
    match tally.counts.worst() {
        Some(state) if !(node.is_group() || node.is_mapped || tally.is_indexed) => Cell::One(state),
        Some(_) => Cell::Many { counts: tally.counts },
        None => Cell::Nothing,
    }
}

/// The instances of these runs. Those of finished runs are kept until something touches the run.
pub(super) async fn tallies(state: &ApiState, runs: &[RunLine]) -> Result<HashMap<DagRunId, Arc<RunTally>>, ApiError> {
    let version = state.changes().version();
    let mut found = HashMap::new();
    let mut wanted = Vec::new();
    for run in runs {
        let kept = state.ui().tallies.get(&run_key(run)).filter(|_| run.state.is_finished());
        match kept {
            Some(tally) => drop(found.insert(run.id, tally)),
            None => wanted.push(run),
        }
    }
    let ids: Vec<DagRunId> = wanted.iter().map(|run| run.id).collect();
    let mut fresh: HashMap<DagRunId, RunTally> = HashMap::new();
    for one in state.store().task_tallies(&ids).await? {
        fresh.entry(one.dag_run_id).or_default().put(one);
    }
    let mut kept = Vec::new();
    for run in wanted {
        let tally = Arc::new(fresh.remove(&run.id).unwrap_or_default());
        if keep(state, run, &tally) {
            kept.push(run_key(run));
        }
        found.insert(run.id, tally);
    }
    forget_if_touched(state, version, &kept);
    Ok(found)
}

/// The tries of a run's plain tasks, and its instances by task, counted from these where they can
/// be. The latter are kept as [`tallies`] keeps them.
pub(super) async fn tries_and_tally(state: &ApiState, run: &RunLine) -> Result<(PlainTries, Arc<RunTally>), ApiError> {
    let version = state.changes().version();
    let kept = state.ui().tallies.get(&run_key(run)).filter(|_| run.state.is_finished());
    if let Some(tally) = kept {
        return Ok((state.store().plain_tries(run.id).await?, tally));
    }
    let (tries, mapped) = tokio::try_join!(state.store().plain_tries(run.id), state.store().mapped_tallies(run.id))?;
    let mut tally = RunTally(tries.current.iter().map(|line| (line.task_id.clone(), Tally::from(line))).collect());
    mapped.into_iter().for_each(|one| tally.put(one));
    let tally = Arc::new(tally);
    if keep(state, run, &tally) {
        forget_if_touched(state, version, &[run_key(run)]);
    }
    Ok((tries, tally))
}

/// Keeps the instances of a run if it is finished. Whoever does so calls [`forget_if_touched`].
fn keep(state: &ApiState, run: &RunLine, tally: &Arc<RunTally>) -> bool {
    let finished = run.state.is_finished();
    if finished {
        state.ui().tallies.put(run_key(run), Arc::clone(tally), tally.0.len() + 1);
    }
    finished
}

/// Under which name something about a run is kept.
pub(super) fn run_key(run: &RunLine) -> RunKey {
    (run.dag_id.clone(), run.run_id.clone())
}

/// Takes back what was kept about runs that changed while it was read. What changes from now on is
/// forgotten by [`super::UiState::forget`].
pub(super) fn forget_if_touched(state: &ApiState, version: u64, kept: &[RunKey]) {
    let touched = match state.changes().since(version) {
        Since::Nothing => return,
        Since::Changed(_, change) => change,
        Since::Reset(_) => Change::everything(),
    };
    for key in kept.iter().filter(|key| touched.touches(key)) {
        state.ui().forget_run(key);
    }
}
