//! The engine's suite: a DAG as text, a history as text, the resulting states as text.

mod admission;
mod graph_shapes;
mod harness;
mod mapping;
mod recovery;
mod retries;
mod runs;
mod versions;
