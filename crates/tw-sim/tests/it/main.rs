//! The simulator's suite: trigger rules one by one, then whole histories by seed.

mod rules;
mod seeds;
