//! Write, tail and read attempt logs, with secrets masked.
//!
//! # What it is
//! One attempt has one log: a file of JSON lines under Airflow's folder layout. [`AttemptLog`]
//! appends, [`read_page`] and [`LogTail`] read. What is appended was made by [`record`], which
//! masks the secrets known to a [`SecretMasker`].
//!
//! # What it must not know
//! No process, no protocol, no store: it is given lines and instants. It decides nothing about
//! attempts.
//!
//! # How to read it
//! [`layout`] (where a log is), [`line`] (bytes to lines), [`mask`], [`record`] (lines to records),
//! then [`writer`] and [`reader`].
//!
//! # How to test it
//! `cargo test -p tw-tasklog`; the first four are pure, the others use a temporary folder.

pub mod layout;
pub mod line;
pub mod mask;
pub mod reader;
pub mod record;
pub mod writer;

pub use layout::{LogLayout, LogName};
pub use line::{Line, LineSplitter};
pub use mask::SecretMasker;
pub use reader::{LogPage, LogTail, read_page};
pub use record::{Level, Source};
pub use writer::{AttemptLog, LogError};
