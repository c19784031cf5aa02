//! What is stored for each line that a child wrote: one JSON object (protocol 1.12).

use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::Timestamp;

use crate::line::Line;
use crate::mask::SecretMasker;

/// Bytes that are given up at the end of a line that was cut: a secret may begin there and its end
/// be gone, so that it would not be recognized.
const CUT_MARGIN_BYTES: usize = 64 << 10;

/// Characters of an exception that are told in one line.
const EXCEPTION_CHARS_MAX: usize = 200;

/// How important a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Normal.
    Info,
    /// Worth a look.
    Warning,
    /// Something failed.
    Error,
}

/// Where a line came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The log channel: structured records.
    Log,
    /// Standard output: text.
    Stdout,
    /// Standard error: text.
    Stderr,
}

/// A record in the order in which it is written: what people look for first comes first.
#[derive(Serialize)]
struct Record<'a> {
    timestamp: Value,
    level: Value,
    event: Value,
    #[serde(flatten)]
    rest: &'a Map<String, Value>,
}

/// Turns a line of a child into a stored line, without its end, secrets masked.
///
/// A line of the log channel that is no JSON object is kept as text. `now` is used for texts and
/// for records without a timestamp.
pub fn from_line(source: Source, line: Line, now: Timestamp, masker: &SecretMasker) -> String {
    let structured = match source {
        Source::Log if line.dropped == 0 => serde_json::from_slice::<Map<String, Value>>(&line.bytes).ok(),
        _ => None,
    };
    let record = structured.unwrap_or_else(|| text_record(source, line, masker));
    to_line(record, now, masker)
}

/// A record of the supervisor itself. `fields` go behind the usual ones.
pub fn from_supervisor(
    level: Level,
    event: &str,
    mut fields: Map<String, Value>,
    now: Timestamp,
    masker: &SecretMasker,
) -> String {
    fields.insert("level".to_owned(), serde_json::to_value(level).expect("a level is a word"));
    fields.insert("event".to_owned(), event.into());
    fields.insert("logger".to_owned(), "supervisor".into());
    to_line(fields, now, masker)
}

fn text_record(source: Source, line: Line, masker: &SecretMasker) -> Map<String, Value> {
    let (logger, level) = match source {
        Source::Log => ("task.log", Level::Info),
        Source::Stdout => ("task.stdout", Level::Info),
        Source::Stderr => ("task.stderr", Level::Error),
    };
    let text = String::from_utf8_lossy(&line.bytes);
    let event = if line.dropped == 0 {
        text.into_owned()
    } else {
        // Masked before it is cut, so that a secret across the new end is not half shown.
        let mut masked = masker.mask_text(&text).into_owned();
        masked.truncate(masked.floor_char_boundary(masked.len().saturating_sub(CUT_MARGIN_BYTES)));
        masked.push_str("… [the rest of this line was dropped]");
        masked
    };
    Map::from_iter([
        ("level".to_owned(), serde_json::to_value(level).expect("a level is a word")),
        ("event".to_owned(), event.into()),
        ("logger".to_owned(), logger.into()),
    ])
}

/// The exception that a stored line tells, as `Type: message` in one line, if it tells one.
pub fn exception(line: &str) -> Option<String> {
    if !line.contains("\"error_detail\"") {
        return None;
    }
    let record: Value = serde_json::from_str(line).ok()?;
    // The first is the one that was raised, others are its causes.
    let raised = record.get("error_detail")?.get(0)?;
    let text = |name: &str| raised.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, message) = (text("exc_type"), text("exc_value").lines().next().unwrap_or_default());
    let told = match (kind, message) {
        ("", _) => return None,
        (kind, "") => kind.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    };
    match told.char_indices().nth(EXCEPTION_CHARS_MAX) {
        Some((end, _)) => Some(format!("{}…", &told[..end])),
        None => Some(told),
    }
}

