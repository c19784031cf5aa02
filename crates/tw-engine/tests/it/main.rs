//! The engine's suite: a DAG as text, a history as text, the resulting states as text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acts;
mod admission;
mod clearing;
mod deleting;
mod explaining;
mod graph_shapes;
mod harness;
mod mapping;
mod marking;
mod recovery;
mod retries;
mod revision;
mod runs;
mod versions;
