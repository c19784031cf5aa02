//! Time zones by name, from the database built into the binary.

use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// One database for the process: it caches the zones it has parsed.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The text names no time zone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown time zone {name:?} (expected an IANA name such as Europe/Zurich, or +HH:MM)")]
pub struct ZoneError {
    name: String,
}

/// The zone of an IANA name, or of a fixed offset `+HH:MM`, `-HH:MM` or with seconds.
pub(crate) fn parse(name: &str) -> Result<TimeZone, ZoneError> {
    let found = if name.starts_with(['+', '-']) { fixed(name) } else { ZONES.get(name).ok() };
    found.ok_or_else(|| ZoneError { name: name.to_owned() })
}

fn fixed(name: &str) -> Option<TimeZone> {
    let sign = if name.starts_with('-') { -1 } else { 1 };
    let parts: Vec<&str> = name[1..].split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let mut secs = 0;
    for (part, limit) in parts.iter().zip([24, 60, 60]) {
        let is_two_digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let value = part.parse::<i32>().ok().filter(|&value| is_two_digits && value < limit)?;
        secs = secs * 60 + value;
    }
    if parts.len() == 2 {
        secs *= 60;
    }
    Offset::from_seconds(sign * secs).ok().map(Offset::to_time_zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset_secs(name: &str) -> i32 {
        parse(name).unwrap().to_offset(jiff::Timestamp::UNIX_EPOCH).seconds()
    }

    #[test]
    fn knows_names_and_offsets() {
        assert_eq!(offset_secs("UTC"), 0);
        assert_eq!(offset_secs("Europe/Zurich"), 3600);
        assert_eq!(offset_secs("+05:30"), 19_800);
        assert_eq!(offset_secs("-03:00"), -10_800);
        assert_eq!(offset_secs("+00:19:32"), 1172);
    }

    #[test]
    fn refuses_the_rest() {
        for name in ["", "Mars/Olympus", "+5", "+05:3", "+24:00", "-00:60", "+01:00:00:00", "+-1:00", "+é:00"] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
