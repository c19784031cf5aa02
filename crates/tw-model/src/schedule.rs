//! When a DAG's runs are due: the description. The rules are in `tw-timetable`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::{Span, Timestamp};

/// A data interval `[start, end]` in UTC; both ends may be the same instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Where the data begins.
    pub start: Timestamp,
    /// Where the data ends.
    pub end: Timestamp,
}

impl Interval {
    /// The interval that begins and ends at `at`.
    pub const fn exact(at: Timestamp) -> Self {
        Self { start: at, end: at }
    }
}

/// A step on the time line: a fixed length, or calendar units whose length varies.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A `timedelta`.
    Fixed(Span),
    /// A `relativedelta`: relative fields are added, absolute ones replace (Airflow: dateutil's rules).
    Calendar(RelativeDelta),
}

/// The fields of a `relativedelta` that schedules use. Plural fields are added, singular ones set.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RelativeDelta {
    /// Years added.
    pub years: i32,
    /// Months added.
    pub months: i32,
    /// Days added (weeks are seven each).
    pub days: i32,
    /// Hours added.
    pub hours: i32,
    /// Minutes added.
    pub minutes: i32,
    /// Seconds added.
    pub seconds: i32,
    /// Microseconds added.
    pub microseconds: i32,
    /// Year set.
    pub year: Option<i16>,
    /// Month set, 1 to 12.
    pub month: Option<i8>,
    /// Day of month set, clamped to the month's length.
    pub day: Option<i8>,
    /// Hour set.
    pub hour: Option<i8>,
    /// Minute set.
    pub minute: Option<i8>,
    /// Second set.
    pub second: Option<i8>,
    /// Microsecond set.
    pub microsecond: Option<i32>,
    /// Weekday (0 = Monday) and which one of it (1 = next or same, -1 = previous or same).
    pub weekday: Option<(i8, i8)>,
}

/// What to do with the newest past point when a trigger timetable runs for the first time (S-2.18).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunImmediately {
    /// Run it if it is within a tenth of the period, at least five minutes (`None` and `False`).
    WithinBuffer,
    /// Run it.
    Always,
    /// Run it if it is not older than this.
    Within(Span),
}

/// A DAG's timetable. Time zones are IANA names, or a fixed offset as `+HH:MM`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Timetable {
    /// Never (`schedule=None`, S-2.5).
    Null,
    /// One run at the start date (S-2.23).
    Once,
    /// The next run as soon as the last one ended (S-2.22).
    Continuous,
    /// Fires by one or several cron expressions (S-2.17, S-2.20).
    CronTrigger {
        /// At least one expression, presets expanded.
        expressions: Vec<String>,
        /// Zone in which the expressions are read.
        timezone: String,
        /// Length of the data interval before each fire.
        interval: Step,
        /// First-run rule.
        run_immediately: RunImmediately,
    },
    /// Fires every `delta` (S-2.17, S-2.19).
    DeltaTrigger {
        /// Distance between fires.
        delta: Step,
        /// Length of the data interval before each fire.
        interval: Step,
    },
    /// One run per interval between two cron points, due at its end (S-2.13).
    CronDataInterval {
        /// The expression.
        expression: String,
        /// Zone in which the expression is read.
        timezone: String,
    },
    /// One run per interval of this length, due at its end (S-2.13, S-2.16).
    DeltaDataInterval {
        /// Length of the interval.
        delta: Step,
    },
    /// Runs at listed instants (S-2.21).
    Events {
        /// The instants, ascending.
        event_dates: Vec<Timestamp>,
        /// Whether manual runs take the newest past event's date.
        restrict_to_events: bool,
        /// The author's description.
        description: Option<String>,
    },
    /// Runs when an asset condition is met (S-2.24). Asset events are not handled yet.
    Asset {
        /// The condition tree as serialized by the SDK.
        condition: Value,
    },
    /// By time or by assets (S-2.25).
    AssetOrTime {
        /// The condition tree as serialized by the SDK.
        condition: Value,
        /// The time part.
        timetable: Box<Timetable>,
    },
    /// A class the server does not know (a plugin, or one of a later release): never due by
    /// itself, manual runs take an exact interval.
    Unknown {
        /// Import path of the class.
        class: String,
        /// What the class serialized itself to.
        data: Value,
    },
}
