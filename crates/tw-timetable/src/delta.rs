//! Steps of a fixed length or in calendar units: arithmetic in UTC, and how Python prints them.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use tw_model::schedule::RelativeDelta;
use tw_model::{Step, TimeSpan, Timestamp};

const MICROS_PER_SEC: i64 = 1_000_000;
const SECS_PER_DAY: i64 = 86_400;

/// Periods walked from a start date to now before giving up. Monthly steps from year 1 to 9999
/// are 120,000; only a delta of a few days that also names months could need more.
const WALK_STEPS_MAX: u32 = 200_000;

/// Where a step is checked to lead into the future; no clock is read here.
const REFERENCE: Timestamp = Timestamp::from_micros(946_684_800 * MICROS_PER_SEC);

/// The instant one `step` after `at`; `None` outside the representable range.
pub(crate) fn add(at: Timestamp, step: &Step) -> Option<Timestamp> {
    match step {
        Step::Fixed(span) => at.as_micros().checked_add(span.as_micros()).map(Timestamp::from_micros),
        Step::Calendar(delta) => add_calendar(at, delta),
    }
}

/// The instant one `step` before `at`: added fields are negated, set fields stay (dateutil).
pub(crate) fn subtract(at: Timestamp, step: &Step) -> Option<Timestamp> {
    match step {
        Step::Fixed(span) => at.as_micros().checked_sub(span.as_micros()).map(Timestamp::from_micros),
        Step::Calendar(delta) => add_calendar(at, &negated(delta)),
    }
}

fn negated(delta: &RelativeDelta) -> RelativeDelta {
    RelativeDelta {
        years: delta.years.saturating_neg(),
        months: delta.months.saturating_neg(),
        days: delta.days.saturating_neg(),
        hours: delta.hours.saturating_neg(),
        minutes: delta.minutes.saturating_neg(),
        seconds: delta.seconds.saturating_neg(),
        microseconds: delta.microseconds.saturating_neg(),
        ..*delta
    }
}

/// dateutil's order: set year and month, add years and months, clamp the day, set the clock,
/// add the rest as elapsed time, go to the weekday. A year, month or day of zero sets nothing.
fn add_calendar(at: Timestamp, delta: &RelativeDelta) -> Option<Timestamp> {
    let from = Offset::UTC.to_datetime(at.to_jiff());
    let year = delta.year.filter(|&y| y != 0).unwrap_or(from.year());
    let month = delta.month.filter(|&m| m != 0).unwrap_or(from.month());
    let months = (i64::from(year) + i64::from(delta.years)) * 12 + i64::from(month) - 1 + i64::from(delta.months);
    let first = Date::new(i16::try_from(months.div_euclid(12)).ok()?, months.rem_euclid(12) as i8 + 1, 1).ok()?;
    let day = delta.day.filter(|&d| d != 0).unwrap_or(from.day()).min(first.days_in_month());
    let base = DateTime::new(
        first.year(),
        first.month(),
        day,
        delta.hour.unwrap_or(from.hour()),
        delta.minute.unwrap_or(from.minute()),
        delta.second.unwrap_or(from.second()),
        delta.microsecond.map_or(from.subsec_nanosecond(), |micros| micros.saturating_mul(1000)),
    )
    .ok()?;
    let micros = Offset::UTC.to_timestamp(base).ok()?.as_microsecond().checked_add(elapsed_micros(delta)?)?;
    let moved = Offset::UTC.to_datetime(jiff::Timestamp::from_microsecond(micros).ok()?);
    let weekdays = delta.weekday.map_or(0, |weekday| days_to_weekday(moved.date(), weekday));
    jiff::Timestamp::from_microsecond(micros.checked_add(weekdays * SECS_PER_DAY * MICROS_PER_SEC)?)
        .ok()
        .map(Timestamp::from)
}

fn elapsed_micros(delta: &RelativeDelta) -> Option<i64> {
    let secs = i64::from(delta.days) * SECS_PER_DAY
        + i64::from(delta.hours) * 3600
        + i64::from(delta.minutes) * 60
        + i64::from(delta.seconds);
    secs.checked_mul(MICROS_PER_SEC)?.checked_add(i64::from(delta.microseconds))
}

fn days_to_weekday(date: Date, (weekday, nth): (i8, i8)) -> i64 {
    let nth = if nth == 0 { 1 } else { i64::from(nth) };
    let ahead = i64::from(weekday) - i64::from(date.weekday().to_monday_zero_offset());
    let whole_weeks = (nth.abs() - 1) * 7;
    if nth > 0 { whole_weeks + ahead.rem_euclid(7) } else { -(whole_weeks + (-ahead).rem_euclid(7)) }
}

/// Points a constant step apart. They have no grid of their own: every instant is a point
/// (S-2.19).
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    step: Step,
}

