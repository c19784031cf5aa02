//! Encryption of what is secret, compatible with Airflow's `fernet_key`.

use fernet::{Fernet, MultiFernet};

use crate::error::StoreError;

/// The keys, if any.
pub(crate) struct Secrets {
    keys: Option<MultiFernet>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("encrypts", &self.keys.is_some()).finish()
    }
}

impl Secrets {
    /// Takes keys as Airflow writes them; empty ones are ignored.
    pub(crate) fn new(keys: &[String]) -> Result<Self, StoreError> {
        let keys: Vec<Fernet> = keys
            .iter()
            .map(|key| key.trim())
            .filter(|key| !key.is_empty())
            .map(|key| {
                Fernet::new(key).ok_or_else(|| {
                    StoreError::other("a Fernet key is not url-safe base64 of 32 bytes (the keys are not shown)")
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { keys: (!keys.is_empty()).then(|| MultiFernet::new(keys)) })
    }

    /// The text as it is stored, and whether it is encrypted.
    pub(crate) fn seal(&self, text: &str) -> (String, bool) {
        match &self.keys {
            Some(keys) => (keys.encrypt(text.as_bytes()), true),
            None => (text.to_owned(), false),
        }
    }

    /// The text again. `what` names it in the error.
    pub(crate) fn unseal(&self, stored: String, is_encrypted: bool, what: &str) -> Result<String, StoreError> {
        if !is_encrypted {
            return Ok(stored);
        }
        let refused = |why: &str| StoreError::corrupt(format!("{what} cannot be decrypted: {why}"));
        let keys = self.keys.as_ref().ok_or_else(|| refused("no Fernet key is configured"))?;
        let bytes = keys.decrypt(&stored).map_err(|_| refused("no configured Fernet key fits"))?;
        String::from_utf8(bytes).map_err(|_| refused("the text is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=";
    const NEW: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

    fn secrets(keys: &[&str]) -> Secrets {
        Secrets::new(&keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_rotated_key_still_decrypts() {
        let (sealed, encrypted) = secrets(&[OLD]).seal("pässword");
        assert!(encrypted && !sealed.contains("word"));
        assert_eq!(secrets(&[NEW, OLD]).unseal(sealed.clone(), true, "x").unwrap(), "pässword");
        let error = secrets(&[NEW]).unseal(sealed, true, "the password of \"db\"").unwrap_err().to_string();
        assert!(
            error.ends_with("the password of \"db\" cannot be decrypted: no configured Fernet key fits"),
            "{error}"
        );
    }

    #[test]
    fn reads_a_token_made_by_another_implementation() {
        // The example of the Fernet specification.
        let token =
            "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
        assert_eq!(secrets(&[NEW]).unseal(token.to_owned(), true, "x").unwrap(), "hello");
    }

    #[test]
    fn without_a_key_text_stays_as_it_is() {
        assert_eq!(secrets(&[" "]).seal("a"), ("a".to_owned(), false));
        assert!(Secrets::new(&["short".to_owned()]).is_err());
    }
}
