//! A schedule in words: "Every hour at :15". What has no short words keeps its timetable's summary.

use tw_model::schedule::RelativeDelta;
use tw_model::{Step, TimeSpan, Timetable};

use crate::schedule::summary;

/// The schedule in words, in its own zone; `None` = only by hand.
pub(super) fn in_words(timetable: &Timetable) -> Option<String> {
    let words = match timetable {
        Timetable::Null => return None,
        Timetable::Once => Some("Once".to_owned()),
        Timetable::Continuous => Some("Again as soon as it ended".to_owned()),
        Timetable::CronTrigger { expressions, timezone, .. } => several(expressions, timezone),
        Timetable::CronDataInterval { expression, timezone } => cron(expression, timezone),
        Timetable::DeltaTrigger { delta, .. } | Timetable::DeltaDataInterval { delta } => step(delta),
        Timetable::Asset { .. } => Some("When its assets are updated".to_owned()),
        Timetable::AssetOrTime { timetable, .. } => {
            in_words(timetable).map(|words| format!("{words}, or when its assets are updated"))
        }
        Timetable::Events { .. } | Timetable::Unknown { .. } => None,
    };
    words.or_else(|| summary(timetable))
}

/// The timetable as its author wrote it, with the zone where that matters.
pub(super) fn timetable(timetable: &Timetable) -> String {
    let text = summary(timetable).unwrap_or_else(|| "None".to_owned());
    match timetable {
        Timetable::CronTrigger { timezone, .. } | Timetable::CronDataInterval { timezone, .. } => {
            format!("{text} ({timezone})")
        }
        _ => text,
    }
}

/// Several expressions, if each has words and they still read well.
fn several(expressions: &[String], zone: &str) -> Option<String> {
    const SENTENCES_MAX: usize = 3;
    if expressions.len() > SENTENCES_MAX {
        return None;
    }
    let words: Option<Vec<String>> = expressions.iter().map(|expression| cron(expression, zone)).collect();
    words.map(|words| words.join("; ")).filter(|words| !words.is_empty())
}

/// What the presets stand for.
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

fn cron(expression: &str, zone: &str) -> Option<String> {
    let preset = PRESETS.iter().find(|(name, _)| name.eq_ignore_ascii_case(expression));
    let expression = preset.map_or(expression, |(_, expression)| expression);
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return None };
    if (day, month, weekday) == ("*", "*", "*")
        && let Some(words) = within_a_day(minute, hour)
    {
        return Some(words);
    }
    let clock = clock(minute, hour)?;
    let days = match (day, month, weekday) {
        ("*", "*", "*") => "Every day".to_owned(),
        ("*", "*", weekday) => format!("Every {}", weekdays(weekday)?),
        (day, "*", "*") => format!("Every month on the {}", ordinal(number(day, 1, 31)?)),
        (day, "*/3", "*") => format!("Every quarter on the {}", ordinal(number(day, 1, 31)?)),
        (day, month, "*") => format!("Every year on {} {}", number(day, 1, 31)?, month_name(month)?),
        _ => return None,
    };
    let zone = if matches!(zone, "UTC" | "") { String::new() } else { format!(" ({zone})") };
    Some(format!("{days} at {clock}{zone}"))
}

/// Schedules that begin again within a day, for which the zone hardly matters.
fn within_a_day(minute: &str, hour: &str) -> Option<String> {
    let at = |minute: u32| if minute == 0 { String::new() } else { format!(" at :{minute:02}") };
    match (every(minute, 60), every(hour, 24), number(minute, 0, 59)) {
        (Some(minutes), Some(1), _) => Some(counted(minutes, "minute")),
        (_, Some(hours), Some(minute)) => Some(format!("{}{}", counted(hours, "hour"), at(minute))),
        _ => None,
    }
}

/// The step of a field that divides its range evenly; `*` is a step of 1.
fn every(field: &str, range: u32) -> Option<u32> {
    match field {
        "*" => Some(1),
        _ => field
            .strip_prefix("*/")?
            .parse()
            .ok()
            .filter(|step| *step > 0 && *step < range && range.is_multiple_of(*step)),
    }
}

