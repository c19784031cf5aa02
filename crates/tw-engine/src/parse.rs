//! What a parsed DAG file changes: versions, staleness, import errors (section 12 of the
//! scheduling rules, S-2.51 to S-2.56).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_model::{AttemptKey, Dag, DagId, DagVersionId, TaskInstanceState, Timestamp};

use crate::admission::TaskParks;
use crate::graph::Graph;
use crate::instance::Node;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::{
    DagRow, DagVersionRow, Effect, ImportError, KillReason, Outcome, ParsedDag, ParsedFile, Reply, Write,
};
use crate::world::{DagState, Timer, World};

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
            running: 0,
            by_logical_date: BTreeMap::new(),
            parks: TaskParks::default(),
        }
    }

    /// Drops what names instances of a run by position: positions belong to a version. Whatever
    /// waits for the clock sets its timer again when the run is enlivened.
    fn forget_positions(&mut self, run: RunIx) {
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::Instance(at) if at.run == run));
        self.todo.evaluate.retain(|(of, _, _)| *of != run);
        self.todo.dirty_instances.retain(|at| at.run != run);
    }

    /// Moves an unfinished run to another version (S-2.53, S-2.56): instances follow their
    /// task id, new tasks get instances, unfinished ones of dropped tasks become `removed`.
    pub(crate) fn adopt_version(&mut self, ix: RunIx, graph: Arc<Graph>, now: Timestamp, out: &mut Outcome) {
        self.cancel_run_timer(ix);
        self.leave_limits(ix);
        self.forget_positions(ix);
        let Some(mut run) = self.runs.remove(&ix) else { return };
        let dropped = (0..run.nodes.len()).filter(|&old| {
            let new = graph.node_ix(&run.graph.task(old).task_id);
            new.is_none_or(|new| !fits(&run.nodes[old], &graph, new))
        });
        for old in dropped.collect::<Vec<_>>() {
            remove_instances(&mut run, old, now, out);
        }
        let old_graph = std::mem::replace(&mut run.graph, Arc::clone(&graph));
        let mut old_nodes = std::mem::replace(&mut run.nodes, vec![Node::default(); graph.nodes.len()]);
        for node in 0..graph.nodes.len() {
            let old = old_graph.node_ix(&graph.task(node).task_id);
            match old.filter(|&old| fits(&old_nodes[old], &graph, node)) {
                Some(old) => run.nodes[node] = std::mem::take(&mut old_nodes[old]),
                None => self.create_task_instances(&mut run, node, now),
            }
        }
        run.recount();
        let nodes = run.nodes.iter().enumerate();
        let unfinished = nodes.flat_map(|(node, n)| {
            let instances = n.instances.iter().enumerate();
            instances.filter(|(_, i)| !i.is_finished()).map(move |(i, _)| InstanceRef { run: ix, node, ix: i })
        });
        self.todo.dirty_instances.extend(unfinished);
        self.runs.insert(ix, run);
        self.enter_limits(ix);
        if self.run_is_running(ix) {
            self.enliven(ix);
        }
    }
}

/// Whether instances of the old version can serve the new one: what is expanded stays mapped (S-4.23).
fn fits(old: &Node, graph: &Graph, node: usize) -> bool {
    !old.instances.is_empty() && old.expanded <= graph.nodes[node].is_mapped
}

/// Ends the unfinished instances of a task that is no longer part of the DAG.
fn remove_instances(run: &mut RunState, node: usize, now: Timestamp, out: &mut Outcome) {
    for ix in 0..run.nodes[node].instances.len() {
        let instance = &mut run.nodes[node].instances[ix];
        if instance.is_finished() {
            continue;
        }
        if instance.state.is_some_and(TaskInstanceState::is_occupying) {
            let attempt = AttemptKey { task_instance_id: instance.id, dispatch: instance.dispatch };
            out.effects.push(Effect::Kill { attempt, reason: KillReason::StateChanged });
        }
        instance.state = Some(TaskInstanceState::Removed);
        instance.end_date = now.into();
        instance.set_reason(Some("its task is no longer part of the DAG".to_owned()));
        out.writes.push(Write::TaskInstance(Box::new(run.task_instance(node, ix))));
    }
}
