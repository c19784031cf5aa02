//! What a transaction is here: a list of steps, decided beforehand.
//!
//! Nothing is computed between the steps of a transaction, so it can be sent in one piece: SQLite's
//! writer thread runs it without waiting for anyone, and PostgreSQL gets it without a round trip
//! per step. A step can insist on having found a row; if it has not, nothing is changed.

use std::borrow::Cow;

use crate::error::StoreError;
use crate::value::{Row, Value};

/// One statement of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) text: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
    pub(crate) or_else: Option<Miss>,
    /// Several statements without parameters, written for this database already.
    pub(crate) script: bool,
}

/// What it means when a step that insists on a row changes none.
#[derive(Clone, Debug)]
pub(crate) enum Miss {
    /// The epoch is no longer current.
    Deposed(i64),
    /// The named thing is in the way.
    Conflict(String),
    /// The named thing does not exist.
    NotFound(String),
}

/// What a step did.
#[derive(Clone, Debug)]
pub(crate) struct StepResult {
    /// Rows inserted, updated, deleted or returned.
    pub(crate) affected: u64,
    /// Rows returned.
    pub(crate) rows: Vec<Row>,
}

impl Step {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>, values: impl Into<Vec<Value>>) -> Self {
        Self { text: text.into(), values: values.into(), or_else: None, script: false }
    }

    /// Several statements without parameters, written for this database already.
    pub(crate) fn script(text: String) -> Self {
        Self { text: text.into(), values: Vec::new(), or_else: None, script: true }
    }

    /// The whole transaction fails with `miss` if this step affects no row.
    pub(crate) fn or_else(mut self, miss: Miss) -> Self {
        self.or_else = Some(miss);
        self
    }

    /// Judges the result of this step.
    pub(crate) fn check(&self, result: &StepResult) -> Result<(), StoreError> {
        match &self.or_else {
            Some(miss) if result.affected == 0 => Err(miss.to_error()),
            _ => Ok(()),
        }
    }
}

impl Miss {
    fn to_error(&self) -> StoreError {
        match self {
            Self::Deposed(epoch) => StoreError::Deposed { epoch: *epoch },
            Self::Conflict(what) => StoreError::Conflict { what: what.clone() },
            Self::NotFound(what) => StoreError::not_found(what.clone()),
        }
    }
}