/// One or a few times of day.
fn clock(minute: &str, hour: &str) -> Option<String> {
    const TIMES_MAX: usize = 4;
    let minute = number(minute, 0, 59)?;
    let hours: Option<Vec<u32>> = hour.split(',').map(|hour| number(hour, 0, 23)).collect();
    let times: Vec<String> = hours?.into_iter().map(|hour| format!("{hour:02}:{minute:02}")).collect();
    (times.len() <= TIMES_MAX).then(|| listed(&times))
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn weekdays(field: &str) -> Option<String> {
    if field.eq_ignore_ascii_case("1-5") || field.eq_ignore_ascii_case("mon-fri") {
        return Some("weekday".to_owned());
    }
    let day = |text: &str| {
        let index = number(text, 0, 7).map(|day| day as usize % 7).or_else(|| named(text, &WEEKDAYS))?;
        WEEKDAYS.get(index).map(|name| (*name).to_owned())
    };
    let days: Option<Vec<String>> = field.split(',').map(day).collect();
    days.map(|days| listed(&days))
}

fn month_name(field: &str) -> Option<&'static str> {
    let index = number(field, 1, 12).map(|month| month as usize - 1).or_else(|| named(field, &MONTHS))?;
    MONTHS.get(index).copied()
}

/// The place of a name by its first three letters.
fn named(text: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|name| name.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(text)))
}

/// A plain number within bounds; signs and other spellings are for the summary.
fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    (least..=most).contains(&number).then_some(number)
}

