//! Reading one JSON object by key: typed, with the path in every error, and with a record of
//! what was read so that the rest can be kept.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::DagDecodeError;

/// An object and the layers of defaults below it. The first layer that has a key decides, also
/// when it says null: that means "absent", not "ask the next layer".
pub(super) struct Fields<'a> {
    layers: Vec<&'a Map<String, Value>>,
    read: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(object: &'a Map<String, Value>) -> Self {
        Self { layers: vec![object], read: BTreeSet::new() }
    }

    /// Puts a layer of defaults below the others.
    pub(super) fn with_defaults(mut self, defaults: Option<&'a Map<String, Value>>) -> Self {
        self.layers.extend(defaults);
        self
    }

    /// The value of `key`, unless it is absent or null.
    pub(super) fn raw(&mut self, key: &'static str) -> Option<&'a Value> {
        self.read.insert(key);
        self.peek(key).filter(|value| !value.is_null())
    }

    /// The value of `key` through `read`, unless it is absent or null.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, DagDecodeError>,
    ) -> Result<Option<T>, DagDecodeError> {
        self.raw(key).map(read).transpose().map_err(|e| e.below(key))
    }

    /// The value of `key` through `read`; absent and null are errors.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, DagDecodeError>,
    ) -> Result<T, DagDecodeError> {
        self.optional(key, read)?.ok_or_else(|| DagDecodeError::new("is missing").below(key))
    }

    /// The value of `key` through `read`, or `default`.
    pub(super) fn or<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, DagDecodeError>,
        default: T,
    ) -> Result<T, DagDecodeError> {
        Ok(self.optional(key, read)?.unwrap_or(default))
    }

    /// The flag `key`, false when absent.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<bool, DagDecodeError> {
        self.or(key, super::encoding::flag, false)
    }

    /// The text `key`, none when absent or empty.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, DagDecodeError> {
        Ok(self.optional(key, super::encoding::text)?.filter(|text| !text.is_empty()))
    }

    /// The value of `key` in any layer, without marking it as read.
    pub(super) fn peek(&self, key: &str) -> Option<&'a Value> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// Whether `key` was asked for.
    pub(super) fn was_read(&self, key: &str) -> bool {
        self.read.contains(key)
    }

    /// What the object itself has and nobody asked for.
    pub(super) fn rest(&self) -> Map<String, Value> {
        let own = self.layers[0].iter();
        own.filter(|(key, value)| !self.was_read(key) && !value.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }
}
