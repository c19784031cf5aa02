//! The shell's turn, played: apply, commit, carry out, answer; and what a crash makes of it.

use std::collections::{BTreeMap, BTreeSet};

use tw_engine::{Effect, EngineOptions, Input, Outcome, Reply, World};
use tw_model::{AttemptKey, AttemptOutcome, Dag, DagRunId, TaskId, TaskInstanceState, TimeSpan, Timestamp};

use crate::acts::Acts;
use crate::executor::{Executor, Phase};
use crate::invariants;
use crate::rng::Rng;
use crate::scenario::Shape;
use crate::store::ModelStore;
use crate::transcript;

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Decides everything below.
    pub seed: u64,
    /// Features of the DAGs; `None` = drawn.
    pub shape: Option<Shape>,
    /// Whether DAGs change while runs are unfinished.
    pub versions: bool,
    /// Whether attempts only succeed or fail, so that the table foretells the final states.
    pub plain_endings: bool,
    /// What people do to runs that exist.
    pub acts: Acts,
    /// Steps before the faults stop.
    pub steps: u32,
}

impl Plan {
    /// Everything may happen.
    pub fn wild(seed: u64) -> Self {
        let acts = if seed.is_multiple_of(3) { Acts::None } else { Acts::Any };
        Self { seed, shape: None, versions: seed.is_multiple_of(2), plain_endings: false, acts, steps: 60 }
    }

    /// Final states are compared with the oracle's.
    pub fn plain(seed: u64) -> Self {
        let acts = if seed.is_multiple_of(2) { Acts::None } else { Acts::WholeRuns };
        Self { seed, shape: Some(Shape::PLAIN), versions: false, plain_endings: true, acts, steps: 40 }
    }
}

/// Something that must always hold did not.
#[derive(Debug, thiserror::Error)]
#[error("seed {seed}: {what}\n{}", transcript.join("\n"))]
pub struct Violation {
    /// The seed that leads here.
    pub seed: u64,
    /// What did not hold.
    pub what: String,
    /// Everything that happened, one line per input; then the rows as they are.
    pub transcript: Vec<String>,
}

/// What a simulation amounted to. Two of the same plan are equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Inputs applied.
    pub inputs: u32,
    /// Runs created.
    pub runs: u32,
    /// Attempts whose user code began.
    pub begun: u32,
    /// Times the world was rebuilt.
    pub rebuilds: u32,
    /// Hash of every outcome, in order.
    pub digest: u64,
}

/// Where the server ends within a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crash {
    /// It does not.
    Never,
    /// The writes are lost.
    BeforeCommit,
    /// The writes are kept; effects and answers are lost.
    AfterCommit,
}

/// The world and everything it acts on.
pub struct Simulation {
    pub(crate) plan: Plan,
    pub(crate) shape: Shape,
    pub(crate) rng: Rng,
    pub(crate) now: Timestamp,
    pub(crate) options: EngineOptions,
    pub(crate) world: World,
    pub(crate) store: ModelStore,
    pub(crate) executor: Executor,
    pub(crate) wake_at: Option<Timestamp>,
    /// The DAGs as their files define them now.
    pub(crate) dags: Vec<Dag>,
    /// How task instances last ended, for the oracle.
    pub(crate) ended: BTreeMap<(DagRunId, TaskId), TaskInstanceState>,
    pub(crate) transcript: Vec<String>,
    pub(crate) summary: Summary,
}

