//! The task instances of runs as counts: what a grid, a graph and a timeline are drawn from.

use tw_model::{DagRunId, TaskId, TaskInstanceState, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, placeholders, queries};
use crate::read::task_instances::UNFINISHED;
use crate::store::Store;
use crate::value::{Columns, Value};

/// States in the order in which [`TaskTally`] counts them: worst first, as people want to see them.
pub const STATES: [Option<TaskInstanceState>; 14] = [
    Some(TaskInstanceState::Failed),
    Some(TaskInstanceState::UpstreamFailed),
    Some(TaskInstanceState::UpForRetry),
    Some(TaskInstanceState::AwaitingInput),
    Some(TaskInstanceState::Restarting),
    Some(TaskInstanceState::Running),
    Some(TaskInstanceState::Deferred),
    Some(TaskInstanceState::UpForReschedule),
    Some(TaskInstanceState::Queued),
    Some(TaskInstanceState::Scheduled),
    None,
    Some(TaskInstanceState::Skipped),
    Some(TaskInstanceState::Removed),
    Some(TaskInstanceState::Success),
];

/// The instances of one task in one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskTally {
    /// The run.
    pub dag_run_id: DagRunId,
    /// The task.
    pub task_id: TaskId,
    /// Whether they have map indexes.
    pub is_indexed: bool,
    /// When the first one started.
    pub start: Option<Timestamp>,
    /// When the last one ended.
    pub end: Option<Timestamp>,
    /// How many are in each of [`STATES`].
    pub counts: [u32; STATES.len()],
}

queries! {
    MAPPED_COUNT = "SELECT count(*) FROM task_instance t WHERE t.dag_run_id = $1 AND t.task_id = $2 AND t.map_index >= 0";
}

/// Counted task by task in the order of the primary key, so that nothing is sorted: 60 ms for 100,000
/// instances, where grouping by state takes twice that.
fn tally() -> String {
    let counts = state_counts();
    format!(
        "SELECT t.dag_run_id, t.task_id, max(t.map_index), min(t.start_date_us), max(t.end_date_us), {counts} \
         FROM task_instance t"
    )
}

/// The select list of how many rows of a group are in each of [`STATES`].
fn state_counts() -> String {
    let count = |state: &Option<TaskInstanceState>| match state {
        Some(state) => format!("count(*) FILTER (WHERE t.state = '{state}')"),
        None => "count(*) FILTER (WHERE t.state IS NULL)".to_owned(),
    };
    STATES.iter().map(count).collect::<Vec<_>>().join(", ")
}

impl Store {
    /// The instances of these runs, task by task.
    ///
    /// Cost: the instances of those runs, half a microsecond each.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_tallies(&self, runs: &[DagRunId]) -> Result<Vec<TaskTally>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select::new(&tally())
            .filter(&format!("t.dag_run_id IN ({})", placeholders(runs.len())), runs.iter().copied())
            .then("GROUP BY t.dag_run_id, t.task_id");
        self.select(select, task_tally).await
    }

    /// How many instances of each of these runs are in each of [`STATES`]; runs with none are left out.
    ///
    /// Cost: the instances of those runs.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn run_counts(&self, runs: &[DagRunId]) -> Result<Vec<(DagRunId, [u32; STATES.len()])>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select::new(&format!("SELECT t.dag_run_id, {} FROM task_instance t", state_counts()))
            .filter(&format!("t.dag_run_id IN ({})", placeholders(runs.len())), runs.iter().copied())
            .then("GROUP BY t.dag_run_id");
        self.select(select, |c| Ok((c.take()?, counts(c)?))).await
    }

    /// The mapped instances of a run, task by task; tasks with none are left out.
    ///
    /// Cost: the mapped instances, half a microsecond each; of the others their index entries.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn mapped_tallies(&self, dag_run_id: DagRunId) -> Result<Vec<TaskTally>, StoreError> {
        let select = Select::new(&tally())
            .filter::<Value>("t.dag_run_id = $ AND t.map_index >= $", [dag_run_id.into(), 0.into()])
            .then("GROUP BY t.dag_run_id, t.task_id");
        self.select(select, task_tally).await
    }

    /// How many instances are in each of these states, over all unfinished runs, and since when the
    /// first of each is queued.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn unfinished_tally(
        &self,
        states: &[TaskInstanceState],
    ) -> Result<Vec<(TaskInstanceState, u32, Option<Timestamp>)>, StoreError> {
        let select = Select::new("SELECT t.state, count(*), min(t.queued_at_us) FROM task_instance t")
            .filter(UNFINISHED, [] as [Value; 0])
            .filter_in("t.state", states.iter().map(|state| state.as_str()))
            .then("GROUP BY t.state");
        self.select(select, |c| Ok((c.parse()?, c.take()?, c.take()?))).await
    }

    /// How many mapped instances a task has in a run.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn mapped_count(&self, dag_run_id: DagRunId, task_id: &TaskId) -> Result<u32, StoreError> {
        Ok(self.find(MAPPED_COUNT, [dag_run_id.into(), task_id.into()], Columns::take).await?.unwrap_or(0))
    }
}

fn task_tally(c: &mut Columns) -> Result<TaskTally, StoreError> {
    let (dag_run_id, task_id) = (c.take()?, c.take()?);
    let is_indexed = c.take::<i64>()? >= 0;
    let (start, end) = (c.take()?, c.take()?);
    Ok(TaskTally { dag_run_id, task_id, is_indexed, start, end, counts: counts(c)? })
}

fn counts(c: &mut Columns) -> Result<[u32; STATES.len()], StoreError> {
    let mut counts = [0; STATES.len()];
    for count in &mut counts {
        *count = c.take()?;
    }
    Ok(counts)
}
