//! How a DAG looks from outside: `DAGResponse` and `DAGDetailsResponse`.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tw_model::{Dag, Param, RunType, Timestamp};
use tw_store::DagSummary;

use super::versions::DagVersion;
use crate::schedule::{description, is_periodic, iso_duration, summary};

/// `DAGResponse`.
#[derive(Serialize)]
pub(crate) struct DagShape {
    dag_id: String,
    dag_display_name: String,
    is_paused: bool,
    is_stale: bool,
    last_parsed_time: Option<Timestamp>,
    last_parse_duration: Option<f64>,
    last_expired: Option<Timestamp>,
    bundle_name: Option<String>,
    bundle_version: Option<String>,
    relative_fileloc: Option<String>,
    fileloc: String,
    description: Option<String>,
    timetable_summary: Option<String>,
    timetable_description: Option<String>,
    timetable_partitioned: bool,
    timetable_periodic: bool,
    tags: Vec<Tag>,
    max_active_tasks: u32,
    max_active_runs: Option<u32>,
    max_consecutive_failed_dag_runs: u32,
    has_task_concurrency_limits: bool,
    has_import_errors: bool,
    next_dagrun_logical_date: Option<Timestamp>,
    next_dagrun_data_interval_start: Option<Timestamp>,
    next_dagrun_data_interval_end: Option<Timestamp>,
    next_dagrun_run_after: Option<Timestamp>,
    allowed_run_types: Option<Vec<RunType>>,
    owners: Vec<String>,
    is_backfillable: bool,
    file_token: String,
}

#[derive(Serialize)]
struct Tag {
    name: String,
    dag_id: String,
    dag_display_name: String,
}

impl From<&DagSummary> for DagShape {
    fn from(listed: &DagSummary) -> Self {
        let (row, head) = (&listed.row, &listed.head);
        let dag_id = row.dag_id.to_string();
        let display_name = listed.version.display_name.clone();
        let next = row.next_run;
        let periodic = is_periodic(&head.timetable);
        let allows_backfill = head.allowed_run_types.as_ref().is_none_or(|types| types.contains(&RunType::Backfill));
        let tag =
            |name: &String| Tag { name: name.clone(), dag_id: dag_id.clone(), dag_display_name: display_name.clone() };
        Self {
            tags: head.tags.iter().map(tag).collect(),
            is_paused: row.is_paused,
            is_stale: row.is_stale,
            last_parsed_time: Some(row.last_parsed_at),
            last_parse_duration: Some(row.parse_micros as f64 / 1e6),
            last_expired: None,
            bundle_name: Some(row.bundle_name.clone()),
            bundle_version: None,
            relative_fileloc: Some(row.relative_fileloc.clone()),
            fileloc: head.fileloc.clone(),
            description: head.description.clone(),
            timetable_summary: summary(&head.timetable),
            timetable_description: description(&head.timetable),
            timetable_partitioned: false,
            timetable_periodic: periodic,
            max_active_tasks: head.max_active_tasks,
            max_active_runs: Some(head.max_active_runs),
            max_consecutive_failed_dag_runs: head.max_consecutive_failed_dag_runs,
            has_task_concurrency_limits: listed.has_task_limits,
            has_import_errors: row.has_import_errors,
            next_dagrun_logical_date: next.and_then(|next| next.logical_date),
            next_dagrun_data_interval_start: next.and_then(|next| next.data_interval).map(|interval| interval.start),
            next_dagrun_data_interval_end: next.and_then(|next| next.data_interval).map(|interval| interval.end),
            next_dagrun_run_after: next.map(|next| next.run_after),
            allowed_run_types: head.allowed_run_types.clone(),
            owners: listed.owners.split(", ").filter(|owner| !owner.is_empty()).map(str::to_owned).collect(),
            is_backfillable: periodic && allows_backfill,
            file_token: file_token(&row.bundle_name, &row.relative_fileloc),
            dag_display_name: display_name.clone(),
            dag_id: dag_id.clone(),
        }
    }
}

