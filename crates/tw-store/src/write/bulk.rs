//! Statements that change many rows of one table.
//!
//! A statement exists in few sizes, so that each stays prepared. SQLite only knows the size of one
//! row, where both databases share the text; the larger ones are PostgreSQL's.

use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::batch::Step;
use crate::dialect::{BATCH_SIZES, Dialect};
use crate::value::Value;

/// A statement that takes a list of rows.
pub(crate) struct Bulk {
    /// What it does, for people.
    pub(crate) name: &'static str,
    form: Form,
    /// The statement for each batch size.
    texts: [OnceLock<String>; BATCH_SIZES.len()],
}

enum Form {
    /// Inserts rows of these columns; one that exists by `key` is updated. No key = only added.
    Upsert { table: &'static str, columns: &'static [&'static str], key: &'static [&'static str] },
    /// Changes the rows that a list of values names. `one` is the text for one row; for more,
    /// `head (values), … tail`. PostgreSQL wants to know the types of such a list.
    Named { one: &'static str, head: &'static str, types: &'static [&'static str], tail: &'static str },
}

impl Bulk {
    pub(crate) const fn upsert(
        table: &'static str,
        columns: &'static [&'static str],
        key: &'static [&'static str],
    ) -> Self {
        Self::new(table, Form::Upsert { table, columns, key })
    }

    pub(crate) const fn named(
        name: &'static str,
        one: &'static str,
        head: &'static str,
        types: &'static [&'static str],
        tail: &'static str,
    ) -> Self {
        Self::new(name, Form::Named { one, head, types, tail })
    }

    const fn new(name: &'static str, form: Form) -> Self {
        Self { name, form, texts: [const { OnceLock::new() }; BATCH_SIZES.len()] }
    }

    /// The statements for one database, largest first.
    pub(crate) fn texts(&'static self, dialect: Dialect) -> impl Iterator<Item = (usize, &'static str)> {
        let sizes = BATCH_SIZES.iter().zip(&self.texts).filter(move |(size, _)| dialect.allows_batch(**size));
        sizes.map(|(size, text)| (*size, text.get_or_init(|| self.text(*size)).as_str()))
    }

    /// Adds steps that handle `rows` in statements as large as allowed. No two rows have one key.
    pub(crate) fn push<R>(&'static self, rows: Vec<R>, dialect: Dialect, steps: &mut Vec<Step>)
    where
        R: IntoIterator<Item = Value>,
    {
        let mut rows = rows.into_iter();
        for (size, text) in self.texts(dialect) {
            while rows.len() >= size {
                let values: Vec<Value> = rows.by_ref().take(size).flatten().collect();
                debug_assert_eq!(values.len(), size * self.width(), "rows of {} have its width", self.name);
                steps.push(Step::new(text, values));
            }
        }
        debug_assert_eq!(rows.len(), 0, "the smallest batch is one row");
    }

    /// Columns of a row.
    fn width(&self) -> usize {
        match &self.form {
            Form::Upsert { columns, .. } => columns.len(),
            Form::Named { types, .. } => types.len(),
        }
    }

    fn text(&self, rows: usize) -> String {
        match &self.form {
            Form::Upsert { table, columns, key } => {
                let mut text = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
                write_rows(&mut text, rows, columns.len(), |_| None);
                if !key.is_empty() {
                    let changed = columns.iter().filter(|c| !key.contains(c));
                    let sets: Vec<String> = changed.map(|c| format!("{c} = excluded.{c}")).collect();
                    let action =
                        if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", sets.join(", ")) };
                    // Writing to a string cannot fail.
                    let _ = write!(text, " ON CONFLICT ({}) DO {action}", key.join(", "));
                }
                text
            }
            Form::Named { one, .. } if rows == 1 => (*one).to_owned(),
            Form::Named { head, types, tail, .. } => {
                let mut text = (*head).to_owned();
                write_rows(&mut text, rows, types.len(), |column| Some(types[column]));
                text.push_str(tail);
                text
            }
        }
    }
}

/// Writes `($1, $2), ($3, $4), …`; the types, if there are any, in the first row.
fn write_rows(text: &mut String, rows: usize, width: usize, type_of: impl Fn(usize) -> Option<&'static str>) {
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let separator = if column == 0 { "" } else { ", " };
            let number = row * width + column + 1;
            let _ = match type_of(column).filter(|_| row == 0) {
                Some(kind) => write!(text, "{separator}CAST(${number} AS {kind})"),
                None => write!(text, "{separator}${number}"),
            };
        }
        text.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIR: Bulk = Bulk::upsert("pair", &["a", "b"], &["a"]);
    static GONE: Bulk = Bulk::named(
        "gone",
        "DELETE FROM pair WHERE a = $1 AND b = $2",
        "DELETE FROM pair WHERE (a, b) IN (VALUES ",
        &["TEXT", "BIGINT"],
        ")",
    );

    #[test]
    fn writes_one_statement_text_per_size() {
        assert_eq!(
            PAIR.text(2),
            "INSERT INTO pair (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT (a) DO UPDATE SET b = excluded.b"
        );
        assert_eq!(GONE.text(1), "DELETE FROM pair WHERE a = $1 AND b = $2");
        assert_eq!(
            GONE.text(2),
            "DELETE FROM pair WHERE (a, b) IN (VALUES (CAST($1 AS TEXT), CAST($2 AS BIGINT)), ($3, $4))"
        );
    }

    #[test]
    fn cuts_rows_into_the_largest_batches() {
        let rows = (0..145i64).map(|i| [Value::Int(i), Value::Null]).collect();
        let mut steps = Vec::new();
        PAIR.push(rows, Dialect::Postgres, &mut steps);
        let sizes: Vec<usize> = steps.iter().map(|s| s.values.len() / 2).collect();
        assert_eq!(sizes, [128, 16, 1]);
        assert_eq!(steps[2].values[0], Value::Int(144), "in order, none lost");
    }
}
