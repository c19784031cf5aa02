//! Supervised attempts with scripted peers on real sockets, and with the stock Task SDK.

mod conversation;
mod ending;
mod logging;
mod sdk;
mod services;
mod stage;
