//! The one subscriber of the process.

use std::io;

use tracing::Subscriber;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How to log.
#[derive(Clone, Debug)]
pub struct Options {
    /// A level (`info`) or directives (`info,tw_scheduler=debug`).
    pub level: String,
    /// The form of a line.
    pub form: Form,
}

/// The form of a log line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For people, in colours if wanted. Times are UTC.
    Human {
        /// Whether to colour.
        colours: bool,
    },
    /// One JSON object per line, span fields included.
    Json,
}

/// Logging cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is no filter.
    #[error("logging.level is neither a level nor filter directives: {level:?}")]
    Level {
        /// As given.
        level: String,
        /// Why.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something else installed a subscriber first.
    #[error("logging is already set up")]
    AlreadySet(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Installs the subscriber. Events go to stderr, because stdout belongs to data.
///
/// # Errors
/// [`TelemetryError::Level`] for a level that cannot be read, [`TelemetryError::AlreadySet`] the
/// second time.
pub fn init(options: &Options) -> Result<(), TelemetryError> {
    tracing::subscriber::set_global_default(build(options, io::stderr)?)?;
    Ok(())
}

fn build<W>(options: &Options, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = &options.level;
    let filter =
        EnvFilter::builder().parse(level).map_err(|source| TelemetryError::Level { level: level.clone(), source })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match options.form {
        Form::Human { colours } => Box::new(builder.with_ansi(colours).finish()),
        Form::Json => {
            Box::new(builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish())
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, form: Form, act: impl FnOnce()) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        let options = Options { level: level.into(), form };
        tracing::subscriber::with_default(build(&options, move || writer.clone()).unwrap(), act);
        String::from_utf8(memory.0.lock().unwrap().clone()).unwrap()
    }

    fn act() {
        let _span = crate::span::attempt("d", "r", "t", 3, 2).entered();
        tracing::info!(pid = 7, "attempt started");
        tracing::debug!("not at this level");
    }

    #[test]
    fn json_lines_carry_the_fields_of_their_span() {
        let text = logged("info", Form::Json, act);
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "attempt started");
        assert_eq!(line["pid"], 7);
        assert_eq!(line["span"]["task_id"], "t");
        assert_eq!(line["span"]["map_index"], 3);
    }

    #[test]
    fn human_lines_are_plain_without_colours() {
        let text = logged("info", Form::Human { colours: false }, act);
        assert!(text.contains("attempt{dag_id=\"d\" run_id=\"r\" task_id=\"t\" map_index=3 try_number=2}"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_level_that_cannot_be_read_is_an_error() {
        let options = Options { level: "info,=".into(), form: Form::Json };
        let error = build(&options, io::sink).err().unwrap();
        assert_eq!(error.to_string(), "logging.level is neither a level nor filter directives: \"info,=\"");
    }
}
