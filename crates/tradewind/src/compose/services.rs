//! What supervised attempts report and ask, answered by the scheduler and the store.

use std::ops::Range;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tw_api::{Change, Changes};
use tw_engine::{ClearRun, ClearedPart, Input, Reply, TriggerRun};
use tw_model::{
    AttemptKey, AttemptReport, Connection, DagId, DagRun, RunType, TaskId, TaskInstance, Timestamp, TriggeredBy,
    UsageSeries, Variable, Workload,
};
use tw_python::ChildExit;
use tw_scheduler::{Clock, Handle, SubmitError, SystemClock};
use tw_store::{AttemptExit, InstanceSelection, RunSelection, Slice, Store, StoreError, XComKey};
use tw_supervisor::{AttemptProcess, RequestError, TaskServices};
use tw_wire::supervisor::{
    DagBody, DagRunFilter, PreviousRunQuery, PreviousTaskInstanceQuery, RunKey, TaskInstanceFilter, TriggerRequest,
    VariableEntry, VariableKeysQuery, XComLookup, XComSeries, XComTarget,
};

use crate::compose::chain;

/// Keys of one page of variables at most.
const VARIABLE_PAGE_MAX: u32 = 10_000;

pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) scheduler: Handle,
    /// Told what is stored without a commit of the scheduler.
    pub(crate) changes: Changes,
}

fn from_store(error: StoreError) -> RequestError {
    match error {
        StoreError::Unavailable { .. } => RequestError::Unavailable { message: chain(&error) },
        StoreError::NotFound { .. } => RequestError::Refused { status: 404, message: error.to_string() },
        StoreError::Conflict { .. } => RequestError::Refused { status: 409, message: error.to_string() },
        _ => RequestError::Refused { status: 500, message: chain(&error) },
    }
}

fn from_submit(error: SubmitError) -> RequestError {
    RequestError::Unavailable { message: error.to_string() }
}

fn key(series: &XComSeries) -> XComKey<'_> {
    XComKey {
        dag_id: series.dag_id.as_str(),
        run_id: series.run_id.as_str(),
        task_id: series.task_id.as_str(),
        key: &series.key,
    }
}

fn texts<T: AsRef<str>>(list: &Option<Vec<T>>) -> Vec<&str> {
    list.iter().flatten().map(AsRef::as_ref).collect()
}

impl Services {
    async fn submit(&self, input: Input) -> Result<(), RequestError> {
        match self.scheduler.submit(input).await.map_err(from_submit)? {
            Reply::Done | Reply::Run(_) | Reply::TaskInstances(_) | Reply::Tasks(_) => Ok(()),
            Reply::Stale => Err(RequestError::stale()),
            Reply::NotFound(message) => Err(RequestError::Refused { status: 404, message }),
            Reply::Conflict(message) => Err(RequestError::Refused { status: 409, message }),
            Reply::Invalid(message) => Err(RequestError::Refused { status: 400, message }),
        }
    }

    /// S-11.24: the whole existing run runs again, as it is.
    async fn clear_run(&self, request: &TriggerRequest) -> Result<(), RequestError> {
        self.submit(Input::ClearRun(Box::new(ClearRun {
            dag_id: request.dag_id.clone(),
            run_id: request.run_id.clone(),
            which: ClearedPart::All,
            on_latest_version: Some(false),
            note: None,
            dry_run: false,
            by: None,
        })))
        .await
    }

    /// The ids that a filter means: its task ids, or the members of its task group.
    async fn task_ids(&self, filter: &TaskInstanceFilter) -> Result<Vec<TaskId>, RequestError> {
        let Some(group_id) = &filter.task_group_id else { return Ok(filter.task_ids.clone().unwrap_or_default()) };
        let dag = self.store.dag_latest(&filter.dag_id).await.map_err(from_store)?;
        let dag = dag.ok_or_else(|| RequestError::not_found(format!("DAG {}", filter.dag_id)))?;
        let group = find_group(&dag.task_group, group_id);
        let group = group.ok_or_else(|| RequestError::not_found(format!("task group {group_id}")))?;
        let mut members = Vec::new();
        collect_members(group, &mut members);
        Ok(members)
    }
}

fn find_group<'a>(group: &'a tw_model::TaskGroup, id: &str) -> Option<&'a tw_model::TaskGroup> {
    if group.group_id.as_deref() == Some(id) {
        return Some(group);
    }
    group.children.iter().find_map(|child| match child {
        tw_model::GroupChild::Group(inner) => find_group(inner, id),
        tw_model::GroupChild::Task(_) => None,
    })
}

