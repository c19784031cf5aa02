//! An executor that runs nothing: it holds attempts, and remembers which began.

use std::collections::{BTreeMap, BTreeSet};

use tw_model::{AttemptKey, DagRunId, TaskId, TaskInstanceId, Workload};

/// How far an attempt has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Its process exists and has not been allowed to begin.
    Waiting,
    /// It asked to begin and got no answer, because the server ended: it never begins.
    Unanswered,
    /// User code runs.
    Running,
    /// It was asked to stop and is cleared: whoever cleared it waits for its end.
    Stopping,
}

/// An attempt and how far it has got.
#[derive(Clone, Debug)]
pub struct Held {
    /// What it was given.
    pub workload: Workload,
    /// How far it has got.
    pub phase: Phase,
}

/// The attempts that exist outside the engine.
#[derive(Clone, Debug, Default)]
pub struct Executor {
    held: BTreeMap<AttemptKey, Held>,
    /// Attempts whose user code began, ever.
    begun: BTreeSet<AttemptKey>,
    /// Tries whose user code began, with the dispatch that did.
    tries: BTreeMap<(TaskInstanceId, u32), u32>,
    /// Which id had a try of a place: run, task, map index.
    places: BTreeMap<(DagRunId, TaskId, i32, u32), TaskInstanceId>,
    /// Attempts that are over for the executor; the source of late messages.
    former: Vec<AttemptKey>,
}

/// Former attempts kept for late messages; old enough ones teach nothing new.
const FORMER_MAX: usize = 16;

impl Executor {
    /// Takes an attempt over. The same one again is ignored.
    ///
    /// # Errors
    /// If another attempt of the same task instance is still held.
    pub fn dispatch(&mut self, workload: Workload) -> Result<(), String> {
        let twin = |held: &Held| {
            let other = &held.workload;
            other.dag_run.id == workload.dag_run.id
                && other.task_id == workload.task_id
                && other.map_index == workload.map_index
                && other.attempt != workload.attempt
        };
        if let Some(other) = self.held.values().find(|held| twin(held)) {
            return Err(format!(
                "{} is dispatched as {:?} while {:?} exists",
                name(&workload),
                workload.attempt,
                other.workload.attempt
            ));
        }
        self.former.retain(|key| *key != workload.attempt);
        let attempt = workload.attempt;
        self.held.entry(attempt).or_insert(Held { workload, phase: Phase::Waiting });
        Ok(())
    }

    /// Lets an attempt's user code begin.
    ///
    /// # Errors
    /// If it began before, or another attempt of the same try did without a reschedule between.
    pub fn begin(&mut self, attempt: AttemptKey) -> Result<(), String> {
        let Some(held) = self.held.get_mut(&attempt) else {
            return Err(format!("{attempt:?} was allowed to begin, and is not held"));
        };
        held.phase = Phase::Running;
        let workload = &held.workload;
        if !self.begun.insert(attempt) {
            return Err(format!("{} begins twice as {attempt:?}", name(workload)));
        }
        let place = (workload.dag_run.id, workload.task_id.clone(), workload.map_index, workload.try_number);
        let id = *self.places.entry(place).or_insert(attempt.task_instance_id);
        if id != attempt.task_instance_id {
            return Err(format!("try {} of {} begins under two ids", workload.try_number, name(workload)));
        }
        let before = self.tries.insert((attempt.task_instance_id, workload.try_number), attempt.dispatch);
        if before.is_some() && workload.task_reschedule_count == 0 {
            return Err(format!("try {} of {} begins twice", workload.try_number, name(workload)));
        }
        Ok(())
    }

    /// Asks an attempt to stop; it is held until it has ended.
    pub fn stop(&mut self, attempt: AttemptKey) {
        if let Some(held) = self.held.get_mut(&attempt) {
            held.phase = Phase::Stopping;
        }
    }

    /// Forgets an attempt that ended, was killed or is not wanted.
    pub fn remove(&mut self, attempt: AttemptKey) {
        if self.held.remove(&attempt).is_some() {
            self.former.push(attempt);
            let surplus = self.former.len().saturating_sub(FORMER_MAX);
            self.former.drain(..surplus);
        }
    }

    /// All processes die with the server.
    pub fn lose_all(&mut self) {
        let all: Vec<AttemptKey> = self.held.keys().copied().collect();
        all.into_iter().for_each(|attempt| self.remove(attempt));
    }

    /// The server ended before it answered these.
    pub fn leave_unanswered(&mut self, attempts: &[AttemptKey]) {
        for attempt in attempts {
            if let Some(held) = self.held.get_mut(attempt).filter(|held| held.phase == Phase::Waiting) {
                held.phase = Phase::Unanswered;
            }
        }
    }

    /// The attempts in this phase, in the order of their keys.
    pub fn in_phase(&self, phase: Phase) -> Vec<AttemptKey> {
        self.held.iter().filter(|(_, held)| held.phase == phase).map(|(key, _)| *key).collect()
    }

    /// One attempt.
    pub fn get(&self, attempt: AttemptKey) -> Option<&Held> {
        self.held.get(&attempt)
    }

    /// All attempts it holds.
    pub fn alive(&self) -> BTreeSet<AttemptKey> {
        self.held.keys().copied().collect()
    }

    /// Attempts that are over.
    pub fn former(&self) -> &[AttemptKey] {
        &self.former
    }
}

/// An attempt's task instance for people: `dag/run/task[index]`.
pub fn name(workload: &Workload) -> String {
    format!("{}/{}/{}[{}]", workload.dag_id, workload.run_id, workload.task_id, workload.map_index)
}
