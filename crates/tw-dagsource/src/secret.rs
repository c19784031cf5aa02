//! Secrets that a parse child has read, so that no text about the parse shows them (protocol 1.12).

use std::collections::BTreeSet;

use serde_json::Value;
use tw_model::secret::is_sensitive_name;

/// Shorter values are not masked: they would blank out parts of ordinary words.
const SECRET_CHARS_MIN: usize = 5;

/// What to blank out.
#[derive(Debug, Default)]
pub(crate) struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Takes in a value that the child declared. With a name, it is a secret only if the name, or
    /// the key of a part, says so.
    pub(crate) fn add(&mut self, value: &Value, name: Option<&str>) {
        match value {
            Value::String(text) if name.is_none_or(is_sensitive_name) && text.chars().count() >= SECRET_CHARS_MIN => {
                self.0.insert(text.clone());
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

    /// The text without the secrets.
    pub(crate) fn mask(&self, text: String) -> String {
        // Longest first: one secret may be part of another.
        let mut secrets: Vec<&String> = self.0.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text, |text, secret| text.replace(secret.as_str(), "***"))
    }
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
}
