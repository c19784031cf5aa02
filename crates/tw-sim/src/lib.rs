//! Deterministic simulator of the decision core.
//!
//! # What it is
//! [`Simulation`] plays the shell around [`tw_engine::World`]: a store in memory, an executor that
//! runs nothing, and a clock that jumps. Everything it does follows from one seed: random DAGs,
//! random histories, crashes at the worst moments, late and doubled messages. After every step it
//! checks what must always hold, and at the end that every run can still finish.
//!
//! # What it must not know
//! No clock, randomness of the system, database or process. Nothing of how the engine decides:
//! [`oracle`] is written from the table of trigger rules alone.
//!
//! # How to read it
//! [`rng`], [`scenario`] (random DAGs), [`acts`] (what people do to runs), [`transcript`] (how they and inputs are printed), [`store`]
//! and [`executor`] (what the engine acts on), [`invariants`] and [`oracle`] (what must hold),
//! [`simulation`] (the shell's turn), [`steps`] (what may happen next, and the end of it all).
//!
//! # How to test it
//! `cargo test -p tw-sim` plays fixed seeds. `TRADEWIND_SIM_SECONDS=600 cargo test -p tw-sim` goes
//! on with further seeds for that long; `TRADEWIND_SIM_SEED=7` plays one. A failure prints its
//! seed and its transcript.

pub mod acts;
pub mod executor;
pub mod invariants;
pub mod oracle;
pub mod rng;
pub mod scenario;
pub mod simulation;
pub mod steps;
pub mod store;
pub mod transcript;

pub use acts::Acts;
pub use simulation::{Plan, Simulation, Summary, Violation};
