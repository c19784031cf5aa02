//! Which names say that their value is secret (Airflow's `secrets_masker`). One list, because a
//! value hidden in one place and shown in another is not hidden.

/// A value whose normalized name contains one of these is a secret.
const SENSITIVE_PARTS: &[&str] = &[
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "auth_header",
    "authorization",
    "bearer",
    "connection_string",
    "dsn",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "service_key",
    "token",
    "webhook_url",
];

/// A name as sensitive names are compared: lower case, and each run of characters that are not
/// part of a word is one underscore.
///
/// ```
/// assert_eq!(tw_model::secret::normalized("  X-Api--Key"), "x_api_key");
/// ```
pub fn normalized(name: &str) -> String {
    let mut result = String::with_capacity(name.len());
    let mut in_gap = false;
    for character in name.trim().chars().flat_map(char::to_lowercase) {
        let is_word = character.is_alphanumeric() || character == '_';
        if is_word {
            result.push(character);
        } else if !in_gap {
            result.push('_');
        }
        in_gap = !is_word;
    }
    result
}

/// Whether a value of this name is a secret.
///
/// ```
/// assert!(tw_model::secret::is_sensitive_name("DB Password"));
/// assert!(!tw_model::secret::is_sensitive_name("host"));
/// ```
pub fn is_sensitive_name(name: &str) -> bool {
    let name = normalized(name);
    SENSITIVE_PARTS.iter().any(|part| name.contains(part))
}
