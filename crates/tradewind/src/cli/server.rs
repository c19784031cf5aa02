//! How the command line finds a running server: a file in the home folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the file in the home folder.
const FILE_NAME: &str = "server.json";

/// Says where the server of a home folder listens. Holds an administrator's token, so only the
/// owner may read the file.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
pub(crate) struct ServerFile {
    /// Base address, without a slash at the end.
    pub(crate) url: String,
    /// The server's process.
    pub(crate) pid: u32,
    /// A bearer token of an administrator.
    pub(crate) token: String,
}

impl ServerFile {
    /// Where the file lies.
    pub(crate) fn path(home: &Path) -> PathBuf {
        home.join(FILE_NAME)
    }

    /// Reads the file; `None` = there is none.
    ///
    /// # Errors
    /// When it cannot be read or is not what a server writes.
    pub(crate) fn read(home: &Path) -> io::Result<Option<Self>> {
        match fs::read(Self::path(home)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the file in one step, readable for its owner only.
    ///
    /// # Errors
    /// When the home folder cannot be written.
    pub(crate) fn write(&self, home: &Path) -> io::Result<()> {
        let draft = home.join(format!("{FILE_NAME}.{}", self.pid));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        fs::rename(draft, Self::path(home))
    }

    /// Removes the file if it is still the one of process `pid`.
    ///
    /// # Errors
    /// When it cannot be read or removed.
    pub(crate) fn remove(home: &Path, pid: u32) -> io::Result<()> {
        match Self::read(home)? {
            Some(file) if file.pid == pid => fs::remove_file(Self::path(home)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_reads_it_and_only_the_writer_removes_it() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(ServerFile::read(home.path()).unwrap(), None);
        let file = ServerFile { url: "http://127.0.0.1:1".into(), pid: 7, token: "t".into() };
        file.write(home.path()).unwrap();
        assert_eq!(fs::metadata(ServerFile::path(home.path())).unwrap().permissions().mode() & 0o777, 0o600);
        ServerFile::remove(home.path(), 8).unwrap();
        assert_eq!(ServerFile::read(home.path()).unwrap(), Some(file));
        ServerFile::remove(home.path(), 7).unwrap();
        assert_eq!(ServerFile::read(home.path()).unwrap(), None);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
