//! Filters of the DAG list that a person named.

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

/// Views of one person at most: the navigation shows all of them.
pub const SAVED_VIEWS_MAX: u32 = 50;

queries! {
    LIST = "SELECT s.name, s.query FROM saved_view s WHERE s.user_name = $1 ORDER BY s.id LIMIT $2";
    /// A view of the same name keeps its place.
    PUT = "INSERT INTO saved_view (user_name, name, query) SELECT $1, $2, $3 \
        WHERE EXISTS (SELECT 1 FROM saved_view s WHERE s.user_name = $1 AND s.name = $2) \
            OR (SELECT count(*) FROM saved_view s WHERE s.user_name = $1) < $4 \
        ON CONFLICT (user_name, name) DO UPDATE SET query = excluded.query";
    DELETE = "DELETE FROM saved_view WHERE user_name = $1 AND name = $2";
}

/// A filter with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedView {
    /// Unique for its person.
    pub name: String,
    /// What stands behind `?` in the address of the DAG list.
    pub query: String,
}

impl Store {
    /// The views of a person, in the order in which they were first saved.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn saved_views(&self, user_name: &str) -> Result<Vec<SavedView>, StoreError> {
        let values = [user_name.into(), SAVED_VIEWS_MAX.into()];
        self.list(LIST, values, |c| Ok(SavedView { name: c.take()?, query: c.take()? })).await
    }

    /// Saves a view, in place of one of the same name.
    ///
    /// # Errors
    /// `Conflict` if the person has [`SAVED_VIEWS_MAX`] others; `Unavailable`.
    pub async fn saved_view_put(&self, user_name: &str, view: &SavedView) -> Result<(), StoreError> {
        let values: [Value; 4] = [user_name.into(), (&view.name).into(), (&view.query).into(), SAVED_VIEWS_MAX.into()];
        let miss =
            Miss::Conflict(format!("there are {SAVED_VIEWS_MAX} saved views, which is the most; remove one first"));
        self.transact(vec![Step::new(PUT, values).or_else(miss)]).await.map(drop)
    }

    /// Removes a view.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn saved_view_delete(&self, user_name: &str, name: &str) -> Result<(), StoreError> {
        let miss = Miss::NotFound(format!("saved view {name:?}"));
        self.transact(vec![Step::new(DELETE, [user_name.into(), name.into()]).or_else(miss)]).await.map(drop)
    }
}
