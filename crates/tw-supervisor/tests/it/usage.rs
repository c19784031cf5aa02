//! What a real process uses over time.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use tw_model::UsageSeries;

use crate::stage::Stage;

/// Generous: the processors are shared with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
const PERIOD: Duration = Duration::from_millis(100);
const HELD_BYTES: u64 = 30_000_000;

/// The shell holds memory; a process that it started burns CPU time.
const BUSY: &str = "held=$(head -c 30000000 /dev/zero | tr '\\0' x); while :; do :; done & wait";

fn is_busy(series: &UsageSeries) -> bool {
    series.points.iter().any(|point| point.rss_bytes > HELD_BYTES && point.cpu_millicores > 100)
}

#[tokio::test]
async fn a_busy_process_is_seen_and_its_series_kept() {
    let mut stage = Stage::new();
    stage.options.usage_period = PERIOD;
    stage.process = Some(Command::new("sh").args(["-c", BUSY]).process_group(0).spawn().unwrap());
    timeout(PATIENCE, stage.run_sampled(is_busy)).await.expect("it is seen");
    let series = stage.services.series.lock().unwrap().clone().expect("a series is kept");
    assert!(is_busy(&series), "{series:?}");
}

/// Nobody sampled it, as nobody does in the time of an attempt of a moment.
#[tokio::test]
async fn an_attempt_of_a_moment_has_no_series() {
    let mut stage = Stage::new();
    stage
        .run(crate::stage::script(|mut ends| async move {
            ends.start().await;
            ends.succeed().await;
            crate::stage::EXIT_0
        }))
        .await;
    assert!(stage.events().iter().any(|event| event.starts_with("exited")));
    assert_eq!(*stage.services.series.lock().unwrap(), None);
}
