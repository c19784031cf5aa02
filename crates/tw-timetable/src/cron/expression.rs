//! A cron expression on a wall clock, without a time zone.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, date};

use super::calendar::Days;
use super::field::{self, DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, Kind, MINUTE, MONTH, SECOND, YEAR};

/// The text is not a cron expression that Airflow would accept, or names no date at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CronError {
    /// Neither a preset nor five to seven fields.
    #[error("a cron expression has 5, 6 or 7 fields, not {count}")]
    FieldCount {
        /// How many there were.
        count: usize,
    },
    /// A field cannot be read.
    #[error("invalid {field} field {text:?}: {reason}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it said.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `#` or `L` beside plain days of the week.
    #[error("invalid day-of-week field {text:?}: plain days cannot be mixed with # or L")]
    MixedDays {
        /// What the field said.
        text: String,
    },
    /// Each field can be read, but no date has them all (30 February).
    #[error("no date ever matches")]
    NeverMatches,
}

/// A parsed cron expression: minute, hour, day of month, month, day of week, and optionally
/// second and year, in this order. Without a seconds field it matches at second 0.
#[derive(Clone, Debug)]
pub struct Expression {
    years: Option<Vec<i16>>,
    months: u64,
    days: Days,
    hours: u64,
    minutes: u64,
    seconds: u64,
    is_every_hour: bool,
}

const PRESETS: [(&str, &str); 8] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@quarterly", "0 0 1 */3 *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The expression a preset stands for, or the text itself.
pub(crate) fn expand_preset(text: &str) -> &str {
    PRESETS.iter().find(|(preset, _)| preset.eq_ignore_ascii_case(text)).map_or(text, |(_, expression)| expression)
}

impl FromStr for Expression {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let lower = expand_preset(text).to_ascii_lowercase();
        let texts: Vec<&str> = lower.split_ascii_whitespace().collect();
        if !(5..=7).contains(&texts.len()) {
            return Err(CronError::FieldCount { count: texts.len() });
        }
        let read = |index: usize, kind: &Kind| texts.get(index).map(|text| field::parse(kind, text)).transpose();
        let bits = |field: Option<Field>, kind: &Kind| field.map_or(0, |field| field.bits(kind));
        let minutes = bits(read(0, &MINUTE)?, &MINUTE);
        let hour = read(1, &HOUR)?.unwrap_or_default();
        let day_of_month = read(2, &DAY_OF_MONTH)?.unwrap_or_default();
        let months = bits(read(3, &MONTH)?, &MONTH);
        let day_of_week = read(4, &DAY_OF_WEEK)?.unwrap_or_default();
        let seconds = read(5, &SECOND)?.map_or(1, |field| field.bits(&SECOND));
        let years = read(6, &YEAR)?.filter(|field| !field.star);
        let has_plain_days = day_of_week.values.iter().any(|day| !day_of_week.nth.iter().any(|(nth, _)| nth == day));
        // croniter lets the mix pass if the list has seven entries, a star being one of them.
        let entries = day_of_week.values.len() + usize::from(day_of_week.star);
        if !day_of_week.nth.is_empty() && has_plain_days && entries != 7 {
            return Err(CronError::MixedDays { text: texts[4].to_owned() });
        }
        let expression = Self {
            years: years.map(|field| field.values.iter().map(|&year| year as i16).collect()),
            months,
            days: Days::new(&day_of_month, texts[2], &day_of_week, texts[4]),
            hours: hour.bits(&HOUR),
            minutes,
            seconds,
            is_every_hour: hour.is_whole(&HOUR),
        };
        // The years croniter knows; every pattern of month, day and weekday repeats within them.
        let years = date(1970, 1, 1).at(0, 0, 0, 0)..date(2100, 1, 1).at(0, 0, 0, 0);
        expression.first_at_or_after(years.start, years.end).ok_or(CronError::NeverMatches)?;
        Ok(expression)
    }
}

impl Expression {
    /// Whether no hour is left out (S-2.28).
    pub(super) fn is_every_hour(&self) -> bool {
        self.is_every_hour
    }

    /// The first match in `[from, before)`. `from` is a whole second.
    pub(super) fn first_at_or_after(&self, from: DateTime, before: DateTime) -> Option<DateTime> {
        let (mut date, mut time) = (from.date(), from.time());
        while date <= before.date() {
            if !self.has_month(date) {
                date = date.last_of_month().tomorrow().ok()?;
            } else if let Some(found) = self.first_time(time).filter(|_| self.days.contains(date)) {
                let found = date.to_datetime(found);
                return (found < before).then_some(found);
            } else {
                date = date.tomorrow().ok()?;
            }
            time = Time::midnight();
        }
        None
    }

    /// The last match in `[from, before)`. `before` is a whole second.
    pub(super) fn last_before(&self, before: DateTime, from: DateTime) -> Option<DateTime> {
        let end = before.checked_sub(jiff::Span::new().seconds(1)).ok()?;
        let (mut date, mut time) = (end.date(), end.time());
        while date >= from.date() {
            if !self.has_month(date) {
                date = date.first_of_month().yesterday().ok()?;
            } else if let Some(found) = self.last_time(time).filter(|_| self.days.contains(date)) {
                let found = date.to_datetime(found);
                return (found >= from).then_some(found);
            } else {
                date = date.yesterday().ok()?;
            }
            time = Time::constant(23, 59, 59, 0);
        }
        None
    }

    fn has_month(&self, date: Date) -> bool {
        self.months >> date.month() & 1 == 1 && self.years.as_ref().is_none_or(|years| years.contains(&date.year()))
    }

