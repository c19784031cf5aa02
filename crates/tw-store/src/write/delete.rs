//! Deleting runs and DAGs with all that belongs to them. The audit log stays.

use tw_model::{DagId, DagRunId};

use crate::batch::Step;
use crate::query::queries;

/// Rows of a table that belong to a run of a DAG.
macro_rules! of_dags_runs {
    ($table:literal) => {
        concat!("DELETE FROM ", $table, " WHERE dag_run_id IN (SELECT r.id FROM dag_run r WHERE r.dag_id = $1)")
    };
}

queries! {
    RUN_INSTANCES = "DELETE FROM task_instance WHERE dag_run_id = $1";
    RUN_HISTORY = "DELETE FROM task_instance_history WHERE dag_run_id = $1";
    RUN_RENDERED = "DELETE FROM rendered_fields WHERE dag_run_id = $1";
    RUN_XCOMS = "DELETE FROM xcom WHERE dag_run_id = $1";
    RUN_ACKNOWLEDGED = "DELETE FROM acknowledgement WHERE dag_run_id = $1";
    RUN = "DELETE FROM dag_run WHERE id = $1";
    DAG_INSTANCES = of_dags_runs!("task_instance");
    DAG_HISTORY = of_dags_runs!("task_instance_history");
    DAG_RENDERED = of_dags_runs!("rendered_fields");
    DAG_XCOMS = of_dags_runs!("xcom");
    DAG_ACKNOWLEDGED = of_dags_runs!("acknowledgement");
    DAG_RUNS = "DELETE FROM dag_run WHERE dag_id = $1";
    DAG_VERSIONS = "DELETE FROM dag_version WHERE dag_id = $1";
    DAG_FAVORITES = "DELETE FROM dag_favorite WHERE dag_id = $1";
    DAG_TAGS = "DELETE FROM dag_tag WHERE dag_id = $1";
    /// Nothing is known of its file any more, so that the next look at the folder parses it again.
    DAG_FILE = "DELETE FROM dag_file WHERE (bundle_name, relative_fileloc) IN (\
        SELECT d.bundle_name, d.relative_fileloc FROM dag d WHERE d.dag_id = $1)";
    DAG = "DELETE FROM dag WHERE dag_id = $1";
}

/// Parents last, because children are found through them.
const OF_RUN: [&str; 6] = [RUN_INSTANCES, RUN_HISTORY, RUN_RENDERED, RUN_XCOMS, RUN_ACKNOWLEDGED, RUN];
const OF_DAG: [&str; 11] = [
    DAG_INSTANCES,
    DAG_HISTORY,
    DAG_RENDERED,
    DAG_XCOMS,
    DAG_ACKNOWLEDGED,
    DAG_RUNS,
    DAG_VERSIONS,
    DAG_FAVORITES,
    DAG_TAGS,
    DAG_FILE,
    DAG,
];

pub(super) fn run(id: DagRunId, steps: &mut Vec<Step>) {
    steps.extend(OF_RUN.into_iter().map(|text| Step::new(text, [id.into()])));
}

pub(super) fn dag(dag_id: &DagId, steps: &mut Vec<Step>) {
    steps.extend(OF_DAG.into_iter().map(|text| Step::new(text, [dag_id.into()])));
}
