//! Requests about XComs: the values that task instances of a run leave for each other.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use tw_model::{DagId, RunId, TaskId};

/// The values of one key of one task in one run, one per map index, ordered by map index.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct XComSeries {
    /// The DAG.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
    /// The task that pushed.
    pub task_id: TaskId,
    /// The key; may contain slashes (S-11.36).
    pub key: String,
}

/// One value of a series.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct XComTarget {
    /// The series.
    #[serde(flatten)]
    pub series: XComSeries,
    /// As sent; see [`XComTarget::map_index`].
    #[serde(default, rename = "map_index")]
    pub raw_map_index: Option<i32>,
}

impl XComTarget {
    /// The map index that is meant: null and every negative number mean -1, "not mapped".
    pub fn map_index(&self) -> i32 {
        self.raw_map_index.unwrap_or(-1).max(-1)
    }
}

/// Asks for one value (S-11.30).
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct XComLookup {
    /// Which value.
    #[serde(flatten)]
    pub target: XComTarget,
    /// Whether the newest earlier run that has one also counts.
    #[serde(default)]
    pub include_prior_dates: bool,
}

/// Stores one value (S-11.31).
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct XComWrite {
    /// Where.
    #[serde(flatten)]
    pub target: XComTarget,
    /// The value, already serialized by the SDK.
    pub value: Value,
    /// Whether it is the result of the whole DAG.
    #[serde(default)]
    pub dag_result: bool,
    /// Its length, sent when a mapped task depends on it.
    #[serde(default)]
    pub mapped_length: Option<u64>,
}

/// Asks for the n-th value of a series (S-11.34).
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct XComItem {
    /// Which values.
    #[serde(flatten)]
    pub series: XComSeries,
    /// Counted from 0; negative numbers count from the end.
    pub offset: i64,
}

/// Asks for some values of a series, with the semantics of a Python slice (S-11.35).
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct XComSlice {
    /// Which values.
    #[serde(flatten)]
    pub series: XComSeries,
    /// First position.
    pub start: Option<i64>,
    /// First position that is left out.
    pub stop: Option<i64>,
    /// Distance between positions; 0 is treated as 1.
    pub step: Option<i64>,
    /// Whether values of earlier runs also count.
    #[serde(default)]
    pub include_prior_dates: bool,
}

impl XComSlice {
    /// The positions as a range, if they are consecutive, ascending, and known without the length.
    pub fn forward_range(&self) -> Option<Range<u64>> {
        let position = |position: Option<i64>, default: u64| match position {
            None => Some(default),
            Some(position) => u64::try_from(position).ok(),
        };
        let (start, stop) = (position(self.start, 0)?, position(self.stop, i64::MAX.unsigned_abs())?);
        matches!(self.step, None | Some(0 | 1)).then_some(start..stop.max(start))
    }

    /// The positions that the slice selects among `len` values, in the order of the answer.
    pub fn positions(&self, len: u64) -> impl Iterator<Item = u64> + use<> {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let step = match self.step {
            None | Some(0) => 1,
            Some(step) => step,
        };
        // Python clamps both ends into the sequence, or one before it when walking backwards.
        let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let clamp = |position: Option<i64>, default: i64| match position {
            None => default,
            Some(position) if position < 0 => position.saturating_add(len).max(low),
            Some(position) => position.min(high),
        };
        let (start, stop) = if step > 0 {
            (clamp(self.start, low), clamp(self.stop, high))
        } else {
            (clamp(self.start, high), clamp(self.stop, low))
        };
        std::iter::successors(Some(start), move |position| position.checked_add(step))
            .take_while(move |&position| if step > 0 { position < stop } else { position > stop })
            .map(|position| position.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> XComSlice {
        let series = XComSeries { dag_id: "d".into(), run_id: "r".into(), task_id: "t".into(), key: "k".into() };
        XComSlice { series, start, stop, step, include_prior_dates: false }
    }

    fn positions(start: Option<i64>, stop: Option<i64>, step: Option<i64>, len: u64) -> Vec<u64> {
        slice(start, stop, step).positions(len).collect()
    }

    #[test]
    fn slices_like_python() {
        type Case = (Option<i64>, Option<i64>, Option<i64>, &'static [u64]);
        let cases: &[Case] = &[
            (None, None, None, &[0, 1, 2, 3, 4]),
            (Some(1), Some(3), None, &[1, 2]),
            (Some(-2), None, None, &[3, 4]),
            (None, Some(-3), None, &[0, 1]),
            (None, None, Some(2), &[0, 2, 4]),
            (None, None, Some(-1), &[4, 3, 2, 1, 0]),
            (Some(3), Some(0), Some(-2), &[3, 1]),
            (Some(-1), Some(-6), Some(-3), &[4, 1]),
            (Some(9), None, None, &[]),
            (Some(9), None, Some(-2), &[4, 2, 0]),
            (Some(2), Some(2), None, &[]),
            (Some(-99), Some(99), Some(4), &[0, 4]),
            (Some(i64::MIN), Some(i64::MAX), Some(i64::MAX), &[0]),
            (None, None, Some(0), &[0, 1, 2, 3, 4]),
        ];
        for &(start, stop, step, expected) in cases {
            assert_eq!(positions(start, stop, step, 5), expected, "[{start:?}:{stop:?}:{step:?}]");
            if let Some(range) = slice(start, stop, step).forward_range() {
                assert_eq!(range.take_while(|&at| at < 5).collect::<Vec<_>>(), expected);
            }
        }
        assert_eq!(slice(Some(1), Some(3), None).forward_range(), Some(1..3));
        assert_eq!(slice(Some(-1), None, None).forward_range(), None);
        assert_eq!(slice(None, None, Some(2)).forward_range(), None);
        assert_eq!(positions(None, None, Some(-1), 0), [] as [u64; 0]);
    }

    #[test]
    fn a_missing_map_index_means_not_mapped() {
        for (sent, meant) in [("null", -1), ("-5", -1), ("0", 0), ("3", 3)] {
            let text = format!(r#"{{"dag_id":"d","run_id":"r","task_id":"t","key":"k","map_index":{sent}}}"#);
            assert_eq!(serde_json::from_str::<XComTarget>(&text).unwrap().map_index(), meant);
        }
    }
}
