//! What can go wrong with the store, cut by what the caller does about it.

use std::error::Error as StdError;

/// Why a store operation failed. Callers branch on the variant; people read the text.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The named row does not exist.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for, with its key.
        what: String,
    },
    /// The change contradicts what is stored, for example a key that exists already.
    #[error("conflict: {what}")]
    Conflict {
        /// What it contradicts.
        what: String,
    },
    /// Another leader has taken over: the caller must stop writing and rebuild or stand by.
    #[error("another scheduler has taken over (this one held epoch {epoch})")]
    Deposed {
        /// The epoch that is no longer current.
        epoch: i64,
    },
    /// The database cannot answer now; the same call may work later.
    #[error("the database is not available: {doing}")]
    Unavailable {
        /// What was being done, with a hint where one is known.
        doing: String,
        /// The driver's error.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// What is stored cannot be understood; only a person can help.
    #[error("the database is damaged or from another release: {what}")]
    Corrupt {
        /// What cannot be understood.
        what: String,
        /// The cause, if there is one below.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// Anything else: a defect in a query, or a refused option.
    #[error("{doing}")]
    Other {
        /// What was being done.
        doing: String,
        /// The driver's error.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Deposed { .. }
            | Self::Corrupt { .. }
            | Self::Other { .. } => false,
        }
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    pub(crate) fn unavailable(doing: impl Into<String>) -> Self {
        Self::Unavailable { doing: doing.into(), source: None }
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), source: None }
    }

    pub(crate) fn other(doing: impl Into<String>) -> Self {
        Self::Other { doing: doing.into(), source: None }
    }
}
