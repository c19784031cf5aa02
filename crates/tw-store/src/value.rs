//! Values and rows that both databases understand.
//!
//! A query is `&'static str` or built by [`crate::Select`]; its parameters are [`Value`]s; its
//! answer is a list of [`Row`]s. A row is read column by column, in the order of the select list.

use std::sync::Arc;

use tw_model::{DagId, DagRunId, DagVersionId, RunId, TaskId, TaskInstanceId, TimeSpan, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;

/// A parameter or a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// No value.
    Null,
    /// Whole number; also instants and spans in microseconds.
    Int(i64),
    /// Floating point number.
    Real(f64),
    /// Truth value. SQLite answers with 0 and 1.
    Bool(bool),
    /// Text; also JSON.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A 16-byte id; the databases see bytes.
    Id(Uuid),
}

macro_rules! into_value {
    ($($type:ty, $x:ident => $value:expr;)+) => {
        $(impl From<$type> for Value {
            fn from($x: $type) -> Self { $value }
        })+
    };
}

into_value! {
    i64, x => Value::Int(x);
    i32, x => Value::Int(x.into());
    u32, x => Value::Int(x.into());
    f64, x => Value::Real(x);
    bool, x => Value::Bool(x);
    &str, x => Value::Text(storable(x));
    String, x => Value::Text(storable(&x));
    &String, x => Value::Text(storable(x));
    Timestamp, x => Value::Int(x.as_micros());
    TimeSpan, x => Value::Int(x.as_micros());
    &DagId, x => Value::Text(storable(x.as_str()));
    &RunId, x => Value::Text(storable(x.as_str()));
    &TaskId, x => Value::Text(storable(x.as_str()));
    DagRunId, x => Value::Id(x.0);
    DagVersionId, x => Value::Id(x.0);
    TaskInstanceId, x => Value::Id(x.0);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(x: Option<T>) -> Self {
        x.map_or(Value::Null, Into::into)
    }
}

/// Text as both databases hold it. PostgreSQL refuses the character NUL, and a task that prints one
/// into its failure must not be able to stop every commit.
fn storable(text: &str) -> Box<str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// One row of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Row(Vec<Value>);

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// Reads the columns from left to right.
    pub fn columns(self) -> Columns {
        Columns { values: self.0.into_iter(), position: 0 }
    }

    /// Reads a row that has a single column.
    ///
    /// # Errors
    /// `Corrupt` if the column holds another type.
    pub fn only<T: FromValue>(self) -> Result<T, StoreError> {
        self.columns().take()
    }
}

/// The columns of a row that are not yet read.
#[derive(Debug)]
pub struct Columns {
    values: std::vec::IntoIter<Value>,
    position: usize,
}

impl Columns {
    /// Reads the next column.
    ///
    /// # Errors
    /// `Corrupt` if it holds another type, or there is none left.
    pub fn take<T: FromValue>(&mut self) -> Result<T, StoreError> {
        self.position += 1;
        let value = self.values.next().ok_or_else(|| self.mismatch("a further column", "nothing".into()))?;
        T::from_value(value).map_err(|found| self.mismatch(std::any::type_name::<T>(), found))
    }

    /// Reads the next column as text and parses it, for states and other named values.
    ///
    /// # Errors
    /// `Corrupt` if it is not text or does not parse.
    pub fn parse<T: std::str::FromStr>(&mut self) -> Result<T, StoreError> {
        let text: Box<str> = self.take()?;
        text.parse().map_err(|_| self.mismatch(std::any::type_name::<T>(), format!("{text:?}")))
    }

    /// As [`Columns::parse`], for a column that may be null.
    ///
    /// # Errors
    /// As [`Columns::parse`].
    pub fn parse_opt<T: std::str::FromStr>(&mut self) -> Result<Option<T>, StoreError> {
        let text: Option<Box<str>> = self.take()?;
        text.map(|t| t.parse().map_err(|_| self.mismatch(std::any::type_name::<T>(), format!("{t:?}")))).transpose()
    }

