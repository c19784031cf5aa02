//! What a parsed DAG file changes: versions, staleness, import errors (section 12 of the
//! scheduling rules, S-2.51 to S-2.56).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_model::{Dag, DagId, DagVersionId, Timestamp};

use crate::admission::TaskParks;
use crate::graph::Graph;
use crate::run::RunIx;
use crate::vocabulary::{DagRow, DagVersionRow, ImportError, Outcome, ParsedDag, ParsedFile, Reply, Write};
use crate::world::{DagState, World};

impl World {
    pub(crate) fn file_parsed(&mut self, file: ParsedFile, now: Timestamp, out: &mut Outcome) -> Reply {
        let mut errors = file.import_errors.clone();
        let mut defined = BTreeSet::new();
        for parsed in &file.dags {
            if let Err(problem) = self.dag_parsed(&file, parsed, now, out) {
                errors.push(problem);
            }
            defined.insert(parsed.dag.dag_id.clone());
        }
        self.set_import_errors(&file, &errors, now, out);
        let from_file = |dag: &&DagState| {
            dag.row.bundle_name == file.bundle_name && dag.row.relative_fileloc == file.relative_fileloc
        };
        let of_file: Vec<DagId> = self.dags.values().filter(from_file).map(|d| d.row.dag_id.clone()).collect();
        for dag_id in of_file {
            let vanished = file.gone || (errors.is_empty() && !defined.contains(&dag_id));
            self.set_standing(&dag_id, vanished, !errors.is_empty(), now);
        }
        Reply::Done
    }

    fn set_import_errors(&mut self, file: &ParsedFile, errors: &[String], now: Timestamp, out: &mut Outcome) {
        let key = (file.bundle_name.clone(), file.relative_fileloc.clone());
        let error = (!errors.is_empty()).then(|| ImportError { at: now, message: errors.join("\n") });
        let had_error = if error.is_some() { !self.error_files.insert(key) } else { self.error_files.remove(&key) };
        if had_error || error.is_some() {
            out.writes.push(Write::ImportError {
                bundle_name: file.bundle_name.clone(),
                relative_fileloc: file.relative_fileloc.clone(),
                error,
            });
        }
    }

    /// Marks a DAG stale or live, with or without import errors in its file.
    fn set_standing(&mut self, dag_id: &DagId, is_stale: bool, has_import_errors: bool, now: Timestamp) {
        let Some(dag) = self.dags.get_mut(dag_id) else { return };
        if dag.row.is_stale == is_stale && dag.row.has_import_errors == has_import_errors {
            return;
        }
        dag.row.is_stale = is_stale;
        dag.row.has_import_errors = has_import_errors;
        self.todo.dirty_dags.insert(dag_id.clone());
        self.plan_next(dag_id, now);
        self.hold_changed(dag_id, now);
    }

    /// Takes over one DAG of a file (S-12.14, S-12.18).
    fn dag_parsed(
        &mut self,
        file: &ParsedFile,
        parsed: &ParsedDag,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Result<(), String> {
        let dag_id = &parsed.dag.dag_id;
        let same_file =
            |row: &DagRow| row.bundle_name == file.bundle_name && row.relative_fileloc == file.relative_fileloc;
        if let Some(known) = self.dags.get(dag_id)
            && !known.row.is_stale
            && !same_file(&known.row)
        {
            return Err(format!(
                "DAG {dag_id} is already defined in {}; the definition in {} is not used. Give one of them another dag_id",
                known.row.relative_fileloc, file.relative_fileloc
            ));
        }
        if self.dags.get(dag_id).is_some_and(|known| known.content_hash == parsed.content_hash) {
            self.touch(file, dag_id, now);
            return Ok(());
        }
        self.new_version(file, parsed, now, out)
    }

    /// The same meaning again: only where and when it was read changes.
    fn touch(&mut self, file: &ParsedFile, dag_id: &DagId, now: Timestamp) {
        let Some(dag) = self.dags.get_mut(dag_id) else { return };
        dag.row.bundle_name.clone_from(&file.bundle_name);
        dag.row.relative_fileloc.clone_from(&file.relative_fileloc);
        dag.row.last_parsed_at = now;
        dag.row.parse_micros = file.parse_micros;
        self.todo.dirty_dags.insert(dag_id.clone());
    }

    fn new_version(
        &mut self,
        file: &ParsedFile,
        parsed: &ParsedDag,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Result<(), String> {
        let dag_id = parsed.dag.dag_id.clone();
        let known = self.dags.get(&dag_id);
        // S-2.51: a version that nothing refers to is replaced, not followed.
        let (version_id, number) = match known {
            Some(dag) if !dag.latest_used => (dag.row.latest_version_id, dag.row.latest_version_number),
            Some(dag) => (DagVersionId(self.ids.next(now)), dag.row.latest_version_number + 1),
            None => (DagVersionId(self.ids.next(now)), 1),
        };
        let graph = Graph::new(version_id, Arc::clone(&parsed.dag)).map_err(|e| format!("DAG {dag_id}: {e}"))?;
        let graph = Arc::new(graph);
        out.writes.push(Write::DagVersion(Box::new(DagVersionRow {
            id: version_id,
            dag_id: dag_id.clone(),
            version_number: number,
            content_hash: parsed.content_hash.clone(),
            dag: Arc::clone(&parsed.dag),
            source: Arc::clone(&file.source),
            created_at: now,
        })));
        match self.dags.get_mut(&dag_id) {
            Some(dag) => {
                dag.graph = Arc::clone(&graph);
                dag.content_hash.clone_from(&parsed.content_hash);
                dag.row.latest_version_id = version_id;
                dag.row.latest_version_number = number;
            }
            None => {
                let state = self.first_seen(file, parsed, Arc::clone(&graph), now);
                self.dags.insert(dag_id.clone(), state);
            }
        }
        self.touch(file, &dag_id, now);
        let runs = self.runs.iter().filter(|(_, run)| run.row.dag_id == dag_id && !run.row.state.is_finished());
        let runs: Vec<RunIx> = runs.map(|(ix, _)| *ix).collect();
        if let Some(dag) = self.dags.get_mut(&dag_id) {
            dag.latest_used = !runs.is_empty();
        }
        runs.into_iter().for_each(|ix| self.adopt_version(ix, Arc::clone(&graph), now, out));
        self.replace_finished(&dag_id, now, out);
        self.plan_next(&dag_id, now);
        Ok(())
    }

    fn first_seen(&self, file: &ParsedFile, parsed: &ParsedDag, graph: Arc<Graph>, now: Timestamp) -> DagState {
        let dag: &Dag = &parsed.dag;
        let is_paused = dag.is_paused_upon_creation.unwrap_or(self.options.dags_are_paused_at_creation);
        DagState {
            row: DagRow {
                dag_id: dag.dag_id.clone(),
                is_paused,
                is_stale: false,
                has_import_errors: false,
                bundle_name: file.bundle_name.clone(),
                relative_fileloc: file.relative_fileloc.clone(),
                latest_version_id: graph.version_id,
                latest_version_number: 1,
                next_run: None,
                last_automated: None,
                last_parsed_at: now,
                parse_micros: file.parse_micros,
                consecutive_failed_runs: 0,
            },
            graph,
            content_hash: parsed.content_hash.clone(),
            latest_used: false,
            queued: BTreeSet::new(),
            running: BTreeSet::new(),
            by_logical_date: BTreeMap::new(),
            parks: TaskParks::default(),
        }
    }
}
