//! Instants and spans at the precision that is stored: whole microseconds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in UTC, in whole microseconds since the Unix epoch.
///
/// Microseconds are what both databases and Airflow's clients hold, so a value survives a round
/// trip through the store unchanged. Printed and serialized as RFC 3339 with `Z`; the fraction
/// appears only when it is not zero.
///
/// ```
/// use tw_model::Timestamp;
/// let t: Timestamp = "2026-11-22T07:10:54.345598+01:00".parse().unwrap();
/// assert_eq!(t.to_string(), "2026-11-22T06:10:54.345598Z");
/// assert_eq!(t, Timestamp::from_micros(1_795_327_854_345_598));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A signed length of time in whole microseconds. Serialized as seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Span(i64);

/// The text is not an RFC 3339 instant with an offset.
#[derive(Debug, thiserror::Error)]
#[error("not an instant with an offset: {text:?} (expected for example 2026-01-31T12:00:00Z)")]
pub struct ParseTimestampError {
    text: String,
}

const MICROS_PER_SEC: i64 = 1_000_000;

impl Timestamp {
    /// The earliest representable instant.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// The latest representable instant.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// The instant `micros` microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The instant `secs` seconds after the Unix epoch, rounded to the nearest microsecond.
    pub fn from_epoch_secs_f64(secs: f64) -> Self {
        Self((secs * MICROS_PER_SEC as f64).round() as i64)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant plus `span`, saturating at the ends of the range.
    pub const fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The span from `earlier` to this instant.
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The same instant as a [`jiff::Timestamp`]; out of jiff's range clamps to its ends.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// ISO 8601 with the offset written `+00:00`, as in Airflow's run ids (S-2.40).
    ///
    /// ```
    /// use tw_model::Timestamp;
    /// assert_eq!(Timestamp::from_micros(0).to_iso_offset(), "1970-01-01T00:00:00+00:00");
    /// ```
    pub fn to_iso_offset(self) -> String {
        let text = self.to_string();
        format!("{}+00:00", text.trim_end_matches('Z'))
    }

    /// As Python prints an aware UTC datetime: `2024-01-01 00:00:00+00:00` (S-6.5).
    pub fn to_python_str(self) -> String {
        self.to_iso_offset().replacen('T', " ", 1)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(t: jiff::Timestamp) -> Self {
        Self(t.as_microsecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.to_jiff();
        if self.0.rem_euclid(MICROS_PER_SEC) == 0 { write!(f, "{t:.0}") } else { write!(f, "{t:.6}") }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from).map_err(|_| ParseTimestampError { text: text.to_owned() })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// A span of whole microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A span of whole seconds, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(MICROS_PER_SEC))
    }

    /// A span of seconds, rounded to the nearest microsecond.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self((secs * MICROS_PER_SEC as f64).round() as i64)
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / MICROS_PER_SEC as f64
    }

    /// The same span as a [`std::time::Duration`]; a negative span becomes zero.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0.max(0) as u64)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(self.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(Self::from_secs_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_airflow() {
        let t: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(t.to_string(), "2024-01-01T00:00:00Z");
        assert_eq!(t.to_python_str(), "2024-01-01 00:00:00+00:00");
        let t = t.saturating_add(Span::from_micros(5));
        assert_eq!(t.to_iso_offset(), "2024-01-01T00:00:00.000005+00:00");
    }

    #[test]
    fn refuses_text_without_offset() {
        assert!("2024-01-01T00:00:00".parse::<Timestamp>().is_err());
    }

    #[test]
    fn round_trips_through_json() {
        let t = Timestamp::from_micros(-1);
        let text = serde_json::to_string(&t).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), t);
        let s = Span::from_micros(1_500_000);
        assert_eq!(serde_json::to_string(&s).unwrap(), "1.5");
        assert_eq!(serde_json::from_str::<Span>("1.5").unwrap(), s);
    }
}
