//! What tasks and people keep: written directly, outside the epoch, each call a small transaction
//! of its own. On SQLite, calls that come at the same time share one commit.

mod account;
mod acknowledgement;
mod attempt;
mod audit;
mod connection;
mod dag_file;
mod favorite;
mod history;
mod rendered;
mod saved_view;
mod variable;
mod xcom;

pub use account::{Account, Role};
pub use attempt::AttemptExit;
pub use audit::AuditLine;
pub(crate) use connection::connection_columns;
pub use dag_file::DagFile;
pub use history::{INSTANCES_MAX, InstanceSelection, RunSelection};
pub use rendered::RENDERED_RUNS_MAX;
pub use saved_view::{SAVED_VIEWS_MAX, SavedView};
pub use variable::VARIABLE_KEYS_MAX;
pub use xcom::{Slice, XCOM_SLICE_MAX, XComKey};

/// The fixed queries of this module.
pub(crate) const ALL: &[&[(&str, &str)]] = &[
    account::ALL,
    acknowledgement::ALL,
    attempt::ALL,
    audit::ALL,
    connection::ALL,
    dag_file::ALL,
    favorite::ALL,
    history::ALL,
    rendered::ALL,
    saved_view::ALL,
    variable::ALL,
    xcom::ALL,
];
