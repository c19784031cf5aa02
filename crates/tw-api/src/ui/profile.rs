//! What the mapped instances of a task did over time, from counts of a few hundred stretches.

use serde::Serialize;
use tw_store::ProfileLine;
use utoipa::ToSchema;

use super::shape::{ms, span_ms};

/// The mapped instances of one task over time: from its first begin to its last end, or to now while
/// one runs, in stretches of equal length.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(super) struct TaskProfile {
    task_id: String,
    from: i64,
    to: i64,
    /// Length of a stretch in milliseconds; the last one may be cut off.
    step: f64,
    /// How many instances ran at once on average, stretch by stretch, to one decimal.
    running: Vec<f32>,
    /// The most that are known to have run at once. Never too many; too few only where instances
    /// began and ended within one stretch.
    at_most: u32,
    /// Tries after the first of their instance.
    retries: u32,
    /// When tries failed.
    failed: Vec<Failures>,
    /// While some instance waited for its next try.
    delays: Vec<Delay>,
    /// How long the tries that ended took on average.
    ran: Option<i64>,
    /// The longest of them.
    ran_max: Option<i64>,
    /// How long tries waited in the queue on average.
    queued: Option<i64>,
}

/// Tries that failed within one stretch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
struct Failures {
    at: i64,
    tries: u32,
}

/// A while in which some instance waited for its next try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
struct Delay {
    from: i64,
    to: i64,
}

impl TaskProfile {
    /// What it weighs where it is kept, in numbers.
    pub(super) fn weight(&self) -> usize {
        self.running.len() + 2 * (self.failed.len() + self.delays.len()) + 16
    }
}

/// The profiles of tasks, from their stretches in order, task by task.
pub(super) fn profiles(lines: &[ProfileLine]) -> Vec<TaskProfile> {
    lines.chunk_by(|a, b| a.task_id == b.task_id).map(profile).collect()
}

/// The arithmetic: `running` at the begin of a stretch is the sum of all turns before it. The area
/// below the curve within a stretch is `(running + turns) * width - lost`, because whoever begins at
/// an offset lacks the time before it, and whoever ends there lacks the time after it. The average is
/// the area through the length. As numbers of instances are whole, the most at once is at least the
/// average rounded up, and at least the number at either edge.
fn profile(lines: &[ProfileLine]) -> TaskProfile {
    let head = &lines[0];
    let width = head.width.as_micros().max(1);
    let span = head.to.since(head.from).as_micros();
    let begin_of = |bucket: i64| head.from.as_micros() + bucket * width;
    let in_ms = |micros: i64| micros.div_euclid(1000);
    let (mut running, mut waiting) = (0, 0);
    let (mut averages, mut failed, mut delays) = (Vec::new(), Vec::new(), Vec::<Delay>::new());
    let mut at_most = 1;
    let mut rest = lines.iter().peekable();
    for bucket in 0..=span / width {
        let line = rest.next_if(|line| i64::from(line.bucket) == bucket);
        let (turns, lost) = line.map_or((0, 0), |line| (line.turns, line.lost.as_micros()));
        let begun = line.map_or(0, |line| i64::from(line.begun));
        let length = width.min(span - bucket * width);
        let after = running + turns;
        if length > 0 {
            // What is beyond the end of a last stretch that is cut off does not count.
            let area = after * length - lost;
            averages.push(tenths(area, length));
            at_most = at_most.max(area.div_euclid(length) + i64::from(area.rem_euclid(length) > 0));
        }
        // Without an end, all were there at once.
        let together = if begun == turns { after } else { running.max(after) };
        at_most = at_most.max(together);
        running = after;
        if let Some(line) = line {
            let middle = begin_of(bucket) + length / 2;
            failed.extend((line.failed > 0).then(|| Failures { at: in_ms(middle), tries: line.failed }));
            waiting += line.waits;
        }
        if waiting > 0 {
            let to = in_ms(begin_of(bucket) + length);
            match delays.last_mut().filter(|last| last.to == in_ms(begin_of(bucket))) {
                Some(last) => last.to = to,
                None => delays.push(Delay { from: in_ms(begin_of(bucket)), to }),
            }
        }
    }
    let sum = |of: fn(&ProfileLine) -> i64| lines.iter().map(of).sum::<i64>();
    let begun = sum(|line| i64::from(line.begun));
    let ended = begun - sum(|line| line.turns);
    let mean = |sum: i64, of: i64| (of > 0).then(|| in_ms(sum / of));
    TaskProfile {
        task_id: head.task_id.to_string(),
        from: ms(head.from),
        to: ms(head.to),
        step: width as f64 / 1000.0,
        running: averages,
        at_most: u32::try_from(at_most).unwrap_or(u32::MAX),
        retries: lines.iter().map(|line| line.again).sum(),
        failed,
        delays,
        ran: mean(sum(|line| line.ran.as_micros()), ended),
        ran_max: lines.iter().map(|line| line.ran_max).max().filter(|_| ended > 0).map(span_ms),
        queued: mean(sum(|line| line.queued.as_micros()), begun),
    }
}

