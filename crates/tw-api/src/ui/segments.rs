//! Where the time of a task instance went: its tries as pieces on a time line.

use serde::Serialize;
use tw_model::{TaskInstanceState, Timestamp};
use tw_store::TryLine;
use utoipa::ToSchema;

use super::shape::ms;

/// What the time went by with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SegmentKind {
    /// Ready, and not admitted.
    Slot,
    /// With an executor that has not started it.
    Queued,
    /// User code runs, or ran and did not fail.
    Run,
    /// User code ran and failed.
    Failed,
    /// Between two tries.
    Delay,
    /// Waits for a trigger or a person, without a worker.
    Deferred,
    /// A sensor between two looks.
    Reschedule,
}

/// A piece of the life of a task instance; an open one goes on now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(super) struct Segment {
    kind: SegmentKind,
    from: i64,
    to: Option<i64>,
}

/// Pieces in order; an open one goes on now.
#[derive(Default)]
struct Line(Vec<Segment>);

impl Line {
    /// Adds a piece if it has both ends in order. Dates that are left over from earlier in the life
    /// of a row do not fit together and add nothing.
    fn piece(&mut self, kind: SegmentKind, from: Option<Timestamp>, to: Option<Timestamp>) {
        if let (Some(from), Some(to)) = (from, to)
            && from < to
        {
            self.0.push(Segment { kind, from: ms(from), to: Some(ms(to)) });
        }
    }

    /// Adds a piece that has not ended.
    fn open(&mut self, kind: SegmentKind, from: Option<Timestamp>) {
        if let Some(from) = from {
            self.0.push(Segment { kind, from: ms(from), to: None });
        }
    }
}

/// The pieces of a task instance: its earlier tries, oldest first, and the current one.
pub(super) fn segments(earlier: &[TryLine], current: &TryLine) -> Vec<Segment> {
    let mut line = Line::default();
    let mut last_end = None;
    for instance in earlier {
        line.piece(SegmentKind::Delay, last_end, instance.scheduled_at);
        ended(&mut line, instance);
        last_end = instance.end_date;
    }
    let is_recorded = earlier.last().is_some_and(|last| last.try_number == current.try_number);
    if current.state == Some(TaskInstanceState::UpForRetry) {
        if !is_recorded {
            ended(&mut line, current);
        }
        line.open(SegmentKind::Delay, current.end_date);
        return line.0;
    }
    line.piece(SegmentKind::Delay, last_end, current.scheduled_at);
    match current.state {
        // Waits for others, which is not its own time.
        None => {}
        Some(state) => in_state(&mut line, current, state),
    }
    line.0
}

/// The pieces of a try that is not over, or is the last.
fn in_state(line: &mut Line, instance: &TryLine, state: TaskInstanceState) {
    use TaskInstanceState as S;
    match state {
        S::Scheduled => {
            looks(line, instance);
            line.open(SegmentKind::Slot, instance.scheduled_at);
        }
        S::Queued => {
            looks(line, instance);
            line.piece(SegmentKind::Slot, instance.scheduled_at, instance.queued_at);
            line.open(SegmentKind::Queued, instance.queued_at);
        }
        S::Running | S::Restarting => {
            begun(line, instance);
            line.open(SegmentKind::Run, instance.start_date);
        }
        S::UpForReschedule => {
            ended(line, instance);
            line.open(SegmentKind::Reschedule, instance.end_date);
        }
        S::Deferred | S::AwaitingInput => {
            begun(line, instance);
            let since = instance.end_date.filter(|end| Some(*end) >= instance.start_date);
            line.piece(SegmentKind::Run, instance.start_date, since);
            line.open(SegmentKind::Deferred, since.or(instance.start_date));
        }
        S::Success | S::Failed | S::Skipped | S::UpstreamFailed | S::Removed | S::UpForRetry => ended(line, instance),
    }
}

fn ended(line: &mut Line, instance: &TryLine) {
    begun(line, instance);
    let failed = matches!(instance.state, Some(TaskInstanceState::Failed | TaskInstanceState::UpForRetry));
    let kind = if failed { SegmentKind::Failed } else { SegmentKind::Run };
    line.piece(kind, instance.start_date, instance.end_date);
}

