//! Typed settings: flags, environment, file, defaults.
