//! Noticing changes: the operating system's notifications, reduced to "look again".

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RemoveKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::exclude::IGNORE_FILE;
use crate::scan::is_watched;

/// Watches some folders and everything below them. Notifications may be missing (network file
/// systems, the limit on watches); the periodic scan makes up for that.
pub(crate) struct Watch {
    watcher: Option<RecommendedWatcher>,
    roots: Vec<PathBuf>,
    /// The inode of each watched root: a folder that was made anew needs a new watch.
    watched: BTreeMap<PathBuf, u64>,
    /// Set when a root was moved or removed: its watch may have ended, though the same folder may
    /// be back by the next look.
    roots_moved: Arc<AtomicBool>,
    refused: bool,
}

impl Watch {
    /// Watches nothing yet; `noticed` is told when something changed below one of the roots.
    pub(crate) fn new(roots: Vec<PathBuf>, noticed: Arc<Notify>) -> Self {
        let roots_moved = Arc::new(AtomicBool::new(false));
        let (of_interest, moved) = (roots.clone(), Arc::clone(&roots_moved));
        let handler = move |event: notify::Result<Event>| {
            match event {
                Ok(event) if !is_relevant(&event, &of_interest) => return,
                Ok(event) if event.paths.iter().any(|path| of_interest.contains(path)) => {
                    moved.store(true, Ordering::Release);
                }
                // After an error, such as a full queue, anything may have changed.
                Ok(_) | Err(_) => {}
            }
            noticed.notify_one();
        };
        let watcher = notify::recommended_watcher(handler)
            .inspect_err(|error| tracing::warn!(%error, "cannot watch folders, changes are found by looking"))
            .ok();
        Self { watcher, roots, watched: BTreeMap::new(), roots_moved, refused: false }
    }

    /// Watches every root that exists and is not watched yet, and the folders around them, where
    /// a missing root will appear. Call it before each scan, so that the scan sees what changed
    /// before the watch began.
    pub(crate) fn follow(&mut self) {
        let roots = self.roots.clone();
        if self.roots_moved.swap(false, Ordering::AcqRel) {
            self.watched.clear();
        }
        for parent in roots.iter().filter_map(|root| root.parent()) {
            // Inside a root it would replace the watch that goes all the way down.
            if !roots.iter().any(|root| parent.starts_with(root)) {
                self.ensure(parent, RecursiveMode::NonRecursive);
            }
        }
        for root in &roots {
            self.ensure(root, RecursiveMode::Recursive);
        }
    }

    fn ensure(&mut self, folder: &Path, mode: RecursiveMode) {
        let Some(watcher) = &mut self.watcher else { return };
        let Ok(inode) = fs::metadata(folder).map(|meta| meta.ino()) else {
            self.watched.remove(folder);
            return;
        };
        if self.watched.get(folder) == Some(&inode) {
            return;
        }
        // There is none, unless the folder was replaced.
        let _ = watcher.unwatch(folder);
        match watcher.watch(folder, mode) {
            Ok(()) => drop(self.watched.insert(folder.to_owned(), inode)),
            Err(error) if self.refused => tracing::debug!(folder = %folder.display(), %error, "cannot watch folder"),
            Err(error) => {
                self.refused = true;
                let folder = folder.display();
                tracing::warn!(%folder, %error, "cannot watch folder, its changes are found later, by looking; \
                    if the limit on watches is reached, raise fs.inotify.max_user_watches");
            }
        }
    }
}

/// Whether an event may change what a scan of the roots finds.
fn is_relevant(event: &Event, roots: &[PathBuf]) -> bool {
    // Parses and scans read files all the time; that changes nothing.
    let any_path = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => return false,
        EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder) => true,
        EventKind::Modify(ModifyKind::Name(_)) => true,
        _ => false,
    };
    event.need_rescan() || event.paths.iter().any(|path| is_relevant_path(path, roots, any_path))
}

fn is_relevant_path(path: &Path, roots: &[PathBuf], any_path: bool) -> bool {
    let Some(relative) = roots.iter().find_map(|root| path.strip_prefix(root).ok()) else { return false };
    if relative.as_os_str().is_empty() || relative.file_name().is_some_and(|name| name == IGNORE_FILE) {
        return true;
    }
    let names = || relative.iter().map(|name| name.to_string_lossy());
    let skipped = names().any(|name| name.starts_with('.') || name == "__pycache__");
    !skipped && (any_path || is_watched(path) || path.extension().is_none())
}

#[cfg(test)]
mod tests {
    use notify::event::{DataChange, RenameMode};

    use super::*;

    #[test]
    fn only_what_a_scan_would_see_counts() {
        let relevant = |kind: EventKind, path: &str| {
            is_relevant(&Event::new(kind).add_path(PathBuf::from(path)), &[PathBuf::from("/home/.x/dags")])
        };
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Read));
        assert!(relevant(written, "/home/.x/dags/a.py"));
        assert!(relevant(written, "/home/.x/dags/sub/.airflowignore"));
        assert!(relevant(EventKind::Remove(RemoveKind::Folder), "/home/.x/dags"));
        assert!(relevant(renamed, "/home/.x/dags/folder.v2"));
        assert!(!relevant(written, "/home/.x/dags/data.parquet"));
        assert!(!relevant(written, "/home/.x/other.py"));
        assert!(!relevant(written, "/home/.x/dags/__pycache__/a.py"));
        assert!(!relevant(written, "/home/.x/dags/.a.py.swp"));
        assert!(!relevant(opened, "/home/.x/dags/a.py"));
    }
}
