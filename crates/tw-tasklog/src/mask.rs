//! Hides secrets in texts and records (protocol 1.12; the rules of Airflow's secrets masker).

use std::borrow::Cow;

use serde_json::{Map, Value};
use tw_model::secret::{is_sensitive_name, normalized};

/// What stands where a secret stood.
pub const MASK: &str = "***";
/// Shorter strings are not secrets: hiding them would garble logs (`[logging]
/// min_length_masked_secret`), in characters.
const SECRET_CHARS_MIN: usize = 5;
/// The default user and password of many test set-ups; hiding it would garble logs.
const NEVER_SECRET: &str = "airflow";
/// The secrets of one attempt.
///
/// ```
/// use serde_json::json;
/// use tw_tasklog::SecretMasker;
/// let mut masker = SecretMasker::new(&[]);
/// masker.add(&json!({"password": "hunter22", "host": "example.org"}), None);
/// assert_eq!(masker.mask_text("hunter22 at example.org"), "*** at example.org");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SecretMasker {
    /// Longest first, so that a secret which contains another is hidden whole.
    secrets: Vec<String>,
    extra_names: Vec<String>,
}

impl SecretMasker {
    /// A masker that knows no secrets yet. Values whose names contain one of `extra_names` are
    /// secrets, too (`[core] sensitive_var_conn_names`).
    pub fn new(extra_names: &[String]) -> Self {
        let extra_names = extra_names.iter().map(|name| normalized(name)).filter(|name| !name.is_empty()).collect();
        Self { secrets: Vec::new(), extra_names }
    }

    /// Learns a secret. In objects, values are named by their keys; items of lists have the name
    /// of the list. Without a name every text is a secret, with one only if the name is sensitive.
    pub fn add(&mut self, value: &Value, name: Option<&str>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| self.add(value, Some(key))),
            Value::Array(items) => items.iter().for_each(|item| self.add(item, name)),
            Value::String(text) => {
                if name.is_none_or(|name| self.is_sensitive(name)) {
                    self.add_text(text);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Learns a text as a secret, unless it is too short or a word that is never one.
    pub fn add_text(&mut self, text: &str) {
        if text.chars().count() < SECRET_CHARS_MIN || text.eq_ignore_ascii_case(NEVER_SECRET) {
            return;
        }
        let place = self.secrets.partition_point(|other| (other.len(), other.as_str()) > (text.len(), text));
        if self.secrets.get(place).is_none_or(|other| other != text) {
            self.secrets.insert(place, text.to_owned());
        }
    }

    /// Whether a value of this name is a secret whatever it is.
    pub fn is_sensitive(&self, name: &str) -> bool {
        is_sensitive_name(name) || {
            let name = normalized(name);
            self.extra_names.iter().any(|part| name.contains(part))
        }
    }

    /// Hides the known secrets in a text.
    pub fn mask_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for secret in &self.secrets {
            if masked.contains(secret.as_str()) {
                masked = Cow::Owned(masked.replace(secret.as_str(), MASK));
            }
        }
        masked
    }

    /// Hides the known secrets in all texts of a record, keys included, and everything under a
    /// sensitive key.
    pub fn mask_record(&self, record: &mut Map<String, Value>) {
        for (key, value) in std::mem::take(record) {
            let value = if self.is_sensitive(&key) && !value.is_null() { MASK.into() } else { self.masked(value) };
            let key = match self.mask_text(&key) {
                Cow::Borrowed(_) => key,
                Cow::Owned(masked) => masked,
            };
            record.insert(key, value);
        }
    }

    fn masked(&self, value: Value) -> Value {
        match value {
            Value::String(text) => match self.mask_text(&text) {
                Cow::Borrowed(_) => Value::String(text),
                Cow::Owned(masked) => Value::String(masked),
            },
            Value::Array(items) => items.into_iter().map(|item| self.masked(item)).collect(),
            Value::Object(mut map) => {
                self.mask_record(&mut map);
                Value::Object(map)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masker(secrets: &[&str]) -> SecretMasker {
        let mut masker = SecretMasker::default();
        secrets.iter().for_each(|secret| masker.add_text(secret));
        masker
    }

    #[test]
    fn hides_what_it_learned() {
        let masker = masker(&["abcde", "abcdefgh", "1234", "Airflow", "abcde"]);
        for (text, expected) in [
            ("xabcdefghx", "x***x"),
            ("abcde abcde", "*** ***"),
            ("1234 Airflow", "1234 Airflow"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(masker.mask_text(text), expected);
        }
    }

    #[test]
    fn a_name_decides_what_is_secret() {
        let mut masker = SecretMasker::new(&["PIN Code".to_owned()]);
        masker.add(&json!("plain-text"), Some("host"));
        masker.add(&json!(["listed-1", {"host": "listed-2", "Api-Key": "listed-3"}]), Some("my_TOKEN"));
        masker.add(&json!({"pin code": "listed-4", "port": 12345}), None);
        assert_eq!(masker.secrets, ["listed-4", "listed-3", "listed-1"]);
    }

    #[test]
    fn names_are_compared_normalized() {
        let masker = SecretMasker::new(&["Kunden-Nr".to_owned()]);
        for name in ["PASSWORD", "db password!", "x-api--key", "  Authorization ", "KUNDEN nr", "the_webhook.url"] {
            assert!(masker.is_sensitive(name), "{name}");
        }
        for name in ["passw", "api", "kunde", ""] {
            assert!(!masker.is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn records_are_masked_in_depth() {
        let mut record = json!({
            "event": "login abcde", "count": 1, "headers": {"Authorization": ["Basic", 7], "abcde": null},
            "list": [{"deep": ["xabcde"]}], "password": null, "token_count": 5,
        });
        masker(&["abcde"]).mask_record(record.as_object_mut().unwrap());
        let expected = json!({
            "event": "login ***", "count": 1, "headers": {"Authorization": "***", "***": null},
            "list": [{"deep": ["x***"]}], "password": null, "token_count": "***",
        });
        assert_eq!(record, expected);
    }
}
