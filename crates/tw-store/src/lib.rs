//! The metadata store: one schema, one SQL text, on SQLite and on PostgreSQL.
//!
//! # What it is
//! [`Store`] is a handle to an open database. The scheduler commits the engine's writes through it,
//! fenced by an [`Epoch`]; workers keep their XComs and usage in it; screens and endpoints read
//! from it, one method each.
//!
//! # What it must not know
//! No scheduling rule beyond what a row means, no HTTP, no wire protocol, no clock and no
//! randomness: instants and ids come in as arguments.
//!
//! # How to read it
//! `migrations/0001_initial.sql` first, then [`value`], [`query`] and `batch` (what a statement is),
//! `dialect` and `backend` (the two databases), [`store`] (the handle), `schema`, [`record`] (rows to
//! values), [`leader`], `write` (the engine's writes), `snapshot` (the engine's world and questions),
//! [`inbox`], `data` (what tasks and people keep) and [`read`] (screens).
//!
//! # How to test it
//! `cargo test -p tw-store`: every test of `tests/it` runs on both databases; PostgreSQL is started
//! from Debian's package `postgresql`.

mod backend;
mod batch;
pub mod data;
mod dialect;
mod error;
pub mod inbox;
pub mod leader;
pub mod query;
pub mod read;
pub mod record;
mod schema;
mod secret;
mod snapshot;
pub mod store;
pub mod value;
mod write;

pub use data::{
    Account, AttemptExit, AuditLine, DagFile, InstanceSelection, Role, RunSelection, SavedView, Slice, XComKey,
};
pub use error::StoreError;
pub use inbox::{InboxId, InboxRequest, InboxWatch};
pub use leader::{Epoch, Leader};
pub use query::Select;
pub use read::*;
pub use record::AttemptDetail;
pub use store::{Store, StoreOptions};
pub use value::{Columns, FromValue, Row, Value};
