//! Write, tail and read attempt logs, with secrets masked.
