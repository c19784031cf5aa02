//! Forks from a real interpreter; see the crate's front page.

mod serving;
mod support;
