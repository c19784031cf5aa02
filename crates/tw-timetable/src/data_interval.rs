//! Runs for the intervals between two points, due at an interval's end (S-2.13 to S-2.16).

use tw_model::{Interval, Timestamp};

use crate::due::{Due, Restriction};
use crate::points::Points;

/// A data-interval timetable.
#[derive(Clone, Debug)]
pub(crate) struct DataIntervals {
    pub(crate) points: Points,
}

impl DataIntervals {
    /// The next run: the interval after the last one, or without catchup the newest that is over.
    pub(crate) fn next_run(&self, last: Option<Interval>, restriction: &Restriction, now: Timestamp) -> Option<Due> {
        let earliest = match restriction.earliest {
            _ if !restriction.catchup => Some(self.skip_to_latest(restriction.earliest, now)?),
            Some(earliest) => Some(self.points.align_next(earliest)?),
            None => None,
        };
        let start = match last {
            None => earliest?,
            Some(last) => self.start_after(last, earliest)?,
        };
        if restriction.is_after_latest(start) {
            return None;
        }
        Some(Due::at_end_of(Interval { start, end: self.points.next(start)? }))
    }

    /// Where the interval after `last` begins. A schedule that changed may put the point before
    /// `last.end` at or before `last.start`; that date is taken, so the next point is used.
    fn start_after(&self, last: Interval, earliest: Option<Timestamp>) -> Option<Timestamp> {
        let start = self.points.align_prev(last.end).max(earliest)?;
        let start = if start <= last.start { self.points.next(start)? } else { start };
        (start > last.start).then_some(start)
    }

    /// The start of the newest interval that is over at `now`, but not before `earliest`
    /// (S-2.14, S-2.16). A delta's start date is not aligned.
    fn skip_to_latest(&self, earliest: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let newest = match &self.points {
            Points::Cron(schedule) => match schedule.align_prev(now) {
                Some(end) => schedule.prev(end).or(Some(end)),
                None => schedule.next(now),
            },
            Points::Delta(delta) => {
                let end = delta.newest_boundary(now, earliest.unwrap_or(now));
                delta.prev(end).or(Some(end))
            }
        };
        match earliest {
            Some(earliest) => Some(self.points.align_next(earliest)?.max(newest?)),
            None => newest,
        }
    }

    /// The newest interval that is over at `run_after`; for a delta the one that ends there.
    pub(crate) fn manual_interval(&self, run_after: Timestamp) -> Interval {
        let newest = || {
            let end = self.points.align_prev(run_after)?;
            Some(Interval { start: self.points.prev(end)?, end })
        };
        newest().unwrap_or(Interval::exact(run_after))
    }
}

#[cfg(test)]
mod tests {
    use tw_model::schedule::RelativeDelta;
    use tw_model::{Step, TimeSpan};

    use super::*;
    use crate::cron::Schedule;
    use crate::delta::Delta;
    use crate::zone;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn cron(expression: &str, zone: &str) -> DataIntervals {
        let schedule = Schedule::new(expression.parse().unwrap(), zone::parse(zone).unwrap());
        DataIntervals { points: Points::Cron(schedule) }
    }

    fn delta(step: Step) -> DataIntervals {
        DataIntervals { points: Points::Delta(Delta::new(step).unwrap()) }
    }

    /// `start/end` in May 2024 as `dayThour/dayThour`.
    fn span(text: &str) -> Interval {
        let end = |text| at(&format!("2024-05-{text}:00:00Z"));
        let (start, stop) = text.split_once('/').unwrap();
        Interval { start: end(start), end: end(stop) }
    }

    fn next(timetable: &DataIntervals, last: Option<&str>, restriction: Restriction, now: &str) -> Option<Interval> {
        let due = timetable.next_run(last.map(span), &restriction, at(now))?;
        assert_eq!((due.logical_date, due.run_after), (due.data_interval.map(|i| i.start), due.data_interval?.end));
        due.data_interval
    }

    const FREE: Restriction = Restriction { earliest: None, latest: None, catchup: false };
    const NOON: &str = "2024-05-10T12:00:00Z";

