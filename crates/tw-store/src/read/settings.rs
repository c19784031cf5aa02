//! Lists of variables and connections.

use tw_model::{Connection, Variable};

use crate::data::connection_columns;
use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::read::Page;
use crate::read::filter::{Filters, Listed, TextMatch, counted, order_by};
use crate::store::Store;
use crate::value::Columns;

/// A variable in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VariableView {
    /// The variable.
    pub variable: Variable,
    /// Whether its value is encrypted at rest.
    pub is_encrypted: bool,
}

/// How variables can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VariableColumn {
    /// By key.
    Key,
    /// By description.
    Description,
    /// By whether it is encrypted.
    IsEncrypted,
}

impl VariableColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Description => "description",
            Self::IsEncrypted => "is_encrypted",
        }
    }
}

/// How connections can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionColumn {
    /// By id.
    ConnId,
    /// By kind.
    ConnType,
    /// By description.
    Description,
    /// By host.
    Host,
    /// By port.
    Port,
}

impl ConnectionColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::ConnId => "conn_id",
            Self::ConnType => "conn_type",
            Self::Description => "description",
            Self::Host => "host",
            Self::Port => "port",
        }
    }
}

const VARIABLES: &str = "SELECT key, value, is_encrypted, description, is_encrypted FROM variable";
const CONNECTIONS: &str = concat!("SELECT ", connection_columns!(), " FROM connection");

queries! {
    VARIABLE = "SELECT key, value, is_encrypted, description, is_encrypted FROM variable WHERE key = $1";
}

impl Store {
    /// One page of the variables whose key passes the search. Each order entry says whether it
    /// descends.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` when a value cannot be decrypted.
    pub async fn variables_list(
        &self,
        key: &TextMatch,
        order: &[(VariableColumn, bool)],
        page: Page,
    ) -> Result<Listed<VariableView>, StoreError> {
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "key");
        let rows = Select::new(VARIABLES).matching("key", key).order(&order);
        let counting = counted("FROM variable").matching("key", key);
        self.listed(rows, counting, page, |c| self.variable_view_from(c)).await
    }

    /// One variable as it is listed.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` when its value cannot be decrypted.
    pub async fn variable_view(&self, key: &str) -> Result<Option<VariableView>, StoreError> {
        self.find(VARIABLE, [key.into()], |c| self.variable_view_from(c)).await
    }

    /// One page of the connections whose id passes the search. Each order entry says whether it
    /// descends.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` when a secret cannot be decrypted.
    pub async fn connections_list(
        &self,
        conn_id: &TextMatch,
        order: &[(ConnectionColumn, bool)],
        page: Page,
    ) -> Result<Listed<Connection>, StoreError> {
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "conn_id");
        let rows = Select::new(CONNECTIONS).matching("conn_id", conn_id).order(&order);
        let counting = counted("FROM connection").matching("conn_id", conn_id);
        self.listed(rows, counting, page, |c| self.connection(c)).await
    }

    fn variable_view_from(&self, c: &mut Columns) -> Result<VariableView, StoreError> {
        Ok(VariableView { variable: self.variable(c)?, is_encrypted: c.take()? })
    }
}