fn collect_members(group: &tw_model::TaskGroup, members: &mut Vec<TaskId>) {
    for child in &group.children {
        match child {
            tw_model::GroupChild::Task(id) => members.push(id.clone()),
            tw_model::GroupChild::Group(inner) => collect_members(inner, members),
        }
    }
}

fn selection<'a>(filter: &'a TaskInstanceFilter, task_ids: &'a [TaskId]) -> InstanceSelection<'a> {
    InstanceSelection {
        runs: RunSelection {
            dag_id: filter.dag_id.as_str(),
            run_ids: filter.run_ids.iter().flatten().map(|id| id.as_str()).collect(),
            logical_dates: filter.logical_dates.clone().unwrap_or_default(),
            states: texts(&filter.states),
        },
        task_ids: task_ids.iter().map(TaskId::as_str).collect(),
        map_index: filter.map_index,
    }
}

#[async_trait]
impl TaskServices for Services {
    async fn attempt_started(&self, attempt: AttemptKey, process: &AttemptProcess) -> Result<(), RequestError> {
        let AttemptProcess { hostname, unixname, pid } = process.clone();
        self.submit(Input::AttemptStarted { attempt, hostname, unixname, pid }).await
    }

    async fn attempt_ended(&self, attempt: AttemptKey, report: AttemptReport) -> Result<(), RequestError> {
        self.submit(Input::AttemptEnded { attempt, report: Box::new(report) }).await
    }

    async fn attempt_exited(
        &self,
        workload: &Workload,
        exit: ChildExit,
        series: Option<&UsageSeries>,
        exception: Option<&str>,
    ) -> Result<(), RequestError> {
        let exited = AttemptExit { exit: exit.status, usage: exit.usage, series, exception };
        self.store.attempt_exited(workload.attempt.task_instance_id, exited).await.map_err(from_store)?;
        let mut change = Change::default();
        change.task_run(&workload.dag_id, &workload.run_id);
        self.changes.push(change);
        Ok(())
    }

    async fn skip_downstream(&self, attempt: AttemptKey, tasks: &[(TaskId, Option<i32>)]) -> Result<(), RequestError> {
        self.submit(Input::SkipDownstream { attempt, tasks: tasks.to_vec() }).await
    }

    async fn set_rendered_fields(&self, workload: &Workload, fields: &Map<String, Value>) -> Result<(), RequestError> {
        let (dag_id, run_id) = (workload.dag_id.as_str(), workload.run_id.as_str());
        let fields = Value::Object(fields.clone());
        self.store
            .rendered_fields_set(dag_id, run_id, workload.task_id.as_str(), workload.map_index, &fields)
            .await
            .map_err(from_store)
    }

    async fn set_rendered_map_index(&self, workload: &Workload, label: &str) -> Result<(), RequestError> {
        self.submit(Input::SetRenderedMapIndex { attempt: workload.attempt, label: label.to_owned() }).await
    }

    async fn xcom(&self, lookup: &XComLookup) -> Result<Option<Value>, RequestError> {
        let target = &lookup.target;
        let found = self.store.xcom_get(key(&target.series), target.map_index(), lookup.include_prior_dates);
        found.await.map_err(from_store)
    }

    async fn set_xcom(&self, target: &XComTarget, value: &Value, _length: Option<u32>) -> Result<(), RequestError> {
        // The length travels in the attempt's report, so that it is committed with its success.
        let now = SystemClock.now();
        self.store.xcom_set(key(&target.series), target.map_index(), value, now).await.map_err(from_store)
    }

    async fn delete_xcom(&self, target: &XComTarget) -> Result<(), RequestError> {
        self.store.xcom_delete(key(&target.series), target.map_index()).await.map_err(from_store)
    }

    async fn xcom_count(&self, series: &XComSeries, include_prior_dates: bool) -> Result<u64, RequestError> {
        let mut key = key(series);
        let newest =
            if include_prior_dates { self.store.xcom_newest_run(key).await.map_err(from_store)? } else { None };
        key.run_id = newest.as_deref().unwrap_or(key.run_id);
        self.store.xcom_count(key).await.map_err(from_store)
    }

    async fn xcom_values(
        &self,
        series: &XComSeries,
        include_prior_dates: bool,
        positions: Range<u64>,
    ) -> Result<Vec<Value>, RequestError> {
        let position = |p: u64| Some(i64::try_from(p).unwrap_or(i64::MAX));
        let slice = Slice { start: position(positions.start), stop: position(positions.end), step: None };
        self.store.xcom_slice(key(series), slice, include_prior_dates).await.map_err(from_store)
    }

    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, RequestError> {
        self.store.connection_get(conn_id).await.map_err(from_store)
    }

