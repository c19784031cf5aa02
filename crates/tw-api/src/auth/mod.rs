//! Who asks, and what they may do: passwords, tokens, roles, and a brake on guessing.

pub(crate) mod cookie;
mod guard;
mod login;
mod password;
mod role;
mod throttle;
mod token;

pub(crate) use guard::{Caller, authenticate};
pub(crate) use login::{Login, Peer, log_in, routes};
pub use password::{HashPasswordError, hash_password};
pub(crate) use role::READS_SETTINGS;
pub use token::{Secret, ShortSecretError};

pub(crate) use throttle::Throttle;
pub(crate) use token::{TOKEN_LIFETIME, TokenKeys};

use password::verify_password;
