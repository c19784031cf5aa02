//! How a simulation tells what it did: DAGs in the notation of the engine's own tests, one line
//! per input.

use std::fmt::Write as _;

use tw_engine::Input;
use tw_model::{Dag, ExpandInput, GroupChild, MapInput, Task, TriggerRule, XComArg};

/// A DAG as statements: edges, then attributes of tasks, groups and the DAG.
pub fn dag(dag: &Dag) -> String {
    let mut text = String::new();
    for task in &dag.tasks {
        let downs: Vec<&str> = task.downstream_task_ids.iter().map(|id| id.as_str()).collect();
        let arrow = if downs.is_empty() { "" } else { " -> " };
        let _ = write!(text, "{}{arrow}{}; ", task.task_id, downs.join(", "));
    }
    for task in &dag.tasks {
        let attributes = attributes(task);
        if !attributes.is_empty() {
            let _ = write!(text, "{}: {}; ", task.task_id, attributes.join(", "));
        }
    }
    for child in &dag.task_group.children {
        if let GroupChild::Group(group) = child {
            let over = group.expand_input.as_ref().map(input).unwrap_or_default();
            let _ = write!(text, "group {:?} over {over}: {:?}; ", group.group_id, group.children);
        }
    }
    let _ = write!(text, "dag: max_active_tasks={}, max_active_runs={}", dag.max_active_tasks, dag.max_active_runs);
    if dag.fail_fast {
        text.push_str(", fail_fast");
    }
    if dag.catchup {
        text.push_str(", catchup");
    }
    if let Some(timeout) = dag.dagrun_timeout {
        let _ = write!(text, ", timeout={}", timeout.as_secs_f64());
    }
    if dag.max_consecutive_failed_dag_runs > 0 {
        let _ = write!(text, ", max_failed={}", dag.max_consecutive_failed_dag_runs);
    }
    text
}

fn attributes(task: &Task) -> Vec<String> {
    let mut words = Vec::new();
    let flags = [
        (task.is_empty, "empty"),
        (task.can_skip_downstream, "branch"),
        (task.is_setup, "setup"),
        (task.is_teardown, "teardown"),
        (task.on_failure_fail_dagrun, "fails_run"),
        (task.depends_on_past, "depends_on_past"),
        (task.wait_for_downstream, "wait_for_downstream"),
    ];
    words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
    if task.trigger_rule != TriggerRule::AllSuccess && !task.is_teardown {
        words.push(task.trigger_rule.to_string());
    }
    let numbers = [
        ("retries", Some(task.retries).filter(|n| *n > 0)),
        ("limit", task.max_active_tis_per_dag),
        ("run_limit", task.max_active_tis_per_dagrun),
        ("slots", Some(task.pool_slots).filter(|n| *n > 1)),
    ];
    words.extend(numbers.iter().filter_map(|(word, n)| Some(format!("{word}={}", (*n)?))));
    if task.pool != tw_model::Pool::DEFAULT {
        words.push(format!("pool={}", task.pool));
    }
    words.extend(task.expand_input.as_ref().map(|over| format!("map={}", input(over))));
    words
}

fn input(over: &ExpandInput) -> String {
    let parts = over.inputs().map(|part| match part {
        MapInput::Literal { len } => len.to_string(),
        MapInput::XCom(XComArg::Output { task_id, .. }) => task_id.to_string(),
        MapInput::XCom(other) => format!("{other:?}"),
    });
    parts.collect::<Vec<_>>().join("*")
}

/// An input on one line.
pub fn describe(input: &Input) -> String {
    match input {
        Input::FileParsed(file) => {
            let dags: Vec<String> = file.dags.iter().map(|p| format!("{} = {}", p.dag.dag_id, dag(&p.dag))).collect();
            let gone = if file.gone { " gone" } else { "" };
            format!("parse {}{gone} errors={} {}", file.relative_fileloc, file.import_errors.len(), dags.join(" | "))
        }
        Input::TriggerRun(run) => {
            let date = run.logical_date.map(|d| d.to_string()).unwrap_or_default();
            format!("trigger {} {:?} {date}", run.dag_id, run.run_id)
        }
        Input::PutPool(pool) => format!("pool {}={}", pool.name, pool.slots),
        other => format!("{other:?}"),
    }
}