    async fn variable(&self, key: &str) -> Result<Option<Variable>, RequestError> {
        self.store.variable_get(key).await.map_err(from_store)
    }

    async fn put_variable(&self, entry: &VariableEntry) -> Result<(), RequestError> {
        let VariableEntry { key, value, description } = entry.clone();
        let variable = Variable { key, value: value.unwrap_or_default(), description };
        self.store.variable_put(&variable).await.map_err(from_store)
    }

    async fn delete_variable(&self, key: &str) -> Result<(), RequestError> {
        self.store.variable_delete(key).await.map(drop).map_err(from_store)
    }

    async fn variable_keys(&self, query: &VariableKeysQuery) -> Result<(Vec<String>, u64), RequestError> {
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let offset = u32::try_from(query.offset).unwrap_or(u32::MAX);
        self.store.variable_keys(prefix, query.limit.min(VARIABLE_PAGE_MAX), offset).await.map_err(from_store)
    }

    async fn dag(&self, dag_id: &DagId) -> Result<Option<DagBody>, RequestError> {
        let Some(row) = self.store.dag_summary(dag_id).await.map_err(from_store)? else { return Ok(None) };
        Ok(Some(DagBody {
            dag_id: dag_id.clone(),
            is_paused: row.row.is_paused,
            bundle_name: Some(row.row.bundle_name),
            bundle_version: None,
            relative_fileloc: Some(row.row.relative_fileloc),
            owners: Some(row.owners),
            tags: row.head.tags.clone(),
            next_dagrun: row.row.next_run.and_then(|next| next.logical_date),
        }))
    }

    async fn dag_run(&self, key: &RunKey) -> Result<Option<DagRun>, RequestError> {
        self.store.dag_run_get(key.dag_id.as_str(), key.run_id.as_str()).await.map_err(from_store)
    }

    async fn previous_dag_run(&self, query: &PreviousRunQuery) -> Result<Option<DagRun>, RequestError> {
        let found = self.store.dag_run_previous(query.dag_id.as_str(), query.logical_date, query.state.as_deref());
        found.await.map_err(from_store)
    }

    async fn previous_task_instance(
        &self,
        query: &PreviousTaskInstanceQuery,
    ) -> Result<Option<(TaskInstance, Option<Timestamp>)>, RequestError> {
        let (dag_id, task_id) = (query.dag_id.as_str(), query.task_id.as_str());
        let state = query.state.as_deref();
        let found = self.store.task_instance_previous(dag_id, task_id, query.map_index, query.logical_date, state);
        found.await.map_err(from_store)
    }

    async fn task_instance_count(&self, filter: &TaskInstanceFilter) -> Result<u64, RequestError> {
        let task_ids = self.task_ids(filter).await?;
        self.store.task_instance_count(&selection(filter, &task_ids)).await.map_err(from_store)
    }

    async fn task_instances(&self, filter: &TaskInstanceFilter) -> Result<Vec<TaskInstance>, RequestError> {
        let task_ids = self.task_ids(filter).await?;
        self.store.task_instances_select(&selection(filter, &task_ids)).await.map_err(from_store)
    }

    async fn dag_run_count(&self, filter: &DagRunFilter) -> Result<u64, RequestError> {
        let runs = RunSelection {
            dag_id: filter.dag_id.as_str(),
            run_ids: filter.run_ids.iter().flatten().map(|id| id.as_str()).collect(),
            logical_dates: filter.logical_dates.clone().unwrap_or_default(),
            states: texts(&filter.states),
        };
        self.store.dag_run_count(&runs).await.map_err(from_store)
    }

    async fn trigger_dag_run(&self, request: &TriggerRequest) -> Result<(), RequestError> {
        let TriggerRequest { dag_id, run_id, logical_date, run_after, conf, note, .. } = request.clone();
        let made = self.submit(Input::TriggerRun(Box::new(TriggerRun {
            dag_id,
            run_id: Some(run_id),
            logical_date,
            data_interval: None,
            run_after,
            conf: std::sync::Arc::new(Value::Object(conf.unwrap_or_default())),
            note,
            run_type: RunType::OperatorTriggered,
            triggered_by: TriggeredBy::Operator,
            triggering_user: None,
        })));
        match made.await {
            Err(RequestError::Refused { status: 409, .. }) if request.reset_dag_run == Some(true) => {
                self.clear_run(request).await
            }
            made => made,
        }
    }
}
