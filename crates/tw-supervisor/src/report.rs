//! What the last words of a child mean, and what silence means (protocol 1.11). Pure.

use serde_json::{Value, json};
use tw_model::{
    AttemptOutcome, AttemptReport, ExitStatus, ReturnValue, SkipRecord, TaskId, TimeSpan, Timestamp, Workload,
};
use tw_wire::supervisor::{Retry, Success, TaskEnd, ToSupervisor, XComWrite};

/// Key of the XCom that holds what a task returned.
const RETURN_VALUE_KEY: &str = "return_value";
/// Key of the XCom that holds what a branching task decided (S-3.11).
const SKIP_KEY: &str = "skipmixin_key";
/// Most characters of a label (S-11.15).
const LABEL_CHARS_MAX: usize = 250;

/// What an attempt did that decides about others.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Facts {
    return_value: ReturnValue,
    skip_record: Option<SkipRecord>,
}

impl Facts {
    /// Notes an XCom that `workload` stored. Those it stored in other places mean nothing here.
    pub(crate) fn note(&mut self, workload: &Workload, write: &XComWrite) {
        let series = &write.target.series;
        let own = series.dag_id == workload.dag_id
            && series.run_id == workload.run_id
            && series.task_id == workload.task_id
            && write.target.map_index() == workload.map_index;
        match series.key.as_str() {
            RETURN_VALUE_KEY if own => {
                let length = write.mapped_length.and_then(|length| u32::try_from(length).ok());
                self.return_value = length.map_or(ReturnValue::Pushed, ReturnValue::Sized);
            }
            SKIP_KEY if own => self.skip_record = skip_record(&write.value),
            _ => {}
        }
    }

    /// A report without anything but an outcome.
    pub(crate) fn report(&self, outcome: AttemptOutcome, end_date: Timestamp) -> AttemptReport {
        AttemptReport {
            outcome,
            end_date,
            return_value: self.return_value,
            skip_record: self.skip_record.clone(),
            rendered_map_index: None,
            outlet_events: None,
        }
    }
}

fn skip_record(value: &Value) -> Option<SkipRecord> {
    let ids = |key: &str| -> Option<Vec<TaskId>> {
        let ids = value.get(key)?.as_array()?;
        Some(ids.iter().filter_map(Value::as_str).map(TaskId::from).collect())
    };
    ids("followed").map(SkipRecord::Followed).or_else(|| ids("skipped").map(SkipRecord::Skipped))
}

/// The report that a terminal message stands for. `None` if it is no terminal message.
///
/// # Errors
/// Why a terminal message is not acceptable, for people.
pub(crate) fn terminal(message: &ToSupervisor, facts: &Facts, now: Timestamp) -> Option<Result<AttemptReport, String>> {
    Some(match message {
        ToSupervisor::SucceedTask(success) => labelled(succeeded(success, facts), success.rendered_map_index.as_ref()),
        ToSupervisor::RetryTask(retry) => labelled(retried(retry, facts), retry.rendered_map_index.as_ref()),
        ToSupervisor::TaskState(end) => {
            ended(end, facts, now).and_then(|report| labelled(report, end.rendered_map_index.as_ref()))
        }
        ToSupervisor::RescheduleTask(reschedule) => Ok(facts.report(
            AttemptOutcome::UpForReschedule { reschedule_date: reschedule.reschedule_date },
            reschedule.end_date,
        )),
        ToSupervisor::DeferTask(fields) | ToSupervisor::AwaitInputTask(fields) => {
            let label = fields.get("rendered_map_index").and_then(Value::as_str).map(str::to_owned);
            let detail = Value::Object(fields.clone());
            labelled(facts.report(AttemptOutcome::Deferred { detail }, now), label.as_ref())
        }
        _ => return None,
    })
}

fn succeeded(success: &Success, facts: &Facts) -> AttemptReport {
    let outlets = success.task_outlets.as_deref().unwrap_or_default();
    let events = success.outlet_events.as_deref().unwrap_or_default();
    let mut report = facts.report(AttemptOutcome::Success, success.end_date);
    if !outlets.is_empty() || !events.is_empty() {
        report.outlet_events = Some(json!({"task_outlets": outlets, "outlet_events": events}));
    }
    report
}

fn retried(retry: &Retry, facts: &Facts) -> AttemptReport {
    let delay = retry.retry_delay_seconds.map(TimeSpan::from_secs_f64);
    facts.report(AttemptOutcome::UpForRetry { delay, reason: retry.retry_reason.clone() }, retry.end_date)
}

fn ended(end: &TaskEnd, facts: &Facts, now: Timestamp) -> Result<AttemptReport, String> {
    let outcome = match end.state.as_str() {
        "failed" => AttemptOutcome::Failed,
        "skipped" => AttemptOutcome::Skipped,
        other => return Err(format!("a task cannot end in the state {other:?}")),
    };
    Ok(facts.report(outcome, end.end_date.unwrap_or(now)))
}

fn labelled(mut report: AttemptReport, label: Option<&String>) -> Result<AttemptReport, String> {
    if let Some(label) = label {
        check_label(label)?;
        report.rendered_map_index = Some(label.clone());
    }
    Ok(report)
}

