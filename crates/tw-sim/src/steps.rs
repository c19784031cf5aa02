//! What may happen next, drawn at random; and the end, when faults stop and every run must finish.

use std::sync::Arc;

use tw_engine::{BlockerKind, Input, ParsedDag, ParsedFile, Reply, TriggerRun};
use tw_model::{
    AttemptKey, AttemptOutcome, AttemptReport, Dag, DagRunState, ExitStatus, Pool, ReturnValue, RunId, RunType,
    SkipRecord, TaskId, TimeSpan, TriggeredBy, Workload,
};

use crate::acts::Acts;
use crate::executor::Phase;
use crate::invariants;
use crate::oracle;
use crate::scenario::{self, LEN_MAX, POOLS};
use crate::simulation::{Crash, Plan, Simulation, Summary, Violation};

/// Inputs of one batch, at most.
const BATCH_MAX: u32 = 3;
/// Unfinished runs at the same time, at most; more of them only make the transcript longer.
const RUNS_MAX: usize = 5;
/// How many steps apart the world is compared with a rebuilt one.
const REBUILD_EVERY: u32 = 3;
/// Turns in which the end has to be reached. Each finishes an attempt or passes time, and a run
/// has at most some hundred attempts.
const DRAIN_MAX: u32 = 5_000;
/// Blockers that only a person can remove, or an earlier run that failed.
const HOLDS: [BlockerKind; 3] = [BlockerKind::PreviousRun, BlockerKind::NoPool, BlockerKind::PoolTooSmall];

