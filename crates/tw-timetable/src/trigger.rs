//! Runs at points, with a data interval of a given length before each: cron, several crons, or a
//! delta (S-2.17 to S-2.20).

use tw_model::{Interval, RunImmediately, Step, TimeSpan, Timestamp};

use crate::delta;
use crate::due::{Due, Restriction};
use crate::points::Points;

/// The shortest time for which a first run still takes the newest past point (S-2.18).
const FIRST_RUN_BUFFER_MIN: TimeSpan = TimeSpan::from_secs(5 * 60);

/// A trigger timetable; more than one rule for points means several cron expressions.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) points: Vec<Points>,
    pub(crate) interval: Step,
    pub(crate) run_immediately: RunImmediately,
}

impl Trigger {
    /// The next run. Of several expressions the earliest counts when catching up, otherwise the
    /// newest one that is due and only then the earliest one to come (S-2.20).
    pub(crate) fn next_run(&self, last: Option<Interval>, restriction: &Restriction, now: Timestamp) -> Option<Due> {
        let candidates = || {
            let next = self.points.iter().filter_map(|points| self.next_point(points, last, restriction, now));
            next.filter(|&at| !restriction.is_after_latest(at))
        };
        let newest_due = || candidates().filter(|&at| at <= now).max();
        let at = if restriction.catchup { None } else { newest_due() }.or_else(|| candidates().min())?;
        Some(Due::at_end_of(Interval { start: delta::subtract(at, &self.interval)?, end: at }))
    }

    fn next_point(
        &self,
        points: &Points,
        last: Option<Interval>,
        restriction: &Restriction,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let after_last = match (last, restriction.earliest) {
            (Some(last), _) => Some(points.next(last.end)?),
            (None, None) => Some(self.first_point(points, now)?),
            (None, Some(_)) => None,
        };
        let from_start = restriction.earliest.map(|earliest| points.align_next(earliest));
        if restriction.catchup {
            return after_last.or_else(|| from_start.flatten());
        }
        // A start without a point after it means that nothing is left, not that it does not count.
        let from_start = match from_start {
            Some(point) => Some(point?),
            None => None,
        };
        [points.align_prev(now), after_last, from_start].into_iter().flatten().max()
    }

    /// The first-run rule (S-2.18): the newest past point if it is not too old, else the next one.
    fn first_point(&self, points: &Points, now: Timestamp) -> Option<Timestamp> {
        let Some(past) = points.align_prev(now) else { return points.align_next(now) };
        let Some(next) = points.align_next(now) else { return Some(past) };
        let buffer = match self.run_immediately {
            RunImmediately::Always => return Some(past),
            RunImmediately::Within(span) => span,
            RunImmediately::WithinBuffer => {
                TimeSpan::from_micros(next.since(past).as_micros() / 10).max(FIRST_RUN_BUFFER_MIN)
            }
        };
        Some(if now.since(past) <= buffer { past } else { next })
    }

