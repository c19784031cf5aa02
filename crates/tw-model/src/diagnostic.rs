//! Problems in a user's input, as values.

use serde::{Deserialize, Serialize};

/// One problem found in a DAG file or another input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, `TW` and four digits, explained in `docs/errors/`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong; may be a whole Python traceback.
    pub message: String,
    /// Where, if known.
    pub span: Option<Span>,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The input is used, with a remark.
    Warning,
    /// The input, or this part of it, is not used.
    Error,
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// Path below the bundle.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
}
