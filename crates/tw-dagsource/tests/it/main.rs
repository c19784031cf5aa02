//! The service over real folders, with a parser that reads the file as a script.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod connection_tests;
mod folders;
mod python;
