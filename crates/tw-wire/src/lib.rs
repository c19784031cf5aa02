//! Versioned wire types and codecs: serialized DAGs and supervisor frames.
