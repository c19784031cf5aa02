//! Cuts a byte stream into lines of bounded length.

/// Most bytes of one line that are kept. Far above any sane line, yet a task that writes without
/// ever ending a line cannot exhaust memory.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// One line, without its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What was kept.
    pub bytes: Vec<u8>,
    /// How many bytes behind it were dropped.
    pub dropped: u64,
}

/// Collects chunks into lines that end in `\n` or `\r\n`.
#[derive(Debug, Default)]
pub struct LineSplitter {
    pending: Vec<u8>,
    dropped: u64,
    open: bool,
}

impl LineSplitter {
    /// A splitter at the start of a line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a chunk and returns the lines that it completed.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for piece in chunk.split_inclusive(|&byte| byte == b'\n') {
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            let kept = text.len().min(LINE_BYTES_MAX - self.pending.len());
            self.pending.extend_from_slice(&text[..kept]);
            self.dropped += (text.len() - kept) as u64;
            self.open = true;
            if ended {
                lines.extend(self.finish());
            }
        }
        lines
    }

    /// Ends the stream: what came since the last line end is a line, too.
    pub fn finish(&mut self) -> Option<Line> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        let mut bytes = std::mem::take(&mut self.pending);
        let dropped = std::mem::take(&mut self.dropped);
        if dropped == 0 && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Some(Line { bytes, dropped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: impl IntoIterator<Item = Line>) -> Vec<String> {
        lines.into_iter().map(|line| String::from_utf8(line.bytes).unwrap()).collect()
    }

    #[test]
    fn lines_do_not_depend_on_chunks() {
        let stream = b"one\ntwo\r\n\nlast";
        for size in 1..=stream.len() {
            let mut splitter = LineSplitter::new();
            let mut lines: Vec<Line> = stream.chunks(size).flat_map(|chunk| splitter.push(chunk)).collect();
            lines.extend(splitter.finish());
            assert_eq!(texts(lines), ["one", "two", "", "last"]);
            assert_eq!(splitter.finish(), None);
        }
    }

    #[test]
    fn endless_lines_are_cut() {
        let mut splitter = LineSplitter::new();
        let chunk = vec![b'x'; LINE_BYTES_MAX / 2 + 1];
        for _ in 0..4 {
            assert_eq!(splitter.push(&chunk), []);
        }
        let lines = splitter.push(b"\nnext\n");
        assert_eq!((lines[0].bytes.len(), lines[0].dropped), (LINE_BYTES_MAX, LINE_BYTES_MAX as u64 + 4));
        assert_eq!(texts(lines[1..].to_vec()), ["next"]);
    }
}
