//! Deterministic simulator of the decision core.
