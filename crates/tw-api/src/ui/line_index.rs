//! Finds lines of a log by number without reading it from the beginning each time: of every
//! thousandth line it remembers where it begins. A log only grows, so what was counted stays.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::kept::Kept;

/// Lines between two places that are remembered; so many are skipped at most before a line is found.
const STRIDE: u64 = 1_000;
/// Bytes read at a time while lines are counted.
const BLOCK_BYTES: usize = 1 << 20;
/// Longest line that is handed out whole; the longest that is stored is a little shorter.
const LINE_BYTES_MAX: usize = 8 << 20;
/// Logs whose places are remembered: at 10 million lines each some 20 MB, mostly a few kB.
const LOGS_MAX: usize = 256;

/// The places of all logs that were looked at lately.
#[derive(Debug)]
pub(crate) struct LineIndexes(Kept<PathBuf, Arc<Mutex<LineIndex>>>);

#[derive(Debug, Default)]
struct LineIndex {
    /// Where line `k * STRIDE` begins, counted from 0.
    places: Vec<u64>,
    /// Whole lines.
    lines: u64,
    /// Where the last of them ends.
    end: u64,
}

/// Some lines of a log.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Block {
    /// Whole lines in the log.
    pub(super) total: u64,
    /// Number of the first line that is here, from 1.
    pub(super) first: u64,
    /// The lines, without their ends.
    pub(super) lines: Vec<Vec<u8>>,
}

impl Default for LineIndexes {
    fn default() -> Self {
        Self(Kept::new(LOGS_MAX))
    }
}

impl LineIndexes {
    /// Reads `count` lines from line `from` on, counted from 1, or the last ones. Fewer if they are
    /// more than `bytes`, but at least one if there is one. A log that does not exist is empty.
    pub(super) fn read(&self, path: &Path, from: Option<u64>, count: u64, bytes: usize) -> io::Result<Block> {
        let Some(mut file) = open(path)? else { return Ok(Block::default()) };
        let (total, end, first, place) = {
            let index = self.of(path);
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            index.catch_up(&mut file)?;
            let last_ones = (index.lines + 1).saturating_sub(count);
            let first = from.unwrap_or(last_ones).max(1);
            let mark = (first - 1) / STRIDE;
            let place = usize::try_from(mark).ok().and_then(|mark| index.places.get(mark)).copied();
            (index.lines, index.end, first, place)
        };
        let mut block = Block { total, first, lines: Vec::new() };
        let Some(place) = place.filter(|_| first <= total) else { return Ok(block) };
        file.seek(SeekFrom::Start(place))?;
        let mut lines = Lines::new(file.take(end.saturating_sub(place)));
        for _ in 0..(first - 1) % STRIDE {
            lines.skip()?;
        }
        let mut size = 0;
        while (block.lines.len() as u64) < count && (size < bytes || block.lines.is_empty()) {
            let Some(line) = lines.next()? else { break };
            size += line.len();
            block.lines.push(line);
        }
        Ok(block)
    }

    fn of(&self, path: &Path) -> Arc<Mutex<LineIndex>> {
        if let Some(index) = self.0.get(&path.to_owned()) {
            return index;
        }
        let index = Arc::<Mutex<LineIndex>>::default();
        self.0.put(path.to_owned(), Arc::clone(&index), 1);
        index
    }
}

impl LineIndex {
    /// Counts what was written since the last time.
    fn catch_up(&mut self, file: &mut File) -> io::Result<()> {
        if file.metadata()?.len() < self.end {
            // Another file under the same name.
            *self = Self::default();
        }
        file.seek(SeekFrom::Start(self.end))?;
        let mut block = vec![0; BLOCK_BYTES];
        let mut at = self.end;
        loop {
            let read = file.read(&mut block)?;
            if read == 0 {
                return Ok(());
            }
            for (offset, _) in block[..read].iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
                if self.lines.is_multiple_of(STRIDE) {
                    self.places.push(self.end);
                }
                self.lines += 1;
                self.end = at + offset as u64 + 1;
            }
            at += read as u64;
        }
    }
}

/// Opens a log; `None` = there is none yet.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whole lines one after another, each at most [`LINE_BYTES_MAX`] long; the rest of a longer one is
/// dropped.
pub(super) struct Lines<R>(BufReader<R>);

impl<R: Read> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self(BufReader::with_capacity(BLOCK_BYTES, inner))
    }

    /// The next line without its end. A last line without an end is not whole and is left.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        Ok(self
            .take(|part| {
                let room = LINE_BYTES_MAX - line.len();
                line.extend_from_slice(&part[..part.len().min(room)]);
            })?
            .then_some(line))
    }

    fn skip(&mut self) -> io::Result<()> {
        self.take(|_| ()).map(drop)
    }

    /// Hands out the parts of the next line; whether it has an end.
    fn take(&mut self, mut part: impl FnMut(&[u8])) -> io::Result<bool> {
        loop {
            let buffer = self.0.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            part(&buffer[..end.unwrap_or(buffer.len())]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.0.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn text(block: &Block) -> String {
        let lines = block.lines.iter().map(|line| String::from_utf8_lossy(line));
        format!("{}/{}: {}", block.first, block.total, lines.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn lines_are_found_by_number_while_the_log_grows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let indexes = LineIndexes::default();
        let read = |from, count| text(&indexes.read(&path, from, count, 1 << 20).unwrap());
        assert_eq!(read(None, 5), "0/0: ");
        let mut file = File::create(&path).unwrap();
        write!(file, "a\n\nc\nhalf").unwrap();
        assert_eq!(read(Some(1), 9), "1/3: a  c");
        assert_eq!(read(Some(2), 1), "2/3: ");
        assert_eq!(read(Some(4), 9), "4/3: ");
        assert_eq!(read(None, 2), "2/3:  c");
        assert_eq!(read(Some(u64::MAX), 1), format!("{}/3: ", u64::MAX));
        writeln!(file, " and half").unwrap();
        for n in 5..=3_500 {
            writeln!(file, "{n}").unwrap();
        }
        assert_eq!(read(Some(4), 2), "4/3500: half and half 5");
        for n in [1_000, 1_001, 1_002, 2_001, 3_499] {
            assert_eq!(read(Some(n), 1), format!("{n}/3500: {n}"));
        }
        assert_eq!(read(None, 2), "3499/3500: 3499 3500");
        fs::write(&path, "new\n").unwrap();
        assert_eq!(read(None, 2), "1/1: new", "another file under the same name");
    }

    #[test]
    fn an_answer_is_bounded_but_not_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let long = "x".repeat(LINE_BYTES_MAX + 5);
        fs::write(&path, format!("{long}\n{long}\nend\n")).unwrap();
        let indexes = LineIndexes::default();
        let first = indexes.read(&path, Some(1), 9, 10).unwrap();
        assert_eq!((first.lines.len(), first.lines[0].len()), (1, LINE_BYTES_MAX));
        assert_eq!(text(&indexes.read(&path, Some(3), 9, 10).unwrap()), "3/3: end");
    }
}
