//! Services that live in memory and write down what they were told.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tw_model::{
    AttemptKey, AttemptReport, Connection, DagId, DagRun, TaskId, TaskInstance, Timestamp, UsageSeries, Variable,
    Workload,
};
use tw_python::ChildExit;
use tw_supervisor::{AttemptProcess, RequestError, TaskServices};
use tw_wire::supervisor::{
    DagBody, DagRunFilter, PreviousRunQuery, PreviousTaskInstanceQuery, RunKey, TaskInstanceFilter, TriggerRequest,
    VariableEntry, VariableKeysQuery, XComLookup, XComSeries, XComTarget,
};

/// Task, key and map index.
type XComPlace = (String, String, i32);

#[derive(Default)]
pub(crate) struct MemoryServices {
    /// What happened, in order; scripts write here, too.
    pub(crate) events: Mutex<Vec<String>>,
    pub(crate) reports: Mutex<Vec<AttemptReport>>,
    /// What came with the last exit.
    pub(crate) series: Mutex<Option<UsageSeries>>,
    pub(crate) exception: Mutex<Option<String>>,
    /// Answers to reports of starts and ends, first one first; `Ok` when empty.
    pub(crate) start_errors: Mutex<VecDeque<RequestError>>,
    pub(crate) end_errors: Mutex<VecDeque<RequestError>>,
    /// Answers to look-ups of connections before the real one.
    pub(crate) connection_errors: Mutex<VecDeque<RequestError>>,
    pub(crate) connections: Mutex<HashMap<String, Connection>>,
    pub(crate) variables: Mutex<BTreeMap<String, String>>,
    pub(crate) xcoms: Mutex<BTreeMap<XComPlace, Value>>,
    pub(crate) runs: Mutex<Vec<DagRun>>,
    pub(crate) instances: Mutex<Vec<TaskInstance>>,
}

impl MemoryServices {
    pub(crate) fn event(&self, event: impl Into<String>) {
        self.events.lock().unwrap().push(event.into());
    }

    fn xcoms_of(&self, series: &XComSeries) -> Vec<Value> {
        let xcoms = self.xcoms.lock().unwrap();
        let same = |place: &XComPlace| place.0 == series.task_id.as_str() && place.1 == series.key;
        xcoms.iter().filter(|(place, _)| same(place)).map(|(_, value)| value.clone()).collect()
    }
}

fn place(target: &XComTarget) -> XComPlace {
    (target.series.task_id.to_string(), target.series.key.clone(), target.map_index())
}

fn next_error(errors: &Mutex<VecDeque<RequestError>>) -> Result<(), RequestError> {
    errors.lock().unwrap().pop_front().map_or(Ok(()), Err)
}