impl Delta {
    /// `None` if the step does not lead into the future.
    pub(crate) fn new(step: Step) -> Option<Self> {
        let delta = Self { step };
        delta.next(REFERENCE).map(|_| delta)
    }

    /// One step later; `None` where the step leads nowhere (a delta that only sets fields).
    pub(crate) fn next(&self, at: Timestamp) -> Option<Timestamp> {
        add(at, &self.step).filter(|&next| next > at)
    }

    /// One step earlier.
    pub(crate) fn prev(&self, at: Timestamp) -> Option<Timestamp> {
        subtract(at, &self.step).filter(|&prev| prev < at)
    }

    /// The newest period boundary at or before `now`, for a DAG that does not catch up (S-2.16).
    ///
    /// Steps of a fixed length lie on a grid from the Unix epoch. Years and months vary in length
    /// and clamping a day loses it for good, so these are walked one by one from `anchor`.
    pub(crate) fn newest_boundary(&self, now: Timestamp, anchor: Timestamp) -> Timestamp {
        if let Some(length) = self.grid_micros() {
            return Timestamp::from_micros(now.as_micros() - now.as_micros().rem_euclid(length));
        }
        let mut boundary = anchor;
        for _ in 0..WALK_STEPS_MAX {
            match self.next(boundary) {
                Some(next) if next <= now => boundary = next,
                _ => break,
            }
        }
        boundary
    }

    /// Length of the epoch grid's cells, or `None` for steps that have none. Airflow leaves
    /// microseconds and fields that are set out of a calendar step's length.
    fn grid_micros(&self) -> Option<i64> {
        let micros = match &self.step {
            Step::Fixed(span) => span.as_micros(),
            Step::Calendar(delta) if delta.years != 0 || delta.months != 0 => return None,
            Step::Calendar(delta) => elapsed_micros(&RelativeDelta { microseconds: 0, ..*delta })?,
        };
        (micros > 0).then_some(micros)
    }
}

/// The step as Python's `str` prints it, which Airflow shows as the schedule.
pub(crate) fn python_text(step: &Step) -> String {
    match step {
        Step::Fixed(span) => timedelta_text(*span),
        Step::Calendar(delta) => relativedelta_text(delta),
    }
}

