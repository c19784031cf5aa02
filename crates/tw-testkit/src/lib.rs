//! Fixtures shared by tests: DAG drawings, databases, rendering.
