//! Fixtures shared by tests.
//!
//! # What it is
//! [`postgres`] gives a test an empty PostgreSQL database of its own, on a server that lives as long
//! as the test binary.
//!
//! # What it must not know
//! No crate but `tw-model`: every other crate's tests may use it.
//!
//! # How to read it
//! [`mod@postgres`] is all there is.
//!
//! # How to test it
//! `cargo test -p tw-testkit` starts a server.

pub mod postgres;

pub use postgres::postgres;