fn ordinal(number: u32) -> String {
    let suffix = match (number % 10, number % 100) {
        (1, teens) if teens != 11 => "st",
        (2, teens) if teens != 12 => "nd",
        (3, teens) if teens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

fn listed(items: &[String]) -> String {
    match items {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => items.concat(),
    }
}

fn counted(count: u32, unit: &str) -> String {
    if count == 1 { format!("Every {unit}") } else { format!("Every {count} {unit}s") }
}

fn step(step: &Step) -> Option<String> {
    match step {
        Step::Fixed(span) => fixed(*span),
        Step::Calendar(delta) => calendar(delta),
    }
}

fn fixed(span: TimeSpan) -> Option<String> {
    const UNITS: [(i64, &str); 5] =
        [(7 * 86_400, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let micros = span.as_micros();
    let unit = UNITS.iter().find(|(seconds, _)| micros > 0 && micros % (seconds * 1_000_000) == 0);
    let (seconds, unit) = unit?;
    Some(counted(u32::try_from(micros / (seconds * 1_000_000)).ok()?, unit))
}

/// A step of one kind of unit.
fn calendar(delta: &RelativeDelta) -> Option<String> {
    let units = [
        (delta.years, "year"),
        (delta.months, "month"),
        (delta.days, "day"),
        (delta.hours, "hour"),
        (delta.minutes, "minute"),
        (delta.seconds, "second"),
    ];
    let (count, unit) = *units.iter().find(|(count, _)| *count > 0)?;
    let only = match unit {
        "year" => RelativeDelta { years: count, ..RelativeDelta::default() },
        "month" => RelativeDelta { months: count, ..RelativeDelta::default() },
        "day" => RelativeDelta { days: count, ..RelativeDelta::default() },
        "hour" => RelativeDelta { hours: count, ..RelativeDelta::default() },
        "minute" => RelativeDelta { minutes: count, ..RelativeDelta::default() },
        _ => RelativeDelta { seconds: count, ..RelativeDelta::default() },
    };
    (only == *delta).then(|| counted(count.unsigned_abs(), unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tw_model::RunImmediately;

    #[test]
    fn cron_expressions_in_words() {
        let table = [
            ("* * * * *", "UTC", "Every minute"),
            ("*/5 * * * *", "Europe/Berlin", "Every 5 minutes"),
            ("0 * * * *", "UTC", "Every hour"),
            ("15 * * * *", "Europe/Berlin", "Every hour at :15"),
            ("0 */6 * * *", "UTC", "Every 6 hours"),
            ("5 */2 * * *", "UTC", "Every 2 hours at :05"),
            ("30 6 * * *", "Europe/Berlin", "Every day at 06:30 (Europe/Berlin)"),
            ("30 6 * * *", "UTC", "Every day at 06:30"),
            ("0 6,12,18 * * *", "UTC", "Every day at 06:00, 12:00 and 18:00"),
            ("0 8 * * 1-5", "+02:00", "Every weekday at 08:00 (+02:00)"),
            ("0 8 * * mon", "UTC", "Every Monday at 08:00"),
            ("0 8 * * 0,3", "UTC", "Every Sunday and Wednesday at 08:00"),
            ("0 8 * * 7", "UTC", "Every Sunday at 08:00"),
            ("0 0 1 * *", "UTC", "Every month on the 1st at 00:00"),
            ("0 0 12 * *", "UTC", "Every month on the 12th at 00:00"),
            ("0 0 22 * *", "UTC", "Every month on the 22nd at 00:00"),
            ("0 4 24 DEC *", "UTC", "Every year on 24 December at 04:00"),
            ("@daily", "UTC", "Every day at 00:00"),
            ("@weekly", "UTC", "Every Sunday at 00:00"),
            ("@quarterly", "UTC", "Every quarter on the 1st at 00:00"),
            ("@yearly", "UTC", "Every year on 1 January at 00:00"),
            // No short words: the expression itself.
            ("*/7 * * * *", "UTC", "*/7 * * * *"),
            ("0 0 1 * 1", "UTC", "0 0 1 * 1"),
            ("0 0 L * *", "UTC", "0 0 L * *"),
            ("1,2 3 * * *", "UTC", "1,2 3 * * *"),
            ("0 0 * * mon#2", "UTC", "0 0 * * mon#2"),
            ("60 * * * *", "UTC", "60 * * * *"),
            ("*/0 * * * *", "UTC", "*/0 * * * *"),
            ("0 0 * * * 30", "UTC", "0 0 * * * 30"),
            ("<b>", "UTC", "<b>"),
        ];
        for (expression, timezone, words) in table {
            let timetable =
                Timetable::CronDataInterval { expression: expression.to_owned(), timezone: timezone.to_owned() };
            assert_eq!(in_words(&timetable).as_deref(), Some(words), "{expression}");
        }
    }

    #[test]
    fn other_timetables_in_words() {
        let fixed = |seconds| Timetable::DeltaDataInterval { delta: Step::Fixed(TimeSpan::from_secs(seconds)) };
        let calendar = |delta| Timetable::DeltaDataInterval { delta: Step::Calendar(delta) };
        let crons = |expressions: &[&str]| Timetable::CronTrigger {
            expressions: expressions.iter().map(|text| (*text).to_owned()).collect(),
            timezone: "UTC".to_owned(),
            interval: Step::Fixed(TimeSpan::ZERO),
            run_immediately: RunImmediately::Always,
        };
        let or_time = |timetable| Timetable::AssetOrTime { condition: json!({}), timetable: Box::new(timetable) };
        let table = [
            (Timetable::Null, None),
            (Timetable::Once, Some("Once")),
            (fixed(300), Some("Every 5 minutes")),
            (fixed(3_600), Some("Every hour")),
            (fixed(14 * 86_400), Some("Every 2 weeks")),
            (fixed(90), Some("Every 90 seconds")),
            (calendar(RelativeDelta { months: 1, ..RelativeDelta::default() }), Some("Every month")),
            (
                calendar(RelativeDelta { months: 1, day: Some(3), ..RelativeDelta::default() }),
                Some("relativedelta(months=+1, day=3)"),
            ),
            (crons(&["0 6 * * *", "0 12 * * 6"]), Some("Every day at 06:00; Every Saturday at 12:00")),
            (crons(&["0 6 * * *", "0 12 L * *"]), Some("0 6 * * *, 0 12 L * *")),
            (Timetable::Asset { condition: json!({}) }, Some("When its assets are updated")),
            (or_time(fixed(60)), Some("Every minute, or when its assets are updated")),
            (Timetable::Unknown { class: "my.Own".to_owned(), data: json!({}) }, Some("Own")),
        ];
        for (timetable, words) in table {
            assert_eq!(in_words(&timetable).as_deref(), words, "{timetable:?}");
        }
        assert_eq!(timetable(&crons(&["0 6 * * *"])), "0 6 * * * (UTC)");
        assert_eq!(timetable(&Timetable::Null), "None");
    }
}
