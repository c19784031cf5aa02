//! Looking through a bundle's folder: which files are there, what they hold, what changed.
//!
//! Blocking; one call per bundle and scan. A [`Scanner`] remembers each file's stamp (size, inode,
//! time of change) and reads the content again only when the stamp is new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::exclude::{IGNORE_FILE, Rules};
use crate::options::IgnoreSyntax;

/// Endings of the files whose content DAGs can depend on: modules, and what generators read.
pub(crate) const WATCHED_EXTENSIONS: &[&str] = &["py", "yaml", "yml", "json", "toml", "ini", "cfg"];

/// Files of one bundle that are looked at; more are left out with a warning. A folder this large
/// is mistakenly a home or data folder, and each scan asks for every file's stamp.
const FILES_MAX: usize = 100_000;

/// Larger files are not read: no DAG file is that large, data files are.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A stamp younger than this at the time of reading is not trusted: the file may change again
/// within the clock's grain without changing its stamp.
const RACY: Duration = Duration::from_secs(2);

/// With more changed files than this, all others count as mentioning one of them.
const MENTIONS_MAX: usize = 32;

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// By path below the bundle.
    pub(crate) files: BTreeMap<String, ScannedFile>,
    /// Files whose text mentions a changed module, so that they probably import it.
    pub(crate) mentioning: BTreeSet<String>,
    /// False when a folder could not be read: a missing file may still be there.
    pub(crate) complete: bool,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScannedFile {
    /// SHA-256 of its content.
    pub(crate) sha256: String,
    /// When it was last changed, microseconds since the epoch.
    pub(crate) modified_us: i64,
    /// Whether it is to be parsed: a `.py` file, not ignored, and it may define a DAG.
    pub(crate) candidate: bool,
}

/// How a bundle is looked through.
#[derive(Debug)]
pub(crate) struct Scanner {
    root: PathBuf,
    safe_mode: bool,
    syntax: IgnoreSyntax,
    read: BTreeMap<String, Read>,
}

/// What was read from a file, and its stamp at that time.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Read {
    stamp: Stamp,
    sha256: String,
    may_define_dag: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    size: u64,
    inode: u64,
    modified_ns: i128,
    changed_ns: i128,
}

struct Walk<'a> {
    scanner: &'a mut Scanner,
    seen_dirs: BTreeSet<PathBuf>,
    /// Linked folders, for when all real ones were visited: a link must not hide a real path.
    links: VecDeque<Link>,
    now: SystemTime,
    scan: Scan,
    read: BTreeMap<String, Read>,
}

struct Link {
    path: PathBuf,
    relative: String,
    rules: Rules,
    excluded: bool,
}

impl Scanner {
    pub(crate) fn new(root: PathBuf, safe_mode: bool, syntax: IgnoreSyntax) -> Self {
        Self { root, safe_mode, syntax, read: BTreeMap::new() }
    }

    /// Looks through the folder. `known` are the contents so far, against which changes count.
    ///
    /// # Errors
    /// When the folder itself cannot be read, for example because it does not exist.
    pub(crate) fn scan(&mut self, known: &BTreeMap<String, String>) -> io::Result<Scan> {
        let root = self.root.clone();
        let entries = sorted_entries(&root)?;
        let mut walk = Walk {
            scanner: self,
            seen_dirs: BTreeSet::from([fs::canonicalize(&root)?]),
            links: VecDeque::new(),
            now: SystemTime::now(),
            scan: Scan { complete: true, ..Scan::default() },
            read: BTreeMap::new(),
        };
        walk.folder(&root, "", entries, &Rules::NONE, false);
        while let Some(link) = walk.links.pop_front() {
            walk.subfolder(&link.path, &link.relative, &link.rules, link.excluded);
        }
        let (read, mut scan) = (walk.read, walk.scan);
        self.read = read;
        scan.mentioning = self.mentioning(known, &scan.files);
        Ok(scan)
    }

    /// The files whose text contains the name of a changed or vanished module.
    fn mentioning(&self, known: &BTreeMap<String, String>, files: &BTreeMap<String, ScannedFile>) -> BTreeSet<String> {
        let changed = files.iter().filter(|(path, file)| known.get(*path) != Some(&file.sha256)).map(|(path, _)| path);
        let vanished = known.keys().filter(|path| !files.contains_key(*path));
        let modules: BTreeSet<&str> = changed.chain(vanished).filter_map(|path| module_name(path)).collect();
        if modules.is_empty() {
            return BTreeSet::new();
        }
        let python = files.keys().filter(|path| path.ends_with(".py"));
        if modules.len() > MENTIONS_MAX {
            return python.cloned().collect();
        }
        python.filter(|path| self.mentions(path, &modules)).cloned().collect()
    }

