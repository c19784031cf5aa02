//! What a stock Airflow answered; see `generate.py` for the columns.

use tw_model::{Timestamp, Timetable};
use tw_timetable::{Compiled, Expression, Restriction};

use crate::{at, fires, instant, interval, schedule};

/// The columns of each line, with the line's number for messages.
fn rows(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line.split('\t').collect()))
}

#[test]
fn the_same_expressions_can_be_read() {
    // Airflow accepts this and then fails whenever it looks for a date.
    let never = "0 0 30 2 *";
    for (number, row) in rows(include_str!("syntax.tsv")) {
        let [text, expected] = row[..] else { panic!("line {number}") };
        let parsed = text.parse::<Expression>();
        assert_eq!(parsed.is_ok(), expected == "accepted" && text != never, "line {number}: {text} {parsed:?}");
    }
}

#[test]
fn cron_points_are_the_same() {
    for (number, row) in rows(include_str!("cron.tsv")) {
        let [expression, zone, t, prev, next] = row[..] else { panic!("line {number}") };
        let schedule = schedule(expression, zone);
        let found = (schedule.prev(at(t)), schedule.next(at(t)));
        assert_eq!(found, (instant(prev), instant(next)), "line {number}: {expression} {zone} {t}");
    }
}

#[test]
fn walks_across_clock_changes_are_the_same() {
    for (number, row) in rows(include_str!("walk.tsv")) {
        let [expression, zone, start, points] = row[..] else { panic!("line {number}") };
        let points: Vec<Timestamp> = points.split(' ').map(at).collect();
        let found = fires(&schedule(expression, zone), at(start), points.len());
        assert_eq!(found, points, "line {number}: {expression} {zone}");
    }
}

/// Splits a file in which a line with a timetable precedes the lines about it.
fn by_timetable(text: &str) -> impl Iterator<Item = (usize, Compiled, Vec<&str>)> {
    let mut current = None;
    rows(text).filter_map(move |(number, row)| match row[..] {
        [timetable] => {
            let timetable: Timetable = serde_json::from_str(timetable).unwrap();
            current = Some(Compiled::new(&timetable).unwrap());
            None
        }
        _ => Some((number, current.clone().unwrap(), row)),
    })
}

#[test]
fn next_runs_are_the_same() {
    for (number, timetable, row) in by_timetable(include_str!("timetable.tsv")) {
        let [last, earliest, latest, catchup, now, expected] = row[..] else { panic!("line {number}") };
        let restriction =
            Restriction { earliest: instant(earliest), latest: instant(latest), catchup: catchup == "catchup" };
        let due = timetable.next_run(interval(last), &restriction, at(now));
        assert_eq!(due.and_then(|due| due.data_interval), interval(expected), "line {number}: {}", timetable.summary());
        if let Some(due) = due {
            assert_eq!(Some(due.run_after), due.data_interval.map(|interval| interval.end));
            assert_eq!(due.logical_date, due.data_interval.map(|interval| interval.start));
        }
    }
}

#[test]
fn manual_intervals_are_the_same() {
    for (number, timetable, row) in by_timetable(include_str!("manual.tsv")) {
        let [run_after, expected] = row[..] else { panic!("line {number}") };
        let found = timetable.manual_interval(at(run_after));
        assert_eq!(Some(found), interval(expected), "line {number}: {}", timetable.summary());
    }
}
