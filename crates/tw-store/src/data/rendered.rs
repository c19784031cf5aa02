//! Templated fields as rendered (S-11.14).

use serde_json::Value as Json;

use crate::batch::Step;
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

/// Runs per task whose rendered fields are kept: Airflow's default of
/// `num_dag_runs_to_retain_rendered_fields`.
pub const RENDERED_RUNS_MAX: u32 = 30;

queries! {
    SET = "INSERT INTO rendered_fields (dag_run_id, task_id, map_index, dag_id, fields) \
        SELECT r.id, CAST($3 AS TEXT), CAST($4 AS BIGINT), r.dag_id, CAST($5 AS TEXT) \
        FROM dag_run r WHERE r.dag_id = $1 AND r.run_id = $2 \
        ON CONFLICT (dag_run_id, task_id, map_index) DO UPDATE SET fields = excluded.fields";
    /// Ids of runs grow with time, so the highest are the newest. Not `SELECT DISTINCT`: SQLite 3.50
    /// then deletes every row when there are fewer runs than the offset.
    PRUNE = "DELETE FROM rendered_fields WHERE dag_id = $1 AND task_id = $2 AND dag_run_id <= (\
        SELECT dag_run_id FROM rendered_fields WHERE dag_id = $1 AND task_id = $2 \
        GROUP BY dag_run_id ORDER BY dag_run_id DESC LIMIT 1 OFFSET $3)";
    GET = "SELECT f.fields FROM rendered_fields f JOIN dag_run r ON r.id = f.dag_run_id \
        WHERE r.dag_id = $1 AND r.run_id = $2 AND f.task_id = $3 AND f.map_index = $4";
}

impl Store {
    /// Keeps the rendered fields of a task instance, replacing earlier ones; of each task, those of
    /// the newest [`RENDERED_RUNS_MAX`] runs stay. A run that is gone is fine.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn rendered_fields_set(
        &self,
        dag_id: &str,
        run_id: &str,
        task_id: &str,
        map_index: i32,
        fields: &Json,
    ) -> Result<(), StoreError> {
        let values: [Value; 5] =
            [dag_id.into(), run_id.into(), task_id.into(), map_index.into(), fields.to_string().into()];
        let mut steps = vec![Step::new(SET, values)];
        if map_index <= 0 {
            // Once per task and run is enough, and of 100,000 mapped instances not each should look.
            steps.push(Step::new(PRUNE, [dag_id.into(), task_id.into(), RENDERED_RUNS_MAX.into()]));
        }
        self.transact(steps).await.map(drop)
    }

    /// The rendered fields of a task instance, if they are kept.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn rendered_fields_get(
        &self,
        dag_id: &str,
        run_id: &str,
        task_id: &str,
        map_index: i32,
    ) -> Result<Option<Json>, StoreError> {
        let values: [Value; 4] = [dag_id.into(), run_id.into(), task_id.into(), map_index.into()];
        self.find(GET, values, |c| c.json()).await
    }
}
