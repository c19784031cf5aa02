//! Operators (protocol 4.4 and 4.5).

use serde_json::{Map, Value};
use tw_model::{ExpandInput, Task, TaskCallbacks, TaskId, TimeSpan, Timestamp, TriggerRule, WeightRule};

use super::DagDecodeError;
use super::encoding::{flag, int, list, number, object, span, text, texts, timestamp, typed, whole};
use super::fields::Fields;
use super::mapping::expand_input;
use super::param::params;

/// What a task's missing fields follow from, besides the schema's own defaults.
pub(super) struct TaskDefaults<'a> {
    /// `client_defaults.tasks`.
    pub(super) client: Option<&'a Map<String, Value>>,
    /// The DAG's dates: a task's equal ones are left out of the document.
    pub(super) start_date: Option<Timestamp>,
    /// See `start_date`.
    pub(super) end_date: Option<Timestamp>,
}

const RETRY_DELAY_DEFAULT: TimeSpan = TimeSpan::from_secs(300);

/// Keys that say again what other fields of [`Task`] already say.
const REDUNDANT: &[&str] = &["_needs_expansion", "_is_mapped"];

/// Decodes `{"__type": "operator", "__var": …}`.
pub(super) fn task(value: &Value, defaults: &TaskDefaults<'_>) -> Result<Task, DagDecodeError> {
    let Some(("operator", own)) = typed(value) else {
        return Err(DagDecodeError::new("expected an operator"));
    };
    let own = object(own)?;
    let named = |e: DagDecodeError| match own.get("task_id").and_then(Value::as_str) {
        Some(task_id) => e.below(format!("({task_id})")),
        None => e,
    };
    // The scheduling fields of a mapped operator stand in `partial_kwargs`, wrapped.
    let partial = own.get("partial_kwargs").map(object).transpose().map_err(|e| named(e.below("partial_kwargs")))?;
    let mut fields = Fields::new(own).with_defaults(partial).with_defaults(defaults.client);
    decode(&mut fields, partial, defaults).map_err(named)
}

fn decode(
    fields: &mut Fields<'_>,
    partial: Option<&Map<String, Value>>,
    defaults: &TaskDefaults<'_>,
) -> Result<Task, DagDecodeError> {
    let f = fields;
    Ok(Task {
        task_id: TaskId::from(f.required("task_id", text)?),
        display_name: display_name(f)?,
        task_type: f.or("task_type", text, "BaseOperator".to_owned())?,
        task_module: f.or("_task_module", text, String::new())?,
        operator_name: f.text("_operator_name")?,
        owner: f.or("owner", text, "airflow".to_owned())?,
        downstream_task_ids: downstream(f)?,
        trigger_rule: f.or("trigger_rule", trigger_rule, TriggerRule::AllSuccess)?,
        depends_on_past: f.flag("depends_on_past")?,
        wait_for_downstream: f.flag("wait_for_downstream")?,
        ignore_first_depends_on_past: f.flag("ignore_first_depends_on_past")?,
        wait_for_past_depends_before_skipping: f.flag("wait_for_past_depends_before_skipping")?,
        start_date: f.optional("start_date", timestamp)?.or(defaults.start_date),
        end_date: f.optional("end_date", timestamp)?.or(defaults.end_date),
        retries: f.or("retries", not_negative, 0)?,
        retry_delay: f.or("retry_delay", span, RETRY_DELAY_DEFAULT)?,
        max_retry_delay: f.optional("max_retry_delay", span)?,
        retry_exponential_backoff: f.or("retry_exponential_backoff", backoff, 0.0)?,
        pool: f.or("pool", text, tw_model::Pool::DEFAULT.to_owned())?,
        pool_slots: f.or("pool_slots", int, 1)?,
        priority_weight: f.or("priority_weight", weight, 1)?,
        weight_rule: weight_rule(f)?,
        queue: f.or("queue", text, "default".to_owned())?,
        executor: f.text("executor")?,
        max_active_tis_per_dag: f.optional("max_active_tis_per_dag", int)?,
        max_active_tis_per_dagrun: f.optional("max_active_tis_per_dagrun", int)?,
        execution_timeout: f.optional("execution_timeout", span)?,
        is_setup: f.flag("is_setup")?,
        is_teardown: f.flag("is_teardown")?,
        on_failure_fail_dagrun: f.flag("on_failure_fail_dagrun")?,
        is_empty: f.flag("_is_empty")?,
        can_skip_downstream: f.flag("_can_skip_downstream")?,
        reschedule: f.flag("reschedule")? || mode_is_reschedule(partial),
        callbacks: callbacks(f)?,
        email: f.raw("email").cloned(),
        inlets: f.or("inlets", assets, Vec::new())?,
        outlets: f.or("outlets", assets, Vec::new())?,
        expand_input: expansion(f)?,
        params: f.or("params", params, Vec::new())?,
        template_fields: f.or("template_fields", texts, Vec::new())?,
        map_index_template: f.text("map_index_template")?,
        start_from_trigger: f.flag("start_from_trigger")?,
        doc_md: f.text("doc_md")?,
        ui_color: f.text("ui_color")?,
        ui_fgcolor: f.text("ui_fgcolor")?,
        extra: extra(f, partial),
    })
}

