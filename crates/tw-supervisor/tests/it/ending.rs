//! How attempts end that do not end well.

use std::future::{pending, ready};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tw_model::{AttemptOutcome, ExitStatus, TimeSpan};
use tw_supervisor::RequestError;

use crate::stage::{EXIT_0, Stage, script};

async fn outcome_of_silence(exit: Option<ExitStatus>) -> (AttemptOutcome, Vec<String>) {
    let mut stage = Stage::new();
    stage
        .run(script(async move |mut ends| {
            ends.start().await;
            exit
        }))
        .await;
    (stage.report().outcome, stage.events())
}

#[tokio::test]
async fn silence_costs_a_try_and_is_explained() {
    for (exit, text) in [
        (ExitStatus::Code(0), "the task process ended without reporting a result"),
        (ExitStatus::Code(3), "the task process failed without reporting a result"),
        (ExitStatus::Signal(11), "the task process was ended by SIGSEGV, an invalid memory access in native code"),
    ] {
        let (outcome, events) = outcome_of_silence(Some(exit)).await;
        assert_eq!(outcome, AttemptOutcome::Died { exit, reason: text.to_owned() });
        assert_eq!(events[1..], [format!("exited {exit:?}"), "ended".to_owned()]);
    }
}

#[tokio::test]
async fn what_the_control_plane_loses_costs_no_try() {
    let (outcome, events) = outcome_of_silence(None).await;
    assert_eq!(outcome, AttemptOutcome::Lost { reason: "the process that forked it ended".to_owned() });
    assert_eq!(events[1..], ["ended"]);

    let mut stage = Stage::new();
    stage.run_until(None, pending()).await;
    let reason = "no process for the task: no interpreter".to_owned();
    assert_eq!(stage.report().outcome, AttemptOutcome::Lost { reason });
    assert_eq!(stage.log(), ["error supervisor No process for the task: no interpreter"]);
}

#[tokio::test]
async fn a_refused_end_is_part_of_the_explanation() {
    let mut stage = Stage::new();
    let stale = RequestError::stale();
    stage.services.end_errors.lock().unwrap().extend([stale.clone(), stale]);
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            let end = serde_json::json!({"type": "SucceedTask", "end_date": "2026-01-01T00:00:00Z"});
            assert_eq!(ends.ask(end).await.1["detail"]["status_code"], 409);
            Some(ExitStatus::Code(1))
        }))
        .await;
    let reports = stage.services.reports.lock().unwrap();
    let AttemptOutcome::Died { reason, .. } = &reports[1].outcome else { panic!("{reports:?}") };
    assert!(reason.ends_with("its last report was refused: this attempt is no longer current"), "{reason}");
}

/// A shell in a process group of its own that ignores SIGTERM, with a child that does so, too.
async fn stubborn() -> tokio::process::Child {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", "trap '' TERM; sleep 1000 & echo ready; wait; sleep 1000"]);
    let mut shell = command.process_group(0).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut ready = [0; 6];
    shell.stdout.as_mut().unwrap().read_exact(&mut ready).await.unwrap();
    shell
}

