//! How many task instances per second the store carries through their life.
//!
//! `cargo run --release -p tw-store --example throughput -- [instances] [changes per commit] [url]`
//!
//! Each instance is inserted, scheduled, queued (XComs cleared), started (host, audit line) and
//! ended (audit line): five upserts, two audit lines, a deletion and an update. The second pass lets
//! an instance pass through two states per commit, as it does under load. Without a URL it uses a
//! new SQLite file in the temporary folder.

use std::time::Instant;

use tw_engine::Write;
use tw_model::{
    DagRun, DagRunId, DagRunState, DagVersionId, ReturnValue, RunType, TaskInstance, TaskInstanceId,
    TaskInstanceState as State, Timestamp, TriggeredBy,
};
use tw_store::{Epoch, Store, StoreError, StoreOptions};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let instances: u128 = arguments.next().map_or(Ok(20_000), |a| a.parse())?;
    let per_commit: usize = arguments.next().map_or(Ok(500), |a| a.parse())?;
    let folder = tempfile::tempdir()?;
    let url = arguments.next().unwrap_or_else(|| format!("sqlite://{}", folder.path().join("bench.db").display()));
    let store = Store::open(&url, StoreOptions::default()).await?;
    let now = Timestamp::from_micros(1_800_000_000_000_000);
    store.migrate(now).await?;
    let epoch = store.acquire_epoch("throughput", now).await?;
    for (pass, states_per_commit) in [(1u128, 1usize), (2, 2)] {
        let start = Instant::now();
        let commits = live(&store, epoch, pass, instances, per_commit, states_per_commit, now).await?;
        let seconds = start.elapsed().as_secs_f64();
        let rate = instances as f64 / seconds;
        let each = seconds * 1e3 / commits as f64;
        println!(
            "{states_per_commit} state(s) per commit: {rate:.0} task instances/s, {commits} commits of {each:.1} ms"
        );
    }
    Ok(())
}

/// Carries all instances of one run through their life; answers with the number of commits.
async fn live(
    store: &Store,
    epoch: Epoch,
    pass: u128,
    instances: u128,
    per_commit: usize,
    states_per_commit: usize,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let run = run(pass, now);
    store.commit(epoch, &[Write::DagRun(Box::new(run.clone()))], &[]).await?;
    let states = [None, Some(State::Scheduled), Some(State::Queued), Some(State::Running), Some(State::Success)];
    let all: Vec<TaskInstance> = (0..instances).map(|i| instance(&run, pass << 64 | i)).collect();
    let mut commits = 0;
    for states in states.chunks(states_per_commit) {
        for part in all.chunks(per_commit) {
            let mut writes = Vec::new();
            for state in states {
                part.iter().for_each(|instance| step(instance, *state, now, &mut writes));
            }
            store.commit(epoch, &writes, &[]).await?;
            commits += 1;
        }
    }
    Ok(commits)
}

/// What the engine writes when an instance reaches a state.
fn step(instance: &TaskInstance, state: Option<State>, now: Timestamp, writes: &mut Vec<Write>) {
    let mut changed = Box::new(instance.clone());
    changed.state = state;
    writes.push(Write::TaskInstance(changed));
    let (dag_run_id, task_id, map_index) = (instance.dag_run_id, instance.task_id.clone(), instance.map_index);
    let audit = |event| Write::Audit {
        at: now,
        event,
        owner: None,
        dag_id: instance.dag_id.clone(),
        run_id: Some(instance.run_id.clone()),
        task: Some((instance.task_id.clone(), instance.map_index)),
        try_number: Some(1),
        detail: None,
    };
    match state {
        Some(State::Queued) => writes.push(Write::ClearXCom { dag_run_id, task_id, map_index }),
        Some(State::Running) => {
            writes.push(audit("running"));
            let (hostname, unixname) = ("worker-1".to_owned(), "airflow".to_owned());
            writes.push(Write::AttemptHost { id: instance.id, hostname, unixname, pid: 4_711 });
        }
        Some(State::Success) => writes.push(audit("success")),
        _ => {}
    }
}

fn run(pass: u128, now: Timestamp) -> DagRun {
    DagRun {
        id: DagRunId(Uuid::from_u128(pass)),
        dag_id: "throughput".into(),
        run_id: format!("manual__{pass}").into(),
        run_type: RunType::Manual,
        triggered_by: TriggeredBy::Cli,
        triggering_user: None,
        state: DagRunState::Running,
        logical_date: None,
        data_interval: None,
        run_after: now,
        queued_at: Some(now),
        start_date: Some(now),
        end_date: None,
        conf: std::sync::Arc::new(serde_json::json!({})),
        note: None,
        dag_version_id: DagVersionId(Uuid::from_u128(1)),
        clear_number: 0,
        reason: None,
    }
}

fn instance(run: &DagRun, number: u128) -> TaskInstance {
    TaskInstance {
        id: TaskInstanceId(Uuid::from_u128(number)),
        dag_run_id: run.id,
        dag_id: run.dag_id.clone(),
        run_id: run.run_id.clone(),
        task_id: format!("task_{}", number & 0xffff_ffff).into(),
        map_index: -1,
        dag_version_id: run.dag_version_id,
        state: None,
        try_number: 1,
        max_tries: 0,
        dispatch: 1,
        scheduled_at: Some(run.run_after),
        queued_at: Some(run.run_after),
        start_date: Some(run.run_after),
        end_date: None,
        not_before: None,
        reschedule_count: 0,
        first_reschedule_date: None,
        pool: "default_pool".to_owned(),
        pool_slots: 1,
        queue: "default".to_owned(),
        priority_weight: 1,
        operator: "@task".to_owned(),
        executor: None,
        return_value: ReturnValue::Pushed,
        skip_record: None,
        reason: None,
    }
}
