//! Audit lines of people's actions; the engine writes its own with its commits.

use tw_model::Timestamp;

use crate::batch::Step;
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

queries! {
    APPEND = "INSERT INTO audit_log (at_us, event, owner, dag_id, run_id, task_id, map_index, try_number, detail) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)";
}

/// Something a person or client did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// What, for example `post_pool`.
    pub event: String,
    /// Who.
    pub owner: Option<String>,
    /// DAG, if it concerns one.
    pub dag_id: Option<String>,
    /// Run, if it concerns one.
    pub run_id: Option<String>,
    /// Task, if it concerns one.
    pub task_id: Option<String>,
    /// Map index, if it concerns one.
    pub map_index: Option<i32>,
    /// More, often JSON; without secrets.
    pub detail: Option<String>,
}

impl Store {
    /// Appends a line.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn audit_append(&self, line: &AuditLine) -> Result<(), StoreError> {
        let values: [Value; 8] = [
            line.at.into(),
            (&line.event).into(),
            line.owner.as_deref().into(),
            line.dag_id.as_deref().into(),
            line.run_id.as_deref().into(),
            line.task_id.as_deref().into(),
            line.map_index.into(),
            line.detail.as_deref().into(),
        ];
        self.transact(vec![Step::new(APPEND, values)]).await.map(drop)
    }
}
