//! Supervised attempts with scripted peers on real sockets, and with the stock Task SDK.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, but not what they call")]

mod conversation;
mod ending;
mod logging;
mod sdk;
mod services;
mod stage;
mod usage;
