//! Shapes that several screens share. Times are milliseconds since the epoch, durations milliseconds.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tw_model::{DagRunState, TaskInstanceState, TimeSpan, Timestamp};
use tw_store::{DagRunView, RunLine, STATES};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::names::{RunState, RunType, TaskState};

/// An instant as the browser wants it.
pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1000)
}

/// A length of time as the browser wants it.
pub(super) fn span_ms(span: TimeSpan) -> i64 {
    span.as_micros().div_euclid(1000)
}

/// An instant that the browser sent back.
pub(super) fn from_ms(millis: i64) -> Timestamp {
    Timestamp::from_micros(millis.saturating_mul(1000))
}

/// How long a list is: so many, or at least so many.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(super) struct ListTotal {
    count: u32,
    or_more: bool,
}

impl From<tw_store::ListTotal> for ListTotal {
    fn from(total: tw_store::ListTotal) -> Self {
        Self { count: total.count, or_more: total.or_more }
    }
}

/// How many task instances are in each state; states without any are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts(pub(super) [u32; STATES.len()]);

impl Counts {
    /// One, in this state.
    pub(super) fn one(state: Option<TaskInstanceState>) -> Self {
        Self(STATES.map(|known| u32::from(known == state)))
    }

    /// Adds others.
    pub(super) fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// The worst state that occurs, if any does.
    pub(super) fn worst(&self) -> Option<TaskState> {
        STATES.iter().zip(self.0).find(|(_, count)| *count > 0).map(|(state, _)| TaskState::from(*state))
    }

    /// How many there are.
    pub(super) fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// How many are in one state.
    pub(super) fn of(&self, state: TaskInstanceState) -> u32 {
        STATES.iter().zip(self.0).filter(|(known, _)| **known == Some(state)).map(|(_, count)| count).sum()
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (state, count) in STATES.iter().zip(self.0).filter(|(_, count)| *count > 0) {
            map.serialize_entry(&TaskState::from(*state), &count)?;
        }
        map.end()
    }
}

impl ToSchema for Counts {}

impl PartialSchema for Counts {
    fn schema() -> RefOr<Schema> {
        let count = ObjectBuilder::new().schema_type(Type::Integer).build();
        let object = ObjectBuilder::new().description(Some("How many task instances are in which state."));
        let named = |object: ObjectBuilder, state: &Option<TaskInstanceState>| {
            object.property(state.map_or("none", TaskInstanceState::as_str), count.clone())
        };
        STATES.iter().fold(object, named).into()
    }
}

/// A run in a row of runs.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct RunBar {
    run_id: String,
    state: RunState,
    run_type: RunType,
    run_after: i64,
    start: Option<i64>,
    end: Option<i64>,
}

impl From<&RunLine> for RunBar {
    fn from(run: &RunLine) -> Self {
        Self {
            run_id: run.run_id.to_string(),
            state: run.state.into(),
            run_type: run.run_type.into(),
            run_after: ms(run.run_after),
            start: run.start_date.map(ms),
            end: run.end_date.map(ms),
        }
    }
}

impl From<&DagRunView> for RunBar {
    fn from(view: &DagRunView) -> Self {
        Self::from(&run_line(view))
    }
}

/// The same run in fewer words.
pub(super) fn run_line(view: &DagRunView) -> RunLine {
    let run = &view.run;
    RunLine {
        id: run.id,
        dag_id: run.dag_id.clone(),
        run_id: run.run_id.clone(),
        state: run.state,
        run_type: run.run_type,
        run_after: run.run_after,
        start_date: run.start_date,
        end_date: run.end_date,
        logical_date: run.logical_date,
        clear_number: run.clear_number,
        dag_version_id: run.dag_version_id,
        version_number: Some(view.version.version_number),
    }
}

/// What is known of a run.
#[derive(Serialize, ToSchema)]
pub(super) struct RunFacts {
    #[serde(flatten)]
    bar: RunBar,
    dag_id: String,
    logical_date: Option<i64>,
    data_interval_start: Option<i64>,
    data_interval_end: Option<i64>,
    queued: Option<i64>,
    conf: Value,
    note: Option<String>,
    /// What made it: `timetable`, `rest_api`, `ui`, `cli` …
    triggered_by: &'static str,
    triggering_user: Option<String>,
    version_number: Option<u32>,
    /// Median duration of the successful runs among the last 14.
    typical_duration: Option<i64>,
    counts: Counts,
}

impl RunFacts {
    /// A run with what its DAG's runs usually take and what its task instances are at.
    pub(super) fn new(view: &DagRunView, typical_duration: Option<i64>, counts: Counts) -> Self {
        let run = &view.run;
        Self {
            bar: RunBar::from(view),
            dag_id: run.dag_id.to_string(),
            logical_date: run.logical_date.map(ms),
            data_interval_start: run.data_interval.map(|interval| ms(interval.start)),
            data_interval_end: run.data_interval.map(|interval| ms(interval.end)),
            queued: run.queued_at.map(ms),
            conf: (*run.conf).clone(),
            note: run.note.clone(),
            triggered_by: run.triggered_by.as_str(),
            triggering_user: run.triggering_user.clone(),
            version_number: Some(view.version.version_number),
            typical_duration,
            counts,
        }
    }
}

/// The median duration of the runs that succeeded.
pub(super) fn typical_duration(runs: &[RunLine]) -> Option<i64> {
    let succeeded = runs.iter().filter(|run| run.state == DagRunState::Success);
    let mut durations: Vec<i64> =
        succeeded.filter_map(|run| Some(span_ms(run.end_date?.since(run.start_date?)))).collect();
    durations.sort_unstable();
    let upper = durations.get(durations.len() / 2)?;
    match durations.len() % 2 {
        1 => Some(*upper),
        _ => durations.get(durations.len() / 2 - 1).map(|lower| (lower + upper) / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_model::{DagRunId, DagVersionId, RunType as ModelRunType};

    fn run(seconds: i64, state: DagRunState) -> RunLine {
        let at = Timestamp::from_micros;
        RunLine {
            id: DagRunId(uuid::Uuid::nil()),
            dag_id: "d".into(),
            run_id: "r".into(),
            state,
            run_type: ModelRunType::Manual,
            run_after: at(0),
            start_date: Some(at(0)),
            end_date: Some(at(seconds * 1_000_000)),
            logical_date: None,
            clear_number: 0,
            dag_version_id: DagVersionId(uuid::Uuid::nil()),
            version_number: None,
        }
    }

    #[test]
    fn the_median_is_of_successes() {
        let success = |seconds| run(seconds, DagRunState::Success);
        assert_eq!(typical_duration(&[]), None);
        assert_eq!(typical_duration(&[run(9, DagRunState::Failed)]), None);
        assert_eq!(typical_duration(&[success(3), success(1), run(99, DagRunState::Failed)]), Some(2_000));
        assert_eq!(typical_duration(&[success(30), success(1), success(2)]), Some(2_000));
    }

    #[test]
    fn counts_name_what_occurs_worst_first() {
        let mut counts = Counts::default();
        counts.0[13] = 2;
        counts.0[10] = 1;
        assert_eq!(serde_json::to_string(&counts).unwrap(), r#"{"none":1,"success":2}"#);
        assert_eq!(
            (counts.worst(), counts.total(), counts.of(TaskInstanceState::Success)),
            (Some(TaskState::None), 3, 2)
        );
        assert_eq!(Counts::default().worst(), None);
    }

    #[test]
    fn instants_round_down() {
        assert_eq!((ms(Timestamp::from_micros(-1)), ms(Timestamp::from_micros(1_999))), (-1, 1));
    }
}
