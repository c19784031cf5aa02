//! Every trigger rule over every combination of up to three upstreams, through the real world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_engine::{EngineOptions, Input, Outcome, ParsedDag, ParsedFile, Snapshot, TriggerRun, World, Write};
use tw_model::{
    AttemptKey, AttemptOutcome, AttemptReport, Dag, RunType, Task, TaskId, TaskInstance, TaskInstanceState as State,
    Timestamp, TriggerRule, TriggeredBy,
};
use tw_sim::oracle::{self, Verdict};

/// What an upstream does; `None` = it goes on running.
const ENDS: [Option<State>; 5] =
    [Some(State::Success), Some(State::Failed), Some(State::Skipped), Some(State::UpstreamFailed), None];

/// One run of a small DAG.
struct Small {
    world: World,
    now: Timestamp,
    rows: BTreeMap<TaskId, TaskInstance>,
}

impl Small {
    fn start(dag: Dag) -> Self {
        let now = Timestamp::from_micros(1_767_225_600_000_000);
        let options = EngineOptions { dags_are_paused_at_creation: false, ..EngineOptions::default() };
        let mut out = Outcome::default();
        let world = World::rebuild(options, Snapshot::default(), &BTreeSet::new(), now, &mut out);
        let mut small = Self { world, now, rows: BTreeMap::new() };
        let dag_id = dag.dag_id.clone();
        small.apply(Input::FileParsed(ParsedFile {
            bundle_name: "dags".into(),
            relative_fileloc: "d.py".into(),
            source: "source".into(),
            dags: vec![ParsedDag { dag: Arc::new(dag), content_hash: "1".into() }],
            import_errors: Vec::new(),
            gone: false,
            parse_micros: 1,
        }));
        small.apply(Input::TriggerRun(Box::new(TriggerRun {
            dag_id,
            run_id: Some("r".into()),
            logical_date: None,
            data_interval: None,
            run_after: None,
            conf: Arc::new(serde_json::json!({})),
            note: None,
            run_type: RunType::Manual,
            triggered_by: TriggeredBy::Test,
            triggering_user: None,
        })));
        small
    }

    fn apply(&mut self, input: Input) {
        let mut out = Outcome::default();
        self.world.apply(input, self.now, &mut out);
        self.world.committed();
        for write in out.writes {
            if let Write::TaskInstance(row) = write {
                self.rows.insert(row.task_id.clone(), *row);
            }
        }
    }

    fn end(&mut self, task_id: &str, outcome: AttemptOutcome) {
        let row = &self.rows[task_id];
        let attempt = AttemptKey { task_instance_id: row.id, dispatch: row.dispatch };
        self.apply(Input::AttemptStarted { attempt, hostname: "h".into(), unixname: "u".into(), pid: 1 });
        let report = AttemptReport {
            outcome,
            end_date: self.now,
            return_value: Default::default(),
            skip_record: None,
            rendered_map_index: None,
            outlet_events: None,
        };
        self.apply(Input::AttemptEnded { attempt, report: Box::new(report) });
    }

    fn verdict(&self) -> Verdict {
        match self.rows["z"].state {
            None => Verdict::Wait,
            Some(State::Skipped) => Verdict::Skip,
            Some(State::UpstreamFailed) => Verdict::UpstreamFailed,
            Some(State::Queued) => Verdict::Run,
            other => panic!("z is {other:?}"),
        }
    }
}

/// Upstreams `u0…` of `z`; before each that is to be upstream_failed stands an `x` that fails.
/// `keep` goes on running, so that the run does not end.
fn draw(rule: TriggerRule, ends: &[Option<State>]) -> Dag {
    let mut dag = Dag::new("d".into());
    let mut task = |name: String, down: &str, rule: TriggerRule| {
        let mut task = Task::new(name.into(), "PythonOperator");
        task.downstream_task_ids = Some(down).filter(|d| !d.is_empty()).map(TaskId::from).into_iter().collect();
        task.trigger_rule = rule;
        dag.tasks.push(task);
    };
    task("z".into(), "", rule);
    task("keep".into(), "", TriggerRule::AllSuccess);
    for (ix, end) in ends.iter().enumerate() {
        task(format!("u{ix}"), "z", TriggerRule::AllSuccess);
        if *end == Some(State::UpstreamFailed) {
            task(format!("x{ix}"), &format!("u{ix}"), TriggerRule::AllSuccess);
        }
    }
    dag
}

/// The first decision over the upstreams in the order in which they end (S-3.27).
fn expected(rule: TriggerRule, ends: &[Option<State>]) -> Verdict {
    let mut seen: Vec<oracle::Upstream> = vec![(None, false); ends.len()];
    let mut verdict = oracle::verdict(rule, &seen);
    for (ix, end) in ends.iter().enumerate() {
        if verdict == Verdict::Wait {
            seen[ix].0 = *end;
            verdict = oracle::verdict(rule, &seen);
        }
    }
    verdict
}

fn observed(rule: TriggerRule, ends: &[Option<State>]) -> Verdict {
    let mut small = Small::start(draw(rule, ends));
    for (ix, end) in ends.iter().enumerate() {
        match end {
            Some(State::Success) => small.end(&format!("u{ix}"), AttemptOutcome::Success),
            Some(State::Failed) => small.end(&format!("u{ix}"), AttemptOutcome::Failed),
            Some(State::Skipped) => small.end(&format!("u{ix}"), AttemptOutcome::Skipped),
            Some(_) => small.end(&format!("x{ix}"), AttemptOutcome::Failed),
            None => {}
        }
    }
    small.verdict()
}

/// All sequences of this length.
fn sequences(len: usize) -> Vec<Vec<Option<State>>> {
    let mut all: Vec<Vec<Option<State>>> = vec![Vec::new()];
    for _ in 0..len {
        all = all.iter().flat_map(|s| ENDS.iter().map(move |end| [s.as_slice(), &[*end]].concat())).collect();
    }
    all
}

#[test]
fn the_world_decides_as_the_table_says() {
    let mut decided: BTreeMap<Verdict, u32> = BTreeMap::new();
    for len in 0..=3 {
        for ends in sequences(len) {
            for rule in TriggerRule::ALL {
                let verdict = observed(*rule, &ends);
                assert_eq!(verdict, expected(*rule, &ends), "{rule} over {ends:?}");
                *decided.entry(verdict).or_default() += 1;
            }
        }
    }
    assert_eq!(decided.len(), 4, "{decided:?}");
    assert_eq!(decided.values().sum::<u32>(), (1 + 5 + 25 + 125) * 13);
}
