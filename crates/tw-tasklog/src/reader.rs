//! Reads the log of an attempt, page by page, while it may still grow.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::writer::LogError;

/// Largest page in bytes, whatever was asked for.
pub const PAGE_BYTES_MAX: usize = 4 << 20;
/// Longest stored line in bytes: a line of a mebibyte in which every byte had to be escaped.
const RECORD_BYTES_MAX: usize = 8 << 20;
/// How often a log that is followed is looked at. Fast enough to feel live, and one `read` call.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

/// Some lines of a log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogPage {
    /// Whole lines, without their ends; each is a JSON object.
    pub lines: Vec<String>,
    /// Where the next page begins, in bytes.
    pub next_offset: u64,
    /// Whether the page reaches the end that the log has now.
    pub at_end: bool,
}

/// Reads lines from `offset` on, about `bytes` of them but at least one line if there is one. A
/// last line that is still being written is left for later. A log that does not exist is empty.
///
/// # Errors
/// [`LogError::Read`].
pub fn read_page(path: &Path, offset: u64, bytes: usize) -> Result<LogPage, LogError> {
    read(path, offset, bytes.clamp(1, PAGE_BYTES_MAX))
        .map_err(|source| LogError::Read { path: path.to_owned(), source })
}

fn read(path: &Path, offset: u64, bytes: usize) -> io::Result<LogPage> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(LogPage { next_offset: offset, at_end: true, ..LogPage::default() });
        }
        Err(error) => return Err(error),
    };
    file.seek(SeekFrom::Start(offset))?;
    let mut text = Vec::new();
    let mut limit = bytes;
    loop {
        let wanted = limit - text.len();
        let got = (&mut file).take(wanted as u64).read_to_end(&mut text)?;
        let ended = got < wanted;
        if let Some(end) = text.iter().rposition(|&byte| byte == b'\n') {
            let at_end = ended && end + 1 == text.len();
            return Ok(page(&text[..=end], offset, at_end));
        }
        if ended {
            return Ok(LogPage { next_offset: offset, at_end: true, ..LogPage::default() });
        }
        if limit >= RECORD_BYTES_MAX {
            // Not a line of ours: hand it out in pieces rather than never.
            return Ok(page(&text, offset, false));
        }
        limit = (limit * 2).min(RECORD_BYTES_MAX);
    }
}

fn page(text: &[u8], offset: u64, at_end: bool) -> LogPage {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let lines = body.split(|&byte| byte == b'\n').map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    LogPage { lines, next_offset: offset + text.len() as u64, at_end }
}

/// Follows a log while its attempt goes on.
#[derive(Debug)]
pub struct LogTail {
    path: PathBuf,
    offset: u64,
    page_bytes: usize,
}

impl LogTail {
    /// Follows the log at `path` from `offset` on, in pages of about `page_bytes`.
    pub fn new(path: impl Into<PathBuf>, offset: u64, page_bytes: usize) -> Self {
        Self { path: path.into(), offset, page_bytes }
    }

    /// Where the next page begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Waits for the next lines. `None` once `ended` is over and everything was read. The log need
    /// not exist yet.
    ///
    /// # Errors
    /// [`LogError::Read`].
    ///
    /// # Cancel safety
    /// Nothing is lost: the offset moves only when a page is returned.
    pub async fn next(&mut self, ended: impl Future<Output = ()>) -> Result<Option<LogPage>, LogError> {
        tokio::pin!(ended);
        let mut over = false;
        loop {
            let (path, offset, bytes) = (self.path.clone(), self.offset, self.page_bytes);
            let read = tokio::task::spawn_blocking(move || read_page(&path, offset, bytes));
            let page = read
                .await
                .map_err(|error| LogError::Read { path: self.path.clone(), source: io::Error::other(error) })??;
            if !page.lines.is_empty() {
                self.offset = page.next_offset;
                return Ok(Some(page));
            }
            if over {
                return Ok(None);
            }
            tokio::select! {
                () = &mut ended => over = true,
                () = tokio::time::sleep(FOLLOW_INTERVAL) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::oneshot;

    use super::*;
    use crate::writer::AttemptLog;

    fn lines(page: &LogPage) -> Vec<&str> {
        page.lines.iter().map(String::as_str).collect()
    }

    #[test]
    fn pages_hold_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "one\ntwo\n\nfour\nfi").unwrap();
        let first = read_page(&path, 0, 6).unwrap();
        assert_eq!((lines(&first), first.next_offset, first.at_end), (vec!["one"], 4, false));
        let second = read_page(&path, first.next_offset, 1).unwrap();
        assert_eq!(lines(&second), ["two"], "a page holds at least one line");
        let third = read_page(&path, second.next_offset, 100).unwrap();
        assert_eq!((lines(&third), third.next_offset, third.at_end), (vec!["", "four"], 14, false));
        let torn = read_page(&path, third.next_offset, 100).unwrap();
        assert_eq!((lines(&torn), torn.next_offset, torn.at_end), (vec![], 14, true));
        fs::write(&path, "one\ntwo\n\nfour\nfive\n").unwrap();
        let last = read_page(&path, torn.next_offset, 5).unwrap();
        assert_eq!((lines(&last), last.next_offset), (vec!["five"], 19));
        assert!(read_page(&path, 19, 100).unwrap().at_end);
    }

    #[test]
    fn odd_places_are_empty_or_errors() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_page(&folder.path().join("none"), 7, 100).unwrap();
        assert_eq!(missing, LogPage { lines: Vec::new(), next_offset: 7, at_end: true });
        assert!(matches!(read_page(folder.path(), 0, 100), Err(LogError::Read { .. })));
        let path = folder.path().join("short");
        fs::write(&path, "one\n").unwrap();
        assert_eq!(read_page(&path, 99, 100).unwrap().lines, [] as [&str; 0]);
    }

    #[test]
    fn a_foreign_endless_line_comes_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, vec![b'x'; RECORD_BYTES_MAX + 5]).unwrap();
        let page = read_page(&path, 0, 10).unwrap();
        assert_eq!((page.lines[0].len(), page.next_offset as usize), (RECORD_BYTES_MAX, RECORD_BYTES_MAX));
    }

    #[tokio::test]
    async fn a_tail_sees_everything_up_to_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/log");
        let mut tail = LogTail::new(&path, 0, 1 << 20);
        let (end, ended) = oneshot::channel::<()>();
        let mut ended = Box::pin(async { ended.await.unwrap() });
        let writer = tokio::task::spawn_blocking(move || {
            let mut log = AttemptLog::open(&path).unwrap();
            log.append(["one"]).unwrap();
            log
        });
        let mut log = writer.await.unwrap();
        assert_eq!(tail.next(&mut ended).await.unwrap().unwrap().lines, ["one"]);
        log.append(["two"]).unwrap();
        end.send(()).unwrap();
        assert_eq!(tail.next(&mut ended).await.unwrap().unwrap().lines, ["two"]);
        assert_eq!(tail.next(async {}).await.unwrap(), None);
        assert_eq!(tail.offset(), 8);
    }
}