/// S-11.15.
pub(crate) fn check_label(label: &str) -> Result<(), String> {
    match label.chars().count() {
        0 => Err("the label of a mapped task instance is empty".to_owned()),
        count if count > LABEL_CHARS_MAX => {
            Err(format!("the label of a mapped task instance has {count} characters, at most {LABEL_CHARS_MAX} fit"))
        }
        _ => Ok(()),
    }
}

/// Why an attempt that reported nothing is over, for people. The exit itself is told beside it.
pub(crate) fn silence(exit: ExitStatus, refusal: Option<&str>) -> String {
    let mut reason = match exit {
        // Airflow: silence and exit code 0 is a success. Here it is not: nothing says that the
        // task did its work.
        ExitStatus::Code(0) => "the task process ended without reporting a result".to_owned(),
        ExitStatus::Code(_) => "the task process failed without reporting a result".to_owned(),
        ExitStatus::Signal(9) => {
            "the task process was killed by SIGKILL, often by the kernel because memory ran out".to_owned()
        }
        ExitStatus::Signal(signal) => format!("the task process was ended by {}", signal_name(signal)),
    };
    if let Some(refusal) = refusal {
        reason.push_str("; its last report was refused: ");
        reason.push_str(refusal);
    }
    reason
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL, an illegal instruction",
        6 => "SIGABRT, mostly raised by native code",
        7 => "SIGBUS, an invalid memory access in native code",
        8 => "SIGFPE, an arithmetic error in native code",
        11 => "SIGSEGV, an invalid memory access in native code",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU, its limit of CPU time",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: Value) -> ToSupervisor {
        ToSupervisor::decode(body).unwrap()
    }

    fn report(body: Value) -> Result<AttemptReport, String> {
        terminal(&decode(body), &Facts::default(), Timestamp::from_micros(5)).unwrap()
    }

    const AT: &str = "2026-01-01T00:00:00Z";

    #[test]
    fn terminal_messages_become_outcomes() {
        let cases = [
            (json!({"type": "SucceedTask", "end_date": AT}), AttemptOutcome::Success),
            (json!({"type": "TaskState", "state": "failed", "end_date": AT}), AttemptOutcome::Failed),
            (json!({"type": "TaskState", "state": "skipped", "end_date": AT}), AttemptOutcome::Skipped),
            (
                json!({"type": "RetryTask", "end_date": AT, "retry_delay_seconds": 1.5, "retry_reason": "quota"}),
                AttemptOutcome::UpForRetry {
                    delay: Some(TimeSpan::from_micros(1_500_000)),
                    reason: Some("quota".to_owned()),
                },
            ),
            (
                json!({"type": "RescheduleTask", "end_date": AT, "reschedule_date": "2026-01-02T00:00:00Z"}),
                AttemptOutcome::UpForReschedule { reschedule_date: "2026-01-02T00:00:00Z".parse().unwrap() },
            ),
        ];
        for (body, outcome) in cases {
            let report = report(body).unwrap();
            assert_eq!((report.outcome, report.end_date), (outcome, AT.parse().unwrap()));
        }
        let deferral = json!({"type": "DeferTask", "next_method": "go", "rendered_map_index": "l"});
        let deferred = report(deferral.clone()).unwrap();
        assert_eq!(deferred.outcome, AttemptOutcome::Deferred { detail: deferral });
        assert_eq!((deferred.rendered_map_index, deferred.end_date), (Some("l".to_owned()), Timestamp::from_micros(5)));
        assert!(terminal(&decode(json!({"type": "ResendLoggingFD"})), &Facts::default(), Timestamp::MIN).is_none());
    }

    #[test]
    fn unusable_ends_are_refused() {
        assert!(report(json!({"type": "TaskState", "state": "removed"})).unwrap_err().contains("removed"));
        for label in [String::new(), "x".repeat(251)] {
            let body = json!({"type": "SucceedTask", "end_date": AT, "rendered_map_index": label});
            assert!(report(body).is_err());
        }
    }

    #[test]
    fn asset_events_are_kept_only_if_there_are_any() {
        let with = |outlets: Value| json!({"type": "SucceedTask", "end_date": AT, "task_outlets": outlets});
        assert_eq!(report(with(json!([]))).unwrap().outlet_events, None);
        let events = report(with(json!([{"name": "a"}]))).unwrap().outlet_events.unwrap();
        assert_eq!(events, json!({"task_outlets": [{"name": "a"}], "outlet_events": []}));
    }

    #[test]
    fn skip_decisions_are_read() {
        let ids = || vec![TaskId::from("a"), TaskId::from("b")];
        assert_eq!(skip_record(&json!({"followed": ["a", "b"]})), Some(SkipRecord::Followed(ids())));
        assert_eq!(skip_record(&json!({"skipped": ["a", "b"]})), Some(SkipRecord::Skipped(ids())));
        assert_eq!(skip_record(&json!("a")), None);
    }

    #[test]
    fn silence_is_explained() {
        assert!(silence(ExitStatus::Signal(9), None).contains("memory"));
        assert_eq!(silence(ExitStatus::Signal(64), None), "the task process was ended by signal 64");
        let text = silence(ExitStatus::Code(1), Some("stale"));
        assert_eq!(text, "the task process failed without reporting a result; its last report was refused: stale");
    }
}
