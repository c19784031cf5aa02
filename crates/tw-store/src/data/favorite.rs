//! Favourite DAGs of a person.

use std::collections::HashSet;

use tw_model::DagId;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::store::Store;

queries! {
    ADD = "INSERT INTO dag_favorite (user_name, dag_id) VALUES ($1, $2) ON CONFLICT (user_name, dag_id) DO NOTHING";
    REMOVE = "DELETE FROM dag_favorite WHERE user_name = $1 AND dag_id = $2";
}

impl Store {
    /// Which of these DAGs are favourites of a person.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn favorites_among(&self, user_name: &str, dag_ids: &[DagId]) -> Result<HashSet<DagId>, StoreError> {
        if dag_ids.is_empty() {
            return Ok(HashSet::new());
        }
        let select = Select::new("SELECT f.dag_id FROM dag_favorite f")
            .filter("f.user_name = $", [user_name])
            .filter_in("f.dag_id", dag_ids);
        Ok(self.select(select, |c| c.take()).await?.into_iter().collect())
    }

    /// Makes a DAG a favourite of a person.
    ///
    /// # Errors
    /// `Conflict` if it is one; `Unavailable`.
    pub async fn favorite_add(&self, user_name: &str, dag_id: &DagId) -> Result<(), StoreError> {
        let miss = Miss::Conflict(format!("DAG {dag_id} is a favourite already"));
        self.transact(vec![Step::new(ADD, [user_name.into(), dag_id.into()]).or_else(miss)]).await.map(drop)
    }

    /// Makes a DAG no favourite of a person.
    ///
    /// # Errors
    /// `Conflict` if it is none; `Unavailable`.
    pub async fn favorite_remove(&self, user_name: &str, dag_id: &DagId) -> Result<(), StoreError> {
        let miss = Miss::Conflict(format!("DAG {dag_id} is no favourite"));
        self.transact(vec![Step::new(REMOVE, [user_name.into(), dag_id.into()]).or_else(miss)]).await.map(drop)
    }
}
