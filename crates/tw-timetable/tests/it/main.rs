//! The timetables from outside: the clock-change table, laws, and what a stock Airflow answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its shared functions too")]

mod laws;
mod oracle;
mod recorded;

use jiff::tz::TimeZoneDatabase;
use tw_model::{Interval, Timestamp};
use tw_timetable::Schedule;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    let expression = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
    Schedule::new(expression, TimeZoneDatabase::bundled().get(zone).unwrap())
}

/// The first `count` fires after `from`.
fn fires(schedule: &Schedule, from: Timestamp, count: usize) -> Vec<Timestamp> {
    std::iter::successors(schedule.next(from), |&fire| schedule.next(fire)).take(count).collect()
}

/// `start/end`, or `-` for none.
fn interval(text: &str) -> Option<Interval> {
    let (start, end) = text.split_once('/')?;
    Some(Interval { start: at(start), end: at(end) })
}

/// An instant, or `-` for none.
fn instant(text: &str) -> Option<Timestamp> {
    (text != "-").then(|| at(text))
}
