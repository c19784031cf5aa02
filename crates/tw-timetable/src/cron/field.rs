//! One field of a cron expression: text to a list of values.

use std::collections::BTreeSet;

use super::CronError;

/// What a field may hold.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) min: u16,
    pub(super) max: u16,
    names: &'static [&'static str],
    first_name: u16,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fn kind(name: &'static str, min: u16, max: u16) -> Kind {
    Kind { name, min, max, names: &[], first_name: 0 }
}

pub(super) const MINUTE: Kind = kind("minute", 0, 59);
pub(super) const HOUR: Kind = kind("hour", 0, 23);
pub(super) const DAY_OF_MONTH: Kind = kind("day-of-month", 1, 31);
pub(super) const MONTH: Kind = Kind { names: &MONTHS, first_name: 1, ..kind("month", 1, 12) };
pub(super) const DAY_OF_WEEK: Kind = Kind { names: &WEEKDAYS, ..kind("day-of-week", 0, 6) };
pub(super) const SECOND: Kind = kind("second", 0, 59);
pub(super) const YEAR: Kind = kind("year", 1970, 2099);

/// Which of a month's weekdays of one kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Nth {
    /// `5#2`: the second Friday.
    From(u8),
    /// `L5`: the last Friday.
    Last,
}

/// A field that was read.
#[derive(Default, Debug)]
pub(super) struct Field {
    /// `*` or `?` is in the list.
    pub(super) star: bool,
    /// Values in the list, ranges expanded.
    pub(super) values: BTreeSet<u16>,
    /// `L` in the day of month: its last day.
    pub(super) last_day: bool,
    /// `W` in the day of month: the weekday (Monday to Friday) nearest to this day.
    pub(super) nearest_weekday: Option<u8>,
    /// `#` and `L` in the day of week.
    pub(super) nth: BTreeSet<(u16, Nth)>,
}

impl Field {
    /// Whether nothing is left out.
    pub(super) fn is_whole(&self, kind: &Kind) -> bool {
        self.star || self.values.len() + usize::from(self.last_day) == usize::from(kind.max - kind.min) + 1
    }

    /// The values as bits; for fields below 64.
    pub(super) fn bits(&self, kind: &Kind) -> u64 {
        if self.star {
            return (kind.min..=kind.max).fold(0, |bits, value| bits | 1 << value);
        }
        self.values.iter().fold(0, |bits, value| bits | 1 << value)
    }
}

/// Reads one lower-case field.
pub(super) fn parse(kind: &Kind, text: &str) -> Result<Field, CronError> {
    let refuse = |reason| CronError::Field { field: kind.name, text: text.to_owned(), reason };
    let mut field = Field::default();
    if text == "?" && (kind.name == DAY_OF_MONTH.name || kind.name == DAY_OF_WEEK.name) {
        field.star = true;
        return Ok(field);
    }
    for item in text.split(',') {
        if kind.name == DAY_OF_MONTH.name
            && let Some(day) = nearest_weekday(item)
        {
            if text.contains(',') {
                return Err(refuse("a nearest weekday (W) cannot be part of a list"));
            }
            if !(1..=31).contains(&day) {
                return Err(refuse("no such day"));
            }
            field.values.insert(day.into());
            field.nearest_weekday = Some(day);
        } else if kind.name == DAY_OF_WEEK.name
            && let Some((weekdays, nth)) = nth_weekday(item)
        {
            if !matches!(nth, Nth::Last | Nth::From(1..=5)) {
                return Err(refuse("a month has at most five weekdays of one kind"));
            }
            let days = values(kind, weekdays).map_err(refuse)?;
            field.nth.extend(days.iter().map(|&day| (day, nth)));
            field.values.extend(days);
        } else if item == "*" {
            field.star = true;
        } else if kind.name == DAY_OF_MONTH.name && item == "l" {
            field.last_day = true;
        } else {
            field.values.extend(values(kind, item).map_err(refuse)?);
        }
    }
    Ok(field)
}

/// `15w` or `w15`.
fn nearest_weekday(item: &str) -> Option<u8> {
    let digits = item.strip_suffix('w').or_else(|| item.strip_prefix('w'))?;
    is_number(digits).then(|| digits.parse().unwrap_or(u8::MAX))
}

/// `5#2`, `fri#2`, `mon-fri#2` or `l5`.
fn nth_weekday(item: &str) -> Option<(&str, Nth)> {
    if let Some(weekday) = item.strip_prefix('l') {
        return is_number(weekday).then_some((weekday, Nth::Last));
    }
    let (weekdays, nth) = item.split_once('#')?;
    let is_name_range = weekdays.split('-').all(|name| WEEKDAYS.contains(&name));
    let is_one = !weekdays.is_empty() && weekdays.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_number(nth) && (is_one || is_name_range)).then(|| (weekdays, Nth::From(nth.parse().unwrap_or(u8::MAX))))
}

