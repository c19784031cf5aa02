//! Which file is to be parsed next, and why. Pure: scans and results in, decisions out.
//!
//! # The problem
//! DAGs depend on their file, and on files it reads or imports, which nobody reports. So there
//! are two kinds of files: those that define DAGs, and the rest ("supporting"): modules, and
//! files that generators read. A change of the first kind concerns that file and those that
//! mention its name; a change of the second kind concerns every DAG file of the bundle. Which
//! kind a `.py` file is, is known only after it was parsed once.
//!
//! # How it is solved
//! Every scan has a number. `changed` of a file is the number of the scan that first saw its
//! present content, or the scan in which something it mentions changed; `parsed` is the number of
//! the last scan before its last parse began. A DAG file is due when its own `changed`, or that of
//! any supporting file of its bundle, is above its `parsed`. Files remembered from before the
//! start have both at 0.

use std::collections::BTreeMap;
use std::time::Instant;

use tw_model::Timestamp;

use crate::port::{FileKey, KnownFile};
use crate::scan::Scan;

/// What the plan knows of all files.
#[derive(Debug)]
pub(crate) struct Plan {
    environment: String,
    bundles: BTreeMap<String, BundleState>,
    forgotten: Vec<FileKey>,
}

#[derive(Debug, Default)]
struct BundleState {
    scans: u64,
    /// Greatest `changed` of the supporting files, vanished ones included.
    supporting_changed: u64,
    files: BTreeMap<String, FileState>,
}

#[derive(Debug, Default)]
struct FileState {
    sha256: String,
    modified_us: i64,
    /// It was there at the last scan.
    present: bool,
    /// It is to be parsed, as far as its name and text tell.
    candidate: bool,
    /// Whether it defines DAGs or has problems; none before it was parsed once.
    defines_dags: Option<bool>,
    changed: u64,
    parsed: u64,
    /// The scan before its running parse began.
    running: Option<u64>,
    /// It is parsed, changed or not.
    forced: bool,
    /// It is parsed again at this time, changed or not.
    again_at: Option<Instant>,
    /// Nothing is done with it before this time.
    paused_until: Option<Instant>,
    /// What it has defined has to be withdrawn.
    withdraw: bool,
    /// What is remembered of it, as hash and note.
    saved: Option<(String, String)>,
}

/// How work on a file ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Finish {
    /// Its parse was applied.
    Parsed {
        /// It defines DAGs, or has problems.
        defines_dags: bool,
        /// It is parsed again at this time, changed or not.
        again_at: Option<Instant>,
    },
    /// Its DAGs were withdrawn.
    Withdrawn,
    /// It could not be read; not again before this time.
    Postponed(Instant),
    /// It could not be parsed or applied for a reason that is not its own.
    Refused(String),
}

/// Work on one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// Parse it.
    Parse(FileKey),
    /// It defines nothing any more.
    Withdraw(FileKey),
}

impl Plan {
    /// A plan that begins with what is remembered.
    pub(crate) fn new(environment: String, remembered: Vec<KnownFile>) -> Self {
        let mut plan = Self { environment, bundles: BTreeMap::new(), forgotten: Vec::new() };
        for file in remembered {
            let (kind, environment) = file.environment.split_once(':').unwrap_or(("", ""));
            let state = FileState {
                forced: kind.is_empty() || environment != plan.environment,
                // Of an unknown kind it may have defined some.
                defines_dags: Some(kind != KIND_SUPPORTING),
                sha256: file.sha256.clone(),
                saved: Some((file.sha256, file.environment)),
                ..FileState::default()
            };
            plan.bundles.entry(file.key.bundle_name).or_default().files.insert(file.key.relative_fileloc, state);
        }
        plan
    }

    /// Withdraws the files of bundles that are no longer configured (S-12.1).
    pub(crate) fn keep_bundles(&mut self, names: &[&str]) {
        let removed = self.bundles.iter_mut().filter(|(name, _)| !names.contains(&name.as_str()));
        for (name, bundle) in removed {
            bundle.settle_vanished(name, &mut self.forgotten);
        }
    }

    /// The content of the bundle's files as known so far.
    pub(crate) fn contents(&self, bundle_name: &str) -> BTreeMap<String, String> {
        let files = self.bundles.get(bundle_name).into_iter().flat_map(|bundle| &bundle.files);
        files.map(|(path, file)| (path.clone(), file.sha256.clone())).collect()
    }

