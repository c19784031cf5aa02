//! All bundles at once: watches their folders and looks through them. Blocking.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::options::{Bundle, Options};
use crate::scan::{Scan, Scanner};
use crate::watch::Watch;

/// The content of known files by bundle and path.
type Known = BTreeMap<String, BTreeMap<String, String>>;

pub(crate) struct Lookout {
    watch: Watch,
    scanners: Vec<(Bundle, Scanner)>,
    /// Bundles whose folder could not be read at the last look; they were reported.
    missing: BTreeSet<String>,
}

impl Lookout {
    pub(crate) fn new(options: &Options, noticed: Arc<Notify>) -> Self {
        let scanner = |bundle: &Bundle| Scanner::new(bundle.path.clone(), options.safe_mode, options.ignore_syntax);
        Self {
            watch: Watch::new(options.bundles.iter().map(|bundle| bundle.path.clone()).collect(), noticed),
            scanners: options.bundles.iter().map(|bundle| (bundle.clone(), scanner(bundle))).collect(),
            missing: BTreeSet::new(),
        }
    }

    /// What the folders hold now. A folder that cannot be read is left out, so that what is known
    /// of it stays: a share that is away for a moment must not empty the deployment.
    pub(crate) fn look(&mut self, known: &Known) -> Vec<(String, Scan)> {
        self.watch.follow();
        let mut scans = Vec::with_capacity(self.scanners.len());
        for (bundle, scanner) in &mut self.scanners {
            let (name, path) = (&bundle.name, bundle.path.display());
            match scanner.scan(known.get(name).unwrap_or(&BTreeMap::new())) {
                Ok(scan) => {
                    if self.missing.remove(name) {
                        tracing::info!(bundle = name, %path, "the DAG folder is back");
                    }
                    scans.push((name.clone(), scan));
                }
                Err(error) if self.missing.insert(name.clone()) => {
                    tracing::warn!(bundle = name, %path, %error, "cannot read the DAG folder; its DAGs stay as they are until it is back");
                }
                Err(_) => {}
            }
        }
        scans
    }
}
