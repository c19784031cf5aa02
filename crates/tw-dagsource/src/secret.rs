//! Secrets that a child has read, so that no text about its work shows them (protocol 1.12).

use std::collections::BTreeSet;

use serde_json::Value;
use tw_model::Connection;
use tw_model::secret::is_sensitive_name;

/// Shorter values are not masked: they would blank out parts of ordinary words.
const SECRET_CHARS_MIN: usize = 5;

/// What to blank out.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    anywhere: BTreeSet<String>,
    /// Passwords that are too short to blank out within words.
    alone: BTreeSet<String>,
}

impl Secrets {
    /// Takes in a value that the child declared. With a name, it is a secret only if the name, or
    /// the key of a part, says so.
    pub(crate) fn add(&mut self, value: &Value, name: Option<&str>) {
        match value {
            Value::String(text) if name.is_none_or(is_sensitive_name) && text.chars().count() >= SECRET_CHARS_MIN => {
                self.anywhere.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item, name)),
            Value::Object(map) => {
                for (key, inner) in map {
                    let secret = name.is_none_or(is_sensitive_name) || is_sensitive_name(key);
                    self.add(inner, if secret { None } else { Some(key) });
                }
            }
            _ => {}
        }
    }

    /// Takes in what is secret of a connection, also as a URI writes it.
    pub(crate) fn add_connection(&mut self, connection: &Connection) {
        if let Some(password) = connection.password.as_ref().filter(|text| !text.is_empty()) {
            let is_long = password.chars().count() >= SECRET_CHARS_MIN;
            let secrets = if is_long { &mut self.anywhere } else { &mut self.alone };
            secrets.extend([password.clone(), percent_encoded(password)]);
        }
        if let Some(extra) = &connection.extra {
            self.anywhere.extend(Some(extra.clone()).filter(|text| text.chars().count() >= SECRET_CHARS_MIN));
            self.add(&serde_json::from_str(extra).unwrap_or_default(), Some("extra"));
        }
    }

    /// Takes in those of another.
    pub(crate) fn extend(&mut self, others: Secrets) {
        self.anywhere.extend(others.anywhere);
        self.alone.extend(others.alone);
    }

    /// The text without the secrets.
    pub(crate) fn mask(&self, text: String) -> String {
        // Longest first: one secret may be part of another.
        let mut secrets: Vec<&String> = self.anywhere.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let text = secrets.into_iter().fold(text, |text, secret| text.replace(secret.as_str(), "***"));
        self.alone.iter().fold(text, |text, secret| without_word(&text, secret))
    }
}

/// The text with `word` blanked out where it is not part of a longer word.
fn without_word(text: &str, word: &str) -> String {
    let mut result = String::new();
    let mut done = 0;
    for (start, _) in text.match_indices(word) {
        let end = start + word.len();
        let goes_on = text[end..].starts_with(char::is_alphanumeric);
        if !goes_on && !text[..start].ends_with(char::is_alphanumeric) {
            result.push_str(&text[done..start]);
            result.push_str("***");
            done = end;
        }
    }
    result + &text[done..]
}

/// Everything but letters, digits and `_.-~` as bytes, which is how Python writes a password into a
/// URI.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_decide_what_is_secret() {
        let mut secrets = Secrets::default();
        secrets.add(&json!("hunter2hunter2"), None);
        secrets.add(&json!("production"), Some("environment"));
        secrets.add(&json!({"password": "swordfish", "user": "alice-smith"}), Some("settings"));
        secrets.add(&json!(["abcdef"]), Some("MY_API_KEY"));
        let masked = secrets.mask("hunter2hunter2 production swordfish alice-smith abcdef".to_owned());
        assert_eq!(masked, "*** production *** alice-smith ***");
    }

    #[test]
    fn of_a_connection_the_password_and_the_secret_parts_of_the_extra() {
        let connection = Connection {
            password: Some("hunter 2/ü".to_owned()),
            extra: Some(r#"{"api_key": "swordfish", "region": "north"}"#.to_owned()),
            login: Some("alice".to_owned()),
            ..Connection::default()
        };
        let mut secrets = Secrets::default();
        secrets.add_connection(&connection);
        secrets.add_connection(&Connection { password: Some("at".to_owned()), ..Connection::default() });
        let masked = |text: &str| secrets.mask(text.to_owned());
        assert_eq!(masked("at a gate: x:at@h, 'at', that"), "*** a gate: x:***@h, '***', that");
        assert_eq!(masked("alice:hunter 2/ü x://alice:hunter%202%2F%C3%BC@h"), "alice:*** x://alice:***@h");
        assert_eq!(masked("swordfish north"), "*** north");
        assert_eq!(masked(&format!("extra={}", connection.extra.unwrap())), "extra=***");
    }
}
