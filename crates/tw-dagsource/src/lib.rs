//! DAG folders: noticing changes, parsing what changed, handing over what was found.
//!
//! # What it is
//! A [`DagSource`] watches folders, decides which files are to be parsed, has them executed by a
//! [`Parser`] (in production [`PythonParser`]: a forked Python child per parse) and gives a
//! `ParsedFile` to its [`FileSink`].
//!
//! # What it must not know
//! The store and the scheduler: it sees them as the ports in [`port`]. What a DAG means: that is
//! `tw-wire`'s decoder and the engine. User code runs in the child only.
//!
//! # How to read it
//! [`options`] and [`port`] (what goes in and out), `source` (the loop), `plan` (every decision,
//! pure), `scan` with `exclude` (what folders hold), `watch` and `lookout` (when to look), then
//! [`python`] with `conversation`, `stop` and `secret` (one parse in a child). [`callbacks`] and
//! [`connection_test`] are other work for such children.
//!
//! # How to test it
//! `cargo test -p tw-dagsource`: real folders and notifications with a scripted parser; one test
//! has files executed by a real interpreter (`TRADEWIND_TEST_PYTHON`, as in `tw-python`).

pub mod callbacks;
pub mod connection_test;
mod conversation;
mod exclude;
mod lookout;
pub mod options;
mod plan;
pub mod port;
pub mod python;
mod scan;
mod secret;
mod source;
mod stop;
mod watch;

pub use callbacks::{CallbackError, PythonCallbacks};
pub use connection_test::PythonConnectionTests;
pub use conversation::Verdict;
pub use options::{Bundle, IgnoreSyntax, Options, bundles_of_folders};
pub use port::{
    DagFile, FileKey, FileMemory, FileSink, KnownFile, ParseResult, ParseServices, Parsed, Parser, PortError,
};
pub use python::{ParseLimits, PythonParser};
pub use source::{DagSource, DagSourceHandle, StartError};
