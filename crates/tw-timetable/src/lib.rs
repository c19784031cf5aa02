//! When a run is due: cron, deltas, intervals and time zones, as pure functions.
//!
//! # What it is
//! [`Compiled`] checks a [`tw_model::Timetable`] once per DAG version and then answers three
//! questions: when is the next automatic run due, which data interval does a manual run get, and
//! what do people see as the schedule. Instants go in and come out in UTC; zones matter only while
//! a cron expression is read.
//!
//! # What it must not know
//! No clock (`now` is an argument), randomness, filesystem or environment (zones come from the
//! database built into the binary), and nothing about runs that exist: limits, pausing and
//! duplicates are the engine's.
//!
//! # How to read it
//! [`due`] for the words, [`compiled`] for the list of timetables. One file per kind: [`simple`],
//! [`events`], [`trigger`], [`data_interval`]. The last two walk along [`points`], which are
//! either a [`delta`] or a [`cron`] schedule in a [`zone`].
//!
//! # How to test it
//! `cargo test -p tw-timetable`. The files `tests/it/*.tsv` were recorded from a stock Airflow by
//! `tests/it/generate.py`.

mod compiled;
mod cron;
mod data_interval;
mod delta;
mod due;
mod events;
mod points;
mod simple;
mod trigger;
mod zone;

pub use compiled::{Compiled, TimetableError};
pub use cron::{CronError, Expression, Schedule};
pub use due::{Due, Restriction};
pub use zone::ZoneError;
