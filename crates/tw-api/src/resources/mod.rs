//! One file per resource: its routes, its shapes, its handlers.

mod acted;
mod bulk;
mod bulk_runs;
mod bulk_task_instances;
mod clear;
mod clear_runs;
mod connections;
pub(crate) mod dag_shape;
pub(crate) mod dags;
mod event_logs;
mod favorites;
mod import_errors;
pub(crate) mod logs;
mod pools;
mod run_acts;
pub(crate) mod runs;
pub(crate) mod system;
mod task_instance_acts;
mod task_instance_shape;
mod task_instances;
pub(crate) mod tasks;
pub(crate) mod tries;
mod trigger;
mod variables;
mod versions;
pub(crate) mod why;
mod xcoms;

use axum::Router;

use crate::state::ApiState;

/// The routes of `/api/v2` that need a token, without that prefix.
pub(crate) fn protected() -> Router<ApiState> {
    Router::new()
        .merge(dags::routes())
        .merge(favorites::routes())
        .merge(tasks::routes())
        .merge(versions::routes())
        .merge(runs::routes())
        .merge(trigger::routes())
        .merge(task_instances::routes())
        .merge(tries::routes())
        .merge(clear::routes())
        .merge(clear_runs::routes())
        .merge(run_acts::routes())
        .merge(task_instance_acts::routes())
        .merge(bulk_runs::routes())
        .merge(bulk_task_instances::routes())
        .merge(logs::routes())
        .merge(xcoms::routes())
        .merge(event_logs::routes())
        .merge(import_errors::routes())
        .merge(variables::routes())
        .merge(connections::routes())
        .merge(pools::routes())
}

pub(crate) use system::public;
