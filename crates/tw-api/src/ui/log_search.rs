//! Finds lines of a log by text and level, over all of it.

use std::fs::File;
use std::io;

use super::line_index::Lines;
use super::log_line::LogLine;

/// Numbers of lines in an answer; more are only counted.
const LINES_MAX: usize = 10_000;
/// Bytes of a log that are searched, some half a second of work.
const BYTES_MAX: u64 = 256 << 20;
/// Levels, least important first. A search for one finds the worse ones too.
const LEVELS: [&str; 5] = ["debug", "info", "warning", "error", "critical"];

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// A part of the text or of its details, whatever the case of ASCII letters.
    text: Option<String>,
    /// The same as it stands in the stored JSON.
    stored: Vec<u8>,
    /// The least important level.
    level: Option<usize>,
}

/// What was found.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Found {
    /// Line numbers from 1.
    pub(super) lines: Vec<u64>,
    /// How many lines match, of those that were searched.
    pub(super) total: u64,
    /// Whether there may be more.
    pub(super) truncated: bool,
}

impl Wanted {
    /// A search; `None` if the level has no name that is known.
    pub(super) fn new(text: Option<&str>, level: Option<&str>) -> Option<Self> {
        let text = text.filter(|text| !text.is_empty()).map(str::to_owned);
        let stored = text.as_ref().and_then(|text| serde_json::to_vec(text).ok()).unwrap_or_default();
        // Without the quotes around it.
        let stored = stored.get(1..stored.len().saturating_sub(1)).unwrap_or_default().to_vec();
        let level = match level.filter(|level| !level.is_empty()) {
            None => None,
            Some(level) => Some(LEVELS.iter().position(|known| known.eq_ignore_ascii_case(level))?),
        };
        Some(Self { text, stored, level })
    }

    /// Looks at the stored bytes first, which settles it for most lines.
    fn matches(&self, line: &[u8]) -> bool {
        if self.text.is_some() && !contains(line, &self.stored) {
            return false;
        }
        if let (Some(least), Some(level)) = (self.level, stored_level(line)) {
            let fits = rank(Some(level)) >= Some(least);
            if !fits || self.text.is_none() {
                return fits;
            }
        }
        let read = LogLine::read(0, line);
        let is_level = self.level.is_none_or(|least| rank(read.level.as_deref()) >= Some(least));
        let has_text = self.text.as_ref().is_none_or(|text| {
            let texts = std::iter::once(&read.text).chain(&read.detail);
            texts.into_iter().any(|part| contains(part.as_bytes(), text.as_bytes()))
        });
        is_level && has_text
    }
}

/// The level of a line in the order in which lines are stored, which spares reading all of it.
fn stored_level(line: &[u8]) -> Option<&str> {
    const TIME: &[u8] = br#"{"timestamp":""#;
    const LEVEL: &[u8] = br#"","level":""#;
    let rest = line.strip_prefix(TIME)?;
    let rest = rest.get(rest.iter().position(|byte| *byte == b'"')?..)?.strip_prefix(LEVEL)?;
    let level = std::str::from_utf8(rest.split(|byte| *byte == b'"').next()?).ok()?;
    LEVELS.contains(&level).then_some(level)
}

fn rank(level: Option<&str>) -> Option<usize> {
    let level = match level? {
        "warn" => "warning",
        "fatal" => "critical",
        "exception" => "error",
        other => other,
    };
    LEVELS.iter().position(|known| *known == level)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return true };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    text.windows(part.len())
        .any(|window| (window[0] == lower || window[0] == upper) && window.eq_ignore_ascii_case(part))
}

/// Searches a log from its beginning.
pub(super) fn search(file: File, wanted: &Wanted) -> io::Result<Found> {
    let mut found = Found::default();
    if wanted.text.is_none() && wanted.level.is_none() {
        return Ok(found);
    }
    let (mut lines, mut number, mut bytes) = (Lines::new(file), 0, 0);
    while let Some(line) = lines.next()? {
        number += 1;
        bytes += line.len() as u64 + 1;
        if wanted.matches(&line) {
            found.total += 1;
            if found.lines.len() < LINES_MAX {
                found.lines.push(number);
            }
        }
        if bytes >= BYTES_MAX {
            found.truncated = true;
            break;
        }
    }
    found.truncated |= found.total > found.lines.len() as u64;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = concat!(
        r#"{"timestamp":"2026-01-01T00:00:00Z","level":"info","event":"Loading 'a\\b'","logger":"task"}"#,
        "\n",
        r#"{"timestamp":"2026-01-01T00:00:00Z","level":"error","event":"<b>broken</b>","logger":"task"}"#,
        "\n",
        r#"{"timestamp":"2026-01-01T00:00:00Z","level":"warning","event":"slow","rows":"broken too"}"#,
        "\nnot json but BROKEN\nunfinished broken",
    );

    fn found(text: &str, level: &str) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, LOG).unwrap();
        let wanted = Wanted::new(Some(text), Some(level)).unwrap();
        let found = search(File::open(path).unwrap(), &wanted).unwrap();
        assert_eq!((found.total, found.truncated), (found.lines.len() as u64, false));
        found.lines
    }

    #[test]
    fn text_and_level_narrow_each_other() {
        for (text, level, lines) in [
            ("broken", "", &[2, 3, 4][..]),
            ("BROKEN", "", &[2, 3, 4]),
            (r"a\b", "", &[1]),
            ("<b>", "", &[2]),
            // A word of the stored form that nobody sees.
            ("timestamp", "", &[]),
            ("", "warning", &[2, 3]),
            ("", "ERROR", &[2]),
            ("", "debug", &[1, 2, 3]),
            ("broken", "warning", &[2, 3]),
            ("", "", &[]),
        ] {
            assert_eq!(found(text, level), lines, "{text:?} {level:?}");
        }
        assert!(Wanted::new(None, Some("loud")).is_none());
    }
}
