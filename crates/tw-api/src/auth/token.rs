//! Access tokens: JWTs signed with the deployment's secret.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tw_model::{TimeSpan, Timestamp};
use tw_store::Account;

/// How long a token of `/auth/token` is good for; Airflow's `[api_auth] jwt_expiration_time`.
pub(crate) const TOKEN_LIFETIME: TimeSpan = TimeSpan::from_secs(24 * 60 * 60);
/// The same for `/auth/token/cli`; Airflow's `jwt_cli_expiration_time`.
pub(super) const CLI_TOKEN_LIFETIME: TimeSpan = TimeSpan::from_secs(60 * 60);
/// Fewer bytes would make the signature weaker than the hash under it.
const SECRET_BYTES_MIN: usize = 32;
const ALGORITHM: Algorithm = Algorithm::HS512;
const AUDIENCE: &str = "apache-airflow";

/// The bytes that sign tokens. The binary makes them at first start and keeps them in its home.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// The secret is too short to sign with.
#[derive(Debug, thiserror::Error)]
#[error("the token secret has {found} bytes (at least {SECRET_BYTES_MIN} are needed)")]
pub struct ShortSecretError {
    found: usize,
}

impl Secret {
    /// These bytes.
    ///
    /// # Errors
    /// [`ShortSecretError`] below 32 bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ShortSecretError> {
        if bytes.len() < SECRET_BYTES_MIN { Err(ShortSecretError { found: bytes.len() }) } else { Ok(Self(bytes)) }
    }

    /// 64 fresh random bytes, to be stored.
    pub fn generate() -> [u8; 64] {
        rand::random()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Signs and checks tokens.
pub(crate) struct TokenKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    role: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenError {
    /// It was good once.
    Expired,
    /// It is not one of ours.
    Invalid,
}

impl TokenKeys {
    /// Keys made of this secret.
    pub(crate) fn new(secret: &Secret) -> Self {
        Self { encoding: EncodingKey::from_secret(&secret.0), decoding: DecodingKey::from_secret(&secret.0) }
    }

    /// A token for this account, good from `now` for `lifetime`.
    pub(crate) fn issue(&self, account: &Account, now: Timestamp, lifetime: TimeSpan) -> String {
        let second = |t: Timestamp| t.as_micros().div_euclid(1_000_000);
        let claims = Claims {
            sub: account.name.clone(),
            role: account.role.as_str().to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: second(now),
            nbf: second(now),
            exp: second(now.saturating_add(lifetime)),
        };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.encoding)
            .expect("claims of text and integers serialize")
    }

    /// The user a token was issued to, if it is good at `now`.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<String, TokenError> {
        let mut rules = Validation::new(ALGORITHM);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "aud", "sub"]);
        // The clock is an argument, so the dates are compared below and not by the library.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?
            .claims;
        let now = now.as_micros().div_euclid(1_000_000);
        match () {
            () if claims.exp <= now => Err(TokenError::Expired),
            () if claims.nbf > now => Err(TokenError::Invalid),
            () => Ok(claims.sub),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_store::Role;

    fn keys(byte: u8) -> TokenKeys {
        TokenKeys::new(&Secret::new(vec![byte; 64]).unwrap())
    }

    fn ada() -> Account {
        let created_at = Timestamp::from_micros(0);
        Account { name: "ada".into(), password_hash: String::new(), role: Role::User, created_at }
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let token = keys(1).issue(&ada(), now, TimeSpan::from_secs(10));
        assert_eq!(keys(1).check(&token, now), Ok("ada".into()));
        assert_eq!(keys(1).check(&token, now.saturating_add(TimeSpan::from_secs(9))), Ok("ada".into()));
        assert_eq!(keys(1).check(&token, now.saturating_add(TimeSpan::from_secs(10))), Err(TokenError::Expired));
        assert_eq!(keys(1).check(&token, now.saturating_add(TimeSpan::from_secs(-5))), Err(TokenError::Invalid));
    }

    #[test]
    fn a_foreign_or_changed_token_is_invalid() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let token = keys(1).issue(&ada(), now, TimeSpan::from_secs(10));
        assert_eq!(keys(2).check(&token, now), Err(TokenError::Invalid));
        assert_eq!(keys(1).check(&format!("{token}x"), now), Err(TokenError::Invalid));
        // The "none" algorithm is a classic forgery.
        let body = token.split('.').nth(1).unwrap();
        assert_eq!(keys(1).check(&format!("eyJhbGciOiJub25lIn0.{body}."), now), Err(TokenError::Invalid));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secret::new(vec![0; 31]).is_err());
    }
}