/// A quotient to one decimal.
fn tenths(area: i64, length: i64) -> f32 {
    let tenths = (area as f64 * 10.0 / length as f64).round();
    (tenths / 10.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_model::{TimeSpan, Timestamp};

    const WIDTH: i64 = 10_000;

    /// Tries as (begin, end) in milliseconds, cut into stretches of ten as the store does.
    fn lines(tries: &[(i64, Option<i64>)], to: i64) -> Vec<ProfileLine> {
        let span = TimeSpan::from_micros;
        let at = |millis: i64| Timestamp::from_micros(millis * 1000);
        let line = |bucket| ProfileLine {
            task_id: "t".into(),
            from: at(0),
            to: at(to),
            width: span(WIDTH),
            bucket,
            turns: 0,
            lost: span(0),
            begun: 0,
            again: 0,
            failed: 0,
            waits: 0,
            queued: span(0),
            ran: span(0),
            ran_max: span(0),
        };
        let mut lines: Vec<ProfileLine> = (0..=u32::try_from(to * 1000 / WIDTH).unwrap()).map(line).collect();
        let mut turn = |millis: i64, by: i64, ran: i64| {
            let line = &mut lines[usize::try_from(millis * 1000 / WIDTH).unwrap()];
            line.turns += by;
            line.begun += u32::from(by > 0);
            line.lost = span(line.lost.as_micros() + by * (millis * 1000 % WIDTH));
            line.ran = span(line.ran.as_micros() + ran);
            line.ran_max = line.ran_max.max(span(ran));
        };
        for (begin, end) in tries {
            turn(*begin, 1, 0);
            if let Some(end) = end {
                turn(*end, -1, (end - begin) * 1000);
            }
        }
        lines.into_iter().filter(|line| line.turns != 0 || line.begun > 0 || line.lost != span(0)).collect()
    }

    fn one(tries: &[(i64, Option<i64>)], to: i64) -> TaskProfile {
        profiles(&lines(tries, to)).pop().unwrap()
    }

    #[test]
    fn averages_are_exact_whatever_the_stretches() {
        let steady = one(&[(0, Some(30)), (5, Some(20))], 30);
        assert_eq!((steady.running.as_slice(), steady.at_most), ([1.5, 2.0, 1.0].as_slice(), 2));
        assert_eq!((steady.from, steady.to, steady.step), (0, 30, 10.0));
        assert_eq!((steady.ran, steady.ran_max), (Some(22), Some(30)));
        // One after the other within a stretch is not two at once.
        let turns: Vec<_> = (0..10).map(|n| (n, Some(n + 1))).collect();
        assert_eq!((one(&turns, 10).running, one(&turns, 10).at_most), (vec![1.0], 1));
        let pause = one(&[(0, Some(5)), (35, Some(40))], 40);
        assert_eq!((pause.running, pause.at_most), (vec![0.5, 0.0, 0.0, 0.5], 1));
    }

    #[test]
    fn what_runs_goes_on_to_the_end_of_a_stretch_that_is_cut() {
        let live = one(&[(0, None), (12, None)], 14);
        assert_eq!((live.running, live.at_most), (vec![1.0, 1.5], 2));
        assert_eq!((live.ran, live.ran_max), (None, None), "nothing has ended");
        let instant = one(&[(0, Some(0))], 0);
        assert_eq!((instant.running, instant.at_most), (vec![], 1));
    }

    #[test]
    fn failures_are_marked_and_delays_last_until_the_next_try() {
        let mut lines = lines(&[(0, Some(12)), (45, Some(60))], 60);
        lines[1].failed = 1;
        lines[1].waits = 1;
        lines[2].again = 1;
        lines[2].waits = -1;
        let profile = profiles(&lines).pop().unwrap();
        assert_eq!(profile.failed, [Failures { at: 15, tries: 1 }]);
        assert_eq!((profile.delays, profile.retries), (vec![Delay { from: 10, to: 40 }], 1));
    }

    #[test]
    fn each_task_has_its_own() {
        let (mut first, second) = (lines(&[(0, Some(10))], 10), lines(&[(0, Some(20))], 20));
        first.iter_mut().for_each(|line| line.task_id = "a".into());
        first.extend(second);
        let tasks: Vec<_> = profiles(&first).iter().map(|one| (one.task_id.clone(), one.to)).collect();
        assert_eq!(tasks, [("a".to_owned(), 10), ("t".to_owned(), 20)]);
    }
}
