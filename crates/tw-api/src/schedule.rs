//! How a timetable reads to people: Airflow's `summary` and `description`.

use tw_model::{Step, TimeSpan, Timestamp, Timetable};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// The short form; `None` for a DAG without a schedule.
pub(crate) fn summary(timetable: &Timetable) -> Option<String> {
    Some(match timetable {
        Timetable::Null => return None,
        Timetable::Once => "@once".to_owned(),
        Timetable::Continuous => "@continuous".to_owned(),
        Timetable::CronTrigger { expressions, .. } => expressions.join(", "),
        Timetable::CronDataInterval { expression, .. } => expression.clone(),
        Timetable::DeltaTrigger { delta, .. } | Timetable::DeltaDataInterval { delta } => step(delta),
        Timetable::Events { event_dates, description, .. } => match description {
            Some(description) => description.clone(),
            None => format!("{} events", event_dates.len()),
        },
        Timetable::Asset { .. } => "Asset".to_owned(),
        Timetable::AssetOrTime { timetable, .. } => {
            format!("Asset or {}", summary(timetable).unwrap_or("None".to_owned()))
        }
        Timetable::Unknown { class, .. } => class.rsplit('.').next().unwrap_or(class).to_owned(),
    })
}

/// The long form. Cron expressions have none here: the summary says it all.
pub(crate) fn description(timetable: &Timetable) -> Option<String> {
    Some(match timetable {
        Timetable::Null => "Never, external triggers only".to_owned(),
        Timetable::Once => "Once, as soon as possible".to_owned(),
        Timetable::Continuous => "As frequently as possible, but only one run at a time.".to_owned(),
        Timetable::Events { event_dates, description, .. } => match (description, event_dates.as_slice()) {
            (Some(description), _) => description.clone(),
            (None, []) => "No events".to_owned(),
            (None, [only]) => between(1, *only, *only),
            (None, [first, .., last]) => between(event_dates.len(), *first, *last),
        },
        Timetable::Asset { .. } => "Triggered by assets".to_owned(),
        Timetable::AssetOrTime { timetable, .. } => {
            format!("Triggered by assets or {}", description_or_empty(timetable))
        }
        Timetable::CronTrigger { .. }
        | Timetable::CronDataInterval { .. }
        | Timetable::DeltaTrigger { .. }
        | Timetable::DeltaDataInterval { .. }
        | Timetable::Unknown { .. } => return None,
    })
}

fn description_or_empty(timetable: &Timetable) -> String {
    description(timetable).or_else(|| summary(timetable)).unwrap_or_default()
}

fn between(count: usize, first: Timestamp, last: Timestamp) -> String {
    format!("{count} events between {} and {}", first.to_iso_offset(), last.to_iso_offset())
}

/// Whether runs come at a rhythm, which is what makes a backfill possible.
pub(crate) fn is_periodic(timetable: &Timetable) -> bool {
    match timetable {
        Timetable::Null | Timetable::Once | Timetable::Continuous | Timetable::Asset { .. } => false,
        Timetable::AssetOrTime { timetable, .. } => is_periodic(timetable),
        Timetable::CronTrigger { .. }
        | Timetable::DeltaTrigger { .. }
        | Timetable::CronDataInterval { .. }
        | Timetable::DeltaDataInterval { .. }
        | Timetable::Events { .. }
        | Timetable::Unknown { .. } => true,
    }
}

fn step(step: &Step) -> String {
    match step {
        Step::Fixed(span) => python_timedelta(*span),
        Step::Calendar(delta) => {
            let plural = [
                ("years", delta.years),
                ("months", delta.months),
                ("days", delta.days),
                ("hours", delta.hours),
                ("minutes", delta.minutes),
                ("seconds", delta.seconds),
                ("microseconds", delta.microseconds),
            ];
            let added = plural.into_iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n:+}"));
            let singular = [
                ("year", delta.year.map(i64::from)),
                ("month", delta.month.map(i64::from)),
                ("day", delta.day.map(i64::from)),
                ("hour", delta.hour.map(i64::from)),
                ("minute", delta.minute.map(i64::from)),
                ("second", delta.second.map(i64::from)),
                ("microsecond", delta.microsecond.map(i64::from)),
            ];
            let set = singular.into_iter().filter_map(|(name, n)| Some(format!("{name}={}", n?)));
            format!("relativedelta({})", added.chain(set).collect::<Vec<_>>().join(", "))
        }
    }
}

