//! What an attempt uses is seen while it runs, and kept.

use std::fs;

use serde_json::Value;

use crate::stage::{Server, Stage, eventually};

/// What the task holds at least.
const HELD_BYTES: u64 = 60_000_000;

/// The points of the only attempt.
fn points(attempt: &Value) -> Vec<(f64, u64)> {
    let points = attempt["usage"]["points"].as_array().cloned().unwrap_or_default();
    points.iter().map(|point| (point[0].as_f64().unwrap(), point[1].as_u64().unwrap())).collect()
}

fn is_hungry(points: &[(f64, u64)]) -> bool {
    points.len() >= 2 && points.iter().any(|(cores, bytes)| *cores > 0.1 && *bytes > HELD_BYTES)
}

fn attempt(server: &Server<'_>, run_id: &str) -> Value {
    let path = format!("/task-instances/hungry/{}/eats", run_id.replace('+', "%2B"));
    server.screen(&path)["attempts"][0].clone()
}

fn usage_is_seen_and_kept(database: Option<String>) {
    let stage = Stage::new().on(database);
    stage.add("hungry.py");
    let server = stage.start();
    server.wait_for_dags(&["hungry"]);
    let run_id = server.trigger("hungry");
    let told = || format!("{}\n{}", attempt(&server, &run_id), stage.log());
    let running = eventually("a series of a running attempt", told, || {
        let attempt = attempt(&server, &run_id);
        is_hungry(&points(&attempt)).then_some(attempt)
    });
    assert_eq!((running["state"].as_str(), &running["exit_status"]), (Some("running"), &Value::Null));
    assert_eq!(running["usage"]["interval"], 1_000);

    fs::write(stage.out("gate"), "").unwrap();
    server.expect_run("hungry", &run_id, "success");
    let kept = eventually("the exit of the attempt", told, || {
        let attempt = attempt(&server, &run_id);
        (attempt["exit_status"] == 0).then_some(attempt)
    });
    assert!(kept["max_rss_bytes"].as_u64().unwrap() > HELD_BYTES);
    let (seen, kept) = (points(&running), points(&kept));
    assert_eq!(kept[..seen.len()], seen, "what was seen is what is kept");
    server.stop();
}

#[test]
fn usage_on_sqlite() {
    usage_is_seen_and_kept(None);
}

#[test]
fn usage_on_postgresql() {
    usage_is_seen_and_kept(Some(tw_testkit::postgres()));
}
