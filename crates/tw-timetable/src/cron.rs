//! Cron: the expression on a wall clock, and the schedule it makes in a time zone.
//!
//! The syntax and its corner cases are croniter's, the library Airflow uses, so that a DAG keeps
//! its dates. What a change of the clock means is ours where croniter's answer depends on the
//! instant it is asked at (S-2.29).

mod calendar;
mod expression;
mod field;
mod schedule;

pub(crate) use expression::expand_preset;
pub use expression::{CronError, Expression};
pub use schedule::Schedule;