    /// Takes in what a scan of the bundle found.
    pub(crate) fn observe(&mut self, bundle_name: &str, scan: Scan) {
        let bundle = self.bundles.entry(bundle_name.to_owned()).or_default();
        bundle.scans += 1;
        let number = bundle.scans;
        for file in bundle.files.values_mut() {
            file.present &= !scan.complete;
        }
        for (path, found) in scan.files {
            let file = bundle.files.entry(path.clone()).or_default();
            if file.sha256 != found.sha256 || scan.mentioning.contains(&path) {
                file.changed = number;
            }
            (file.present, file.candidate) = (true, found.candidate);
            (file.sha256, file.modified_us) = (found.sha256, found.modified_us);
            file.withdraw = !file.candidate && file.defines_dags == Some(true);
            if file.changed == number && file.is_supporting() {
                bundle.supporting_changed = number;
            }
        }
        if scan.complete {
            bundle.settle_vanished(bundle_name, &mut self.forgotten);
        }
    }

    /// Has a file, or all files of a bundle, parsed whether or not they changed.
    pub(crate) fn force(&mut self, bundle_name: &str, relative_fileloc: Option<&str>) {
        let files = self.bundles.get_mut(bundle_name).into_iter().flat_map(|bundle| &mut bundle.files);
        for (path, file) in files {
            file.forced |= relative_fileloc.is_none_or(|wanted| wanted == path);
        }
    }

    /// What is to be done next, the most recently changed file first; marks it as running.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Work> {
        let (_, name, path) = self
            .bundles
            .iter()
            .flat_map(|(name, bundle)| bundle.files.iter().map(move |(path, file)| (name, bundle, path, file)))
            .filter(|(_, bundle, _, file)| file.is_ready(bundle.supporting_changed, now))
            .map(|(name, _, path, file)| (file.modified_us, name, path))
            // Of equally old ones the first by name, so that a first start goes by the alphabet.
            .max_by(|a, b| a.0.cmp(&b.0).then_with(|| (b.1, b.2).cmp(&(a.1, a.2))))?;
        let key = FileKey { bundle_name: name.clone(), relative_fileloc: path.clone() };
        let bundle = self.bundles.get_mut(&key.bundle_name)?;
        let scans = bundle.scans;
        let file = bundle.files.get_mut(&key.relative_fileloc)?;
        file.running = Some(scans);
        Some(if file.withdraw { Work::Withdraw(key) } else { Work::Parse(key) })
    }

    /// Takes in how work that [`Plan::next`] gave out ended.
    pub(crate) fn finish(&mut self, key: &FileKey, finish: Finish) {
        let Some(bundle) = self.bundles.get_mut(&key.bundle_name) else { return };
        let Some(file) = bundle.files.get_mut(&key.relative_fileloc) else { return };
        let started = file.running.take().unwrap_or_default();
        match finish {
            Finish::Parsed { defines_dags, again_at } => {
                file.defines_dags = Some(defines_dags);
                (file.parsed, file.forced) = (started, false);
                (file.again_at, file.paused_until) = (again_at, None);
                // A scan may have missed it, or have ruled it out, while the parse went on.
                file.withdraw = !file.present || (!file.candidate && defines_dags);
                if file.is_supporting() {
                    bundle.supporting_changed = bundle.supporting_changed.max(file.changed);
                }
            }
            Finish::Withdrawn if file.present => {
                // Back again in the meantime, as a DAG file or as a supporting one.
                (file.withdraw, file.forced) = (false, file.candidate);
                file.defines_dags = if file.candidate { None } else { Some(false) };
            }
            Finish::Withdrawn => {
                bundle.files.remove(&key.relative_fileloc);
                self.forgotten.push(key.clone());
            }
            Finish::Postponed(until) => file.paused_until = Some(until),
            Finish::Refused(_) => {}
        }
    }

    /// The next time at which something becomes ready by itself.
    pub(crate) fn wake_at(&self, now: Instant) -> Option<Instant> {
        let files = self.bundles.values().flat_map(|bundle| bundle.files.values());
        let times = files.filter(|file| file.running.is_none()).flat_map(|file| [file.again_at, file.paused_until]);
        times.flatten().filter(|at| *at > now).min()
    }

    /// What is to be remembered and was not; each is returned once. What a supporting file holds
    /// is remembered only when all DAG files have taken it in: else a crash would lose a change.
    pub(crate) fn take_unsaved(&mut self, parsed_at: Timestamp) -> Vec<KnownFile> {
        let mut unsaved = Vec::new();
        for (name, bundle) in &mut self.bundles {
            let settled = bundle.files.values().all(|file| file.is_taken_in(bundle.supporting_changed));
            for (path, file) in &mut bundle.files {
                let ripe = if file.is_supporting() { settled } else { file.is_taken_in(bundle.supporting_changed) };
                if !ripe || !file.present || file.withdraw {
                    continue;
                }
                let kind = if file.is_supporting() { KIND_SUPPORTING } else { KIND_DAGS };
                // What is parsed again without a change is so after a restart, too.
                let environment = if file.again_at.is_some() { NO_ENVIRONMENT } else { &self.environment };
                let save = (file.sha256.clone(), format!("{kind}:{environment}"));
                if file.saved.as_ref() != Some(&save) {
                    let key = FileKey { bundle_name: name.clone(), relative_fileloc: path.clone() };
                    let (sha256, environment) = save.clone();
                    unsaved.push(KnownFile { key, sha256, environment, parsed_at });
                    file.saved = Some(save);
                }
            }
        }
        unsaved
    }

    /// What need not be remembered any more; each is returned once.
    pub(crate) fn take_forgotten(&mut self) -> Vec<FileKey> {
        std::mem::take(&mut self.forgotten)
    }
}