/// A name for a file that travels in a URL. It says nothing secret and grants nothing: whoever
/// takes it back has to check the caller anyway.
fn file_token(bundle_name: &str, relative_fileloc: &str) -> String {
    let text = json!({"bundle_name": bundle_name, "relative_fileloc": relative_fileloc}).to_string();
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// `DAGDetailsResponse`.
#[derive(Serialize)]
pub(crate) struct DagDetails {
    #[serde(flatten)]
    dag: DagShape,
    catchup: bool,
    dag_run_timeout: Option<String>,
    asset_expression: Option<Value>,
    doc_md: Option<String>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    is_paused_upon_creation: Option<bool>,
    params: Option<Map<String, Value>>,
    render_template_as_native_obj: bool,
    template_search_path: Option<Value>,
    timezone: Option<String>,
    last_parsed: Option<Timestamp>,
    default_args: Option<Value>,
    rerun_with_latest_version: Option<Value>,
    owner_links: Option<Value>,
    is_favorite: bool,
    active_runs_count: u32,
    concurrency: u32,
    latest_dag_version: Option<DagVersion>,
}

impl DagDetails {
    /// A DAG with everything that its newest version, `whole`, says, how many of its runs are running,
    /// and whether it is a favourite of the caller.
    pub(crate) fn new(listed: &DagSummary, whole: &Dag, running: u32, is_favorite: bool) -> Self {
        let head = &listed.head;
        Self {
            dag: DagShape::from(listed),
            catchup: head.catchup,
            dag_run_timeout: head.dagrun_timeout.map(iso_duration),
            asset_expression: asset_expression(head),
            doc_md: head.doc_md.as_deref().map(clean_doc),
            start_date: head.start_date,
            end_date: head.end_date,
            is_paused_upon_creation: head.is_paused_upon_creation,
            params: Some(dump_params(&head.params)),
            render_template_as_native_obj: head.render_template_as_native_obj,
            template_search_path: extra(whole, "template_searchpath").filter(Value::is_array),
            timezone: Some(head.timezone.clone()),
            last_parsed: Some(listed.row.last_parsed_at),
            default_args: extra(whole, "default_args").filter(Value::is_object),
            rerun_with_latest_version: extra(whole, "rerun_with_latest_version").filter(Value::is_boolean),
            owner_links: extra(whole, "owner_links").filter(Value::is_object),
            is_favorite,
            active_runs_count: running,
            concurrency: head.max_active_tasks,
            latest_dag_version: Some(DagVersion::from(&listed.version)),
        }
    }
}

fn asset_expression(dag: &Dag) -> Option<Value> {
    match &dag.timetable {
        tw_model::Timetable::Asset { condition } | tw_model::Timetable::AssetOrTime { condition, .. } => {
            Some(condition.clone()).filter(Value::is_object)
        }
        _ => None,
    }
}

/// A serialized key that nobody interprets, without the type tag that the SDK may put around it.
fn extra(dag: &Dag, key: &str) -> Option<Value> {
    let value = dag.extra.get(key)?;
    Some(value.get("__var").unwrap_or(value).clone())
}

/// Parameters as Airflow dumps them: value, schema, description and source by name.
pub(crate) fn dump_params(params: &[Param]) -> Map<String, Value> {
    let dump = |param: &Param| {
        let spec = json!({
            "value": param.default,
            "schema": param.schema,
            "description": param.description,
            "source": param.source,
        });
        (param.name.clone(), spec)
    };
    params.iter().map(dump).collect()
}

/// Without the indentation that all lines but the first share, and without blank ends.
pub(crate) fn clean_doc(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let indent = |line: &&&str| line.len() - line.trim_start().len();
    let shared = lines.iter().skip(1).filter(|line| !line.is_empty()).map(|line| indent(&line)).min().unwrap_or(0);
    let mut clean: Vec<&str> = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        clean.push(if number == 0 { line.trim_start() } else { line.get(shared..).unwrap_or_default() });
    }
    let first = clean.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let last = clean.iter().rposition(|line| !line.is_empty()).map_or(0, |at| at + 1);
    clean.get(first..last).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_lose_their_shared_indentation() {
        assert_eq!(clean_doc("\n    # Title\n\n      text\n    end\n"), "# Title\n\n  text\nend");
        assert_eq!(clean_doc("one line  "), "one line");
        assert_eq!(clean_doc(""), "");
    }
}
