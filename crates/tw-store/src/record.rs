//! Rows to values: for each table that others read whole, its select list and the function that
//! reads it, side by side and in one order.
//!
//! Every query names `dag` as `d`, `dag_version` as `v`, `dag_run` as `r`, `task_instance` (or its
//! history) as `t`, so that the lists fit everywhere.

use std::sync::Arc;

use tw_engine::{DagRow, DagVersionRow, PlannedRun};
use tw_model::{DagRun, ExitStatus, Interval, Pool, ReturnValue, TaskInstance, TimeSpan, Timestamp, Usage};

use crate::error::StoreError;
use crate::value::Columns;

/// Select list of [`dag_row`].
macro_rules! dag_columns {
    () => {
        "d.dag_id, d.is_paused, d.is_stale, d.has_import_errors, d.bundle_name, d.relative_fileloc, \
         d.latest_version_id, d.latest_version_number, d.next_run_after_us, d.next_logical_date_us, \
         d.next_data_interval_start_us, d.next_data_interval_end_us, d.last_automated_start_us, \
         d.last_automated_end_us, d.last_parsed_at_us, d.parse_micros, d.consecutive_failed_runs"
    };
}
pub(crate) use dag_columns;

pub(crate) fn dag_row(c: &mut Columns) -> Result<DagRow, StoreError> {
    Ok(DagRow {
        dag_id: c.take()?,
        is_paused: c.take()?,
        is_stale: c.take()?,
        has_import_errors: c.take()?,
        bundle_name: c.take()?,
        relative_fileloc: c.take()?,
        latest_version_id: c.take()?,
        latest_version_number: c.take()?,
        next_run: planned_run(c)?,
        last_automated: interval(c)?,
        last_parsed_at: c.take()?,
        parse_micros: c.take()?,
        consecutive_failed_runs: c.take()?,
    })
}

fn planned_run(c: &mut Columns) -> Result<Option<PlannedRun>, StoreError> {
    let run_after: Option<Timestamp> = c.take()?;
    let logical_date = c.take()?;
    let data_interval = interval(c)?;
    Ok(run_after.map(|run_after| PlannedRun { run_after, logical_date, data_interval }))
}

fn interval(c: &mut Columns) -> Result<Option<Interval>, StoreError> {
    let (start, end) = (c.take()?, c.take()?);
    Ok(match (start, end) {
        (Some(start), Some(end)) => Some(Interval { start, end }),
        _ => None,
    })
}

/// Select list of [`dag_version_row`].
macro_rules! dag_version_columns {
    () => {
        "v.id, v.dag_id, v.version_number, v.content_hash, v.data, v.source, v.created_at_us"
    };
}
pub(crate) use dag_version_columns;

pub(crate) fn dag_version_row(c: &mut Columns) -> Result<DagVersionRow, StoreError> {
    Ok(DagVersionRow {
        id: c.take()?,
        dag_id: c.take()?,
        version_number: c.take()?,
        content_hash: c.take()?,
        dag: Arc::new(c.json()?),
        source: c.take()?,
        created_at: c.take()?,
    })
}

/// Select list of [`dag_run`].
macro_rules! dag_run_columns {
    () => {
        "r.id, r.dag_id, r.run_id, r.run_type, r.triggered_by, r.triggering_user, r.state, r.logical_date_us, \
         r.data_interval_start_us, r.data_interval_end_us, r.run_after_us, r.queued_at_us, r.start_date_us, \
         r.end_date_us, r.conf, r.note, r.dag_version_id, r.clear_number, r.reason"
    };
}
pub(crate) use dag_run_columns;

pub(crate) fn dag_run(c: &mut Columns) -> Result<DagRun, StoreError> {
    Ok(DagRun {
        id: c.take()?,
        dag_id: c.take()?,
        run_id: c.take()?,
        run_type: c.parse()?,
        triggered_by: c.parse()?,
        triggering_user: c.take()?,
        state: c.parse()?,
        logical_date: c.take()?,
        data_interval: interval(c)?,
        run_after: c.take()?,
        queued_at: c.take()?,
        start_date: c.take()?,
        end_date: c.take()?,
        conf: Arc::new(c.json()?),
        note: c.take()?,
        dag_version_id: c.take()?,
        clear_number: c.take()?,
        reason: c.take()?,
    })
}

/// Select list of [`task_instance`].
macro_rules! task_instance_columns {
    () => {
        "t.id, t.dag_run_id, t.dag_id, t.run_id, t.task_id, t.map_index, t.dag_version_id, t.state, t.try_number, \
         t.max_tries, t.dispatch, t.scheduled_at_us, t.queued_at_us, t.start_date_us, t.end_date_us, t.not_before_us, \
         t.reschedule_count, t.first_reschedule_date_us, t.pool, t.pool_slots, t.queue, t.priority_weight, \
         t.operator, t.executor, t.return_length, t.skip_record, t.reason"
    };
}
pub(crate) use task_instance_columns;