    /// The interval before `run_after`.
    pub(crate) fn manual_interval(&self, run_after: Timestamp) -> Interval {
        let start = delta::subtract(run_after, &self.interval).unwrap_or(run_after);
        Interval { start, end: run_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cron::Schedule;
    use crate::delta::Delta;
    use crate::zone;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// An instant in May 2024, as `dayThour:minute`.
    fn may(text: &str) -> Timestamp {
        at(&format!("2024-05-{text}:00Z"))
    }

    fn cron(expressions: &[&str], run_immediately: RunImmediately) -> Trigger {
        let schedule = |text: &&str| Schedule::new(text.parse().unwrap(), zone::parse("UTC").unwrap());
        let points = expressions.iter().map(schedule).map(Points::Cron).collect();
        Trigger { points, interval: Step::Fixed(TimeSpan::ZERO), run_immediately }
    }

    fn next(trigger: &Trigger, last: Option<&str>, restriction: Restriction, now: &str) -> Option<Timestamp> {
        let last = last.map(|last| Interval::exact(may(last)));
        trigger.next_run(last, &restriction, may(now)).map(|due| due.run_after)
    }

    const FREE: Restriction = Restriction { earliest: None, latest: None, catchup: false };

    #[test]
    fn catchup_takes_every_point_in_turn() {
        let daily = cron(&["0 6 * * *"], RunImmediately::WithinBuffer);
        let from = Restriction { earliest: Some(may("01T07:00")), catchup: true, latest: Some(may("03T06:00")) };
        assert_eq!(next(&daily, None, from, "10T12:00"), Some(may("02T06:00")));
        assert_eq!(next(&daily, Some("02T06:00"), from, "10T12:00"), Some(may("03T06:00")));
        assert_eq!(next(&daily, Some("03T06:00"), from, "10T12:00"), None);
    }

    #[test]
    fn without_catchup_the_newest_point_runs_and_older_ones_are_skipped() {
        let daily = cron(&["0 6 * * *"], RunImmediately::WithinBuffer);
        let from = Restriction { earliest: Some(may("01T00:00")), ..FREE };
        assert_eq!(next(&daily, None, from, "10T12:00"), Some(may("10T06:00")));
        assert_eq!(next(&daily, Some("02T06:00"), from, "10T12:00"), Some(may("10T06:00")));
        assert_eq!(next(&daily, Some("10T06:00"), from, "10T12:00"), Some(may("11T06:00")));
        let future = Restriction { earliest: Some(may("20T00:00")), ..FREE };
        assert_eq!(next(&daily, None, future, "10T12:00"), Some(may("20T06:00")));
        let ended = Restriction { latest: Some(may("10T05:00")), ..FREE };
        assert_eq!(next(&daily, Some("09T06:00"), ended, "10T12:00"), None);
    }

    #[test]
    fn first_run_depends_on_the_age_of_the_newest_point() {
        let first = |run_immediately, now| next(&cron(&["0 * * * *"], run_immediately), None, FREE, now);
        // Without catchup the newest point is a candidate anyway, and the later one wins.
        assert_eq!(first(RunImmediately::Always, "10T12:59"), Some(may("10T12:00")));
        assert_eq!(first(RunImmediately::WithinBuffer, "10T12:06"), Some(may("10T12:00")));
        assert_eq!(first(RunImmediately::WithinBuffer, "10T12:07"), Some(may("10T13:00")));
        let half = RunImmediately::Within(TimeSpan::from_secs(1800));
        assert_eq!(first(half, "10T12:30"), Some(may("10T12:00")));
        assert_eq!(first(half, "10T12:31"), Some(may("10T13:00")));
        let minutes = cron(&["*/10 * * * *"], RunImmediately::WithinBuffer);
        assert_eq!(next(&minutes, None, FREE, "10T12:05"), Some(may("10T12:00")));
        assert_eq!(next(&minutes, None, FREE, "10T12:06"), Some(may("10T12:10")));
    }

    #[test]
    fn several_expressions_make_one_schedule() {
        let both = cron(&["0 6 * * *", "0 */6 * * *", "30 7 * * *"], RunImmediately::WithinBuffer);
        let all = Restriction { earliest: Some(may("10T00:00")), latest: None, catchup: true };
        let mut last = None;
        let mut fired = Vec::new();
        for _ in 0..4 {
            let due = both.next_run(last, &all, may("20T00:00")).unwrap();
            fired.push(due.run_after);
            last = due.data_interval;
        }
        assert_eq!(fired, [may("10T00:00"), may("10T06:00"), may("10T07:30"), may("10T12:00")]);
        assert_eq!(next(&both, Some("09T00:00"), FREE, "10T08:00"), Some(may("10T07:30")));
        assert_eq!(next(&both, Some("10T07:30"), FREE, "10T08:00"), Some(may("10T12:00")));
    }

    #[test]
    fn a_data_interval_moves_the_logical_date_back() {
        let mut daily = cron(&["0 6 * * *"], RunImmediately::WithinBuffer);
        daily.interval = Step::Fixed(TimeSpan::from_secs(3600));
        let due = daily.next_run(Some(Interval::exact(may("10T06:00"))), &FREE, may("10T12:00")).unwrap();
        assert_eq!((due.logical_date, due.run_after), (Some(may("11T05:00")), may("11T06:00")));
        assert_eq!(daily.manual_interval(may("10T12:00")).start, may("10T11:00"));
    }

    #[test]
    fn a_delta_that_fell_behind_continues_from_now() {
        let step = Delta::new(Step::Fixed(TimeSpan::from_secs(3600))).unwrap();
        let hourly = Trigger { points: vec![Points::Delta(step)], ..cron(&[], RunImmediately::Always) };
        assert_eq!(next(&hourly, None, FREE, "10T12:07"), Some(may("10T12:07")));
        assert_eq!(next(&hourly, Some("10T12:00"), FREE, "10T12:07"), Some(may("10T13:00")));
        assert_eq!(next(&hourly, Some("10T02:00"), FREE, "10T12:07"), Some(may("10T12:07")));
        let catchup = Restriction { catchup: true, ..FREE };
        assert_eq!(next(&hourly, Some("10T02:00"), catchup, "10T12:07"), Some(may("10T03:00")));
    }
}