/// A value, a range or a step.
fn values(kind: &Kind, item: &str) -> Result<Vec<u16>, &'static str> {
    let (body, step) = match item.split_once('/') {
        None => (item, None),
        Some((body, step)) => (body, Some(number(step).filter(|&s| s > 0).ok_or("a step must be a positive number")?)),
    };
    let (low, high, is_range) = match (body.split_once('-'), step) {
        (Some((low, "l")), _) if kind.name == DAY_OF_MONTH.name => (value(kind, low)?, kind.max, true),
        (Some((low, high)), _) => (value(kind, low)?, value(kind, high)?, true),
        (None, Some(_)) if body == "*" => (kind.min, kind.max, true),
        (None, Some(_)) => (value(kind, body)?, kind.max, false),
        (None, None) => {
            let value = value(kind, body)?;
            (value, value, false)
        }
    };
    if low.max(high) > kind.max {
        return Err("out of range");
    }
    let expanded = expand(kind, low, high, step.unwrap_or(1), is_range);
    if expanded.iter().any(|&value| value < kind.min) { Err("out of range") } else { Ok(expanded) }
}

/// The values of a range. A range written with equal ends is the whole cycle, one that runs
/// backwards wraps around.
fn expand(kind: &Kind, low: u16, high: u16, step: u16, is_range: bool) -> Vec<u16> {
    let every = |from: u16, to: u16| (from..=to).step_by(step.into());
    if low == high {
        return if is_range { every(kind.min, kind.max).collect() } else { vec![low] };
    }
    if low < high {
        return every(low, high).collect();
    }
    let mut values: Vec<u16> = every(low, kind.max).collect();
    let newest = values.last().copied().unwrap_or(low);
    let left = kind.max - newest;
    // croniter's phase after the wrap: one later than a plain modulo whenever the step does not
    // end exactly on the cycle's end.
    let skip = if left + 1 < step { step - left } else { 0 };
    values.extend(every(kind.min.saturating_add(skip), high));
    values
}

/// A number or a name; 7 is Sunday.
fn value(kind: &Kind, text: &str) -> Result<u16, &'static str> {
    if let Some(index) = kind.names.iter().position(|&name| name == text) {
        return Ok(kind.first_name + index as u16);
    }
    let value = number(text).ok_or("not a number, a range or a name")?;
    Ok(if kind.name == DAY_OF_WEEK.name && value == 7 { 0 } else { value })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Digits; too many of them are as good as out of range.
fn number(text: &str) -> Option<u16> {
    is_number(text).then(|| text.parse().unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(kind: &Kind, text: &str) -> Vec<u16> {
        parse(kind, text).unwrap_or_else(|error| panic!("{text}: {error}")).values.into_iter().collect()
    }

    #[test]
    fn reads_lists_ranges_steps_and_names() {
        assert_eq!(list(&MINUTE, "5"), [5]);
        assert_eq!(list(&MINUTE, "1,3-5,50/4"), [1, 3, 4, 5, 50, 54, 58]);
        assert_eq!(list(&MINUTE, "*/20"), [0, 20, 40]);
        assert_eq!(list(&MINUTE, "59/15"), [59]);
        assert_eq!(list(&MONTH, "jan,mar-may"), [1, 3, 4, 5]);
        assert_eq!(list(&DAY_OF_WEEK, "7"), [0]);
        assert_eq!(list(&DAY_OF_WEEK, "5-7"), [0, 5, 6]);
        assert_eq!(list(&DAY_OF_WEEK, "sat-mon"), [0, 1, 6]);
        assert_eq!(list(&DAY_OF_MONTH, "29-l"), [29, 30, 31]);
    }

    #[test]
    fn keeps_croniters_corners() {
        assert_eq!(list(&MONTH, "jan-jan"), (1..=12).collect::<Vec<_>>());
        assert_eq!(list(&MONTH, "apr-jan/3"), [1, 4, 7, 10]);
        assert_eq!(list(&MINUTE, "50-10/15"), [6, 50]);
        assert_eq!(list(&DAY_OF_MONTH, "30-0"), [30, 31]);
    }

    #[test]
    fn reads_special_days() {
        assert_eq!(parse(&DAY_OF_MONTH, "15w").unwrap().nearest_weekday, Some(15));
        assert_eq!(parse(&DAY_OF_MONTH, "w1").unwrap().nearest_weekday, Some(1));
        assert!(parse(&DAY_OF_MONTH, "1,l").unwrap().last_day);
        let nth = |text| parse(&DAY_OF_WEEK, text).unwrap().nth.into_iter().collect::<Vec<_>>();
        assert_eq!(nth("fri#2"), [(5, Nth::From(2))]);
        assert_eq!(nth("7#1,l5"), [(0, Nth::From(1)), (5, Nth::Last)]);
        assert_eq!(nth("mon-tue#3"), [(1, Nth::From(3)), (2, Nth::From(3))]);
    }

    #[test]
    fn refuses_what_croniter_refuses() {
        for text in ["60", "a", "", "1,", "-5", "1-", "1--2", "*/0", "*/x", "/5", "5/5/5", "1-60", "*-5", "h", "r", "?"]
        {
            assert!(parse(&MINUTE, text).is_err(), "{text}");
        }
        for text in ["0", "0-5", "32", "15w,16", "0w", "32w", "l-3", "l/2", "99999999999", "?,1"] {
            assert!(parse(&DAY_OF_MONTH, text).is_err(), "{text}");
        }
        for text in ["8", "1#0", "1#6", "1-5#2", "l", "5l", "l9", "1#", "jan"] {
            assert!(parse(&DAY_OF_WEEK, text).is_err(), "{text}");
        }
    }
}