    /// Reads the next column as JSON text.
    ///
    /// # Errors
    /// `Corrupt` if it is not text or not the JSON of a `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let text: Box<str> = self.take()?;
        serde_json::from_str(&text).map_err(|e| StoreError::Corrupt {
            what: format!("column {} is not the JSON of {}", self.position, std::any::type_name::<T>()),
            source: Some(Box::new(e)),
        })
    }

    /// As [`Columns::json`], for a column that may be null.
    ///
    /// # Errors
    /// As [`Columns::json`].
    pub fn json_opt<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        if matches!(self.values.as_slice().first(), Some(Value::Null)) {
            self.take::<Option<i64>>().map(|_| None)
        } else {
            self.json().map(Some)
        }
    }

    fn mismatch(&self, wanted: &str, found: String) -> StoreError {
        StoreError::corrupt(format!("column {} holds {found} where {wanted} belongs", self.position))
    }
}

/// A type that a column can be read as.
pub trait FromValue: Sized {
    /// Converts, or describes what was found instead.
    ///
    /// # Errors
    /// A short description of the value.
    fn from_value(value: Value) -> Result<Self, String>;
}

macro_rules! from_value {
    ($($type:ty: $($pattern:pat => $value:expr),+;)+) => {
        $(impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, String> {
                match value {
                    $($pattern => $value,)+
                    other => Err(other.kind()),
                }
            }
        })+
    };
}

from_value! {
    i64: Value::Int(x) => Ok(x);
    i32: Value::Int(x) => x.try_into().map_err(|_| x.to_string());
    u32: Value::Int(x) => x.try_into().map_err(|_| x.to_string());
    u64: Value::Int(x) => x.try_into().map_err(|_| x.to_string());
    f64: Value::Real(x) => Ok(x), Value::Int(x) => Ok(x as f64);
    bool: Value::Bool(x) => Ok(x), Value::Int(x @ (0 | 1)) => Ok(x == 1);
    Box<str>: Value::Text(x) => Ok(x);
    String: Value::Text(x) => Ok(x.into());
    Arc<str>: Value::Text(x) => Ok(x.into());
    Vec<u8>: Value::Bytes(x) => Ok(x.into());
    Uuid: Value::Bytes(x) => Uuid::from_slice(&x).map_err(|_| format!("{} bytes", x.len()));
    Timestamp: Value::Int(x) => Ok(Timestamp::from_micros(x));
    TimeSpan: Value::Int(x) => Ok(TimeSpan::from_micros(x));
    DagId: Value::Text(x) => Ok(DagId::from(&*x));
    RunId: Value::Text(x) => Ok(RunId::from(&*x));
    TaskId: Value::Text(x) => Ok(TaskId::from(&*x));
}

macro_rules! id_from_value {
    ($($type:ident),+) => {
        $(impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, String> {
                Uuid::from_value(value).map($type)
            }
        })+
    };
}
id_from_value!(DagRunId, DagVersionId, TaskInstanceId);

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl Value {
    /// Names the value without showing text or bytes, which may be secret.
    pub(crate) fn kind(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Int(x) => format!("the integer {x}"),
            Value::Real(x) => format!("the number {x}"),
            Value::Bool(x) => format!("{x}"),
            Value::Text(x) => format!("text of {} bytes", x.len()),
            Value::Bytes(x) => format!("{} bytes", x.len()),
            Value::Id(x) => format!("the id {x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_columns_in_order_and_names_the_bad_one() {
        let row = Row::new(vec![Value::Int(1), Value::Text("success".into()), Value::Null]);
        let mut c = row.columns();
        assert!(c.take::<bool>().unwrap());
        assert_eq!(c.parse::<tw_model::DagRunState>().unwrap(), tw_model::DagRunState::Success);
        let error = c.take::<i64>().unwrap_err().to_string();
        assert_eq!(error, "the database is damaged or from another release: column 3 holds null where i64 belongs");
        assert!(c.take::<i64>().is_err(), "reading past the end is an error, not a panic");
    }
}
