//! Pools with what occupies them.

use std::collections::HashMap;

use tw_model::{Pool, TaskInstanceState};

use crate::error::StoreError;
use crate::query::Select;
use crate::read::Page;
use crate::read::filter::{Filters, Listed, TextMatch, counted, order_by};
use crate::read::task_instances::UNFINISHED;
use crate::record::{pool, pool_columns};
use crate::store::Store;
use crate::value::Columns;

/// A pool and the slots that its task instances hold, by state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoolView {
    /// The pool.
    pub pool: Pool,
    /// Slots of running (also restarting) task instances.
    pub running: i64,
    /// Slots of queued ones.
    pub queued: i64,
    /// Slots that scheduled ones will need.
    pub scheduled: i64,
    /// Slots of deferred ones; they count only where the pool includes them.
    pub deferred: i64,
}

impl PoolView {
    /// Slots that are taken (S-5.20).
    pub fn occupied(&self) -> i64 {
        self.running + self.queued + if self.pool.include_deferred { self.deferred } else { 0 }
    }
}

/// Slots by pool and state.
const USAGE: &str = "SELECT t.pool, t.state, CAST(sum(t.pool_slots) AS BIGINT) FROM task_instance t";

const POOLS: &str = concat!("SELECT ", pool_columns!(), " FROM pool p");

impl Store {
    /// One page of the pools whose name passes the search, by name.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn pools_list(
        &self,
        name: &TextMatch,
        descending: bool,
        page: Page,
    ) -> Result<Listed<PoolView>, StoreError> {
        let order = order_by([("p.name", descending)], "p.name");
        let rows = Select::new(POOLS).matching("p.name", name).order(&order);
        let listed = self.listed(rows, counted("FROM pool p").matching("p.name", name), page, pool).await?;
        Ok(Listed { rows: self.with_usage(listed.rows).await?, total: listed.total })
    }

    /// One pool.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn pool_view(&self, name: &str) -> Result<Option<PoolView>, StoreError> {
        let found = self.select(Select::new(POOLS).filter("p.name = $", [name]), pool).await?;
        Ok(self.with_usage(found).await?.pop())
    }

    async fn with_usage(&self, pools: Vec<Pool>) -> Result<Vec<PoolView>, StoreError> {
        if pools.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select::new(USAGE)
            // So that this touches the instances of unfinished runs only.
            .filter(UNFINISHED, std::iter::empty::<i64>())
            .filter_in("t.state", ["scheduled", "queued", "running", "restarting", "deferred"])
            .filter_in("t.pool", pools.iter().map(|pool| pool.name.as_str()))
            .with("GROUP BY t.pool, t.state", std::iter::empty::<i64>());
        let read = |c: &mut Columns| Ok(((c.take::<String>()?, c.parse::<TaskInstanceState>()?), c.take::<i64>()?));
        let usage: HashMap<(String, TaskInstanceState), i64> = self.select(select, read).await?.into_iter().collect();
        let view = |pool: Pool| {
            let slots = |state| usage.get(&(pool.name.clone(), state)).copied().unwrap_or(0);
            PoolView {
                running: slots(TaskInstanceState::Running) + slots(TaskInstanceState::Restarting),
                queued: slots(TaskInstanceState::Queued),
                scheduled: slots(TaskInstanceState::Scheduled),
                deferred: slots(TaskInstanceState::Deferred),
                pool,
            }
        };
        Ok(pools.into_iter().map(view).collect())
    }
}
