//! The tradewind binary: command line and composition root.

fn main() {}
