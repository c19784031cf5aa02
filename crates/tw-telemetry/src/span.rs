//! The spans of the system and their fields, written once: `dag_id run_id task_id map_index
//! try_number bundle_name relative_fileloc method path epoch`. Values go into fields; messages are
//! constant.

use tracing::{Span, field::Empty, info_span};

/// One attempt of a task instance, from dispatch to reaped. `map_index` is -1 when not mapped.
pub fn attempt(dag_id: &str, run_id: &str, task_id: &str, map_index: i32, try_number: u32) -> Span {
    info_span!("attempt", dag_id, run_id, task_id, map_index, try_number)
}

/// One parse of a DAG file.
pub fn parse(bundle_name: &str, relative_fileloc: &str) -> Span {
    info_span!("parse", bundle_name, relative_fileloc)
}

/// One HTTP request; `status` is recorded when it is answered. The path comes without its query,
/// which may hold secrets.
pub fn request(method: &str, path: &str) -> Span {
    info_span!("request", method, path, status = Empty)
}

/// The scheduler's reign under one epoch.
pub fn scheduler(epoch: i64) -> Span {
    info_span!("scheduler", epoch)
}
