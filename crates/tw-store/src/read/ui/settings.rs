//! Connections and variables by a part of what names them, for the palette. Nothing secret is read.

use super::WINDOW;
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Columns;

/// Characters of a description that are searched and told.
macro_rules! description_chars_max {
    () => {
        "500"
    };
}

/// What a connection is called and what is said about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionHead {
    /// Its id.
    pub conn_id: String,
    /// Its kind, such as `postgres`.
    pub conn_type: String,
    /// The beginning of its description.
    pub description: Option<String>,
}

queries! {
    CONNECTIONS = concat!(
        "SELECT h.conn_id, h.conn_type, h.said FROM (\
            SELECT c.conn_id, c.conn_type, substr(c.description, 1, ", description_chars_max!(), ") AS said \
            FROM connection c ORDER BY c.conn_id LIMIT $2) h \
         WHERE lower(h.conn_id) LIKE lower($1) ESCAPE '!' OR lower(h.said) LIKE lower($1) ESCAPE '!' \
         ORDER BY CASE WHEN lower(h.conn_id) LIKE lower($1) ESCAPE '!' THEN 0 ELSE 1 END, h.conn_id LIMIT $3"
    );
    VARIABLES = "SELECT h.key FROM (SELECT v.key FROM variable v ORDER BY v.key LIMIT $2) h \
         WHERE lower(h.key) LIKE lower($1) ESCAPE '!' ORDER BY h.key LIMIT $3";
}

impl Store {
    /// Connections among the first [`WINDOW`] whose id or description matches a `LIKE` pattern:
    /// those whose id does come first, each kind by id.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn connections_named(&self, pattern: &str, limit: u32) -> Result<Vec<ConnectionHead>, StoreError> {
        let values = [pattern.into(), WINDOW.into(), limit.into()];
        let head =
            |c: &mut Columns| Ok(ConnectionHead { conn_id: c.take()?, conn_type: c.take()?, description: c.take()? });
        self.list(CONNECTIONS, values, head).await
    }

    /// Keys of variables among the first [`WINDOW`] that match a `LIKE` pattern.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn variables_named(&self, pattern: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        self.list(VARIABLES, [pattern.into(), WINDOW.into(), limit.into()], |c| c.take()).await
    }
}
