//! Automation and structural checks of the repository.

fn main() {}