    fn mentions(&self, path: &str, modules: &BTreeSet<&str>) -> bool {
        let Ok(text) = fs::read(self.root.join(path)) else { return false };
        let own = module_name(path);
        let text = String::from_utf8_lossy(&text);
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| Some(word) != own && modules.contains(word))
    }
}

/// The name under which other files import the module of this path.
fn module_name(path: &str) -> Option<&str> {
    let stem = path.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.rsplit('/').next()
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, relative: &str, entries: Vec<fs::DirEntry>, above: &Rules, excluded: bool) {
        let rules = match fs::read_to_string(folder.join(IGNORE_FILE)) {
            Ok(text) => above.below(folder, &text, self.scanner.syntax),
            Err(_) => above.clone(),
        };
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Caches, version control, environments of editors: nothing of the author's.
            if name.starts_with('.') || name == "__pycache__" {
                continue;
            }
            let path = entry.path();
            let relative = if relative.is_empty() { name } else { format!("{relative}/{name}") };
            // Follows symbolic links (S-12.8); a dangling one is nothing.
            let Ok(meta) = fs::metadata(&path) else { continue };
            let excluded = excluded || rules.exclude(&path, &relative, meta.is_dir());
            if meta.is_dir() && entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                self.links.push_back(Link { path, relative, rules: rules.clone(), excluded });
            } else if meta.is_dir() {
                self.subfolder(&path, &relative, &rules, excluded);
            } else if meta.is_file() && is_watched(&path) {
                self.file(&path, relative, &meta, excluded);
            }
        }
    }

    /// A folder is looked through even when it is ignored: its modules can be imported. One that
    /// is reached twice, by a link, is visited once (S-12.8).
    fn subfolder(&mut self, path: &Path, relative: &str, rules: &Rules, excluded: bool) {
        let Ok(real) = fs::canonicalize(path) else { return };
        if !self.seen_dirs.insert(real) {
            tracing::debug!(folder = %path.display(), "folder was reached before, skipped");
            return;
        }
        match sorted_entries(path) {
            Ok(entries) => self.folder(path, relative, entries, rules, excluded),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(folder = %path.display(), %error, "cannot look into folder");
                self.scan.complete = false;
            }
        }
    }

    fn file(&mut self, path: &Path, relative: String, meta: &fs::Metadata, excluded: bool) {
        if self.scan.files.len() >= FILES_MAX {
            if self.scan.complete {
                tracing::warn!(root = %self.scanner.root.display(), "more than {FILES_MAX} files, the rest is left out");
            }
            self.scan.complete = false;
            return;
        }
        let stamp = Stamp::of(meta);
        let trusted = self.scanner.read.get(&relative).filter(|read| read.stamp == stamp && !is_racy(meta, self.now));
        let read = match trusted {
            Some(read) => read.clone(),
            None => match read_file(path, stamp) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "cannot read file");
                    self.scan.complete = false;
                    return;
                }
            },
        };
        let may_define_dag = read.may_define_dag || !self.scanner.safe_mode;
        let candidate = relative.ends_with(".py") && !excluded && may_define_dag;
        let modified_us = i64::try_from(stamp.modified_ns / 1_000).unwrap_or(i64::MAX);
        let file = ScannedFile { sha256: read.sha256.clone(), modified_us, candidate };
        self.read.insert(relative.clone(), read);
        self.scan.files.insert(relative, file);
    }
}

/// In a fixed order, so that of two links to one folder always the same one is visited.
fn sorted_entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// Whether DAGs can depend on a file of this name.
pub(crate) fn is_watched(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| WATCHED_EXTENSIONS.contains(&ending))
}

fn read_file(path: &Path, stamp: Stamp) -> io::Result<Read> {
    if stamp.size > FILE_BYTES_MAX {
        // Its size and time stand for its content.
        let stand_in = hex(&Sha256::digest(format!("{stamp:?}")));
        return Ok(Read { stamp, sha256: stand_in, may_define_dag: false });
    }
    let content = fs::read(path)?;
    Ok(Read { stamp, sha256: content_sha256(&content), may_define_dag: may_define_dag(&content) })
}

/// SHA-256 of a file's content, lower-case hexadecimal.
pub(crate) fn content_sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The heuristic of safe mode (S-12.10).
fn may_define_dag(content: &[u8]) -> bool {
    let content = content.to_ascii_lowercase();
    let contains = |word: &[u8]| content.windows(word.len()).any(|window| window == word);
    contains(b"airflow") && (contains(b"dag") || contains(b"asset"))
}

fn is_racy(meta: &fs::Metadata, now: SystemTime) -> bool {
    meta.modified().ok().and_then(|modified| now.duration_since(modified).ok()).is_none_or(|age| age < RACY)
}

