//! The HTTP API: routes, authentication and shapes.