/// As Python prints a `timedelta`: `2 days, 1:00:05.000007`.
fn python_timedelta(span: TimeSpan) -> String {
    let (days, seconds, micros) = split(span);
    let clock = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    match days {
        0 => format!("{clock}{fraction}"),
        1 | -1 => format!("{days} day, {clock}{fraction}"),
        _ => format!("{days} days, {clock}{fraction}"),
    }
}

/// Days, seconds within the day and microseconds within the second; only days can be negative.
pub(crate) fn split(span: TimeSpan) -> (i64, i64, i64) {
    let micros = span.as_micros();
    let seconds = micros.div_euclid(1_000_000);
    (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY), micros.rem_euclid(1_000_000))
}

/// As pydantic serializes a `timedelta`: `P1DT2H0.5S`.
pub(crate) fn iso_duration(span: TimeSpan) -> String {
    let sign = if span < TimeSpan::ZERO { "-" } else { "" };
    let (days, seconds, micros) = split(TimeSpan::from_micros(span.as_micros().saturating_abs()));
    let mut clock = String::new();
    for (unit, amount) in [('H', seconds / 3600), ('M', seconds / 60 % 60)] {
        if amount != 0 {
            clock.push_str(&format!("{amount}{unit}"));
        }
    }
    match (seconds % 60, micros) {
        (0, 0) => {}
        (whole, 0) => clock.push_str(&format!("{whole}S")),
        (whole, micros) => clock.push_str(format!("{whole}.{micros:06}").trim_end_matches('0').to_owned().as_str()),
    }
    if micros != 0 {
        clock.push('S');
    }
    match (days, clock.is_empty()) {
        (0, true) => "PT0S".to_owned(),
        (0, false) => format!("{sign}PT{clock}"),
        (days, true) => format!("{sign}P{days}D"),
        (days, false) => format!("{sign}P{days}DT{clock}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_model::schedule::RelativeDelta;

    #[test]
    fn spans_read_as_in_python() {
        let table = [
            (0, "0:00:00", "PT0S"),
            (3_600_000_000, "1:00:00", "PT1H"),
            (93_600_000_000, "1 day, 2:00:00", "P1DT2H"),
            (172_805_000_007, "2 days, 0:00:05.000007", "P2DT5.000007S"),
            (90_500_000, "0:01:30.500000", "PT1M30.5S"),
            (-1_000_000, "-1 day, 23:59:59", "-PT1S"),
        ];
        for (micros, python, iso) in table {
            assert_eq!(python_timedelta(TimeSpan::from_micros(micros)), python);
            assert_eq!(iso_duration(TimeSpan::from_micros(micros)), iso);
        }
    }

    #[test]
    fn summaries_read_as_in_airflow() {
        let month = Step::Calendar(RelativeDelta { months: 1, day: Some(3), ..Default::default() });
        assert_eq!(summary(&Timetable::DeltaDataInterval { delta: month }).unwrap(), "relativedelta(months=+1, day=3)");
        assert_eq!(summary(&Timetable::Null), None);
        let dates = vec!["2024-01-01T00:00:00Z".parse().unwrap(), "2024-01-02T00:00:00Z".parse().unwrap()];
        let events = Timetable::Events { event_dates: dates, restrict_to_events: false, description: None };
        assert_eq!(summary(&events).unwrap(), "2 events");
        assert_eq!(
            description(&events).unwrap(),
            "2 events between 2024-01-01T00:00:00+00:00 and 2024-01-02T00:00:00+00:00"
        );
    }
}