pub(crate) fn task_instance(c: &mut Columns) -> Result<TaskInstance, StoreError> {
    Ok(TaskInstance {
        id: c.take()?,
        dag_run_id: c.take()?,
        dag_id: c.take()?,
        run_id: c.take()?,
        task_id: c.take()?,
        map_index: c.take()?,
        dag_version_id: c.take()?,
        state: c.parse_opt()?,
        try_number: c.take()?,
        max_tries: c.take()?,
        dispatch: c.take()?,
        scheduled_at: c.take()?,
        queued_at: c.take()?,
        start_date: c.take()?,
        end_date: c.take()?,
        not_before: c.take()?,
        reschedule_count: c.take()?,
        first_reschedule_date: c.take()?,
        pool: c.take()?,
        pool_slots: c.take()?,
        queue: c.take()?,
        priority_weight: c.take()?,
        operator: c.take()?,
        executor: c.take()?,
        return_value: return_value_from(c.take()?),
        skip_record: c.json_opt()?,
        reason: c.take()?,
    })
}

/// What is known about the process of an attempt; everything may be missing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AttemptDetail {
    /// Host it ran on.
    pub hostname: Option<String>,
    /// User it ran as.
    pub unixname: Option<String>,
    /// Its process.
    pub pid: Option<u32>,
    /// Label of a mapped instance.
    pub rendered_map_index: Option<String>,
    /// How the process ended.
    pub exit: Option<ExitStatus>,
    /// What it consumed.
    pub usage: Option<Usage>,
    /// The last exception in its log, in a line, if it did not end well.
    pub exception: Option<String>,
}

/// Select list of [`attempt_detail`]; it follows [`task_instance_columns`] where both are wanted.
macro_rules! attempt_detail_columns {
    () => {
        "t.hostname, t.unixname, t.pid, t.rendered_map_index, t.exit_status, t.user_cpu_us, t.system_cpu_us, \
         t.max_rss_bytes, t.exception"
    };
}
pub(crate) use attempt_detail_columns;

pub(crate) fn attempt_detail(c: &mut Columns) -> Result<AttemptDetail, StoreError> {
    let (hostname, unixname, pid, rendered_map_index) = (c.take()?, c.take()?, c.take()?, c.take()?);
    let exit = c.take::<Option<i32>>()?.map(exit_status_from);
    let (user, system): (Option<TimeSpan>, Option<TimeSpan>) = (c.take()?, c.take()?);
    let rss: Option<u64> = c.take()?;
    let usage = match (user, system, rss) {
        (Some(user_cpu), Some(system_cpu), Some(max_rss_bytes)) => Some(Usage { user_cpu, system_cpu, max_rss_bytes }),
        _ => None,
    };
    let exception = c.take()?;
    Ok(AttemptDetail { hostname, unixname, pid, rendered_map_index, exit, usage, exception })
}

/// Select list of [`pool`].
macro_rules! pool_columns {
    () => {
        "p.name, p.slots, p.description, p.include_deferred"
    };
}
pub(crate) use pool_columns;

pub(crate) fn pool(c: &mut Columns) -> Result<Pool, StoreError> {
    Ok(Pool { name: c.take()?, slots: c.take()?, description: c.take()?, include_deferred: c.take()? })
}

/// What a pushed value without a counted length is stored as.
const PUSHED: i64 = -1;

/// How `return_length` holds a [`ReturnValue`].
pub(crate) fn return_length(value: ReturnValue) -> Option<i64> {
    match value {
        ReturnValue::None => None,
        ReturnValue::Pushed => Some(PUSHED),
        ReturnValue::Sized(len) => Some(len.into()),
    }
}

fn return_value_from(length: Option<i64>) -> ReturnValue {
    match length {
        None => ReturnValue::None,
        Some(length) => u32::try_from(length).map_or(ReturnValue::Pushed, ReturnValue::Sized),
    }
}

/// How `exit_status` holds an [`ExitStatus`]: the code, or minus the signal. Exit codes are never
/// negative on Unix.
pub(crate) fn exit_status(exit: ExitStatus) -> i32 {
    match exit {
        ExitStatus::Code(code) => code,
        ExitStatus::Signal(signal) => -signal,
    }
}

fn exit_status_from(number: i32) -> ExitStatus {
    if number < 0 { ExitStatus::Signal(-number) } else { ExitStatus::Code(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_round_trip() {
        for value in [ReturnValue::None, ReturnValue::Pushed, ReturnValue::Sized(0), ReturnValue::Sized(u32::MAX)] {
            assert_eq!(return_value_from(return_length(value)), value);
        }
        for exit in [ExitStatus::Code(0), ExitStatus::Code(255), ExitStatus::Signal(9)] {
            assert_eq!(exit_status_from(exit_status(exit)), exit);
        }
    }
}
