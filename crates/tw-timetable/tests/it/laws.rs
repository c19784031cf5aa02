//! What holds for every expression, zone and instant.

use proptest::prelude::*;
use proptest::sample::select;
use tw_model::{Interval, RunImmediately, Step, TimeSpan, Timestamp, Timetable};
use tw_timetable::{Compiled, Restriction, Schedule};

use crate::schedule;

const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
];

/// Fields that together match at least once a month.
const MINUTES: [&str; 6] = ["*", "0", "30", "*/15", "5-50/9", "59"];
const HOURS: [&str; 7] = ["*", "0", "2", "1-3", "*/2", "23", "0-23"];
const DAYS: [&str; 6] = ["* * *", "1 * *", "L * *", "* * 0", "13 * 5", "* * 1#1"];

fn expression() -> impl Strategy<Value = String> {
    (select(&MINUTES), select(&HOURS), select(&DAYS)).prop_map(|(minute, hour, days)| format!("{minute} {hour} {days}"))
}

/// Instants from 2005 to 2035, half of them on a full half hour.
fn instant() -> impl Strategy<Value = Timestamp> {
    const HALF_HOURS: i64 = 30 * 365 * 48;
    const FIRST_MICROS: i64 = 1_104_537_600_000_000;
    let micros = prop_oneof![Just(0), 0..1_800_000_000_i64];
    (0..HALF_HOURS, micros).prop_map(|(n, micros)| Timestamp::from_micros(FIRST_MICROS + n * 1_800_000_000 + micros))
}

fn cron_schedule() -> impl Strategy<Value = Schedule> {
    (expression(), select(&ZONES)).prop_map(|(expression, zone)| schedule(&expression, zone))
}

proptest! {
    #[test]
    fn neighbours_are_strict_and_invert_each_other(schedule in cron_schedule(), t in instant()) {
        let (prev, next) = (schedule.prev(t).unwrap(), schedule.next(t).unwrap());
        prop_assert!(prev < t && t < next);
        prop_assert_eq!(schedule.prev(schedule.next(next).unwrap()), Some(next));
        prop_assert_eq!(schedule.next(schedule.prev(prev).unwrap()), Some(prev));
        // Nothing lies between two neighbours, except t itself.
        let from_prev = schedule.next(prev).unwrap();
        prop_assert!(from_prev == next || (from_prev == t && schedule.prev(next) == Some(t)));
    }

    #[test]
    fn neighbours_are_monotone(schedule in cron_schedule(), t in instant(), later in 0..200_000_000_000_i64) {
        let u = Timestamp::from_micros(t.as_micros() + later);
        prop_assert!(schedule.next(t) <= schedule.next(u));
        prop_assert!(schedule.prev(t) <= schedule.prev(u));
    }

    #[test]
    fn aligning_is_idempotent_and_keeps_points(schedule in cron_schedule(), t in instant()) {
        let (down, up) = (schedule.align_prev(t).unwrap(), schedule.align_next(t).unwrap());
        prop_assert!(down <= t && t <= up);
        prop_assert_eq!((schedule.align_prev(down), schedule.align_next(up)), (Some(down), Some(up)));
        prop_assert_eq!(down == t, up == t);
    }

    #[test]
    fn automatic_runs_move_forward_and_catchup_makes_no_gap(
        expression in expression(),
        zone in select(&ZONES),
        start in instant(),
        late in 0..400_000_000_000_i64,
        catchup: bool,
        is_trigger: bool,
    ) {
        let timetable = if is_trigger {
            Timetable::CronTrigger {
                expressions: vec![expression],
                timezone: zone.to_owned(),
                interval: Step::Fixed(TimeSpan::ZERO),
                run_immediately: RunImmediately::WithinBuffer,
            }
        } else {
            Timetable::CronDataInterval { expression, timezone: zone.to_owned() }
        };
        let timetable = Compiled::new(&timetable).unwrap();
        let restriction = Restriction { earliest: Some(start), latest: None, catchup };
        let mut now = Timestamp::from_micros(start.as_micros() + late);
        let mut last: Option<Interval> = None;
        for _ in 0..6 {
            let due = timetable.next_run(last, &restriction, now).unwrap();
            let interval = due.data_interval.unwrap();
            prop_assert_eq!((due.logical_date, due.run_after), (Some(interval.start), interval.end));
            prop_assert!(interval.start >= start);
            if let Some(last) = last {
                prop_assert!(interval.start > last.start && interval.start >= last.end);
                prop_assert!(!catchup || is_trigger || interval.start == last.end);
            }
            now = now.max(due.run_after);
            last = Some(interval);
        }
    }
}
