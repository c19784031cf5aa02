//! Reads for screens and endpoints: one method per screen, exactly its rows, always a page limit.
//!
//! How to add one: a file per resource; a plain struct for the row, a plain struct for the filter
//! (with `Default`); fixed texts in `queries! {}` and the module's `ALL` added to
//! [`crate::store::QUERY_LISTS`]; lists with optional filters through [`crate::Select`], each shape
//! exercised by a test on both databases. What both databases accept: `$1`, `RETURNING`,
//! `ON CONFLICT`, row values, `NULLS FIRST/LAST`, `FILTER (WHERE …)`, window functions,
//! `WITH`, `LIKE … ESCAPE '!'` (case matters in both; `lower(x) LIKE lower($)` if it must not).
//! `CAST(sum(x) AS BIGINT)` for sums, `CAST($1 AS BIGINT)` where a parameter stands alone
//! (`CAST($1 AS TEXT) IS NULL`). Truth values: `WHERE d.is_paused`, `= $1` with a bool.
//!
//! Cost at ten million task instances: a list that names a DAG or a run touches that DAG's runs or
//! that run's instances; one that names neither walks an index and stops at the page. Totals are
//! exact up to [`COUNT_MAX`] and never count further. An order that no index has, over everything,
//! sorts everything: the API bounds the time of such a request.

mod dags;
mod event_logs;
mod filter;
mod import_errors;
mod pools;
mod runs;
mod settings;
mod task_instances;
mod ui;
mod versions;
mod xcoms;

pub use dags::{DagColumn, DagFilter, DagSummary};
pub use event_logs::{EventLogColumn, EventLogFilter, EventLogView, TaskEventLine};
pub use filter::{COUNT_MAX, Listed, Range, TextMatch};
pub use import_errors::{ImportErrorColumn, ImportErrorFilter, ImportErrorView};
pub use pools::PoolView;
pub use runs::{DagRunColumn, DagRunFilter, DagRunView};
pub use settings::{ConnectionColumn, VariableColumn, VariableView};
pub use task_instances::{TaskInstanceColumn, TaskInstanceFilter, TaskInstanceView};
pub use ui::*;
pub use versions::{VersionColumn, VersionFilter, VersionView};
pub use xcoms::{XComColumn, XComFilter, XComView};

/// Every fixed query of this module.
pub(crate) const ALL: &[&[(&str, &str)]] = &[
    dags::ALL,
    event_logs::ALL,
    import_errors::ALL,
    runs::ALL,
    settings::ALL,
    task_instances::ALL,
    ui::dags::ALL,
    ui::home::ALL,
    ui::instances::ALL,
    ui::profile::ALL,
    ui::runs::ALL,
    ui::settings::ALL,
    ui::task::ALL,
    ui::tries::ALL,
    versions::ALL,
    xcoms::ALL,
];

/// Rows of one answer at most, whatever the caller asks for. Airflow's default `maximum_page_limit`.
pub const PAGE_LIMIT_MAX: u32 = 100;

/// Which part of a list is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Rows at most; larger than [`PAGE_LIMIT_MAX`] means that.
    pub limit: u32,
    /// Rows to skip.
    pub offset: u32,
}