fn group(process: &tokio::process::Child) -> Pid {
    Pid::from_raw(i32::try_from(process.id().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_killed_attempt_leaves_no_process() {
    let mut stage = Stage::new();
    let process = stubborn().await;
    let group = group(&process);
    stage.process = Some(process);
    let (started, kill) = tokio::sync::oneshot::channel();
    let script = script(async move |mut ends| {
        ends.start().await;
        started.send(()).unwrap();
        EXIT_0
    });
    let kill = async {
        kill.await.unwrap();
        Arc::from("cleared")
    };
    stage.run_until(Some(script), kill).await;
    assert_eq!(stage.report().outcome, AttemptOutcome::Lost { reason: "stopped: cleared".to_owned() });
    assert_eq!(stage.events()[1..], ["exited Signal(9)", "ended"]);
    gone(group).await;
}

/// The group's members are reaped by others; the kernel may need a moment after they were killed.
async fn gone(group: Pid) {
    while test_kill_process_group(group).is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_process_whose_end_nobody_can_tell_is_killed_before_it_is_called_lost() {
    let mut stage = Stage::new();
    let process = stubborn().await;
    let group = group(&process);
    stage.process = Some(process);
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            None
        }))
        .await;
    assert!(matches!(stage.report().outcome, AttemptOutcome::Lost { .. }));
    gone(group).await;
}

#[tokio::test]
async fn giving_up_supervision_kills_the_group() {
    let mut stage = Stage::new();
    let process = stubborn().await;
    let group = group(&process);
    stage.process = Some(process);
    let (started, running) = tokio::sync::oneshot::channel();
    let script = script(async move |mut ends| {
        ends.start().await;
        started.send(()).unwrap();
        EXIT_0
    });
    tokio::select! {
        () = stage.run_until(Some(script), pending()) => panic!("the process does not end by itself"),
        started = running => started.unwrap(),
    }
    gone(group).await;
    assert!(stage.services.reports.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_execution_timeout_is_enforced_a_little_later() {
    let mut stage = Stage::new();
    stage.process = Some(stubborn().await);
    stage.workload.execution_timeout = Some(TimeSpan::from_micros(1_000));
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            EXIT_0
        }))
        .await;
    let reason = "stopped: execution_timeout of 0.001 s exceeded".to_owned();
    assert_eq!(stage.report().outcome, AttemptOutcome::Died { exit: ExitStatus::Signal(9), reason });
}

#[tokio::test]
async fn callbacks_after_the_end_have_limited_time() {
    let mut stage = Stage::new();
    stage.process = Some(stubborn().await);
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert_eq!(stage.report().outcome, AttemptOutcome::Success, "the reported end stays");
    assert_eq!(stage.events()[1..], ["ended", "exited Signal(9)"]);
    assert!(stage.log().iter().any(|line| line.contains("Stopped: still running 0.05 s after its end")));
}

#[tokio::test]
async fn a_child_that_is_out_of_step_is_stopped() {
    // Text reads as the length of a frame that is too long; a short length lacks its body.
    for junk in [&b"hello from a program\n"[..], &[0, 0, 0, 9, 1], &[0], &[0, 0, 0, 2, 0xc1, 0xc1]] {
        let mut stage = Stage::new();
        stage.process = Some(stubborn().await);
        stage
            .run(script(async |mut ends| {
                ends.start().await;
                ends.requests.write_all(junk).await.unwrap();
                assert_eq!(ends.read_frame().await, None, "nobody answers");
                EXIT_0
            }))
            .await;
        let AttemptOutcome::Died { exit: ExitStatus::Signal(9), reason } = stage.report().outcome else {
            panic!("{:?}", stage.report())
        };
        assert!(reason.contains("file descriptor 0"), "{reason}");
    }
}

#[tokio::test]
async fn a_kill_before_the_start_reports_a_lost_attempt() {
    let mut stage = Stage::new();
    stage.run_until(None, ready(Arc::from("server stops"))).await;
    let AttemptOutcome::Lost { .. } = stage.report().outcome else { panic!("{:?}", stage.report()) };
}

#[tokio::test]
async fn programs_left_behind_do_not_hold_the_attempt() {
    let mut stage = Stage::new();
    let (keep, kept) = tokio::sync::oneshot::channel();
    stage
        .run(script(async move |mut ends| {
            ends.start().await;
            ends.succeed().await;
            keep.send((ends.stdout, ends.requests)).unwrap();
            EXIT_0
        }))
        .await;
    let (mut stdout, mut requests) = kept.await.unwrap();
    let closed = async { (stdout.read_u8().await.is_err(), requests.read_u8().await.is_err()) };
    let closed = tokio::time::timeout(Duration::from_secs(5), closed).await;
    assert_eq!(closed, Ok((true, true)), "both channels were closed by the supervisor");
}
