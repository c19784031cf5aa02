//! Connections; password and extra are encrypted when a key is configured.

use tw_model::Connection;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::{Columns, Value};

/// Select list and insert list of a connection.
macro_rules! connection_columns {
    () => {
        "conn_id, conn_type, description, host, schema, login, password, is_encrypted, port, extra, is_extra_encrypted"
    };
}
pub(crate) use connection_columns;

queries! {
    GET = concat!("SELECT ", connection_columns!(), " FROM connection WHERE conn_id = $1");
    CREATE = concat!(
        "INSERT INTO connection (", connection_columns!(), ") \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (conn_id) DO NOTHING"
    );
    PUT = concat!(
        "INSERT INTO connection (", connection_columns!(), ") \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (conn_id) DO UPDATE SET \
         conn_type = excluded.conn_type, description = excluded.description, host = excluded.host, \
         schema = excluded.schema, login = excluded.login, password = excluded.password, \
         is_encrypted = excluded.is_encrypted, port = excluded.port, extra = excluded.extra, \
         is_extra_encrypted = excluded.is_extra_encrypted"
    );
    DELETE = "DELETE FROM connection WHERE conn_id = $1";
}

impl Store {
    /// The connection of this id.
    ///
    /// # Errors
    /// `Corrupt` if it cannot be decrypted; `Unavailable`.
    pub async fn connection_get(&self, conn_id: &str) -> Result<Option<Connection>, StoreError> {
        self.find(GET, [conn_id.into()], |c| self.connection(c)).await
    }

    /// Stores a new connection.
    ///
    /// # Errors
    /// `Conflict` if the id exists; `Unavailable`.
    pub async fn connection_create(&self, connection: &Connection) -> Result<(), StoreError> {
        let miss = Miss::Conflict(format!("connection {:?} exists", connection.conn_id));
        self.transact(vec![Step::new(CREATE, self.connection_values(connection)).or_else(miss)]).await.map(drop)
    }

    /// Stores a connection, replacing an earlier one whole.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn connection_put(&self, connection: &Connection) -> Result<(), StoreError> {
        self.transact(vec![Step::new(PUT, self.connection_values(connection))]).await.map(drop)
    }

    /// Deletes a connection; answers whether there was one.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn connection_delete(&self, conn_id: &str) -> Result<bool, StoreError> {
        let results = self.transact(vec![Step::new(DELETE, [conn_id.into()])]).await?;
        Ok(results.iter().any(|result| result.affected > 0))
    }

    fn connection_values(&self, connection: &Connection) -> [Value; 11] {
        let seal = |text: Option<&String>| match text {
            Some(text) => {
                let (sealed, encrypted) = self.secrets().seal(text);
                (Some(sealed), encrypted)
            }
            None => (None, false),
        };
        let (password, is_encrypted) = seal(connection.password.as_ref());
        let (extra, is_extra_encrypted) = seal(connection.extra.as_ref());
        [
            (&connection.conn_id).into(),
            (&connection.conn_type).into(),
            connection.description.as_deref().into(),
            connection.host.as_deref().into(),
            connection.schema.as_deref().into(),
            connection.login.as_deref().into(),
            password.into(),
            is_encrypted.into(),
            connection.port.into(),
            extra.into(),
            is_extra_encrypted.into(),
        ]
    }

    /// Reads [`connection_columns`].
    pub(crate) fn connection(&self, c: &mut Columns) -> Result<Connection, StoreError> {
        let conn_id: String = c.take()?;
        let (conn_type, description, host, schema, login) = (c.take()?, c.take()?, c.take()?, c.take()?, c.take()?);
        let unseal = |stored: Option<String>, is_encrypted: bool, what: &str| {
            let what = format!("{what} of connection {conn_id:?}");
            stored.map(|text| self.secrets().unseal(text, is_encrypted, &what)).transpose()
        };
        let password = unseal(c.take()?, c.take()?, "the password")?;
        let port = c.take()?;
        let extra = unseal(c.take()?, c.take()?, "the extra")?;
        Ok(Connection { conn_id, conn_type, description, host, schema, login, password, port, extra })
    }
}
