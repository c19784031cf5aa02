//! When a run is due: cron, deltas, intervals and time zones, as pure functions.
