//! Answers to what a child looks up (protocol 1.10).

use serde_json::{Value, json};
use tw_model::DagRunState;
use tw_wire::supervisor::answer::task_states;
use tw_wire::supervisor::query::{PreviousRunQuery, RunKey, TaskInstanceFilter, TriggerRequest};
use tw_wire::supervisor::request::{InstanceId, RescheduleQuery};
use tw_wire::supervisor::{
    ConnectionBody, DagRunBody, ErrorBody, ErrorKind, IntervalBody, PreviousTaskInstance, TaskBreadcrumb, ToSupervisor,
    ToTask, VariableBody, XComItem, XComSlice,
};

use crate::conversation::{Answer, Conversation, patiently};
use crate::services::RequestError;

type Answered = Result<Answer, RequestError>;

fn body(body: ToTask) -> Answered {
    Ok(Answer::Body(body))
}

fn missing(kind: ErrorKind, field: &str, value: &str) -> Answered {
    body(ToTask::ErrorResponse(ErrorBody::about(kind, field, value)))
}

/// A refusal of a secret goes into the body: as an error the SDK would report it as "not found".
fn denied(error: RequestError, field: &str, value: &str) -> Answered {
    match error {
        RequestError::Refused { status: status @ (401 | 403), .. } => {
            let detail = json!({field: value, "status_code": status}).as_object().cloned();
            body(ToTask::ErrorResponse(ErrorBody { error: ErrorKind::PermissionDenied, detail }))
        }
        other => Err(other),
    }
}

fn not_supported(what: &str) -> Answered {
    Err(RequestError::Refused { status: 501, message: format!("{what} is not supported by Tradewind yet") })
}