    #[test]
    fn catchup_takes_every_interval_from_the_start() {
        let daily = cron("0 6 * * *", "UTC");
        let all = Restriction {
            earliest: Some(at("2024-05-01T07:00:00Z")),
            latest: Some(at("2024-05-03T06:00:00Z")),
            catchup: true,
        };
        assert_eq!(next(&daily, None, all, NOON), Some(span("02T06/03T06")));
        assert_eq!(next(&daily, Some("02T06/03T06"), all, NOON), Some(span("03T06/04T06")));
        assert_eq!(next(&daily, Some("03T06/04T06"), all, NOON), None);
        assert_eq!(next(&daily, None, Restriction { catchup: true, ..FREE }, NOON), None);
    }

    #[test]
    fn without_catchup_the_newest_interval_that_is_over_runs() {
        let daily = cron("0 6 * * *", "UTC");
        assert_eq!(next(&daily, None, FREE, NOON), Some(span("09T06/10T06")));
        assert_eq!(next(&daily, None, FREE, "2024-05-10T06:00:00Z"), Some(span("09T06/10T06")));
        assert_eq!(next(&daily, Some("02T06/03T06"), FREE, NOON), Some(span("09T06/10T06")));
        assert_eq!(next(&daily, Some("09T06/10T06"), FREE, NOON), Some(span("10T06/11T06")));
        let future = Restriction { earliest: Some(at("2024-05-20T07:00:00Z")), ..FREE };
        assert_eq!(next(&daily, None, future, NOON), Some(span("21T06/22T06")));
    }

    #[test]
    fn a_coarser_schedule_does_not_repeat_the_last_date() {
        let weekly = cron("0 0 * * 1", "UTC");
        let all = Restriction { catchup: true, ..FREE };
        assert_eq!(next(&weekly, Some("06T00/06T01"), all, NOON), Some(span("13T00/20T00")));
        assert_eq!(next(&weekly, Some("05T00/06T00"), all, NOON), Some(span("06T00/13T00")));
    }

    #[test]
    fn manual_runs_take_the_newest_interval_that_is_over() {
        assert_eq!(cron("0 6 * * *", "UTC").manual_interval(at(NOON)), span("09T06/10T06"));
        assert_eq!(cron("0 12 * * *", "UTC").manual_interval(at(NOON)), span("09T12/10T12"));
        let half = delta(Step::Fixed(TimeSpan::from_secs(43_200)));
        assert_eq!(half.manual_interval(at(NOON)), span("10T00/10T12"));
    }

    #[test]
    fn no_interval_is_lost_when_the_clock_goes_forward() {
        let daily = cron("0 2 * * *", "Europe/Zurich");
        // The interval that ends in the skipped hour, computed at its end and a little later.
        let expected = Interval { start: at("2024-03-30T01:00:00Z"), end: at("2024-03-31T01:00:00Z") };
        for now in ["2024-03-31T01:00:00Z", "2024-03-31T01:30:00Z", "2024-03-31T12:00:00Z"] {
            assert_eq!(next(&daily, None, FREE, now), Some(expected), "{now}");
        }
    }

    #[test]
    fn fixed_deltas_snap_to_the_epoch_and_months_to_the_start() {
        let day = delta(Step::Fixed(TimeSpan::from_secs(86_400)));
        let from = Restriction { earliest: Some(at("2024-05-01T07:00:00Z")), ..FREE };
        assert_eq!(next(&day, None, from, NOON), Some(span("09T00/10T00")));
        assert_eq!(next(&day, None, Restriction { catchup: true, ..from }, NOON), Some(span("01T07/02T07")));
        assert_eq!(next(&day, Some("09T00/10T00"), from, NOON), Some(span("10T00/11T00")));
        let month = delta(Step::Calendar(RelativeDelta { months: 1, ..RelativeDelta::default() }));
        let from = Restriction { earliest: Some(at("2024-01-04T07:00:00Z")), ..FREE };
        let due = next(&month, None, from, NOON).unwrap();
        assert_eq!((due.start, due.end), (at("2024-04-04T07:00:00Z"), at("2024-05-04T07:00:00Z")));
    }
}