impl Stamp {
    fn of(meta: &fs::Metadata) -> Self {
        let ns = |secs: i64, ns: i64| i128::from(secs) * 1_000_000_000 + i128::from(ns);
        Self {
            size: meta.size(),
            inode: meta.ino(),
            modified_ns: ns(meta.mtime(), meta.mtime_nsec()),
            changed_ns: ns(meta.ctime(), meta.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const DAG: &str = "from airflow.sdk import DAG\n";

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(files: &[(&str, &str)]) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            files.iter().for_each(|(path, text)| folder.write(path, text));
            folder
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn scanner(&self) -> Scanner {
            Scanner::new(self.0.path().to_owned(), true, IgnoreSyntax::Glob)
        }
    }

    fn candidates(scan: &Scan) -> Vec<&str> {
        scan.files.iter().filter(|(_, file)| file.candidate).map(|(path, _)| path.as_str()).collect()
    }

    fn contents(scan: &Scan) -> BTreeMap<String, String> {
        scan.files.iter().map(|(path, file)| (path.clone(), file.sha256.clone())).collect()
    }

    #[test]
    fn candidates_are_python_files_that_look_like_dags() {
        let folder = Folder::with(&[
            ("a.py", DAG),
            ("deep/b.py", "# AIRFLOW asset"),
            ("plain.py", "x = 1"),
            ("only_airflow.py", "import airflow"),
            ("notes.txt", DAG),
            ("conf.yaml", "airflow: dag"),
            ("__pycache__/a.py", DAG),
            (".git/hook.py", DAG),
            ("lib/old.py", DAG),
            (".airflowignore", "lib/\n"),
        ]);
        let scan = folder.scanner().scan(&BTreeMap::new()).unwrap();
        assert_eq!(candidates(&scan), ["a.py", "deep/b.py"]);
        let others: Vec<_> = scan.files.iter().filter(|(_, f)| !f.candidate).map(|(path, _)| path.as_str()).collect();
        assert_eq!(others, ["conf.yaml", "lib/old.py", "only_airflow.py", "plain.py"]);
        let all = Scanner { safe_mode: false, ..folder.scanner() }.scan(&BTreeMap::new()).unwrap();
        assert_eq!(candidates(&all), ["a.py", "deep/b.py", "only_airflow.py", "plain.py"]);
    }

    #[test]
    fn links_are_followed_and_loops_end() {
        let folder = Folder::with(&[("real/a.py", DAG)]);
        let outside = Folder::with(&[("b.py", DAG)]);
        symlink(folder.0.path(), folder.0.path().join("real/loop")).unwrap();
        symlink(folder.0.path().join("real"), folder.0.path().join("again")).unwrap();
        symlink(outside.0.path(), folder.0.path().join("linked")).unwrap();
        symlink("nowhere", folder.0.path().join("dangling.py")).unwrap();
        let scan = folder.scanner().scan(&BTreeMap::new()).unwrap();
        assert_eq!(candidates(&scan), ["linked/b.py", "real/a.py"]);
    }

    #[test]
    fn the_same_size_and_second_does_not_hide_a_change() {
        let folder = Folder::with(&[("a.py", "airflow dag 1")]);
        let mut scanner = folder.scanner();
        let before = scanner.scan(&BTreeMap::new()).unwrap();
        folder.write("a.py", "airflow dag 2");
        let after = scanner.scan(&contents(&before)).unwrap();
        assert_ne!(before.files["a.py"].sha256, after.files["a.py"].sha256);
    }

    #[test]
    fn files_that_mention_a_changed_module_are_named() {
        let folder = Folder::with(&[
            ("base.py", DAG),
            ("pkg/__init__.py", ""),
            ("uses_base.py", "from airflow.sdk import dag\nfrom base import *"),
            ("uses_pkg.py", "import pkg.inner as airflow_dag"),
            ("alone.py", "airflow dag; based = rebase = 1"),
        ]);
        let mut scanner = folder.scanner();
        let before = contents(&scanner.scan(&BTreeMap::new()).unwrap());
        let mentioning = |scanner: &mut Scanner, known: &BTreeMap<String, String>| {
            scanner.scan(known).unwrap().mentioning.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(mentioning(&mut scanner, &before), Vec::<String>::new());
        folder.write("base.py", "from airflow.sdk import DAG, task\n");
        assert_eq!(mentioning(&mut scanner, &before), ["uses_base.py"]);
        let now = contents(&scanner.scan(&before).unwrap());
        fs::remove_file(folder.0.path().join("pkg/__init__.py")).unwrap();
        assert_eq!(mentioning(&mut scanner, &now), ["uses_pkg.py"]);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let mut scanner = Scanner::new(PathBuf::from("/nonexistent/dags"), true, IgnoreSyntax::Glob);
        assert_eq!(scanner.scan(&BTreeMap::new()).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