fn to_line(mut record: Map<String, Value>, now: Timestamp, masker: &SecretMasker) -> String {
    let timestamp = record.remove("timestamp").unwrap_or_else(|| now.to_string().into());
    masker.mask_record(&mut record);
    if let Some(exception) = record.remove("exception") {
        record.insert("error_detail".to_owned(), exception);
    }
    let level = record.remove("level").unwrap_or_else(|| "info".into());
    let event = record.remove("event").unwrap_or_else(|| "".into());
    let record = Record { timestamp, level, event, rest: &record };
    serde_json::to_string(&record).expect("a record has text keys and finite numbers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{LINE_BYTES_MAX, LineSplitter};

    #[test]
    fn an_exception_is_told_in_a_line() {
        let line = |stacks: Value| serde_json::json!({"event": "Task failed", "error_detail": stacks}).to_string();
        let raised = |kind: &str, value: &str| serde_json::json!({"exc_type": kind, "exc_value": value});
        let told = |stacks: Value| exception(&line(stacks));
        let cause = raised("KeyError", "'x'");
        assert_eq!(told(serde_json::json!([raised("ValueError", "no\nmore"), cause])).unwrap(), "ValueError: no");
        assert_eq!(told(serde_json::json!([raised("Stop", "")])).unwrap(), "Stop");
        let long = told(serde_json::json!([raised("E", &"ü".repeat(500))])).unwrap();
        assert_eq!((long.chars().count(), long.chars().last()), (EXCEPTION_CHARS_MAX + 1, Some('…')));
        for nothing in [serde_json::json!([]), serde_json::json!("text"), serde_json::json!([{}])] {
            assert_eq!(told(nothing), None);
        }
        assert_eq!(exception(r#"{"event":"error_detail"}"#), None);
        assert_eq!(exception(r#"not "error_detail" json"#), None);
    }

    fn stored(source: Source, text: &[u8]) -> String {
        let mut masker = SecretMasker::default();
        masker.add_text("hunter22");
        let line = Line { bytes: text.to_vec(), dropped: 0 };
        from_line(source, line, Timestamp::from_micros(1), &masker)
    }

    #[test]
    fn streams_become_records() {
        for (source, text, expected) in [
            (
                Source::Stdout,
                &b"say hunter22 \xff"[..],
                r#"{"timestamp":"1970-01-01T00:00:00.000001Z","level":"info","event":"say *** �","logger":"task.stdout"}"#,
            ),
            (
                Source::Stderr,
                b"{\"event\": 1}",
                r#"{"timestamp":"1970-01-01T00:00:00.000001Z","level":"error","event":"{\"event\": 1}","logger":"task.stderr"}"#,
            ),
            (
                Source::Log,
                b"half a {",
                r#"{"timestamp":"1970-01-01T00:00:00.000001Z","level":"info","event":"half a {","logger":"task.log"}"#,
            ),
        ] {
            assert_eq!(stored(source, text), expected);
        }
    }

    #[test]
    fn structured_records_keep_their_fields() {
        let line = br#"{"event":"x hunter22","level":"debug","timestamp":"T","api_key":1,"exception":[{"exc_value":"hunter22"}]}"#;
        let expected =
            r#"{"timestamp":"T","level":"debug","event":"x ***","api_key":"***","error_detail":[{"exc_value":"***"}]}"#;
        assert_eq!(stored(Source::Log, line), expected);
    }

    #[test]
    fn a_cut_line_does_not_show_the_beginning_of_a_secret() {
        let mut masker = SecretMasker::default();
        masker.add_text("hunter22");
        let mut text = vec![b'x'; LINE_BYTES_MAX - 4];
        text.extend(b"hunter22\n");
        let line = LineSplitter::new().push(&text).remove(0);
        let stored = from_line(Source::Stdout, line, Timestamp::from_micros(1), &masker);
        assert!(!stored.contains("hunt"));
        assert!(stored.contains("x… [the rest of this line was dropped]"));
    }

    #[test]
    fn the_supervisor_speaks_the_same_way() {
        let fields = Map::from_iter([("pid".to_owned(), Value::from(7))]);
        let line = from_supervisor(Level::Warning, "gone", fields, Timestamp::from_micros(0), &SecretMasker::default());
        let expected =
            r#"{"timestamp":"1970-01-01T00:00:00Z","level":"warning","event":"gone","logger":"supervisor","pid":7}"#;
        assert_eq!(line, expected);
    }
}