fn begun(line: &mut Line, instance: &TryLine) {
    looks(line, instance);
    line.piece(SegmentKind::Slot, instance.scheduled_at, instance.queued_at);
    line.piece(SegmentKind::Queued, instance.queued_at, instance.start_date);
}

/// All looks of a sensor but the last are one piece: only the dates of the last one are kept.
fn looks(line: &mut Line, instance: &TryLine) {
    if instance.reschedule_count > 0 {
        line.piece(SegmentKind::Reschedule, instance.first_reschedule_date, instance.scheduled_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A try whose dates are seconds: scheduled, queued, start, end.
    fn instance(state: Option<&str>, try_number: u32, dates: [Option<i64>; 4]) -> TryLine {
        let at = |seconds: Option<i64>| seconds.map(|seconds| Timestamp::from_micros(seconds * 1_000_000));
        let [scheduled_at, queued_at, start_date, end_date] = dates.map(at);
        let state = state.map(|state| state.parse().unwrap());
        TryLine {
            task_id: "t".into(),
            state,
            try_number,
            scheduled_at,
            queued_at,
            start_date,
            end_date,
            reschedule_count: 0,
            first_reschedule_date: None,
        }
    }

    fn text(earlier: &[TryLine], current: &TryLine) -> String {
        let one = |segment: &Segment| {
            let to = segment.to.map_or(String::new(), |to| (to / 1000).to_string());
            format!("{:?} {}-{to}", segment.kind, segment.from / 1000)
        };
        segments(earlier, current).iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_state_has_its_pieces() {
        let dates = |s, q, b, e| [s, q, b, e];
        for (state, dates, expected) in [
            (None, dates(None, None, None, None), ""),
            (Some("scheduled"), dates(Some(1), None, None, None), "Slot 1-"),
            (Some("queued"), dates(Some(1), Some(3), None, None), "Slot 1-3, Queued 3-"),
            (Some("running"), dates(Some(1), Some(3), Some(4), None), "Slot 1-3, Queued 3-4, Run 4-"),
            (Some("success"), dates(Some(1), Some(3), Some(4), Some(9)), "Slot 1-3, Queued 3-4, Run 4-9"),
            (Some("failed"), dates(Some(3), Some(3), Some(4), Some(9)), "Queued 3-4, Failed 4-9"),
            (Some("deferred"), dates(Some(3), Some(3), Some(3), Some(5)), "Run 3-5, Deferred 5-"),
            (Some("up_for_reschedule"), dates(Some(3), Some(3), Some(3), Some(5)), "Run 3-5, Reschedule 5-"),
            (Some("up_for_retry"), dates(Some(3), Some(3), Some(3), Some(5)), "Failed 3-5, Delay 5-"),
            (Some("skipped"), dates(None, None, Some(5), Some(5)), ""),
            (Some("queued"), dates(Some(9), Some(9), Some(1), Some(2)), "Queued 9-"),
        ] {
            assert_eq!(text(&[], &instance(state, 1, dates)), expected, "{state:?}");
        }
    }

    #[test]
    fn earlier_tries_come_first_with_the_pauses_between() {
        let first = instance(Some("failed"), 1, [Some(1), Some(1), Some(2), Some(5)]);
        let waiting = instance(Some("up_for_retry"), 1, [Some(1), Some(1), Some(2), Some(5)]);
        let first = [first];
        assert_eq!(text(&first, &waiting), "Queued 1-2, Failed 2-5, Delay 5-");
        let second = instance(Some("running"), 2, [Some(8), Some(9), Some(10), None]);
        assert_eq!(text(&first, &second), "Queued 1-2, Failed 2-5, Delay 5-8, Slot 8-9, Queued 9-10, Run 10-");
    }

    #[test]
    fn a_sensor_looks_again_and_again() {
        let sensor = TryLine {
            reschedule_count: 3,
            first_reschedule_date: Some(Timestamp::from_micros(4_000_000)),
            ..instance(Some("success"), 1, [Some(60), Some(60), Some(61), Some(62)])
        };
        assert_eq!(text(&[], &sensor), "Reschedule 4-60, Queued 60-61, Run 61-62");
    }
}