/// Notes in [`KnownFile::environment`], before the environment itself.
const KIND_DAGS: &str = "dags";
const KIND_SUPPORTING: &str = "supporting";
/// Equals no environment, because names of environments have no such sign.
const NO_ENVIRONMENT: &str = "?";

impl BundleState {
    /// Files that are not there any more: supporting ones are dropped, others withdrawn first.
    fn settle_vanished(&mut self, bundle_name: &str, forgotten: &mut Vec<FileKey>) {
        let gone = |file: &FileState| !file.present && file.running.is_none();
        let supporting: Vec<String> = self
            .files
            .iter()
            .filter(|(_, file)| gone(file) && file.was_supporting())
            .map(|(path, _)| path.clone())
            .collect();
        for path in supporting {
            self.files.remove(&path);
            self.supporting_changed = self.scans;
            forgotten.push(FileKey { bundle_name: bundle_name.to_owned(), relative_fileloc: path });
        }
        self.files.values_mut().filter(|file| gone(file)).for_each(|file| file.withdraw = true);
    }
}

impl FileState {
    /// Whether DAG files may depend on it.
    fn is_supporting(&self) -> bool {
        !self.candidate || self.defines_dags == Some(false)
    }

    /// As `is_supporting`, for a file that is not there: only the past tells.
    fn was_supporting(&self) -> bool {
        self.defines_dags.map_or(!self.candidate, |defines_dags| !defines_dags)
    }

    fn is_ready(&self, supporting_changed: u64, now: Instant) -> bool {
        if self.running.is_some() || self.paused_until.is_some_and(|until| until > now) {
            return false;
        }
        self.withdraw
            || self.is_wanted() && (self.is_outdated(supporting_changed) || self.again_at.is_some_and(|at| at <= now))
    }

    fn is_wanted(&self) -> bool {
        self.candidate && self.present
    }

    fn is_outdated(&self, supporting_changed: u64) -> bool {
        self.forced || self.changed.max(supporting_changed) > self.parsed
    }

