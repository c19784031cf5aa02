//! Looks at all running attempts once a second.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tw_model::{AttemptKey, TaskInstanceId, UsageSeries};

use super::processes::{Process, running, totals};
use super::recording::{Recording, Sample};

/// What the running attempts of a supervisor use: one look at all processes per period, for all
/// attempts together. While no attempt runs, it looks at nothing.
#[derive(Clone, Debug)]
pub struct UsageSampler(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    period: Duration,
    attempts: Mutex<BTreeMap<AttemptKey, Attempt>>,
}

#[derive(Debug)]
struct Attempt {
    pid: u32,
    recording: Recording,
    /// CPU time at the last sample. A forked process begins at zero.
    cpu: Duration,
    /// When that was; at first, the start.
    at: Instant,
}

impl UsageSampler {
    pub(crate) fn new(period: Duration) -> Self {
        Self(Arc::new(Shared { period, attempts: Mutex::default() }))
    }

    /// Samples until `stop`. Without it, there are no series.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = interval(self.0.period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if self.attempts().is_empty() {
                continue;
            }
            let at = Instant::now();
            match tokio::task::spawn_blocking(running).await {
                Ok(Ok(processes)) => self.sample(&processes, at),
                Ok(Err(error)) => tracing::debug!(%error, "cannot list the processes of this machine"),
                Err(error) => tracing::debug!(%error, "the list of processes was not finished"),
            }
        }
    }

    /// The series of a running attempt of this task instance until now, if it has one.
    pub fn series(&self, id: TaskInstanceId) -> Option<UsageSeries> {
        let key = |dispatch| AttemptKey { task_instance_id: id, dispatch };
        let attempts = self.attempts();
        let (_, newest) = attempts.range(key(0)..=key(u32::MAX)).next_back()?;
        newest.recording.series()
    }

    /// Samples the attempt, whose process has just been started, until the answer is dropped.
    pub(crate) fn watch(&self, key: AttemptKey, pid: u32) -> Watched<'_> {
        let recording = Recording::new(self.0.period);
        let attempt = Attempt { pid, recording, cpu: Duration::ZERO, at: Instant::now() };
        self.attempts().insert(key, attempt);
        Watched { sampler: self, key }
    }

    fn sample(&self, processes: &[Process], at: Instant) {
        let mut attempts = self.attempts();
        let roots: Vec<u32> = attempts.values().map(|attempt| attempt.pid).collect();
        let totals = totals(processes, &roots);
        for attempt in attempts.values_mut() {
            let Some(total) = totals.get(&attempt.pid) else { continue };
            let elapsed = at.saturating_duration_since(attempt.at);
            // An attempt starts between two looks; its points stay within half a period of where
            // they belong.
            if elapsed < self.0.period / 2 {
                continue;
            }
            // Less than before: a process went away without anybody waiting for it.
            let used = total.cpu.saturating_sub(attempt.cpu);
            let cores = used.as_secs_f64() / elapsed.as_secs_f64();
            attempt.recording.add(Sample { cores, rss_bytes: total.rss_bytes });
            (attempt.cpu, attempt.at) = (total.cpu, at);
        }
    }

    fn attempts(&self) -> MutexGuard<'_, BTreeMap<AttemptKey, Attempt>> {
        // Nothing is half done when a thread panics here.
        self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that is being sampled.
pub(crate) struct Watched<'a> {
    sampler: &'a UsageSampler,
    key: AttemptKey,
}

impl Watched<'_> {
    /// Its series until now, if it has one.
    pub(crate) fn series(&self) -> Option<UsageSeries> {
        self.sampler.attempts().get(&self.key)?.recording.series()
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.sampler.attempts().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(1);
    const ID: TaskInstanceId = TaskInstanceId(Uuid::from_u128(7));
    const PAGES: u64 = 3;

    fn key(dispatch: u32) -> AttemptKey {
        AttemptKey { task_instance_id: ID, dispatch }
    }

    fn after(start: Instant, millis: u64, sampler: &UsageSampler, cpu_ticks: u64) {
        sampler.sample(&[Process::leader(10, cpu_ticks, PAGES)], start + Duration::from_millis(millis));
    }

    #[test]
    fn shares_are_of_the_time_between_two_looks() {
        let sampler = UsageSampler::new(PERIOD);
        let watched = sampler.watch(key(1), 10);
        let start = Instant::now();
        let second = rustix::param::clock_ticks_per_second();
        // Too early for a point: the next one stands for the time since the start.
        after(start, 300, &sampler, second / 10);
        after(start, 1_300, &sampler, second / 2);
        after(start, 2_300, &sampler, second * 5 / 2);
        // A process went away without being waited for.
        after(start, 3_300, &sampler, second);
        after(start, 4_300, &sampler, second * 5 / 4);
        let points = watched.series().unwrap().points;
        let cpu: Vec<_> = points.iter().map(|point| point.cpu_millicores).collect();
        assert!((384..=386).contains(&cpu[0]), "half a second in 1.3: {cpu:?}");
        assert_eq!(cpu[1..], [2_000, 0, 250]);
        assert!(points.iter().all(|point| point.rss_bytes == PAGES * rustix::param::page_size() as u64));
    }

    #[test]
    fn a_task_instance_shows_its_newest_attempt() {
        let sampler = UsageSampler::new(PERIOD);
        let sensor = sampler.watch(key(1), 10);
        let start = Instant::now();
        (1..=3).for_each(|n| after(start, n * 1_000, &sampler, 0));
        assert_eq!(sampler.series(ID).unwrap().points.len(), 3);
        let again = sampler.watch(key(2), 11);
        assert_eq!(sampler.series(ID), None);
        drop(again);
        assert_eq!(sampler.series(ID), sensor.series());
        // Its process has ended.
        sampler.sample(&[], start + Duration::from_secs(4));
        assert_eq!(sensor.series().unwrap().points.len(), 3);
        drop(sensor);
        assert_eq!(sampler.series(ID), None);
    }
}