#[async_trait]
impl TaskServices for MemoryServices {
    async fn attempt_started(&self, _: AttemptKey, process: &AttemptProcess) -> Result<(), RequestError> {
        next_error(&self.start_errors)?;
        self.event(format!("started on {} as {}", process.hostname, process.unixname));
        Ok(())
    }
    async fn attempt_ended(&self, _: AttemptKey, report: AttemptReport) -> Result<(), RequestError> {
        self.reports.lock().unwrap().push(report);
        next_error(&self.end_errors)?;
        self.event("ended");
        Ok(())
    }
    async fn attempt_exited(
        &self,
        _: &Workload,
        exit: ChildExit,
        series: Option<&UsageSeries>,
        exception: Option<&str>,
    ) -> Result<(), RequestError> {
        self.event(format!("exited {:?}", exit.status));
        *self.series.lock().unwrap() = series.cloned();
        *self.exception.lock().unwrap() = exception.map(str::to_owned);
        Ok(())
    }
    async fn skip_downstream(&self, _: AttemptKey, tasks: &[(TaskId, Option<i32>)]) -> Result<(), RequestError> {
        self.event(format!("skip {tasks:?}"));
        Ok(())
    }
    async fn set_rendered_fields(&self, _: &Workload, fields: &Map<String, Value>) -> Result<(), RequestError> {
        self.event(format!("rendered {}", Value::Object(fields.clone())));
        Ok(())
    }
    async fn set_rendered_map_index(&self, _: &Workload, label: &str) -> Result<(), RequestError> {
        self.event(format!("label {label}"));
        Ok(())
    }
    async fn xcom(&self, lookup: &XComLookup) -> Result<Option<Value>, RequestError> {
        Ok(self.xcoms.lock().unwrap().get(&place(&lookup.target)).cloned())
    }
    async fn set_xcom(&self, target: &XComTarget, value: &Value, length: Option<u32>) -> Result<(), RequestError> {
        self.event(format!("xcom {} {length:?}", target.series.key));
        self.xcoms.lock().unwrap().insert(place(target), value.clone());
        Ok(())
    }
    async fn delete_xcom(&self, target: &XComTarget) -> Result<(), RequestError> {
        self.xcoms.lock().unwrap().remove(&place(target));
        Ok(())
    }
    async fn xcom_count(&self, series: &XComSeries, _: bool) -> Result<u64, RequestError> {
        Ok(self.xcoms_of(series).len() as u64)
    }
    async fn xcom_values(
        &self,
        series: &XComSeries,
        _: bool,
        positions: Range<u64>,
    ) -> Result<Vec<Value>, RequestError> {
        let count = usize::try_from(positions.end - positions.start).unwrap();
        Ok(self.xcoms_of(series).into_iter().skip(positions.start as usize).take(count).collect())
    }
    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, RequestError> {
        next_error(&self.connection_errors)?;
        Ok(self.connections.lock().unwrap().get(conn_id).cloned())
    }
    async fn variable(&self, key: &str) -> Result<Option<Variable>, RequestError> {
        let value = self.variables.lock().unwrap().get(key).cloned();
        Ok(value.map(|value| Variable { key: key.to_owned(), value, description: None }))
    }
    async fn put_variable(&self, entry: &VariableEntry) -> Result<(), RequestError> {
        let value = entry.value.clone().unwrap_or_default();
        self.variables.lock().unwrap().insert(entry.key.clone(), value);
        Ok(())
    }
    async fn delete_variable(&self, key: &str) -> Result<(), RequestError> {
        self.variables.lock().unwrap().remove(key);
        Ok(())
    }
    async fn variable_keys(&self, _: &VariableKeysQuery) -> Result<(Vec<String>, u64), RequestError> {
        let keys: Vec<String> = self.variables.lock().unwrap().keys().cloned().collect();
        let total = keys.len() as u64;
        Ok((keys, total))
    }
    async fn dag(&self, _: &DagId) -> Result<Option<DagBody>, RequestError> {
        Ok(None)
    }
    async fn dag_run(&self, key: &RunKey) -> Result<Option<DagRun>, RequestError> {
        Ok(self.runs.lock().unwrap().iter().find(|run| run.run_id == key.run_id).cloned())
    }
    async fn previous_dag_run(&self, query: &PreviousRunQuery) -> Result<Option<DagRun>, RequestError> {
        let runs = self.runs.lock().unwrap();
        let before = runs.iter().filter(|run| run.logical_date.is_some_and(|date| date < query.logical_date));
        let wanted = |run: &&DagRun| query.state.as_deref().is_none_or(|state| state == run.state.as_str());
        Ok(before.filter(wanted).max_by_key(|run| run.logical_date).cloned())
    }
    async fn previous_task_instance(
        &self,
        _: &PreviousTaskInstanceQuery,
    ) -> Result<Option<(TaskInstance, Option<Timestamp>)>, RequestError> {
        Ok(None)
    }
    async fn task_instance_count(&self, _: &TaskInstanceFilter) -> Result<u64, RequestError> {
        Ok(self.instances.lock().unwrap().len() as u64)
    }
    async fn task_instances(&self, _: &TaskInstanceFilter) -> Result<Vec<TaskInstance>, RequestError> {
        Ok(self.instances.lock().unwrap().clone())
    }
    async fn dag_run_count(&self, _: &DagRunFilter) -> Result<u64, RequestError> {
        Ok(self.runs.lock().unwrap().len() as u64)
    }
    async fn trigger_dag_run(&self, request: &TriggerRequest) -> Result<(), RequestError> {
        match self.runs.lock().unwrap().iter().any(|run| run.run_id == request.run_id) {
            true => Err(RequestError::Refused { status: 409, message: "exists".to_owned() }),
            false => Ok(()),
        }
    }
}