    /// Whether nothing has to be done about it because of a change.
    fn is_taken_in(&self, supporting_changed: u64) -> bool {
        !self.withdraw && self.running.is_none() && !(self.is_wanted() && self.is_outdated(supporting_changed))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::time::Duration;

    use super::*;
    use crate::scan::ScannedFile;

    /// A plan for one bundle, driven by words.
    struct Case {
        plan: Plan,
        now: Instant,
        files: BTreeMap<String, ScannedFile>,
        clock_us: i64,
    }

    impl Case {
        fn new() -> Self {
            Self::remembering(Vec::new())
        }

        fn remembering(files: Vec<KnownFile>) -> Self {
            let plan = Plan::new("env".to_owned(), files);
            Self { plan, now: Instant::now(), files: BTreeMap::new(), clock_us: 0 }
        }

        /// Sets `path` to `content`; a file whose content begins with `dag` is a candidate.
        fn write(&mut self, path: &str, content: &str) -> &mut Self {
            self.clock_us += 1;
            let candidate = content.starts_with("dag");
            let file = ScannedFile { sha256: content.to_owned(), modified_us: self.clock_us, candidate };
            self.files.insert(path.to_owned(), file);
            self
        }

        fn delete(&mut self, path: &str) -> &mut Self {
            self.files.remove(path);
            self
        }

        fn scan(&mut self) -> &mut Self {
            self.scan_mentioning(&[])
        }

        fn scan_mentioning(&mut self, mentioning: &[&str]) -> &mut Self {
            let mentioning = mentioning.iter().map(|&path| path.to_owned()).collect();
            self.plan.observe("b", Scan { files: self.files.clone(), mentioning, complete: true });
            self
        }

        /// Does all that is ready; a file defines DAGs when its content ends with `!`.
        fn work(&mut self) -> String {
            let mut log = String::new();
            while let Some(work) = self.plan.next(self.now) {
                let (key, word, finish) = match work {
                    Work::Withdraw(key) => (key, "withdraw", Finish::Withdrawn),
                    Work::Parse(key) => {
                        let defines_dags = self.files[&key.relative_fileloc].sha256.ends_with('!');
                        (key, "parse", Finish::Parsed { defines_dags, again_at: None })
                    }
                };
                write!(log, "{word} {}, ", key.relative_fileloc).unwrap();
                self.plan.finish(&key, finish);
            }
            log.trim_end_matches(", ").to_owned()
        }

        fn remember(&mut self) -> Vec<KnownFile> {
            self.plan.take_unsaved(Timestamp::from_micros(0))
        }

        fn restart(&mut self, environment: &str, remembered: Vec<KnownFile>) -> &mut Self {
            self.plan = Plan::new(environment.to_owned(), remembered);
            self
        }
    }

    #[test]
    fn newest_first_and_each_once() {
        let mut case = Case::new();
        case.write("a.py", "dag!").write("b.py", "dag!").write("c.py", "dag!").scan();
        assert_eq!(case.work(), "parse c.py, parse b.py, parse a.py");
        assert_eq!(case.scan().work(), "");
        assert_eq!(case.write("b.py", "dag 2!").scan().work(), "parse b.py");
    }

    #[test]
    fn a_supporting_file_concerns_all_dag_files() {
        let mut case = Case::new();
        case.write("a.py", "dag!").write("b.py", "dag!").write("conf.yaml", "x").write("factory.py", "dag").scan();
        assert_eq!(case.work(), "parse factory.py, parse b.py, parse a.py");
        assert_eq!(case.write("conf.yaml", "y").scan().work(), "parse factory.py, parse b.py, parse a.py");
        // Its kind is known from its parse, so it goes by what it is after the change.
        assert_eq!(case.write("factory.py", "dag 2").scan().work(), "parse factory.py, parse b.py, parse a.py");
        assert_eq!(case.delete("conf.yaml").scan().work(), "parse factory.py, parse b.py, parse a.py");
        assert_eq!(case.scan().work(), "");
    }

    #[test]
    fn a_dag_file_concerns_those_that_mention_it() {
        let mut case = Case::new();
        case.write("a.py", "dag!").write("b.py", "dag!").write("c.py", "dag!").scan().work();
        assert_eq!(case.write("a.py", "dag 2!").scan_mentioning(&["c.py"]).work(), "parse a.py, parse c.py");
    }

    #[test]
    fn what_vanished_or_no_longer_counts_is_withdrawn() {
        let mut case = Case::new();
        case.write("a.py", "dag!").write("b.py", "dag!").write("c.py", "dag!").scan().work();
        assert_eq!(case.delete("b.py").scan().work(), "withdraw b.py");
        assert_eq!(case.plan.take_forgotten().len(), 1);
        // It became a module, so the others may use it from now on.
        assert_eq!(case.write("c.py", "plain").scan().work(), "withdraw c.py, parse a.py");
        assert_eq!(case.write("b.py", "dag!").scan().work(), "parse b.py");
    }

    #[test]
    fn an_incomplete_scan_withdraws_nothing() {
        let mut case = Case::new();
        case.write("a.py", "dag!").scan().work();
        case.plan.observe("b", Scan { complete: false, ..Scan::default() });
        assert_eq!(case.work(), "");
    }

    #[test]
    fn a_file_that_changes_or_vanishes_during_its_parse_is_looked_at_again() {
        let mut case = Case::new();
        case.write("a.py", "dag!").scan();
        let Some(Work::Parse(key)) = case.plan.next(case.now) else { panic!("nothing to parse") };
        case.write("a.py", "dag 2!").scan();
        assert_eq!(case.plan.next(case.now), None, "it is not parsed twice at once");
        case.plan.finish(&key, Finish::Parsed { defines_dags: true, again_at: None });
        assert!(case.remember().is_empty(), "its content is not the parsed one");
        let Some(Work::Parse(key)) = case.plan.next(case.now) else { panic!("the change was lost") };
        case.delete("a.py").scan();
        case.plan.finish(&key, Finish::Parsed { defines_dags: true, again_at: None });
        assert_eq!(case.work(), "withdraw a.py");
    }

    #[test]
    fn postponed_and_repeated_work_waits_for_its_time() {
        let mut case = Case::new();
        case.write("a.py", "dag!").scan();
        let Some(Work::Parse(key)) = case.plan.next(case.now) else { panic!("nothing to parse") };
        let later = case.now + Duration::from_secs(5);
        case.plan.finish(&key, Finish::Postponed(later));
        assert_eq!((case.plan.next(case.now), case.plan.wake_at(case.now)), (None, Some(later)));
        case.now = later;
        let Some(Work::Parse(key)) = case.plan.next(case.now) else { panic!("never again") };
        let again = later + Duration::from_secs(60);
        case.plan.finish(&key, Finish::Parsed { defines_dags: true, again_at: Some(again) });
        assert_eq!((case.plan.next(case.now), case.plan.wake_at(case.now)), (None, Some(again)));
        case.now = again;
        assert_eq!(case.work(), "parse a.py");
    }

    #[test]
    fn a_restart_parses_only_what_changed() {
        let mut case = Case::new();
        case.write("a.py", "dag!")
            .write("b.py", "dag!")
            .write("conf.yaml", "x")
            .write("factory.py", "dag")
            .scan()
            .work();
        let remembered = case.remember();
        assert_eq!(remembered.len(), 4);
        assert!(case.remember().is_empty());
        assert_eq!(case.restart("env", remembered.clone()).scan().work(), "");
        assert_eq!(case.restart("env", remembered.clone()).write("a.py", "dag 2!").scan().work(), "parse a.py");
        case.write("a.py", "dag!");
        assert_eq!(
            case.restart("env", remembered.clone()).write("conf.yaml", "y").scan().work().matches("parse").count(),
            3
        );
        case.write("conf.yaml", "x");
        assert_eq!(case.restart("other", remembered.clone()).scan().work().matches("parse").count(), 3);
        assert_eq!(case.restart("env", remembered.clone()).delete("b.py").scan().work(), "withdraw b.py");
        let mut moved = Plan::new("env".to_owned(), remembered);
        moved.keep_bundles(&["elsewhere"]);
        assert!(matches!(moved.next(case.now), Some(Work::Withdraw(_))));
        assert_eq!(moved.take_forgotten().len(), 2, "supporting files");
    }

    #[test]
    fn a_supporting_change_is_remembered_only_when_all_took_it_in() {
        let mut case = Case::new();
        case.write("a.py", "dag!").write("conf.yaml", "x").scan().work();
        case.remember();
        case.write("conf.yaml", "y").scan();
        assert!(case.remember().is_empty(), "a crash now must not lose the change");
        case.work();
        assert_eq!(case.remember().len(), 1);
    }

    #[test]
    fn what_is_repeated_is_parsed_after_a_restart() {
        let mut case = Case::new();
        case.write("a.py", "dag!").scan();
        let Some(Work::Parse(key)) = case.plan.next(case.now) else { panic!("nothing to parse") };
        let again_at = Some(case.now + Duration::from_secs(60));
        case.plan.finish(&key, Finish::Parsed { defines_dags: true, again_at });
        let remembered = case.remember();
        assert_eq!(case.restart("env", remembered).scan().work(), "parse a.py");
    }

    #[test]
    fn a_request_parses_without_a_change() {
        let mut case = Case::new();
        case.write("a.py", "dag!").write("b.py", "dag!").scan().work();
        case.plan.force("b", Some("a.py"));
        assert_eq!(case.work(), "parse a.py");
        case.plan.force("b", None);
        assert_eq!(case.work(), "parse b.py, parse a.py");
    }
}