impl Simulation {
    /// An empty world at the start of 2026.
    pub fn new(plan: Plan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let shape = plan.shape.unwrap_or_else(|| Shape::draw(&mut rng));
        let options = EngineOptions {
            seed: rng.bits(),
            parallelism: if shape.limits { rng.between(1, 8) } else { 32 },
            dags_are_paused_at_creation: false,
            default_pool_slots: 16,
            ..EngineOptions::default()
        };
        Self {
            plan,
            shape,
            rng,
            now: Timestamp::from_micros(1_767_225_600_000_000),
            world: World::new(options.clone()),
            options,
            store: ModelStore::default(),
            executor: Executor::default(),
            wake_at: None,
            dags: Vec::new(),
            ended: BTreeMap::new(),
            transcript: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// The rows as they are committed.
    pub fn store(&self) -> &ModelStore {
        &self.store
    }

    pub(crate) fn violation(&self, what: String) -> Violation {
        let rows = self.store.instances.values().map(|row| {
            let run = self.store.runs.get(&row.dag_run_id).map_or("gone", |run| run.state.as_str());
            let state = row.state.map_or("-", TaskInstanceState::as_str);
            let place = format!("{}/{} {run}: {}[{}]", row.dag_id, row.run_id, row.task_id, row.map_index);
            format!("{place}#{} {state} {}", row.try_number, row.reason.as_deref().unwrap_or_default())
        });
        let transcript = self.transcript.iter().cloned().chain(rows).collect();
        Violation { seed: self.plan.seed, what, transcript }
    }

    /// Passes time.
    pub fn wait(&mut self, span: TimeSpan) {
        self.now = self.now.saturating_add(span);
    }

    /// Applies a batch as the shell does; after a crash nobody gets an answer and the world is rebuilt.
    ///
    /// # Errors
    /// Says which invariant was violated.
    pub fn turn(&mut self, inputs: &[Input], crash: Crash, keeps: bool) -> Result<(), String> {
        let mut scratch = self.store.clone();
        let mut whole = Outcome::default();
        for input in inputs {
            let mut out = Outcome::default();
            loop {
                let needs = self.world.needs(input, self.now);
                if needs.is_empty() {
                    break;
                }
                self.world.supply(self.store.look_up(needs));
            }
            self.world.apply(input.clone(), self.now, &mut out);
            let line = format!("{} {} => {:?}", self.now, transcript::describe(input), out.replies);
            self.transcript.push(line);
            self.digest(&out);
            let before = scratch.clone();
            scratch.apply(&out.writes)?;
            invariants::finished_states_stay(&before, &scratch, Some(input))?;
            invariants::history_is_kept(&before, &scratch)?;
            invariants::dry_runs_change_nothing(&before, &scratch, input, &out)?;
            invariants::limits_hold(&before, &scratch, &self.options, &out.effects)?;
            // Who is ready already stays so when an upstream is cleared or marked alone.
            if !self.plan.versions && !self.shape.branches && self.plan.acts != Acts::Any {
                invariants::rules_allow(&scratch, &out.effects)?;
            }
            whole.writes.extend(out.writes);
            whole.effects.extend(out.effects);
            whole.replies.extend(out.replies);
            whole.wake_at = out.wake_at;
        }
        invariants::twice_is_once(&self.store, &scratch, &whole.writes)?;
        if crash != Crash::BeforeCommit {
            self.store = scratch;
            inputs.iter().zip(&whole.replies).for_each(|(input, reply)| self.note(input, reply));
        }
        if crash != Crash::Never {
            self.transcript.push(format!("{} crash {crash:?}, executor keeps: {keeps}", self.now));
            let asked: Vec<AttemptKey> = inputs.iter().filter_map(asks_to_begin).collect();
            self.executor.leave_unanswered(&asked);
            self.rebuild(keeps)?;
            return Ok(());
        }
        self.world.committed();
        self.wake_at = whole.wake_at;
        self.release_ended(inputs, &whole)?;
        self.carry_out(whole.effects)?;
        self.answer_starts(inputs, &whole.replies)
    }

    /// An attempt that reported its end is over for the executor, whatever the answer.
    fn release_ended(&mut self, inputs: &[Input], whole: &Outcome) -> Result<(), String> {
        for (input, reply) in inputs.iter().zip(&whole.replies) {
            let Input::AttemptEnded { attempt, .. } = input else { continue };
            let killed = |effect: &Effect| matches!(effect, Effect::Kill { attempt: a, .. } if a == attempt);
            let held = self.executor.get(*attempt).is_some();
            if held && self.is_stopped(*attempt) && speaks(input) {
                if *reply != Reply::Stale {
                    return Err(format!("what the stopped attempt {attempt:?} said counted: {reply:?}"));
                }
                continue;
            }
            if held && *reply == Reply::Stale && !whole.effects.iter().any(killed) {
                return Err(format!("the end of the current attempt {attempt:?} was refused"));
            }
            if !held && *reply != Reply::Stale {
                return Err(format!("a late end of {attempt:?} was accepted: {reply:?}"));
            }
            self.executor.remove(*attempt);
        }
        Ok(())
    }

    /// Whether an attempt was cleared and has not ended.
    fn is_stopped(&self, attempt: AttemptKey) -> bool {
        let row = self.store.by_id(attempt.task_instance_id);
        self.world.is_current(attempt) && row.is_some_and(|row| row.state == Some(TaskInstanceState::Restarting))
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), String> {
        for effect in effects {
            match effect {
                Effect::Dispatch(workload) => self.executor.dispatch(*workload)?,
                // Others end too, but nobody waits for it.
                Effect::Kill { attempt, .. } if self.is_stopped(attempt) => self.executor.stop(attempt),
                Effect::Kill { attempt, .. } => self.executor.remove(attempt),
                Effect::RunCallback(_) => {}
            }
        }
        Ok(())
    }

    fn answer_starts(&mut self, inputs: &[Input], replies: &[Reply]) -> Result<(), String> {
        for (input, reply) in inputs.iter().zip(replies) {
            let Some(attempt) = asks_to_begin(input) else { continue };
            match reply {
                Reply::Done if self.executor.get(attempt).is_none() => {
                    // Killed later in the same batch: the child is gone before the answer.
                    if !self.executor.former().contains(&attempt) {
                        return Err(format!("{attempt:?} may begin, and nobody holds it"));
                    }
                }
                // Cleared later in the same batch: it is stopped as it begins.
                Reply::Done if self.executor.get(attempt).is_some_and(|held| held.phase == Phase::Stopping) => {}
                Reply::Done => {
                    let workload = self.executor.get(attempt).map(|held| held.workload.clone());
                    self.executor.begin(attempt)?;
                    self.summary.begun += 1;
                    invariants::xcoms_are_cleared(&self.store, workload.as_ref())?;
                }
                // A second process was refused; the first runs on.
                _ if self
                    .executor
                    .get(attempt)
                    .is_some_and(|held| matches!(held.phase, Phase::Running | Phase::Stopping)) => {}
                _ => self.executor.remove(attempt),
            }
        }
        Ok(())
    }

    /// The server comes back; its executor has kept its attempts or lost them all.
    ///
    /// # Errors
    /// Says which invariant was violated.
    pub fn rebuild(&mut self, keeps: bool) -> Result<(), String> {
        if !keeps {
            self.executor.lose_all();
        }
        self.summary.rebuilds += 1;
        self.options.seed = self.rng.bits();
        let (options, alive) = (self.options.clone(), self.executor.alive());
        let mut out = Outcome::default();
        self.world = World::rebuild(options, self.store.snapshot(), &alive, self.now, &mut out);
        self.transcript.push(format!("{} rebuilt, executor keeps: {keeps}", self.now));
        self.digest(&out);
        let before = self.store.clone();
        self.store.apply(&out.writes)?;
        invariants::finished_states_stay(&before, &self.store, None)?;
        invariants::history_is_kept(&before, &self.store)?;
        invariants::limits_hold(&before, &self.store, &self.options, &out.effects)?;
        invariants::twice_is_once(&before, &self.store, &out.writes)?;
        self.world.committed();
        self.wake_at = out.wake_at;
        let known: BTreeSet<AttemptKey> = self.world.attempts().collect();
        alive.difference(&known).for_each(|stray| self.executor.remove(*stray));
        self.carry_out(out.effects)
    }

    /// Checks what has to hold between any two turns.
    ///
    /// # Errors
    /// Says which invariant was violated.
    pub fn check(&mut self) -> Result<(), String> {
        invariants::attempts_match(&self.store, &self.world, &self.executor.alive())?;
        invariants::every_wait_has_a_reason(&self.store, &self.world, self.now)
    }

    /// Checks that nothing but the rows is needed: a world rebuilt from them agrees with this one.
    ///
    /// # Errors
    /// Says where they differ.
    pub fn check_rebuilt(&mut self) -> Result<(), String> {
        self.turn(&[Input::Tick], Crash::Never, true)?;
        invariants::rebuilt_agrees(&self.store, &self.world, &self.options, self.now)
    }

    /// Mixes an outcome into the digest (FNV-1a).
    fn digest(&mut self, out: &Outcome) {
        self.summary.inputs += 1;
        let mut hash = self.summary.digest ^ 0xcbf2_9ce4_8422_2325;
        for byte in format!("{out:?}").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.summary.digest = hash;
    }
}

/// Whether an end is what the worker said, not what became of its process.
fn speaks(input: &Input) -> bool {
    let Input::AttemptEnded { report, .. } = input else { return false };
    !matches!(report.outcome, AttemptOutcome::Died { .. } | AttemptOutcome::Lost { .. })
}

fn asks_to_begin(input: &Input) -> Option<AttemptKey> {
    match input {
        Input::AttemptStarted { attempt, .. } => Some(*attempt),
        _ => None,
    }
}
