//! Lifecycle states, spelled as Airflow spells them (S-1.1 to S-1.11).

use serde::{Deserialize, Serialize};

/// The text names no value of this enumeration.
#[derive(Debug, thiserror::Error)]
#[error("unknown {kind} {text:?} (expected one of: {expected})")]
pub struct UnknownName {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) expected: String,
}

macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident ($kind:literal) { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }
        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name as stored, sent and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::state::UnknownName;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err($crate::state::UnknownName {
                        kind: $kind,
                        text: text.to_owned(),
                        expected: [$($text),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use named_enum;

named_enum! {
    /// The state of a task instance. "No state yet" is `None` of an `Option` around it.
    TaskInstanceState("task instance state") {
        /// Its dependencies are met; it waits for admission.
        Scheduled = "scheduled",
        /// Admitted and handed to an executor.
        Queued = "queued",
        /// A worker has started it.
        Running = "running",
        /// Ended well.
        Success = "success",
        /// Cleared while running; the old attempt is being stopped.
        Restarting = "restarting",
        /// Ended badly with no tries left.
        Failed = "failed",
        /// Ended badly; waits for its next try.
        UpForRetry = "up_for_retry",
        /// A sensor that gave its slot back until its next poke.
        UpForReschedule = "up_for_reschedule",
        /// Will not run because an upstream failed.
        UpstreamFailed = "upstream_failed",
        /// Will not run by decision.
        Skipped = "skipped",
        /// Waits for a trigger, without a worker.
        Deferred = "deferred",
        /// Waits for a human, without a worker.
        AwaitingInput = "awaiting_input",
        /// Its task or map index is no longer part of the DAG.
        Removed = "removed",
    }
}

impl TaskInstanceState {
    /// Whether nothing more will happen to it by itself (S-1.2).
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Skipped | Self::UpstreamFailed | Self::Removed)
    }

    /// Whether it holds a pool slot and counts for the run limits (S-1.6).
    pub const fn is_occupying(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Restarting)
    }

    /// Whether it counts for the task-level concurrency limits (S-1.7).
    pub const fn holds_task_limit(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Restarting | Self::Deferred | Self::AwaitingInput)
    }
}

named_enum! {
    /// The state of a dag run (S-1.9).
    DagRunState("dag run state") {
        /// Created; waits for a free place among the DAG's active runs.
        Queued = "queued",
        /// Its task instances are being scheduled.
        Running = "running",
        /// Every leaf ended in success or skipped.
        Success = "success",
        /// A leaf failed, or the run timed out or was stopped.
        Failed = "failed",
    }
}

impl DagRunState {
    /// Whether the run is over.
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

named_enum! {
    /// Why a dag run exists (S-1.10).
    RunType("run type") {
        /// Its timetable was due.
        Scheduled = "scheduled",
        /// A person or an API client asked for it.
        Manual = "manual",
        /// Part of a backfill.
        Backfill = "backfill",
        /// The DAG's asset condition was met.
        AssetTriggered = "asset_triggered",
        /// A task of another run asked for it.
        OperatorTriggered = "operator_triggered",
        /// Somebody asked to materialize an asset.
        AssetMaterialization = "asset_materialization",
    }
}

named_enum! {
    /// What caused a dag run (S-1.11).
    TriggeredBy("trigger source") {
        /// The timetable.
        Timetable = "timetable",
        /// An asset event.
        Asset = "asset",
        /// A backfill.
        Backfill = "backfill",
        /// The REST API.
        RestApi = "rest_api",
        /// The web UI.
        Ui = "ui",
        /// A task.
        Operator = "operator",
        /// The command line.
        Cli = "cli",
        /// `dags test`.
        Test = "test",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for &state in TaskInstanceState::ALL {
            assert_eq!(state.as_str().parse::<TaskInstanceState>().unwrap(), state);
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        let error = "done".parse::<DagRunState>().unwrap_err().to_string();
        assert_eq!(error, "unknown dag run state \"done\" (expected one of: queued, running, success, failed)");
    }
}
