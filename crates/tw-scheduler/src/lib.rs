//! The shell around the engine: inbox, apply, commit, effects.
