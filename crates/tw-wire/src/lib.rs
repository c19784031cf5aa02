//! Versioned wire types and codecs: serialized DAGs and supervisor frames.
//!
//! # What it is
//! What Tradewind says to, and hears from, the stock Task SDK in a forked Python child, as bytes
//! and as typed messages.
//!
//! # What it must not know
//! No sockets, processes, filesystem, environment, clock or async runtime: bytes and values in,
//! values and bytes out. It decides nothing.
//!
//! # How to read it
//! [`dag`] (serialized DAG documents to `Dag` values), [`frame`] (bytes and JSON values),
//! [`supervisor`] (typed messages).
//!
//! # How to test it
//! `cargo test -p tw-wire`; everything is a pure function of its arguments. With `TRADEWIND_TEST_PYTHON`
//! naming an interpreter that has the Task SDK, answers are also checked against the SDK's own types.

pub mod dag;
pub mod frame;
pub mod supervisor;