fn timedelta_text(span: TimeSpan) -> String {
    let micros_per_day = SECS_PER_DAY * MICROS_PER_SEC;
    let (days, rest) = (span.as_micros().div_euclid(micros_per_day), span.as_micros().rem_euclid(micros_per_day));
    let (secs, micros) = (rest / MICROS_PER_SEC, rest % MICROS_PER_SEC);
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    // Writing to a String cannot fail.
    let _ = write!(text, "{}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60);
    if micros != 0 {
        let _ = write!(text, ".{micros:06}");
    }
    text
}

fn relativedelta_text(delta: &RelativeDelta) -> String {
    const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    // dateutil carries overflowing fields upwards, towards zero, when the delta is made.
    let carry = |low: i64, size: i64, high: i32| (low % size, i64::from(high) + low / size);
    let (microseconds, seconds) = carry(delta.microseconds.into(), MICROS_PER_SEC, delta.seconds);
    let (seconds, minutes) = carry(seconds, 60, delta.minutes);
    let (minutes, hours) = carry(minutes, 60, delta.hours);
    let (hours, days) = carry(hours, 24, delta.days);
    let (months, years) = carry(delta.months.into(), 12, delta.years);
    let added = [
        ("years", years),
        ("months", months),
        ("days", days),
        ("hours", hours),
        ("minutes", minutes),
        ("seconds", seconds),
        ("microseconds", microseconds),
    ];
    let mut parts: Vec<String> =
        added.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n:+}")).collect();
    let mut set = |name: &str, value: Option<i64>| parts.extend(value.map(|v| format!("{name}={v}")));
    set("year", delta.year.map(Into::into));
    set("month", delta.month.map(Into::into));
    set("day", delta.day.map(Into::into));
    if let Some((weekday, nth)) = delta.weekday {
        let name = WEEKDAYS[weekday.rem_euclid(7) as usize];
        parts.push(format!("weekday={name}({nth:+})"));
    }
    let mut set = |name: &str, value: Option<i64>| parts.extend(value.map(|v| format!("{name}={v}")));
    set("hour", delta.hour.map(Into::into));
    set("minute", delta.minute.map(Into::into));
    set("second", delta.second.map(Into::into));
    set("microsecond", delta.microsecond.map(Into::into));
    format!("relativedelta({})", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn calendar(delta: RelativeDelta) -> Step {
        Step::Calendar(delta)
    }

    fn months(months: i32) -> Step {
        calendar(RelativeDelta { months, ..RelativeDelta::default() })
    }

    #[test]
    fn months_clamp_the_day() {
        let step = months(1);
        assert_eq!(add(at("2024-01-31T08:00:00Z"), &step), Some(at("2024-02-29T08:00:00Z")));
        assert_eq!(add(at("2024-02-29T08:00:00Z"), &step), Some(at("2024-03-29T08:00:00Z")));
        assert_eq!(subtract(at("2024-03-31T08:00:00Z"), &step), Some(at("2024-02-29T08:00:00Z")));
        assert_eq!(add(at("2024-11-30T00:00:00Z"), &months(15)), Some(at("2026-02-28T00:00:00Z")));
        assert_eq!(subtract(at("2024-01-31T00:00:00Z"), &months(13)), Some(at("2022-12-31T00:00:00Z")));
    }

    #[test]
    fn fields_that_are_set_stay_set_in_both_directions() {
        let step = calendar(RelativeDelta { months: 1, day: Some(31), hour: Some(6), ..RelativeDelta::default() });
        assert_eq!(add(at("2024-01-15T12:30:00Z"), &step), Some(at("2024-02-29T06:30:00Z")));
        assert_eq!(subtract(at("2024-01-15T12:30:00Z"), &step), Some(at("2023-12-31T06:30:00Z")));
    }

    #[test]
    fn weekdays_come_last() {
        let to = |nth, days| calendar(RelativeDelta { days, weekday: Some((0, nth)), ..RelativeDelta::default() });
        // 2024-05-08 is a Wednesday.
        assert_eq!(add(at("2024-05-08T00:00:00Z"), &to(1, 0)), Some(at("2024-05-13T00:00:00Z")));
        assert_eq!(add(at("2024-05-08T00:00:00Z"), &to(-1, 0)), Some(at("2024-05-06T00:00:00Z")));
        assert_eq!(add(at("2024-05-12T00:00:00Z"), &to(1, 1)), Some(at("2024-05-13T00:00:00Z")));
        assert_eq!(add(at("2024-05-13T00:00:00Z"), &to(2, 0)), Some(at("2024-05-20T00:00:00Z")));
    }

    #[test]
    fn steps_that_go_nowhere_are_refused() {
        assert!(Delta::new(Step::Fixed(TimeSpan::ZERO)).is_none());
        assert!(Delta::new(months(-1)).is_none());
        let stuck = Delta::new(calendar(RelativeDelta { day: Some(5), ..RelativeDelta::default() })).unwrap();
        assert_eq!(stuck.next(at("2024-05-05T00:00:00Z")), None);
    }

    #[test]
    fn fixed_steps_lie_on_the_epoch_grid_and_months_on_the_start_date() {
        let hours = Delta::new(Step::Fixed(TimeSpan::from_secs(7 * 3600))).unwrap();
        let now = at("1970-01-01T15:00:00Z");
        assert_eq!(hours.newest_boundary(now, now), at("1970-01-01T14:00:00Z"));
        let monthly = Delta::new(months(1)).unwrap();
        let boundary = monthly.newest_boundary(at("2024-05-10T00:00:00Z"), at("2024-01-31T00:00:00Z"));
        assert_eq!(boundary, at("2024-04-29T00:00:00Z"));
        let week = calendar(RelativeDelta { days: 7, ..RelativeDelta::default() });
        let weekly = Delta::new(week).unwrap();
        assert_eq!(weekly.newest_boundary(at("2024-05-10T00:00:00Z"), now), at("2024-05-09T00:00:00Z"));
    }

    #[test]
    fn ends_of_time_are_not_passed() {
        assert_eq!(add(Timestamp::MAX, &Step::Fixed(TimeSpan::from_secs(1))), None);
        assert_eq!(add(at("9999-06-01T00:00:00Z"), &months(12)), None);
        let huge = calendar(RelativeDelta { days: i32::MAX, ..RelativeDelta::default() });
        assert_eq!(add(at("2024-01-01T00:00:00Z"), &huge), None);
    }

    #[test]
    fn prints_like_python() {
        let fixed = |micros| python_text(&Step::Fixed(TimeSpan::from_micros(micros)));
        assert_eq!(fixed(300_000_000), "0:05:00");
        assert_eq!(fixed(86_400_000_000), "1 day, 0:00:00");
        assert_eq!(fixed(2 * 86_400_000_000 + 1), "2 days, 0:00:00.000001");
        assert_eq!(fixed(-1), "-1 day, 23:59:59.999999");
        let delta = RelativeDelta { months: 14, hours: 25, weekday: Some((0, 1)), hour: Some(3), ..Default::default() };
        assert_eq!(
            python_text(&calendar(delta)),
            "relativedelta(years=+1, months=+2, days=+1, hours=+1, weekday=MO(+1), hour=3)"
        );
    }
}