/// The underscore is missing in `partial_kwargs`.
fn display_name(f: &mut Fields<'_>) -> Result<Option<String>, DagDecodeError> {
    let own = f.text("_task_display_name")?;
    Ok(own.or(f.text("task_display_name")?))
}

fn downstream(f: &mut Fields<'_>) -> Result<Vec<TaskId>, DagDecodeError> {
    let mut ids: Vec<TaskId> = f.or("downstream_task_ids", texts, Vec::new())?.into_iter().map(TaskId::from).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn trigger_rule(value: &Value) -> Result<TriggerRule, DagDecodeError> {
    text(value)?.parse().map_err(|e| DagDecodeError::new(format!("{e}")))
}

/// A rule that is a plugin's class cannot be evaluated here: the task's own weight counts, and
/// the class stays in `extra`.
fn weight_rule(f: &mut Fields<'_>) -> Result<WeightRule, DagDecodeError> {
    Ok(f.or("weight_rule", text, "downstream".to_owned())?.parse().unwrap_or(WeightRule::Absolute))
}

/// Airflow takes negative retries as none.
fn not_negative(value: &Value) -> Result<u32, DagDecodeError> {
    Ok(whole(value)?.clamp(0, u32::MAX.into()) as u32)
}

/// Weights saturate, as sums of weights do (S-5.1).
fn weight(value: &Value) -> Result<i32, DagDecodeError> {
    Ok(whole(value)?.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
}

/// A factor, or `true` for 2.
fn backoff(value: &Value) -> Result<f64, DagDecodeError> {
    match value {
        Value::Bool(on) => Ok(if *on { 2.0 } else { 0.0 }),
        _ => number(value),
    }
}

/// A mapped sensor has no `reschedule` field, only the `mode` it was given.
fn mode_is_reschedule(partial: Option<&Map<String, Value>>) -> bool {
    partial.and_then(|kwargs| kwargs.get("mode")).and_then(Value::as_str) == Some("reschedule")
}

fn callbacks(f: &mut Fields<'_>) -> Result<TaskCallbacks, DagDecodeError> {
    Ok(TaskCallbacks {
        on_execute: f.or("has_on_execute_callback", flag, false)?,
        on_success: f.or("has_on_success_callback", flag, false)?,
        on_failure: f.or("has_on_failure_callback", flag, false)?,
        on_retry: f.or("has_on_retry_callback", flag, false)?,
        on_skipped: f.or("has_on_skipped_callback", flag, false)?,
    })
}

fn assets(value: &Value) -> Result<Vec<Value>, DagDecodeError> {
    list(value).cloned()
}

fn expansion(f: &mut Fields<'_>) -> Result<Option<ExpandInput>, DagDecodeError> {
    if !f.flag("_is_mapped")? {
        return Ok(None);
    }
    match f.or("_expand_input_attr", text, "expand_input".to_owned())?.as_str() {
        "expand_input" => f.required("expand_input", expand_input),
        "op_kwargs_expand_input" => f.required("op_kwargs_expand_input", expand_input),
        other => Err(DagDecodeError::new(format!("{other:?} is no known attribute")).below("_expand_input_attr")),
    }
    .map(Some)
}

/// What nobody read. The expand input's values are the worker's business and stay out.
fn extra(f: &Fields<'_>, partial: Option<&Map<String, Value>>) -> Map<String, Value> {
    let mut extra = f.rest();
    REDUNDANT.iter().for_each(|key| drop(extra.remove(*key)));
    if extra.get("has_retry_policy") == Some(&Value::Bool(false)) {
        extra.remove("has_retry_policy");
    }
    if let Some(partial) = partial {
        let rest: Map<_, _> =
            partial.iter().filter(|(key, _)| !f.was_read(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        extra.remove("partial_kwargs");
        if !rest.is_empty() {
            extra.insert("partial_kwargs".to_owned(), Value::Object(rest));
        }
    }
    // Known rules are a field of their own; a plugin's class is kept (see `weight_rule`).
    if let Some(class) =
        f.peek("weight_rule").and_then(Value::as_str).filter(|rule| rule.parse::<WeightRule>().is_err())
    {
        extra.insert("weight_rule".to_owned(), class.into());
    }
    extra
}
