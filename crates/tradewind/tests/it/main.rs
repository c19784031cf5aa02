//! The program as its users meet it: the real binary, a real Python with the stock Task SDK, real
//! DAG files, signals and full disks.
//!
//! Every test has a home folder, a DAG folder and a port of its own. `stage` starts and kills
//! servers, `processes` looks at what runs, `asking` talks to a server as its users do; the DAG
//! files are in `dags/`.
//!
//! `cargo test -p tradewind --test it`, with `TRADEWIND_TEST_PYTHON` or an environment built once.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, but not what they call")]

mod acts;
mod asking;
mod commands;
mod connection_tests;
mod crashes;
mod files;
mod processes;
mod refusals;
mod stage;
mod stories;
mod troublemakers;
mod usage;
