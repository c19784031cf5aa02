//! People who may sign in.

use std::str::FromStr;

use tw_model::Timestamp;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::{Columns, Value};

queries! {
    GET = "SELECT name, password_hash, role, created_at_us FROM account WHERE name = $1";
    LIST = "SELECT name, password_hash, role, created_at_us FROM account ORDER BY name LIMIT $1 OFFSET $2";
    CREATE = "INSERT INTO account (name, password_hash, role, created_at_us) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (name) DO NOTHING";
    UPDATE = "UPDATE account SET password_hash = $2, role = $3 WHERE name = $1";
    DELETE = "DELETE FROM account WHERE name = $1";
}

/// What an account may do; each includes the ones before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Look.
    Viewer,
    /// Trigger, clear and mark runs.
    User,
    /// Change pools, variables and connections.
    Op,
    /// Everything, accounts included.
    Admin,
}

impl Role {
    /// Every role, ascending.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::User, Role::Op, Role::Admin];

    /// The name as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::User => "user",
            Self::Op => "op",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| StoreError::other(format!("unknown role {text:?} (expected viewer, user, op or admin)")))
    }
}

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Unique name.
    pub name: String,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
}

fn account(c: &mut Columns) -> Result<Account, StoreError> {
    Ok(Account { name: c.take()?, password_hash: c.take()?, role: c.parse()?, created_at: c.take()? })
}

impl Store {
    /// The account of this name.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn account_get(&self, name: &str) -> Result<Option<Account>, StoreError> {
        self.find(GET, [name.into()], account).await
    }

    /// Accounts by name, one page.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn account_list(&self, limit: u32, offset: u32) -> Result<Vec<Account>, StoreError> {
        self.list(LIST, [limit.into(), offset.into()], account).await
    }

    /// Stores a new account.
    ///
    /// # Errors
    /// `Conflict` if the name exists; `Unavailable`.
    pub async fn account_create(&self, account: &Account) -> Result<(), StoreError> {
        let Account { name, password_hash, role, created_at } = account;
        let values: [Value; 4] = [name.into(), password_hash.into(), role.as_str().into(), (*created_at).into()];
        let miss = Miss::Conflict(format!("account {name:?} exists"));
        self.transact(vec![Step::new(CREATE, values).or_else(miss)]).await.map(drop)
    }

    /// Changes password and role of an account.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn account_update(&self, name: &str, password_hash: &str, role: Role) -> Result<(), StoreError> {
        let values: [Value; 3] = [name.into(), password_hash.into(), role.as_str().into()];
        let miss = Miss::NotFound(format!("account {name:?}"));
        self.transact(vec![Step::new(UPDATE, values).or_else(miss)]).await.map(drop)
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn account_delete(&self, name: &str) -> Result<(), StoreError> {
        let miss = Miss::NotFound(format!("account {name:?}"));
        self.transact(vec![Step::new(DELETE, [name.into()]).or_else(miss)]).await.map(drop)
    }
}
