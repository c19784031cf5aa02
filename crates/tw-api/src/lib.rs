//! The HTTP API: Airflow's public REST API under `/api/v2`, tokens under `/auth`, and under `/ui` what
//! the browser part reads, one answer per screen.
//!
//! # What it is
//! [`router`] makes the routes, [`serve`] serves them. A handler extracts, asks the store or submits
//! an `Input` through [`Control`], and converts the answer into Airflow's shape. Paths, parameters,
//! field names and their nullability follow Airflow 3.3's OpenAPI description.
//!
//! # What it must not know
//! No scheduler, executor or Python, and no rule of scheduling: whoever implements [`Control`]
//! decides. No environment, and no files but attempt logs and DAG files that cannot be imported. Not
//! the browser part itself: its files come through [`Pages`].
//!
//! # How to read it
//! `router` (what a request passes), `auth` (the gate), then `resources`, one file per resource with
//! its routes, shapes and handlers, and `ui`, one file per screen, whose shapes describe themselves
//! to the browser part. `query`, `body`, `path`, `patch` and `accept` are how requests are
//! read; `error` is how they are refused; `params`, `schedule`, `redact`, `readable` and `versions`
//! are what shapes are made with. `control` and `pages` are the ports, `changes` what live screens
//! follow.
//!
//! # How to test it
//! `cargo test -p tw-api`: `tests/it` serves a real store on a loopback port and compares answers
//! with snapshots.

mod accept;
mod auth;
mod body;
mod changes;
mod control;
mod error;
mod kept;
mod pages;
mod params;
mod patch;
mod path;
mod query;
mod readable;
mod redact;
mod resources;
mod router;
mod schedule;
mod serve;
mod state;
mod ui;
mod versions;

pub use auth::{HashPasswordError, Secret, ShortSecretError, hash_password};
pub use changes::{Change, Changes};
pub use control::{ConnectionTester, ConnectionVerdict, Control, ControlError, PythonHealth, PythonState};
pub use pages::{Page, Pages};
pub use router::router;
pub use serve::serve;
pub use state::{ApiOptions, ApiState, system_clock};
