//! Which days an expression names.

use jiff::civil::Date;

use super::field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, Nth};

/// The days of every month that an expression names.
#[derive(Clone, Debug)]
pub(super) struct Days {
    of_month: DayOfMonth,
    of_week: DayOfWeek,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum DayOfMonth {
    Listed { bits: u64, last_day: bool },
    NearestWeekday(i8),
}

#[derive(Clone, Debug)]
enum DayOfWeek {
    Listed { bits: u64 },
    Nth(Vec<(i8, Nth)>),
}

/// How the two day fields combine.
#[derive(Clone, Copy, Debug)]
enum Rule {
    Both,
    Either,
    OfMonthOnly,
    OfWeekOnly,
}

impl Days {
    /// Combines the two fields, given with their texts.
    ///
    /// Two restricted fields name a day if either does. `#` and `W` do not take part in that: in
    /// croniter one of them next to a restricted field makes that field void.
    pub(super) fn new(of_month: &Field, month_text: &str, of_week: &Field, week_text: &str) -> Self {
        // A list of all days is as free as `*` only if the other field was written with a star.
        let month_is_free = of_month.star || (of_month.is_whole(&DAY_OF_MONTH) && week_text.contains('*'));
        let week_is_free = of_week.star || (of_week.is_whole(&DAY_OF_WEEK) && month_text.contains('*'));
        let rule = match (of_month.nearest_weekday.is_some(), !of_week.nth.is_empty()) {
            _ if month_is_free || week_is_free => Rule::Both,
            (false, false) => Rule::Either,
            (false, true) => Rule::OfWeekOnly,
            (true, false) => Rule::OfMonthOnly,
            (true, true) => Rule::Both,
        };
        let of_month = match of_month.nearest_weekday {
            Some(day) => DayOfMonth::NearestWeekday(day as i8),
            None => DayOfMonth::Listed { bits: of_month.bits(&DAY_OF_MONTH), last_day: of_month.last_day },
        };
        let of_week = if of_week.nth.is_empty() {
            DayOfWeek::Listed { bits: of_week.bits(&DAY_OF_WEEK) }
        } else {
            DayOfWeek::Nth(of_week.nth.iter().map(|&(weekday, nth)| (weekday as i8, nth)).collect())
        };
        Self { of_month, of_week, rule }
    }

    /// Whether `date` is named, whatever its month.
    pub(super) fn contains(&self, date: Date) -> bool {
        match self.rule {
            Rule::Both => self.of_month.contains(date) && self.of_week.contains(date),
            Rule::Either => self.of_month.contains(date) || self.of_week.contains(date),
            Rule::OfMonthOnly => self.of_month.contains(date),
            Rule::OfWeekOnly => self.of_week.contains(date),
        }
    }
}

impl DayOfMonth {
    fn contains(&self, date: Date) -> bool {
        match *self {
            Self::Listed { bits, last_day } => {
                bits >> date.day() & 1 == 1 || (last_day && date.day() == date.days_in_month())
            }
            Self::NearestWeekday(day) => date.day() == nearest_weekday(date.first_of_month(), day),
        }
    }
}

impl DayOfWeek {
    fn contains(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset();
        match self {
            Self::Listed { bits } => bits >> weekday & 1 == 1,
            Self::Nth(wanted) => wanted.iter().any(|&(wanted, nth)| {
                wanted == weekday
                    && match nth {
                        Nth::From(nth) => i16::from(nth) == (i16::from(date.day()) - 1) / 7 + 1,
                        Nth::Last => date.day() + 7 > date.days_in_month(),
                    }
            }),
        }
    }
}

/// The day from Monday to Friday nearest to `day` within the month that begins at `first`.
fn nearest_weekday(first: Date, day: i8) -> i8 {
    let days_in_month = first.days_in_month();
    let day = day.min(days_in_month);
    match (first.weekday().to_monday_zero_offset() + day - 1) % 7 {
        5 if day > 1 => day - 1,
        5 => day + 2,
        6 if day < days_in_month => day + 1,
        6 => day - 2,
        _ => day,
    }
}
