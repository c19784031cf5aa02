//! Tracing set-up and the span vocabulary.
