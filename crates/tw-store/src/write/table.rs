//! Upserts of many rows of one table.

use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::batch::Step;
use crate::dialect::{BATCH_SIZES, Dialect};
use crate::value::Value;

/// A table as the write side sees it: what it writes and what identifies a row.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Columns of a row, in the order in which values are given.
    pub(crate) columns: &'static [&'static str],
    /// The columns that identify a row; empty = rows are only ever added.
    pub(crate) key: &'static [&'static str],
    /// The statement for each batch size.
    texts: [OnceLock<String>; BATCH_SIZES.len()],
}

impl Table {
    pub(crate) const fn new(
        name: &'static str,
        columns: &'static [&'static str],
        key: &'static [&'static str],
    ) -> Self {
        Self { name, columns, key, texts: [const { OnceLock::new() }; BATCH_SIZES.len()] }
    }

    /// The statements of this table for one database, one per batch size.
    pub(crate) fn texts(&'static self, dialect: Dialect) -> impl Iterator<Item = (usize, &'static str)> {
        let sizes = BATCH_SIZES.iter().zip(&self.texts).filter(move |(size, _)| dialect.allows_batch(**size));
        sizes.map(|(size, text)| (*size, text.get_or_init(|| self.text(*size)).as_str()))
    }

    /// Adds steps that upsert `rows`, which have distinct keys, in statements as large as allowed.
    pub(crate) fn upsert(&'static self, rows: Vec<Vec<Value>>, dialect: Dialect, steps: &mut Vec<Step>) {
        let mut rows = rows.into_iter();
        for (size, text) in self.texts(dialect) {
            while rows.len() >= size {
                let values: Vec<Value> = rows.by_ref().take(size).flatten().collect();
                debug_assert_eq!(values.len(), size * self.columns.len(), "rows of {} fit its columns", self.name);
                steps.push(Step::new(text, values));
            }
        }
        debug_assert_eq!(rows.len(), 0, "the smallest batch is one row");
    }

    fn text(&self, rows: usize) -> String {
        let width = self.columns.len();
        let mut text = format!("INSERT INTO {} ({}) VALUES ", self.name, self.columns.join(", "));
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 1..=width {
                let separator = if column == 1 { "" } else { ", " };
                // Writing to a string cannot fail.
                let _ = write!(text, "{separator}${}", row * width + column);
            }
            text.push(')');
        }
        if !self.key.is_empty() {
            let changed = self.columns.iter().filter(|c| !self.key.contains(c));
            let sets: Vec<String> = changed.map(|c| format!("{c} = excluded.{c}")).collect();
            let action = if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", sets.join(", ")) };
            let _ = write!(text, " ON CONFLICT ({}) DO {action}", self.key.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIR: Table = Table::new("pair", &["a", "b"], &["a"]);

    #[test]
    fn writes_one_statement_text_per_size() {
        assert_eq!(
            PAIR.text(2),
            "INSERT INTO pair (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT (a) DO UPDATE SET b = excluded.b"
        );
    }

    #[test]
    fn cuts_rows_into_the_largest_batches() {
        let rows = (0..145i64).map(|i| vec![Value::Int(i), Value::Null]).collect();
        let mut steps = Vec::new();
        PAIR.upsert(rows, Dialect::Postgres, &mut steps);
        let sizes: Vec<usize> = steps.iter().map(|s| s.values.len() / 2).collect();
        assert_eq!(sizes, [128, 16, 1]);
        assert_eq!(steps[2].values[0], Value::Int(144), "in order, none lost");
    }
}
