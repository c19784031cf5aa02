//! Forks from a real interpreter; see the crate's front page.

mod death;
mod keeper;
mod serving;
mod spares;
mod support;
mod templates;
