//! Cron across a change of the clock: the table of S-2.28 and the repairs of S-2.29.

use tw_timetable::Schedule;

use crate::{at, fires, schedule};

/// Zurich skips 02:00 to 03:00 on 2024-03-31 and repeats it on 2024-10-27.
/// Expression, start, and the fires after it (UTC).
const TABLE: &str = "
0 2 * * *     2024-03-29T12:00  03-30T01:00 03-31T01:00 04-01T00:00
30 2 * * *    2024-03-29T12:00  03-30T01:30 03-31T01:30 04-01T00:30
30 * * * *    2024-03-30T23:00  03-30T23:30 03-31T00:30 03-31T01:30 03-31T02:30
*/30 * * * *  2024-03-31T00:00  03-31T00:30 03-31T01:00 03-31T01:30 03-31T02:00
*/30 2 * * *  2024-03-31T00:00  03-31T01:00 04-01T00:00 04-01T00:30
0 */2 * * *   2024-03-31T00:00  03-31T01:00 03-31T02:00 03-31T04:00
0 2 * * *     2024-10-25T12:00  10-26T00:00 10-27T01:00 10-28T01:00
30 2 * * *    2024-10-25T12:00  10-26T00:30 10-27T01:30 10-28T01:30
30 * * * *    2024-10-26T22:00  10-26T22:30 10-26T23:30 10-27T00:30 10-27T01:30 10-27T02:30
*/30 * * * *  2024-10-27T00:00  10-27T00:30 10-27T01:00 10-27T01:30 10-27T02:00
*/30 2 * * *  2024-10-26T12:00  10-27T01:00 10-27T01:30 10-28T01:00
0 */2 * * *   2024-10-26T21:00  10-26T22:00 10-27T01:00 10-27T03:00
";

/// Each line of the table as (schedule, expression, start and fires).
fn table() -> impl Iterator<Item = (Schedule, &'static str, Vec<tw_model::Timestamp>)> {
    TABLE.trim().lines().map(|line| {
        let (expression, rest) = line.split_once("  ").unwrap();
        let mut instants = rest.split_whitespace();
        let start = instants.next().map(|text| at(&format!("{text}:00Z")));
        let fires = instants.map(|text| at(&format!("2024-{text}:00Z")));
        (schedule(expression, "Europe/Zurich"), expression, start.into_iter().chain(fires).collect())
    })
}

#[test]
fn the_clock_change_table_holds_forwards() {
    for (schedule, expression, instants) in table() {
        assert_eq!(fires(&schedule, instants[0], instants.len() - 1), instants[1..], "{expression}");
    }
}

#[test]
fn the_clock_change_table_holds_backwards() {
    for (schedule, expression, instants) in table() {
        for pair in instants[1..].windows(2) {
            assert_eq!(schedule.prev(pair[1]), Some(pair[0]), "{expression}");
        }
    }
}

#[test]
fn previous_is_no_fixed_point_where_the_clock_goes_forward() {
    let daily = schedule("0 2 * * *", "Europe/Zurich");
    assert_eq!(daily.prev(at("2024-03-31T01:00:00Z")), Some(at("2024-03-30T01:00:00Z")));
    assert_eq!(daily.prev(at("2024-03-31T01:00:00.000001Z")), Some(at("2024-03-31T01:00:00Z")));
}

#[test]
fn the_first_pass_through_a_repeated_hour_does_not_skip_a_day() {
    let daily = schedule("0 2 * * *", "Europe/Zurich");
    let first_pass = at("2024-10-27T00:10:00Z");
    assert_eq!(daily.prev(first_pass), Some(at("2024-10-26T00:00:00Z")));
    assert_eq!(daily.next(first_pass), Some(at("2024-10-27T01:00:00Z")));
}

#[test]
fn an_hourly_expression_on_some_days_keeps_its_days() {
    // Airflow adds a week of elapsed time and ends up on the Sunday.
    let mondays = schedule("30 * * * 1", "Europe/Zurich");
    assert_eq!(mondays.next(at("2024-10-21T21:30:00Z")), Some(at("2024-10-27T23:30:00Z")));
}

#[test]
fn changes_of_half_an_hour_and_of_a_whole_day() {
    // Lord Howe skips 02:00 to 02:30 on 2024-10-06 and repeats 01:30 to 02:00 on 2024-04-07.
    let forward = fires(&schedule("0 2 * * *", "Australia/Lord_Howe"), at("2024-10-05T00:00:00Z"), 2);
    assert_eq!(forward, [at("2024-10-05T15:30:00Z"), at("2024-10-06T15:00:00Z")]);
    let back = fires(&schedule("45 * * * *", "Australia/Lord_Howe"), at("2024-04-06T14:00:00Z"), 3);
    assert_eq!(back, [at("2024-04-06T14:45:00Z"), at("2024-04-06T15:15:00Z"), at("2024-04-06T16:15:00Z")]);
    // Samoa had no 2011-12-30.
    let daily = fires(&schedule("0 12 * * *", "Pacific/Apia"), at("2011-12-29T00:00:00Z"), 3);
    assert_eq!(daily, [at("2011-12-29T22:00:00Z"), at("2011-12-30T22:00:00Z"), at("2011-12-31T22:00:00Z")]);
}
