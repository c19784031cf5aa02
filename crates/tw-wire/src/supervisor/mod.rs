//! The messages between the supervisor and a Python child, as types (protocol 1.8 to 1.11).
//!
//! Each type is one row of the protocol's tables: [`ToSupervisor`] is what a task or parse child
//! may send, [`ToTask`] what it may be answered. Field names and strictness are those of the
//! Task SDK 1.3 (supervisor schema 2026-06-16); [`request`] decodes leniently, [`answer`] writes
//! every declared field, because some of the SDK's types refuse unknown keys and demand the
//! nullable ones.

pub mod answer;
pub mod error;
pub mod query;
pub mod request;
pub mod startup;
pub mod terminal;
pub mod xcom;

#[cfg(test)]
mod golden_test;

pub use answer::{
    AssetBody, ConnectionBody, DagBody, IntervalBody, PreviousTaskInstance, TaskBreadcrumb, ToTask, VariableBody,
};
pub use error::{ErrorBody, ErrorKind};
pub use query::{
    AssetEventsQuery, AssetStateEntry, AssetStateKey, DagRunFilter, HumanAnswer, HumanQuestion, PreviousRunQuery,
    PreviousTaskInstanceQuery, RunKey, TaskInstanceFilter, TaskStateEntry, TaskStateKey, TriggerRequest, VariableEntry,
    VariableKeysQuery,
};
pub use request::{DecodeError, ToSupervisor};
pub use startup::{BundleInfo, DagRunBody, StartupDetails, TaskInstanceBody, TaskInstanceContext};
pub use terminal::{Retry, Success, TaskEnd};
pub use xcom::{XComItem, XComLookup, XComSeries, XComSlice, XComTarget, XComWrite};
