//! Appends to the log of an attempt.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Why a log cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Its folder or file cannot be made or opened.
    #[error("cannot open the log {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be added, for example because the disk is full.
    #[error("cannot append to the log {}", path.display())]
    Append {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read the log {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The log of one attempt, open for appending.
///
/// Writes go to the operating system at once and whole lines at a time, so readers and a crash
/// see at most the last line torn. They block for as long as the file system takes, which for a
/// local disk is a copy into memory.
#[derive(Debug)]
pub struct AttemptLog {
    path: PathBuf,
    file: File,
    /// The file ends within a line; the next append begins a new one first.
    torn: bool,
}

impl AttemptLog {
    /// Opens the log at `path`, creating it and its folders.
    ///
    /// # Errors
    /// [`LogError::Open`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LogError> {
        let path = path.into();
        let open = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path)?;
            let torn = ends_within_line(&mut file)?;
            Ok((file, torn))
        };
        let opened: io::Result<_> = open();
        match opened {
            Ok((file, torn)) => Ok(Self { path, file, torn }),
            Err(source) => Err(LogError::Open { path, source }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends lines (without their ends) in one write.
    ///
    /// # Errors
    /// [`LogError::Append`]; some of the lines may have been written. Later calls may succeed.
    pub fn append<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<(), LogError> {
        let mut batch = if self.torn { vec![b'\n'] } else { Vec::new() };
        let begin = batch.len();
        for line in lines {
            batch.extend_from_slice(line.as_bytes());
            batch.push(b'\n');
        }
        if batch.len() == begin {
            return Ok(());
        }
        let written = self.file.write_all(&batch);
        self.torn = written.is_err();
        written.map_err(|source| LogError::Append { path: self.path.clone(), source })
    }
}

fn ends_within_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != [b'\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_folders_and_appends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/attempt=1.log");
        AttemptLog::open(&path).unwrap().append(["one", "two"]).unwrap();
        AttemptLog::open(&path).unwrap().append(["three"]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_torn_line_is_ended_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attempt=1.log");
        fs::write(&path, "half").unwrap();
        let mut log = AttemptLog::open(&path).unwrap();
        log.append([]).unwrap();
        log.append(["next"]).unwrap();
        log.append(["last"]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "half\nnext\nlast\n");
    }

    #[test]
    fn a_full_disk_is_an_error_value() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            eprintln!("not checked: this system has no /dev/full");
            return;
        }
        let file = OpenOptions::new().append(true).open(full).unwrap();
        let mut log = AttemptLog { path: full.to_owned(), file, torn: false };
        assert!(matches!(log.append(["x"]), Err(LogError::Append { .. })));
        assert!(log.torn, "the next line must not be glued to a half-written one");
    }

    #[test]
    fn an_impossible_place_is_an_error_value() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let error = AttemptLog::open(folder.path().join("file/attempt=1.log")).unwrap_err();
        assert!(matches!(error, LogError::Open { .. }));
    }
}
