//! Runs at listed instants (S-2.21).

use tw_model::{Interval, Timestamp};

use crate::due::{Due, Restriction};

/// The listed instants, ascending.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    dates: Vec<Timestamp>,
    restrict_to_events: bool,
}

impl Events {
    pub(crate) fn new(dates: &[Timestamp], restrict_to_events: bool) -> Self {
        let mut dates = dates.to_vec();
        dates.sort_unstable();
        Self { dates, restrict_to_events }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.dates.is_empty()
    }

    /// The first event that is not over yet.
    ///
    /// Without catchup a DAG that has run before still gets the newest event it missed, so that an
    /// event cannot be lost between two evaluations; Airflow forgets it.
    pub(crate) fn next_run(&self, last: Option<Interval>, restriction: &Restriction, now: Timestamp) -> Option<Due> {
        let is_open = |at: Timestamp| {
            restriction.earliest.is_none_or(|earliest| at >= earliest) && last.is_none_or(|last| at > last.end)
        };
        let open = || self.dates.iter().copied().filter(|&at| is_open(at));
        let next = match (restriction.catchup, last) {
            (true, _) => open().next(),
            (false, None) => open().find(|&at| at >= now),
            (false, Some(_)) => open().take_while(|&at| at <= now).last().or_else(|| open().next()),
        }?;
        (!restriction.is_after_latest(next)).then(|| Due::exact(next))
    }

    /// The newest past event (or the first one) if manual runs are restricted to events.
    pub(crate) fn manual_interval(&self, run_after: Timestamp) -> Interval {
        let newest_past = self.dates.iter().copied().take_while(|&at| at <= run_after).last();
        let event = newest_past.or(self.dates.first().copied()).filter(|_| self.restrict_to_events);
        Interval::exact(event.unwrap_or(run_after))
    }

    /// What Airflow shows as (summary, description).
    pub(crate) fn texts(&self, author: Option<&str>) -> (String, String) {
        if let Some(text) = author {
            return (text.to_owned(), text.to_owned());
        }
        let summary = format!("{} events", self.dates.len());
        let description = match (self.dates.first(), self.dates.last()) {
            (Some(first), Some(last)) => {
                format!("{summary} between {} and {}", first.to_iso_offset(), last.to_iso_offset())
            }
            _ => "No events".to_owned(),
        };
        (summary, description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> Timestamp {
        format!("2024-05-{day:02}T00:00:00Z").parse().unwrap()
    }

    fn events() -> Events {
        Events::new(&[day(20), day(1), day(10)], false)
    }

    fn due(last: Option<u32>, restriction: Restriction, now: u32) -> Option<Timestamp> {
        events().next_run(last.map(|d| Interval::exact(day(d))), &restriction, day(now)).map(|due| due.run_after)
    }

    #[test]
    fn catchup_takes_every_event_in_turn() {
        let restriction = Restriction { catchup: true, ..Restriction::default() };
        assert_eq!(due(None, restriction, 30), Some(day(1)));
        assert_eq!(due(Some(1), restriction, 30), Some(day(10)));
        assert_eq!(due(Some(20), restriction, 30), None);
        let from = Restriction { earliest: Some(day(2)), ..restriction };
        assert_eq!(due(None, from, 30), Some(day(10)));
    }

    #[test]
    fn without_catchup_old_events_are_skipped_but_the_newest_missed_one_is_kept() {
        let restriction = Restriction::default();
        assert_eq!(due(None, restriction, 5), Some(day(10)));
        assert_eq!(due(None, restriction, 10), Some(day(10)));
        assert_eq!(due(None, restriction, 21), None);
        assert_eq!(due(Some(1), restriction, 11), Some(day(10)));
        assert_eq!(due(Some(1), restriction, 25), Some(day(20)));
        assert_eq!(due(Some(10), restriction, 11), Some(day(20)));
    }

    #[test]
    fn ends_at_latest() {
        let restriction = Restriction { latest: Some(day(15)), catchup: true, earliest: None };
        assert_eq!(due(Some(1), restriction, 1), Some(day(10)));
        assert_eq!(due(Some(10), restriction, 1), None);
    }

    #[test]
    fn manual_runs_take_the_newest_past_event_only_when_restricted() {
        assert_eq!(events().manual_interval(day(12)), Interval::exact(day(12)));
        let restricted = Events { restrict_to_events: true, ..events() };
        assert_eq!(restricted.manual_interval(day(12)), Interval::exact(day(10)));
        assert_eq!(restricted.manual_interval("2024-04-01T00:00:00Z".parse().unwrap()), Interval::exact(day(1)));
        let none = Events::new(&[], true);
        assert_eq!(none.manual_interval(day(3)), Interval::exact(day(3)));
    }

    #[test]
    fn describes_itself() {
        let (summary, description) = events().texts(None);
        assert_eq!(summary, "3 events");
        assert_eq!(description, "3 events between 2024-05-01T00:00:00+00:00 and 2024-05-20T00:00:00+00:00");
        assert_eq!(Events::new(&[], false).texts(None).1, "No events");
        assert_eq!(events().texts(Some("Finals")), ("Finals".to_owned(), "Finals".to_owned()));
    }
}
