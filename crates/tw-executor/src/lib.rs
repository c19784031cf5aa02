//! Where attempts run: the port, and the local executor.
