//! Query texts: declared once, listed for checking, composed from fixed pieces where a list has
//! optional filters.

use crate::value::Value;

/// Declares query texts as constants and lists them in `ALL`, so that a test (and
/// [`crate::Store::prepare_all`]) can prepare every one on both databases.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)+
        /// Every query of this module with its name.
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(crate) use queries;

/// A `SELECT` with optional filters, put together from fixed pieces of text. Values only ever
/// travel as parameters: a piece refers to its own values as `$`, in order.
///
/// ```
/// use tw_store::Select;
/// let q = Select::new("SELECT d.dag_id FROM dag d")
///     .filter("d.is_stale = $", [false])
///     .filter_some("d.dag_id LIKE $ ESCAPE '!'", None::<&str>)
///     .order("d.dag_id")
///     .page(50, 0);
/// assert_eq!(q.text(), "SELECT d.dag_id FROM dag d WHERE (d.is_stale = $1) ORDER BY d.dag_id LIMIT $2 OFFSET $3");
/// ```
#[derive(Clone, Debug)]
pub struct Select {
    text: String,
    values: Vec<Value>,
    filtered: bool,
}

impl Select {
    /// Starts with everything up to, and without, `WHERE`; it may have `$` values of its own, given
    /// by [`Select::with`].
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), filtered: false }
    }

    /// Adds a piece of text as it is, with its values.
    pub fn with<V: Into<Value>>(mut self, piece: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.text.push(' ');
        self.push(piece, values);
        self
    }

    /// Adds another query in parentheses.
    pub(crate) fn nested(mut self, part: Select) -> Self {
        let before = self.values.len();
        let mut pieces = part.text.split('$');
        self.text.push_str(" (");
        self.text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = piece[..digits].parse().expect("a finished text numbers its parameters");
            self.text.push_str(&format!("${}{}", before + number, &piece[digits..]));
        }
        self.text.push(')');
        self.values.extend(part.values);
        self
    }

    /// Adds a piece of text as it is.
    pub(crate) fn then(self, piece: &str) -> Self {
        self.with(piece, std::iter::empty::<i64>())
    }

    /// Adds a condition that rows must meet.
    pub fn filter<V: Into<Value>>(mut self, condition: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.text.push_str(if self.filtered { " AND (" } else { " WHERE (" });
        self.filtered = true;
        self.push(condition, values);
        self.text.push(')');
        self
    }

    /// Adds a condition if there is a value for it.
    pub fn filter_some<V: Into<Value>>(self, condition: &str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.filter(condition, [value]),
            None => self,
        }
    }

    /// Adds `column IN (…)`; no values mean no condition.
    pub fn filter_in<V: Into<Value>>(self, column: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            return self;
        }
        let condition = format!("{column} IN ({})", placeholders(values.len()));
        self.filter(&condition, values)
    }

    /// Adds the order; always give one that is total, and say `NULLS FIRST` or `LAST` for columns
    /// that may be null, because the databases differ.
    pub fn order(mut self, order: &str) -> Self {
        self.text.push_str(" ORDER BY ");
        self.text.push_str(order);
        self
    }

    /// Bounds the answer.
    pub fn page(self, limit: u32, offset: u32) -> Self {
        self.with("LIMIT $ OFFSET $", [limit, offset])
    }

    /// The text so far, with numbered parameters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text and its values.
    pub fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }

    fn push<V: Into<Value>>(&mut self, piece: &str, values: impl IntoIterator<Item = V>) {
        let mut parts = piece.split('$');
        self.text.push_str(parts.next().unwrap_or_default());
        let mut values = values.into_iter();
        for part in parts {
            let value = values.next().expect("a piece has as many values as $ signs");
            self.values.push(value.into());
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
            self.text.push_str(part);
        }
        debug_assert!(values.next().is_none(), "a piece has as many $ signs as values: {piece}");
    }
}

/// `$, $, …` for a list of `count` values.
pub fn placeholders(count: usize) -> String {
    vec!["$"; count].join(", ")
}

/// Turns a user's search text into a `LIKE … ESCAPE '!'` pattern that finds it anywhere.
pub fn like_contains(text: &str) -> String {
    format!("%{}%", like_escape(text))
}

/// Turns a prefix into a `LIKE … ESCAPE '!'` pattern.
pub fn like_prefix(text: &str) -> String {
    format!("{}%", like_escape(text))
}

fn like_escape(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_parameters_across_pieces() {
        let q = Select::new("SELECT 1 FROM t")
            .filter_in("a", ["x", "y"])
            .filter_in("b", Vec::<i64>::new())
            .filter("c BETWEEN $ AND $", [1, 2])
            .order("a")
            .page(10, 20);
        assert_eq!(
            q.text(),
            "SELECT 1 FROM t WHERE (a IN ($1, $2)) AND (c BETWEEN $3 AND $4) ORDER BY a LIMIT $5 OFFSET $6"
        );
        assert_eq!(q.into_parts().1.len(), 6);
    }

    #[test]
    fn search_text_has_no_wildcards() {
        assert_eq!(like_contains("50%_a!"), "%50!%!_a!!%");
        assert_eq!(like_prefix("a"), "a%");
    }
}