impl Conversation<'_> {
    /// Answers a request that changes nothing about the attempt itself.
    pub(crate) async fn look_up(&self, question: ToSupervisor) -> Answered {
        use ToSupervisor as Ask;
        match question {
            Ask::GetXCom(_)
            | Ask::GetXComCount(_)
            | Ask::GetXComSequenceItem(_)
            | Ask::GetXComSequenceSlice(_)
            | Ask::DeleteXCom(_) => self.look_up_xcom(question).await,
            Ask::GetConnection(_)
            | Ask::GetVariable(_)
            | Ask::GetVariableKeys(_)
            | Ask::PutVariable(_)
            | Ask::DeleteVariable(_) => self.look_up_secret(question).await,
            Ask::ValidateInletsAndOutlets(_)
            | Ask::GetAssetByName(_)
            | Ask::GetAssetByUri(_)
            | Ask::GetAssetsByAlias(_)
            | Ask::GetAssetEventByAsset(_)
            | Ask::GetAssetEventByAssetAlias(_) => look_up_asset(question),
            Ask::TriggerDagRun(request) => self.trigger(request).await,
            Ask::CreateHITLDetailPayload(_) | Ask::GetHITLDetailResponse(_) | Ask::UpdateHITLDetail(_) => {
                not_supported("asking people (human in the loop)")
            }
            Ask::GetTaskStateStore(_)
            | Ask::SetTaskStateStore(_)
            | Ask::DeleteTaskStateStore(_)
            | Ask::ClearTaskStateStore(_)
            | Ask::GetAssetStateStoreByName(_)
            | Ask::GetAssetStateStoreByUri(_)
            | Ask::SetAssetStateStoreByName(_)
            | Ask::SetAssetStateStoreByUri(_)
            | Ask::DeleteAssetStateStoreByName(_)
            | Ask::DeleteAssetStateStoreByUri(_)
            | Ask::ClearAssetStateStoreByName(_)
            | Ask::ClearAssetStateStoreByUri(_) => not_supported("the state store of tasks and assets"),
            Ask::DagFileParsingResult(_) => Ok(Answer::refused(400, "a task cannot report the result of a parse")),
            Ask::Unknown(name) => Ok(Answer::refused(400, &format!("unhandled request: {name}"))),
            other => self.look_up_history(other).await,
        }
    }

    async fn look_up_xcom(&self, question: ToSupervisor) -> Answered {
        let services = self.services;
        match question {
            ToSupervisor::GetXCom(lookup) => {
                let value = patiently(|| services.xcom(&lookup)).await?.unwrap_or(Value::Null);
                body(ToTask::XComResult { key: lookup.target.series.key, value })
            }
            ToSupervisor::GetXComCount(series) => {
                body(ToTask::XComCountResponse { len: patiently(|| services.xcom_count(&series, false)).await? })
            }
            ToSupervisor::GetXComSequenceItem(item) => self.xcom_item(item).await,
            ToSupervisor::GetXComSequenceSlice(slice) => {
                body(ToTask::XComSequenceSliceResult { root: self.xcom_slice(&slice).await? })
            }
            ToSupervisor::DeleteXCom(target) => {
                patiently(|| services.delete_xcom(&target)).await?;
                Ok(Answer::Empty)
            }
            _ => unreachable!("only questions about xcoms come here"),
        }
    }

    async fn xcom_item(&self, item: XComItem) -> Answered {
        let position = match u64::try_from(item.offset) {
            Ok(position) => Some(position),
            Err(_) => {
                let count = patiently(|| self.services.xcom_count(&item.series, false)).await?;
                count.checked_sub(item.offset.unsigned_abs())
            }
        };
        let values = match position {
            Some(at) => patiently(|| self.services.xcom_values(&item.series, false, at..at + 1)).await?,
            None => Vec::new(),
        };
        match values.into_iter().next() {
            Some(root) => body(ToTask::XComSequenceIndexResult { root }),
            None => {
                let XComItem { series, offset } = &item;
                let detail = json!({
                    "dag_id": series.dag_id, "run_id": series.run_id, "task_id": series.task_id,
                    "key": series.key, "offset": offset,
                });
                let detail = detail.as_object().cloned();
                body(ToTask::ErrorResponse(ErrorBody { error: ErrorKind::XComNotFound, detail }))
            }
        }
    }

    async fn xcom_slice(&self, slice: &XComSlice) -> Result<Vec<Value>, RequestError> {
        let XComSlice { series, include_prior_dates: prior, .. } = slice;
        if let Some(range) = slice.forward_range() {
            return patiently(|| self.services.xcom_values(series, *prior, range.clone())).await;
        }
        let count = patiently(|| self.services.xcom_count(series, *prior)).await?;
        let positions: Vec<u64> = slice.positions(count).collect();
        let (Some(&first), Some(&last)) = (positions.iter().min(), positions.iter().max()) else {
            return Ok(Vec::new());
        };
        let values = patiently(|| self.services.xcom_values(series, *prior, first..last + 1)).await?;
        let pick = |position: &u64| usize::try_from(position - first).ok().and_then(|at| values.get(at)).cloned();
        Ok(positions.iter().filter_map(pick).collect())
    }

    async fn look_up_secret(&self, question: ToSupervisor) -> Answered {
        let services = self.services;
        match question {
            ToSupervisor::GetConnection(ask) => match patiently(|| services.connection(&ask.conn_id)).await {
                Ok(Some(connection)) => {
                    let connection = ConnectionBody::from(connection);
                    self.learn(&connection);
                    body(ToTask::ConnectionResult(connection))
                }
                Ok(None) => missing(ErrorKind::ConnectionNotFound, "conn_id", &ask.conn_id),
                Err(error) => denied(error, "conn_id", &ask.conn_id),
            },
            ToSupervisor::GetVariable(ask) => match patiently(|| services.variable(&ask.key)).await {
                Ok(Some(variable)) => {
                    self.sink.learn(&variable.value.as_str().into(), Some(&variable.key));
                    body(ToTask::VariableResult(VariableBody { key: variable.key, value: Some(variable.value) }))
                }
                Ok(None) => missing(ErrorKind::VariableNotFound, "key", &ask.key),
                Err(error) => denied(error, "key", &ask.key),
            },
            ToSupervisor::GetVariableKeys(query) => {
                let (keys, total_entries) = patiently(|| services.variable_keys(&query)).await?;
                body(ToTask::VariableKeysResult { keys, total_entries })
            }
            ToSupervisor::PutVariable(entry) => {
                patiently(|| services.put_variable(&entry)).await?;
                Ok(Answer::Empty)
            }
            ToSupervisor::DeleteVariable(ask) => {
                patiently(|| services.delete_variable(&ask.key)).await?;
                Ok(Answer::OK)
            }
            _ => unreachable!("only questions about connections and variables come here"),
        }
    }

    /// Keeps a connection's secrets out of the log: the password, the settings as a whole, and
    /// each setting with a sensitive name.
    fn learn(&self, connection: &ConnectionBody) {
        for secret in [&connection.password, &connection.extra].into_iter().flatten() {
            self.sink.learn_text(secret);
        }
        if let Some(Ok(extra @ Value::Object(_))) = connection.extra.as_deref().map(serde_json::from_str) {
            self.sink.learn(&extra, None);
        }
    }

    async fn look_up_history(&self, question: ToSupervisor) -> Answered {
        let services = self.services;
        match question {
            ToSupervisor::GetDag(ask) => match patiently(|| services.dag(&ask.dag_id)).await? {
                Some(dag) => body(ToTask::DagResult(dag)),
                None => Err(RequestError::not_found(format!("DAG {}", ask.dag_id))),
            },
            ToSupervisor::GetDagRun(key) => {
                body(ToTask::DagRunResult(Box::new(DagRunBody::from(&self.dag_run(&key).await?))))
            }
            ToSupervisor::GetDagRunState(key) => {
                body(ToTask::DagRunStateResult { state: self.dag_run(&key).await?.state })
            }
            ToSupervisor::GetPreviousDagRun(query) => {
                let run = patiently(|| services.previous_dag_run(&query)).await?;
                body(ToTask::PreviousDagRunResult { dag_run: run.as_ref().map(DagRunBody::from).map(Box::new) })
            }
            ToSupervisor::GetPrevSuccessfulDagRun(ask) => self.previous_success(&ask).await,
            ToSupervisor::GetPreviousTI(query) => {
                let found = patiently(|| services.previous_task_instance(&query)).await?;
                let task_instance = found.map(|(instance, date)| PreviousTaskInstance::of(&instance, date));
                body(ToTask::PreviousTIResult { task_instance })
            }
            ToSupervisor::GetTaskRescheduleStartDate(ask) => body(self.first_reschedule(&ask)),
            ToSupervisor::GetTICount(filter) => {
                body(ToTask::TICount { count: patiently(|| services.task_instance_count(&filter)).await? })
            }
            ToSupervisor::GetTaskStates(filter) => {
                let instances = patiently(|| services.task_instances(&filter)).await?;
                body(ToTask::TaskStatesResult { task_states: task_states(&instances) })
            }
            ToSupervisor::GetTaskBreadcrumbs(key) => self.breadcrumbs(key).await,
            ToSupervisor::GetDRCount(filter) => {
                body(ToTask::DRCount { count: patiently(|| services.dag_run_count(&filter)).await? })
            }
            _ => unreachable!("everything else was answered before"),
        }
    }

    async fn dag_run(&self, key: &RunKey) -> Result<tw_model::DagRun, RequestError> {
        let run = patiently(|| self.services.dag_run(key)).await?;
        run.ok_or_else(|| RequestError::not_found(format!("run {} of DAG {}", key.run_id, key.dag_id)))
    }

    async fn previous_success(&self, ask: &InstanceId) -> Answered {
        let own = ask.ti_id == self.workload.attempt.task_instance_id;
        let Some(logical_date) = self.workload.dag_run.logical_date.filter(|_| own) else {
            return body(ToTask::PrevSuccessfulDagRunResult(IntervalBody::default()));
        };
        let state = Some(DagRunState::Success.as_str().to_owned());
        let query = PreviousRunQuery { dag_id: self.workload.dag_id.clone(), logical_date, state };
        let run = patiently(|| self.services.previous_dag_run(&query)).await?;
        body(ToTask::PrevSuccessfulDagRunResult(run.as_ref().map(IntervalBody::of).unwrap_or_default()))
    }

    /// The workload carries the answer (S-11.40).
    fn first_reschedule(&self, ask: &RescheduleQuery) -> ToTask {
        let own = ask.ti_id == self.workload.attempt.task_instance_id;
        ToTask::TaskRescheduleStartDate { start_date: self.workload.first_reschedule_date.filter(|_| own) }
    }

    async fn breadcrumbs(&self, key: RunKey) -> Answered {
        let filter = TaskInstanceFilter {
            dag_id: key.dag_id,
            run_ids: Some(vec![key.run_id]),
            map_index: None,
            task_ids: None,
            task_group_id: None,
            logical_dates: None,
            states: None,
        };
        let instances = patiently(|| self.services.task_instances(&filter)).await?;
        let finished = instances.iter().filter(|instance| instance.state.is_some_and(|state| state.is_finished()));
        body(ToTask::TaskBreadcrumbsResult { breadcrumbs: finished.map(TaskBreadcrumb::of).collect() })
    }

    async fn trigger(&self, request: TriggerRequest) -> Answered {
        match patiently(|| self.services.trigger_dag_run(&request)).await {
            Ok(()) => Ok(Answer::OK),
            Err(RequestError::Refused { status: 409, .. }) => {
                body(ToTask::ErrorResponse(ErrorBody { error: ErrorKind::DagRunAlreadyExists, detail: None }))
            }
            Err(error) => Err(error),
        }
    }
}

/// There are no assets yet: named ones are not found, sets of them are empty.
fn look_up_asset(question: ToSupervisor) -> Answered {
    match question {
        ToSupervisor::GetAssetByName(ask) => missing(ErrorKind::AssetNotFound, "name", &ask.name),
        ToSupervisor::GetAssetByUri(ask) => missing(ErrorKind::AssetNotFound, "uri", &ask.uri),
        ToSupervisor::GetAssetsByAlias(_) => body(ToTask::AssetsByAliasResult { assets: Vec::new() }),
        ToSupervisor::ValidateInletsAndOutlets(_) => body(ToTask::InactiveAssetsResult { inactive_assets: Vec::new() }),
        _ => body(ToTask::AssetEventsResult { asset_events: Vec::new() }),
    }
}
