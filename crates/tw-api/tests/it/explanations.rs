//! What the decision core answers to every question here: each kind of holder once.

use tw_engine::explanation::{Condition, InstanceHolder, Listed, Progress, RunHolder, UpstreamHolder};
use tw_engine::{Blocker, BlockerKind, Explanation, Holders, Met, Place, Usage};
use tw_model::TaskInstanceState;

use crate::world::at;

pub(crate) fn explanation(message: String) -> Explanation {
    let place = |task: Option<&str>| match task {
        None => Place::Run { dag_id: "etl".into(), run_id: "run_1".into() },
        Some(task) => Place::Task { dag_id: "etl".into(), run_id: "run_1".into(), task_id: task.into() },
    };
    let instance = InstanceHolder {
        dag_id: "etl".into(),
        run_id: "run_1".into(),
        task_id: "load".into(),
        map_index: 3,
        state: TaskInstanceState::Running,
        queued_at: Some(at(1)),
        start_date: Some(at(2)),
        slots: 2,
    };
    let waiting =
        InstanceHolder { map_index: -1, state: TaskInstanceState::Queued, start_date: None, ..instance.clone() };
    let run = RunHolder { dag_id: "etl".into(), run_id: "run_1".into(), start_date: Some(at(3)) };
    let upstream = |task: &str, progress| UpstreamHolder { task_id: task.into(), progress };
    let blockers = vec![
        Blocker {
            until: Some(at(60)),
            place: Some(Place::Dag("etl".into())),
            ..Blocker::new(BlockerKind::Paused, message)
        },
        Blocker {
            usage: Some(Usage { used: 25, own: 2, limit: 24 }),
            place: Some(Place::Pool("warehouse".into())),
            holders: Holders::TaskInstances(Listed { listed: vec![instance, waiting], total: 23 }),
            ahead: Some(2),
            ..Blocker::new(BlockerKind::PoolFull, "pool warehouse is full")
        },
        Blocker {
            place: Some(place(None)),
            holders: Holders::Runs(Listed { listed: vec![run], total: 1 }),
            ..Blocker::new(BlockerKind::MaxActiveRuns, "1 of 1 runs")
        },
        Blocker {
            place: Some(place(Some("load"))),
            holders: Holders::Upstreams(Listed {
                listed: vec![
                    upstream("extract", Progress::Many { done: 5, active: 2, total: 9 }),
                    upstream("begin", Progress::One(None)),
                ],
                total: 2,
            }),
            ..Blocker::new(BlockerKind::Upstream, "trigger rule all_success waits for extract, begin")
        },
    ];
    let met = vec![Met { condition: Condition::RunActive, message: "the run is active".to_owned() }];
    Explanation { blockers, met }
}