impl Simulation {
    /// Plays a plan to its end.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn play(plan: Plan) -> Result<Summary, Violation> {
        let mut simulation = Self::new(plan);
        simulation.play_on().map_err(|what| simulation.violation(what))?;
        Ok(simulation.summary)
    }

    fn play_on(&mut self) -> Result<(), String> {
        self.rebuild(true)?;
        for name in ["d", "e"].into_iter().take(1 + self.rng.below(2)) {
            let dag = scenario::draw(&mut self.rng, name, self.shape);
            self.dags.push(dag);
            let input = self.parse(self.dags.len() - 1);
            self.turn(&[input], Crash::Never, true)?;
        }
        for step in 0..self.plan.steps {
            self.step()?;
            self.check()?;
            if step.is_multiple_of(REBUILD_EVERY) {
                self.check_rebuilt()?;
            }
        }
        self.drain()?;
        if self.plan.plain_endings { self.compare_with_oracle() } else { Ok(()) }
    }

    fn step(&mut self) -> Result<(), String> {
        if self.rng.chance(30) {
            self.pass_time();
        }
        let mut batch: Vec<Input> = Vec::new();
        for _ in 0..self.rng.between(1, BATCH_MAX) {
            let input = self.draw_input();
            let concerned = attempt_of(&input);
            // A worker says one thing at a time.
            if concerned.is_none() || batch.iter().all(|other| attempt_of(other) != concerned) {
                batch.push(input);
            }
        }
        let crash = match self.rng.below(20) {
            0 => Crash::BeforeCommit,
            1 => Crash::AfterCommit,
            _ => Crash::Never,
        };
        let keeps = self.rng.chance(50);
        self.turn(&batch, crash, keeps)?;
        if self.rng.chance(3) {
            self.rebuild(keeps)?;
        }
        Ok(())
    }

    fn pass_time(&mut self) {
        match self.wake_at.filter(|at| *at > self.now && self.rng.chance(60)) {
            Some(at) => self.now = at,
            None => {
                let secs = self.rng.between(0, 40);
                self.wait(TimeSpan::from_micros(i64::from(secs) * 1_000_000 + 1));
            }
        }
    }

    /// Remembers what the end needs to know of an input that was committed.
    pub(crate) fn note(&mut self, input: &Input, reply: &Reply) {
        if let (Input::TriggerRun(_), Reply::Run(_)) = (input, reply) {
            self.summary.runs += 1;
        }
        if let (Input::ClearRun(_), Reply::Run(run)) = (input, reply) {
            self.ended.retain(|(id, _), _| *id != run.id);
        }
        let Input::AttemptEnded { attempt, .. } = input else { return };
        let row = self.store.by_id(attempt.task_instance_id).filter(|_| *reply == Reply::Done);
        if let Some((row, state)) = row.and_then(|row| Some((row, row.state.filter(|s| s.is_finished())?))) {
            self.ended.insert((row.dag_run_id, row.task_id.clone()), state);
        }
    }

    fn draw_input(&mut self) -> Input {
        let dag = self.rng.below(self.dags.len());
        let dag_id = self.dags[dag].dag_id.clone();
        if self.plan.acts != Acts::None && self.rng.chance(12) {
            return self.draw_act();
        }
        match self.rng.below(100) {
            0..12 => self.trigger(dag),
            12..16 => Input::SetPaused { dag_id, paused: self.rng.chance(50), by: None },
            16..22 if self.shape.limits => Input::PutPool(scenario::draw_pool(&mut self.rng)),
            22..24 if self.shape.limits => Input::DeletePool { name: POOLS[self.rng.below(POOLS.len())].into() },
            24..30 if self.plan.versions => {
                let fresh = self.summary.inputs;
                scenario::change(&mut self.rng, &mut self.dags[dag], self.shape, fresh);
                self.parse(dag)
            }
            30..32 => self.broken(dag),
            32..34 => self.parse(dag),
            34..40 => self.late_message(),
            40..44 if self.shape.branches => self.skip_downstream(),
            44..46 => self.callback_done(),
            46..70 => self.start_or_lose(),
            _ => self.end(),
        }
    }

    fn parse(&mut self, ix: usize) -> Input {
        let dag = &self.dags[ix];
        Input::FileParsed(ParsedFile {
            bundle_name: "dags".into(),
            relative_fileloc: format!("{}.py", dag.dag_id),
            source: "source".into(),
            dags: vec![ParsedDag { dag: Arc::new(dag.clone()), content_hash: format!("{dag:?}") }],
            import_errors: Vec::new(),
            gone: false,
            parse_micros: 1,
        })
    }

    /// The file vanishes, or has an error.
    fn broken(&mut self, ix: usize) -> Input {
        let gone = self.rng.chance(50);
        let Input::FileParsed(mut file) = self.parse(ix) else { return Input::Tick };
        file.dags.clear();
        file.gone = gone;
        file.import_errors = if gone { Vec::new() } else { vec!["SyntaxError".into()] };
        Input::FileParsed(file)
    }

    fn trigger(&mut self, ix: usize) -> Input {
        if self.store.runs.values().filter(|run| !run.state.is_finished()).count() >= RUNS_MAX {
            return Input::Tick;
        }
        let day = TimeSpan::from_secs(86_400 * i64::from(self.rng.between(0, 8)) - 86_400 * 20);
        let ahead = TimeSpan::from_secs(i64::from(self.rng.between(1, 60)));
        let midnight = tw_model::Timestamp::from_micros(1_767_225_600_000_000);
        // A name is used again now and then.
        let number = self.rng.below(2 * self.plan.steps as usize);
        let run_type = if self.rng.chance(80) { RunType::Manual } else { RunType::OperatorTriggered };
        Input::TriggerRun(Box::new(TriggerRun {
            dag_id: self.dags[ix].dag_id.clone(),
            run_id: Some(RunId::from(format!("r{number}"))),
            logical_date: self.rng.chance(70).then(|| midnight.saturating_add(day)),
            data_interval: None,
            run_after: self.rng.chance(10).then(|| self.now.saturating_add(ahead)),
            conf: Arc::new(serde_json::json!({})),
            note: None,
            run_type,
            triggered_by: TriggeredBy::Test,
            triggering_user: None,
        }))
    }

    fn callback_done(&mut self) -> Input {
        let ids: Vec<u128> = self.store.callbacks.keys().copied().collect();
        self.rng.pick(&ids).map_or(Input::Tick, |id| Input::CallbackDone { id: *id })
    }

    /// A message of an attempt that is over, or of a second process for one that runs.
    fn late_message(&mut self) -> Input {
        let running = self.executor.in_phase(Phase::Running);
        if let Some(attempt) = self.rng.pick(&running).copied().filter(|_| self.rng.chance(30)) {
            let (hostname, unixname) = ("other".into(), "u".into());
            return Input::AttemptStarted { attempt, hostname, unixname, pid: 2 };
        }
        let Some(attempt) = self.rng.pick(self.executor.former()).copied() else { return Input::Tick };
        match self.rng.below(4) {
            0 => started(attempt),
            1 => Input::SetRenderedMapIndex { attempt, label: "late".into() },
            2 => Input::SkipDownstream {
                attempt,
                tasks: self.dags[0].tasks.iter().map(|t| (t.task_id.clone(), None)).collect(),
            },
            _ => {
                let outcome = AttemptOutcome::Lost { reason: "late".into() };
                let outcome = if self.rng.chance(50) { AttemptOutcome::Success } else { outcome };
                self.ended_with(attempt, outcome, ReturnValue::None, None)
            }
        }
    }

    /// A running task asks that others be skipped.
    fn skip_downstream(&mut self) -> Input {
        let running = self.executor.in_phase(Phase::Running);
        let Some(attempt) = self.rng.pick(&running).copied() else { return Input::Tick };
        let Some(dag) = self.dag_of(attempt) else { return Input::Tick };
        let ids: Vec<TaskId> = dag.tasks.iter().map(|t| t.task_id.clone()).collect();
        let chosen = self.rng.some_of(&ids);
        let index = |rng: &mut crate::rng::Rng| rng.chance(50).then(|| rng.below(LEN_MAX as usize) as i32 - 1);
        let tasks = chosen.into_iter().take(2).map(|id| (id, index(&mut self.rng))).collect();
        Input::SkipDownstream { attempt, tasks }
    }

    fn dag_of(&self, attempt: AttemptKey) -> Option<&Dag> {
        let dag_id = &self.executor.get(attempt)?.workload.dag_id;
        self.dags.iter().find(|dag| dag.dag_id == *dag_id)
    }

    fn start_or_lose(&mut self) -> Input {
        let waiting = self.executor.in_phase(Phase::Waiting);
        let Some(attempt) = self.rng.pick(&waiting).copied() else { return self.end() };
        match self.rng.below(20) {
            0 => self.ended_with(attempt, AttemptOutcome::Lost { reason: "gone".into() }, ReturnValue::None, None),
            1 => self.ended_with(attempt, died(), ReturnValue::None, None),
            _ => started(attempt),
        }
    }

    /// An attempt ends.
    fn end(&mut self) -> Input {
        if let Some(attempt) = self.executor.in_phase(Phase::Unanswered).first().copied() {
            let outcome = AttemptOutcome::Lost { reason: "no answer".into() };
            return self.ended_with(attempt, outcome, ReturnValue::None, None);
        }
        let stopping = self.executor.in_phase(Phase::Stopping);
        if let Some(attempt) = self.rng.pick(&stopping).copied().filter(|_| self.rng.chance(50)) {
            return self.end_stopped(attempt);
        }
        let running = self.executor.in_phase(Phase::Running);
        let Some(attempt) = self.rng.pick(&running).copied() else { return Input::Tick };
        let Some(workload) = self.executor.get(attempt).map(|held| held.workload.clone()) else { return Input::Tick };
        let outcome = self.draw_outcome(&workload);
        let pushed = match outcome {
            AttemptOutcome::Success if self.rng.chance(90) => {
                self.store.xcoms.insert((workload.dag_run.id, workload.task_id.clone(), workload.map_index));
                let len = self.rng.between(0, LEN_MAX);
                if workload.has_mapped_dependants { ReturnValue::Sized(len) } else { ReturnValue::Pushed }
            }
            _ => ReturnValue::None,
        };
        let skip = self.draw_skip_record(&workload, &outcome);
        self.ended_with(attempt, outcome, pushed, skip)
    }

    /// The process of a cleared attempt ends, or has its say first.
    fn end_stopped(&mut self, attempt: AttemptKey) -> Input {
        let reason = || "asked to stop".to_owned();
        let outcome = match self.rng.below(4) {
            0 => AttemptOutcome::Success,
            1 => AttemptOutcome::UpForRetry { delay: None, reason: None },
            2 => died(),
            _ => AttemptOutcome::Lost { reason: reason() },
        };
        self.ended_with(attempt, outcome, ReturnValue::Pushed, None)
    }

    fn draw_outcome(&mut self, workload: &Workload) -> AttemptOutcome {
        let fails = match workload.should_retry {
            true => AttemptOutcome::UpForRetry {
                delay: self.rng.chance(20).then(|| TimeSpan::from_secs(i64::from(self.rng.between(0, 50)))),
                reason: None,
            },
            false => AttemptOutcome::Failed,
        };
        let dice = self.rng.below(100);
        match dice {
            0..60 => AttemptOutcome::Success,
            60..75 => fails,
            _ if self.plan.plain_endings => AttemptOutcome::Failed,
            75..82 => AttemptOutcome::Skipped,
            82..88 => died(),
            88..91 => AttemptOutcome::Lost { reason: "lost".into() },
            91..98 => {
                let pause = TimeSpan::from_secs(i64::from(self.rng.between(0, 60)));
                AttemptOutcome::UpForReschedule { reschedule_date: self.now.saturating_add(pause) }
            }
            98 => AttemptOutcome::Deferred { detail: serde_json::json!({}) },
            _ => AttemptOutcome::Failed,
        }
    }

    fn draw_skip_record(&mut self, workload: &Workload, outcome: &AttemptOutcome) -> Option<SkipRecord> {
        let dag = self.dags.iter().find(|dag| dag.dag_id == workload.dag_id)?;
        let task = dag.task(workload.task_id.as_str()).filter(|task| task.can_skip_downstream)?;
        if *outcome != AttemptOutcome::Success {
            return None;
        }
        let downs = task.downstream_task_ids.clone();
        let chosen = self.rng.some_of(&downs);
        Some(if self.rng.chance(60) { SkipRecord::Followed(chosen) } else { SkipRecord::Skipped(chosen) })
    }

    fn ended_with(
        &mut self,
        attempt: AttemptKey,
        outcome: AttemptOutcome,
        return_value: ReturnValue,
        skip_record: Option<SkipRecord>,
    ) -> Input {
        // The worker's clock, a little behind.
        let end_date = self.now.saturating_add(TimeSpan::from_micros(-i64::from(self.rng.between(0, 1_500_000))));
        let report = AttemptReport {
            outcome,
            end_date,
            return_value,
            skip_record,
            rendered_map_index: self.rng.chance(10).then(|| "label".into()),
            outlet_events: None,
        };
        Input::AttemptEnded { attempt, report: Box::new(report) }
    }

    /// Faults stop, everything is put right, and every attempt ends: every run has to finish.
    fn drain(&mut self) -> Result<(), String> {
        self.transcript.push("the faults stop".to_owned());
        for name in [Pool::DEFAULT, POOLS[0], POOLS[1]] {
            let pool = Pool { name: name.into(), slots: 16, description: None, include_deferred: false };
            self.turn(&[Input::PutPool(pool)], Crash::Never, true)?;
        }
        for ix in 0..self.dags.len() {
            let input = self.parse(ix);
            self.turn(&[input], Crash::Never, true)?;
        }
        for _ in 0..DRAIN_MAX {
            if self.store.runs.values().all(|run| run.state.is_finished()) {
                return Ok(());
            }
            let Some(input) = self.next_of_drain() else { return self.is_held_for_good() };
            self.turn(&[input], Crash::Never, true)?;
            self.check()?;
        }
        Err("the runs do not come to an end".to_owned())
    }

    fn next_of_drain(&mut self) -> Option<Input> {
        if let Some(dag) = self.store.dags.values().find(|dag| dag.is_paused) {
            return Some(Input::SetPaused { dag_id: dag.dag_id.clone(), paused: false, by: None });
        }
        if let Some(attempt) = self.executor.in_phase(Phase::Waiting).first() {
            return Some(started(*attempt));
        }
        if let Some(attempt) = self.executor.in_phase(Phase::Unanswered).first().copied() {
            let outcome = AttemptOutcome::Lost { reason: "no answer".into() };
            return Some(self.ended_with(attempt, outcome, ReturnValue::None, None));
        }
        if let Some(attempt) = self.executor.in_phase(Phase::Stopping).first().copied() {
            return Some(self.ended_with(attempt, died(), ReturnValue::None, None));
        }
        if let Some(attempt) = self.executor.in_phase(Phase::Running).first().copied() {
            let workload = self.executor.get(attempt).map(|held| held.workload.clone())?;
            let good = self.rng.chance(80);
            let outcome = if good { AttemptOutcome::Success } else { AttemptOutcome::Failed };
            let sized = good && workload.has_mapped_dependants;
            let pushed = if sized { ReturnValue::Sized(self.rng.between(0, LEN_MAX)) } else { ReturnValue::None };
            return Some(self.ended_with(attempt, outcome, pushed, None));
        }
        self.now = self.now.max(self.wake_at?);
        Some(Input::Tick)
    }

    /// Nothing can happen any more: somebody has to be named as the reason, in every DAG.
    fn is_held_for_good(&self) -> Result<(), String> {
        let reasons = invariants::reasons(&self.store, &self.world, self.now);
        for run in self.store.runs.values().filter(|run| run.state == DagRunState::Running) {
            let blockers = &reasons[&format!("{}/{}", run.dag_id, run.run_id)];
            if !blockers.iter().any(|blocker| HOLDS.contains(&blocker.kind)) {
                return Err(format!("{}/{} never finishes: {blockers:?}", run.dag_id, run.run_id));
            }
        }
        let queued = self.store.runs.values().filter(|run| run.state == DagRunState::Queued);
        for run in queued {
            let full = |other: &&tw_model::DagRun| other.dag_id == run.dag_id && other.state == DagRunState::Running;
            if !self.store.runs.values().any(|other| full(&other)) {
                return Err(format!("{}/{} never starts", run.dag_id, run.run_id));
            }
        }
        Ok(())
    }

    /// The final states of every run are those of the table.
    fn compare_with_oracle(&self) -> Result<(), String> {
        for run in self.store.runs.values().filter(|run| run.state.is_finished()) {
            let Some(dag) = self.dags.iter().find(|dag| dag.dag_id == run.dag_id) else { continue };
            let finals = self.store.of_run(run.id).map(|row| (row.task_id.clone(), row.state)).collect();
            let mut ran = std::collections::BTreeMap::new();
            for row in self.store.of_run(run.id).filter(|row| row.try_number > 0) {
                let ended = self.ended.get(&(run.id, row.task_id.clone())).copied();
                // An empty operator succeeds without a worker.
                let succeeded = row.state == Some(tw_model::TaskInstanceState::Success);
                let by_itself = row.state.filter(|_| succeeded && row.dispatch == 0 && row.queued_at.is_none());
                ran.extend(by_itself.or(ended).map(|state| (row.task_id.clone(), state)));
            }
            oracle::check_finals(dag, &finals, &ran).map_err(|what| format!("{}: {what}", run.run_id))?;
        }
        Ok(())
    }
}

fn attempt_of(input: &Input) -> Option<AttemptKey> {
    match input {
        Input::AttemptStarted { attempt, .. }
        | Input::AttemptEnded { attempt, .. }
        | Input::SkipDownstream { attempt, .. }
        | Input::SetRenderedMapIndex { attempt, .. } => Some(*attempt),
        _ => None,
    }
}

fn started(attempt: AttemptKey) -> Input {
    Input::AttemptStarted { attempt, hostname: "h".into(), unixname: "u".into(), pid: 1 }
}

fn died() -> AttemptOutcome {
    AttemptOutcome::Died { exit: ExitStatus::Signal(9), reason: "killed".into() }
}