    /// The first matching time of day at or after `from`.
    fn first_time(&self, from: Time) -> Option<Time> {
        let (hour, minute) = (from.hour(), from.minute());
        let (first_minute, first_second) = (lowest(self.minutes, 0)?, lowest(self.seconds, 0)?);
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1
                && let Some(second) = lowest(self.seconds, from.second())
            {
                return Time::new(hour, minute, second, 0).ok();
            }
            if let Some(minute) = lowest(self.minutes, minute + 1) {
                return Time::new(hour, minute, first_second, 0).ok();
            }
        }
        Time::new(lowest(self.hours, hour + 1)?, first_minute, first_second, 0).ok()
    }

    /// The last matching time of day at or before `to`.
    fn last_time(&self, to: Time) -> Option<Time> {
        let (hour, minute) = (to.hour(), to.minute());
        let (last_minute, last_second) = (highest(self.minutes, 59)?, highest(self.seconds, 59)?);
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1
                && let Some(second) = highest(self.seconds, to.second())
            {
                return Time::new(hour, minute, second, 0).ok();
            }
            if let Some(minute) = highest(self.minutes, minute - 1) {
                return Time::new(hour, minute, last_second, 0).ok();
            }
        }
        Time::new(highest(self.hours, hour - 1)?, last_minute, last_second, 0).ok()
    }
}

/// The lowest set bit from `from` upwards.
fn lowest(bits: u64, from: i8) -> Option<i8> {
    let rest = bits >> from << from;
    (rest != 0).then(|| rest.trailing_zeros() as i8)
}

/// The highest set bit from `to` downwards.
fn highest(bits: u64, to: i8) -> Option<i8> {
    let rest = if to < 0 { 0 } else { bits & (u64::MAX >> (63 - to)) };
    (rest != 0).then(|| 63 - rest.leading_zeros() as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: DateTime = DateTime::constant(2024, 1, 1, 0, 0, 0, 0);
    const END: DateTime = DateTime::constant(2040, 1, 1, 0, 0, 0, 0);

    /// The first `count` matches from 2024 on, in both directions of search.
    fn matches(text: &str, count: usize) -> Vec<String> {
        let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut found: Vec<DateTime> = Vec::new();
        let mut from = START;
        for _ in 0..count {
            let next = expression.first_at_or_after(from, END).unwrap();
            if let Some(&previous) = found.last() {
                assert_eq!(expression.last_before(next, START), Some(previous), "{text}");
            }
            found.push(next);
            from = next.checked_add(jiff::Span::new().seconds(1)).unwrap();
        }
        assert_eq!(expression.last_before(found[0], START), None, "{text}");
        found.iter().map(|at| at.strftime("%m-%d %H:%M:%S").to_string()).collect()
    }

    fn dates(text: &str) -> String {
        matches(text, 4).iter().map(|at| &at[..5]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_days() {
        // 2024-01-01 is a Monday.
        for (expression, expected) in [
            ("0 0 * * *", "01-01 01-02 01-03 01-04"),
            ("0 0 ? * ?", "01-01 01-02 01-03 01-04"),
            ("0 0 * * 7", "01-07 01-14 01-21 01-28"),
            ("0 0 l * *", "01-31 02-29 03-31 04-30"),
            ("0 0 1,L * *", "01-01 01-31 02-01 02-29"),
            ("0 0 31 * *", "01-31 03-31 05-31 07-31"),
            ("0 0 * * fri#2", "01-12 02-09 03-08 04-12"),
            ("0 0 * * L5", "01-26 02-23 03-29 04-26"),
            ("0 0 15W * *", "01-15 02-15 03-15 04-15"),
            ("0 0 6W * *", "01-05 02-06 03-06 04-05"),
            ("0 0 13 * 5", "01-05 01-12 01-13 01-19"),
            ("0 0 */10 * 1", "01-01 01-08 01-11 01-15"),
            ("0 0 1-31 * 1", "01-01 01-02 01-03 01-04"),
            ("0 0 1-31 * */6", "01-06 01-07 01-13 01-14"),
            ("0 0 13 * 5#2", "01-12 02-09 03-08 04-12"),
            ("0 0 1W * 3", "01-01 02-01 03-01 04-01"),
            ("0 0 29 2 *", "02-29 02-29 02-29 02-29"),
            ("@quarterly", "01-01 04-01 07-01 10-01"),
            ("@Weekly", "01-07 01-14 01-21 01-28"),
        ] {
            assert_eq!(dates(expression), expected, "{expression}");
        }
    }

    #[test]
    fn names_times() {
        assert_eq!(matches("59 23 * * *", 2), ["01-01 23:59:00", "01-02 23:59:00"]);
        assert_eq!(matches("10,50 2,4 * * *", 3), ["01-01 02:10:00", "01-01 02:50:00", "01-01 04:10:00"]);
        assert_eq!(matches("1 0 * * * */30", 3), ["01-01 00:01:00", "01-01 00:01:30", "01-02 00:01:00"]);
        assert_eq!(matches("0 12 1 1 * 0 2030,2032", 2).len(), 2);
    }

    #[test]
    fn refuses_what_never_happens_or_cannot_be_read() {
        let error = |text: &str| text.parse::<Expression>().unwrap_err();
        assert_eq!(error("0 0 30 2 *"), CronError::NeverMatches);
        assert_eq!(error("0 0 29 2 * 0 2023"), CronError::NeverMatches);
        assert_eq!(error("* * * *"), CronError::FieldCount { count: 4 });
        assert_eq!(error("@never"), CronError::FieldCount { count: 1 });
        assert_eq!(error("0 0 * * 1,3#2"), CronError::MixedDays { text: "1,3#2".to_owned() });
        assert_eq!(error("0 0 * * *,1,L3"), CronError::MixedDays { text: "*,1,l3".to_owned() });
        assert_eq!(error("0 25 * * *").to_string(), "invalid hour field \"25\": out of range");
    }
}
