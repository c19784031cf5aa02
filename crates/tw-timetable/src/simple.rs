//! Timetables without points: once (S-2.23) and continuous (S-2.22).

use tw_model::{Interval, TimeSpan, Timestamp};

use crate::due::{Due, Restriction};

/// The single run of `@once`: at the start date, whatever `catchup` says, unless a run exists.
pub(crate) fn once(last: Option<Interval>, restriction: &Restriction, now: Timestamp) -> Option<Due> {
    let at = restriction.earliest.unwrap_or(now);
    (last.is_none() && !restriction.is_after_latest(at)).then(|| Due::exact(at))
}

/// The next run of `@continuous`: from where the last one ended until now.
///
/// Two runs must not share a logical date. A last interval of one instant (the first run of a DAG
/// that starts now or later) has that date already, so its successor begins a microsecond later.
/// Airflow repeats the date and then refuses the run as a duplicate.
pub(crate) fn continuous(last: Option<Interval>, restriction: &Restriction, now: Timestamp) -> Option<Due> {
    const SMALLEST_STEP: TimeSpan = TimeSpan::from_micros(1);
    let start = match last {
        None => restriction.earliest.unwrap_or(now),
        Some(last) => last.end.max(last.start.saturating_add(SMALLEST_STEP)),
    };
    let end = start.max(now);
    (!restriction.is_after_latest(end)).then(|| Due::at_end_of(Interval { start, end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2024-05-10T12:00:00Z";

    #[test]
    fn once_runs_at_the_start_date_or_now_and_never_again() {
        let mut restriction = Restriction::default();
        assert_eq!(once(None, &restriction, at(NOW)), Some(Due::exact(at(NOW))));
        restriction.earliest = Some(at("2020-01-01T00:00:00Z"));
        for catchup in [false, true] {
            restriction.catchup = catchup;
            assert_eq!(once(None, &restriction, at(NOW)), Some(Due::exact(at("2020-01-01T00:00:00Z"))));
        }
        assert_eq!(once(Some(Interval::exact(at(NOW))), &restriction, at(NOW)), None);
        restriction.latest = Some(at("2019-12-31T00:00:00Z"));
        assert_eq!(once(None, &restriction, at(NOW)), None);
    }

    #[test]
    fn continuous_begins_where_the_last_run_ended() {
        let restriction = Restriction { earliest: Some(at("2024-05-01T00:00:00Z")), ..Restriction::default() };
        let first = continuous(None, &restriction, at(NOW)).unwrap();
        assert_eq!((first.logical_date, first.run_after), (restriction.earliest, at(NOW)));
        let later = at("2024-05-10T12:05:00Z");
        let second = continuous(first.data_interval, &restriction, later).unwrap();
        assert_eq!((second.logical_date, second.run_after), (Some(at(NOW)), later));
    }

    #[test]
    fn continuous_waits_for_a_start_in_the_future_and_honours_the_end() {
        let start = at("2024-06-01T00:00:00Z");
        let mut restriction = Restriction { earliest: Some(start), ..Restriction::default() };
        let first = continuous(None, &restriction, at(NOW)).unwrap();
        assert_eq!(first, Due::exact(start));
        let second = continuous(first.data_interval, &restriction, start).unwrap();
        assert!(second.logical_date > first.logical_date && second.run_after > first.run_after);
        restriction.latest = Some(at("2024-05-31T00:00:00Z"));
        assert_eq!(continuous(None, &restriction, at(NOW)), None);
    }
}
