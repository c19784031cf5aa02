//! Variables, encrypted when a key is configured.

use tw_model::Variable;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::{like_prefix, queries};
use crate::store::Store;
use crate::value::{Columns, Value};

/// Keys of one answer at most (S-11.38).
pub const VARIABLE_KEYS_MAX: u32 = 10_000;

queries! {
    GET = "SELECT key, value, is_encrypted, description FROM variable WHERE key = $1";
    CREATE = "INSERT INTO variable (key, value, is_encrypted, description) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (key) DO NOTHING";
    PUT = "INSERT INTO variable (key, value, is_encrypted, description) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, is_encrypted = excluded.is_encrypted, \
        description = excluded.description";
    DELETE = "DELETE FROM variable WHERE key = $1";
    KEYS = "SELECT key FROM variable WHERE key LIKE $1 ESCAPE '!' ORDER BY key LIMIT $2 OFFSET $3";
    KEYS_COUNT = "SELECT count(*) FROM variable WHERE key LIKE $1 ESCAPE '!'";
}

impl Store {
    /// The variable of this key.
    ///
    /// # Errors
    /// `Corrupt` if it cannot be decrypted; `Unavailable`.
    pub async fn variable_get(&self, key: &str) -> Result<Option<Variable>, StoreError> {
        self.find(GET, [key.into()], |c| self.variable(c)).await
    }

    /// Stores a new variable.
    ///
    /// # Errors
    /// `Conflict` if the key exists; `Unavailable`.
    pub async fn variable_create(&self, variable: &Variable) -> Result<(), StoreError> {
        let miss = Miss::Conflict(format!("variable {:?} exists", variable.key));
        self.transact(vec![Step::new(CREATE, self.variable_values(variable)).or_else(miss)]).await.map(drop)
    }

    /// Stores a variable, replacing an earlier one whole.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn variable_put(&self, variable: &Variable) -> Result<(), StoreError> {
        self.transact(vec![Step::new(PUT, self.variable_values(variable))]).await.map(drop)
    }

    /// Deletes a variable; answers whether there was one.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn variable_delete(&self, key: &str) -> Result<bool, StoreError> {
        let results = self.transact(vec![Step::new(DELETE, [key.into()])]).await?;
        Ok(results.iter().any(|result| result.affected > 0))
    }

    /// Keys that begin with `prefix`, sorted, and how many there are in all. At most
    /// [`VARIABLE_KEYS_MAX`] are answered.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn variable_keys(&self, prefix: &str, limit: u32, offset: u32) -> Result<(Vec<String>, u64), StoreError> {
        let pattern = like_prefix(prefix);
        let page: [Value; 3] = [(&pattern).into(), limit.min(VARIABLE_KEYS_MAX).into(), offset.into()];
        let keys = self.list(KEYS, page, |c| c.take()).await?;
        let total = self.find(KEYS_COUNT, [pattern.into()], |c| c.take()).await?;
        Ok((keys, total.unwrap_or(0)))
    }

    fn variable_values(&self, variable: &Variable) -> [Value; 4] {
        let (value, is_encrypted) = self.secrets().seal(&variable.value);
        [(&variable.key).into(), value.into(), is_encrypted.into(), variable.description.as_deref().into()]
    }

    /// Reads `key, value, is_encrypted, description`.
    pub(crate) fn variable(&self, c: &mut Columns) -> Result<Variable, StoreError> {
        let key: String = c.take()?;
        let value = self.secrets().unseal(c.take()?, c.take()?, &format!("variable {key:?}"))?;
        Ok(Variable { key, value, description: c.take()? })
    }
}
