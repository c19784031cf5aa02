//! Draws DAGs from text, plays histories, prints states.
//!
//! DAG text: statements separated by `;`. `a, b -> c -> d` draws edges. `c: one_success, retries=2`
//! sets attributes; `dag: fail_fast` those of the DAG; `group g over z: p, q` makes a mapped group.
//! History text: `a ok`, `a fail`, `a retry`, `a skip`, `a pushes 3`, `a lost`, `a dies`,
//! `a pokes 60`, `a follows b`, `a[1] ok`, `wait 300`, `pause`, `unpause`, `trigger [run id]`; acts are
//! in `acts`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_engine::{
    Effect, EngineOptions, Facts, Input, Need, Outcome, ParsedDag, ParsedFile, Reply, Snapshot, Subject, TriggerRun,
    World, Write,
};
use tw_model::{
    AttemptKey, AttemptOutcome, AttemptReport, Dag, DagId, DagRun, DagRunId, ExitStatus, ExpandInput, GroupChild,
    MapInput, ReturnValue, RunType, SkipRecord, Task, TaskGroup, TaskId, TaskInstance, TaskInstanceId, TimeSpan,
    Timestamp, TriggeredBy, XComArg,
};

pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) now: Timestamp,
    /// Rows as a store would hold them, but for the task instances.
    pub(crate) store: Snapshot,
    /// Task instance rows by their key.
    instances: BTreeMap<(DagRunId, TaskId, i32), TaskInstance>,
    /// Which row has an id; an id is unique.
    ids: BTreeMap<TaskInstanceId, (DagRunId, TaskId, i32)>,
    /// Attempts handed to the executor and not ended, by `run/task[index]`.
    pub(crate) workers: BTreeMap<String, (AttemptKey, TaskId)>,
    pub(crate) killed: Vec<AttemptKey>,
    /// Attempts that were asked to stop and have not ended, by the same names.
    pub(crate) dying: BTreeMap<String, AttemptKey>,
    /// Tries that are history, in the order in which they became so.
    pub(crate) archive: Vec<TaskInstance>,
    pub(crate) notes: BTreeMap<(TaskId, i32), String>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) last_reply: Reply,
    pub(crate) current_run: String,
}

pub(crate) const T0: &str = "2026-01-01T00:00:00Z";

/// Draws the DAG, triggers one run, plays the history, prints the run.
pub(crate) fn play(dag: &str, history: &str) -> String {
    let mut play = Play::with_dag(dag);
    play.run(&format!("trigger r; {history}"));
    play.show()
}

/// As [`play`], compared with `expected`, white space folded.
#[track_caller]
pub(crate) fn check(dag: &str, history: &str, expected: &str) {
    let fold = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = play(dag, history);
    assert_eq!(fold(&shown), fold(expected), "\ndag: {dag}\nhistory: {history}\n");
}

impl Play {
    pub(crate) fn new(options: EngineOptions) -> Self {
        let now = T0.parse().unwrap();
        let mut out = Outcome::default();
        let world = World::rebuild(options, Snapshot::default(), &BTreeSet::new(), now, &mut out);
        let mut play = Self {
            world,
            now,
            store: Snapshot::default(),
            instances: BTreeMap::new(),
            ids: BTreeMap::new(),
            workers: BTreeMap::new(),
            killed: Vec::new(),
            dying: BTreeMap::new(),
            archive: Vec::new(),
            notes: BTreeMap::new(),
            wake_at: None,
            last_reply: Reply::Done,
            current_run: "r".into(),
        };
        play.carry_out(out);
        play
    }

    pub(crate) fn with_dag(text: &str) -> Self {
        let mut play = Self::new(EngineOptions { dags_are_paused_at_creation: false, ..EngineOptions::default() });
        play.parse(draw("d", text));
        play
    }

    pub(crate) fn parse(&mut self, dag: Dag) {
        let hash = serde_json::to_string(&dag).unwrap();
        self.apply(Input::FileParsed(ParsedFile {
            bundle_name: "dags".into(),
            relative_fileloc: format!("{}.py", dag.dag_id),
            source: "source".into(),
            dags: vec![ParsedDag { dag: Arc::new(dag), content_hash: hash }],
            import_errors: Vec::new(),
            gone: false,
            parse_micros: 1,
        }));
    }

    pub(crate) fn apply(&mut self, input: Input) -> Reply {
        let mut out = Outcome::default();
        loop {
            let needs = self.world.needs(&input, self.now);
            if needs.is_empty() {
                break;
            }
            let facts = self.look_up(needs);
            self.world.supply(facts);
        }
        self.world.apply(input, self.now, &mut out);
        self.carry_out(out)
    }

    /// What a store would answer; that of new runs is always empty here.
    fn look_up(&self, needs: Vec<Need>) -> Facts {
        let mut facts = Facts::default();
        for need in &needs {
            let within = |run: &DagRun, from: Option<Timestamp>, to: Option<Timestamp>| {
                from.is_none_or(|from| run.logical_date >= Some(from))
                    && to.is_none_or(|to| run.logical_date.is_some_and(|date| date <= to))
            };
            let found = |run: &&DagRun| match need {
                Need::RunConflict { .. } | Need::RunBefore { .. } => false,
                Need::Run { dag_id, run_id } => run.dag_id == *dag_id && run.run_id == *run_id,
                Need::RunsBetween { dag_id, from, to, .. } => run.dag_id == *dag_id && within(run, *from, *to),
            };
            let runs = self.store.runs.iter().filter(|run| run.state.is_finished()).filter(found);
            facts.runs.extend(runs.map(|run| (run.clone(), self.rows_of(run.id).cloned().collect())));
            if let Need::RunBefore { dag_id, logical_date, .. } = need {
                let earlier = self.store.runs.iter().filter(|run| {
                    run.dag_id == *dag_id && run.state.is_finished() && run.logical_date < Some(*logical_date)
                });
                let before = earlier.filter(|run| run.logical_date.is_some()).max_by_key(|run| run.logical_date);
                facts.runs.extend(before.map(|run| (run.clone(), self.rows_of(run.id).cloned().collect())));
            }
        }
        facts.answered = needs;
        facts
    }

    fn rows_of(&self, run: DagRunId) -> impl Iterator<Item = &TaskInstance> {
        self.instances.values().filter(move |t| t.dag_run_id == run)
    }

    /// Stores the writes, then performs the effects: dispatched attempts start at once.
    fn carry_out(&mut self, out: Outcome) -> Reply {
        self.wake_at = out.wake_at;
        out.writes.iter().for_each(|w| self.store(w));
        self.world.committed();
        if let Some(reply) = out.replies.into_iter().next_back() {
            self.last_reply = reply;
        }
        let reply = self.last_reply.clone();
        for effect in out.effects {
            match effect {
                Effect::Dispatch(w) => {
                    let index = if w.map_index >= 0 { format!("[{}]", w.map_index) } else { String::new() };
                    let name = format!("{}/{}{index}", w.run_id, w.task_id);
                    let before = self.workers.insert(name.clone(), (w.attempt, w.task_id.clone()));
                    assert!(before.is_none_or(|(key, _)| key == w.attempt), "{name} runs twice");
                    let started = Input::AttemptStarted {
                        attempt: w.attempt,
                        hostname: "h".into(),
                        unixname: "u".into(),
                        pid: 1,
                    };
                    assert_eq!(self.apply(started), Reply::Done, "{name} could not start");
                }
                Effect::Kill { attempt, .. } => {
                    self.killed.push(attempt);
                    let dying = self.workers.extract_if(.., |_, (key, _)| *key == attempt);
                    self.dying.extend(dying.map(|(name, (key, _))| (name, key)));
                }
                Effect::RunCallback(_) => {}
            }
        }
        reply
    }

    pub(crate) fn run(&mut self, history: &str) {
        for event in history.split([';', '\n']).map(str::trim).filter(|e| !e.is_empty()) {
            self.event(event);
        }
    }

    fn event(&mut self, event: &str) {
        let words: Vec<&str> = event.split_whitespace().collect();
        match words.as_slice() {
            ["wait", secs] => {
                let until = self.now.saturating_add(TimeSpan::from_secs_f64(secs.parse().unwrap()));
                while let Some(at) = self.wake_at.filter(|at| *at <= until) {
                    self.now = self.now.max(at);
                    self.apply(Input::Tick);
                }
                self.now = until;
                self.apply(Input::Tick);
            }
            ["pause"] => drop(self.apply(Input::SetPaused { dag_id: "d".into(), paused: true, by: None })),
            ["unpause"] => drop(self.apply(Input::SetPaused { dag_id: "d".into(), paused: false, by: None })),
            ["trigger", run_id] => {
                self.current_run = (*run_id).to_owned();
                drop(self.trigger("d", run_id, None));
            }
            ["trigger", run_id, date] => {
                self.current_run = (*run_id).to_owned();
                drop(self.trigger("d", run_id, Some(date.parse().unwrap())));
            }
            ["in", run_id] => self.current_run = (*run_id).to_owned(),
            ["restart"] => self.restart(),
            [task, "ok"] => self.end(task, AttemptOutcome::Success, ReturnValue::Pushed, None),
            [task, "ok-none"] => self.end(task, AttemptOutcome::Success, ReturnValue::None, None),
            [task, "fail"] => self.end(task, AttemptOutcome::Failed, ReturnValue::None, None),
            [task, "skip"] => self.end(task, AttemptOutcome::Skipped, ReturnValue::None, None),
            [task, "retry"] => {
                self.end(task, AttemptOutcome::UpForRetry { delay: None, reason: None }, ReturnValue::None, None);
            }
            [task, "lost"] => self.end(task, AttemptOutcome::Lost { reason: "gone".into() }, ReturnValue::None, None),
            [task, "dies"] => {
                let outcome = AttemptOutcome::Died { exit: ExitStatus::Signal(9), reason: "killed".into() };
                self.end(task, outcome, ReturnValue::None, None);
            }
            [task, "pushes", n] => {
                self.end(task, AttemptOutcome::Success, ReturnValue::Sized(n.parse().unwrap()), None);
            }
            [task, "pokes", secs] => {
                let reschedule_date = self.now.saturating_add(TimeSpan::from_secs(secs.parse().unwrap()));
                self.end(task, AttemptOutcome::UpForReschedule { reschedule_date }, ReturnValue::None, None);
            }
            [task, "follows", chosen @ ..] => {
                let chosen: Vec<TaskId> = chosen.iter().map(|c| TaskId::from(*c)).collect();
                let record = Some(SkipRecord::Followed(chosen));
                self.end(task, AttemptOutcome::Success, ReturnValue::None, record);
            }
            [task, "skips", others @ ..] => {
                let (attempt, _) = self.workers[&self.worker(task)].clone();
                let tasks = others.iter().map(|t| (TaskId::from(*t), None)).collect();
                self.apply(Input::SkipDownstream { attempt, tasks });
            }
            [task, "stops"] => self.stops(task),
            [verb @ ("clear" | "clear-run" | "mark" | "mark-run" | "delete-run" | "delete-dag"), rest @ ..] => {
                self.act(verb, rest);
            }
            other => panic!("unknown event {other:?}"),
        }
    }

    pub(crate) fn worker(&self, task: &str) -> String {
        format!("{}/{task}", self.current_run)
    }

    /// The process of an attempt that was asked to stop ends.
    #[track_caller]
    fn stops(&mut self, task: &str) {
        let name = self.worker(task);
        let Some(attempt) = self.dying.remove(&name) else {
            panic!("{name} is not dying; dying: {:?}", self.dying.keys())
        };
        let outcome = AttemptOutcome::Lost { reason: "it was asked to stop".into() };
        self.report(attempt, outcome, ReturnValue::None, None);
    }

    #[track_caller]
    fn end(&mut self, task: &str, outcome: AttemptOutcome, return_value: ReturnValue, skip: Option<SkipRecord>) {
        let name = self.worker(task);
        let Some((attempt, _)) = self.workers.remove(&name) else {
            panic!("{name} is not running; running: {:?}", self.workers.keys())
        };
        self.report(attempt, outcome, return_value, skip);
    }

    pub(crate) fn report(
        &mut self,
        attempt: AttemptKey,
        outcome: AttemptOutcome,
        return_value: ReturnValue,
        skip: Option<SkipRecord>,
    ) -> Reply {
        let report = AttemptReport {
            outcome,
            end_date: self.now,
            return_value,
            skip_record: skip,
            rendered_map_index: None,
            outlet_events: None,
        };
        self.apply(Input::AttemptEnded { attempt, report: Box::new(report) })
    }

    pub(crate) fn trigger(&mut self, dag_id: &str, run_id: &str, logical_date: Option<Timestamp>) -> Reply {
        self.apply(Input::TriggerRun(Box::new(TriggerRun {
            dag_id: dag_id.into(),
            run_id: Some(run_id.into()),
            logical_date,
            data_interval: None,
            run_after: None,
            conf: Arc::new(serde_json::json!({})),
            note: None,
            run_type: RunType::Manual,
            triggered_by: TriggeredBy::Test,
            triggering_user: None,
        })))
    }

    /// kill -9 of the server: all workers die, the world comes back from the rows.
    pub(crate) fn restart(&mut self) {
        self.workers.clear();
        self.dying.clear();
        let mut out = Outcome::default();
        let mut hot = self.store.clone();
        let unfinished: BTreeSet<_> = hot.runs.iter().filter(|r| !r.state.is_finished()).map(|r| r.id).collect();
        hot.runs.retain(|r| unfinished.contains(&r.id));
        let rows = self.instances.values().filter(|t| unfinished.contains(&t.dag_run_id));
        hot.task_instances = rows.cloned().collect();
        let options = EngineOptions { seed: 99, dags_are_paused_at_creation: false, ..EngineOptions::default() };
        self.world = World::rebuild(options, hot, &BTreeSet::new(), self.now, &mut out);
        self.carry_out(out);
    }

    pub(crate) fn dag_run(&self, run_id: &str) -> &DagRun {
        self.store.runs.iter().find(|r| r.run_id.as_str() == run_id).expect("the run exists")
    }

    pub(crate) fn rows(&self, run_id: &str) -> Vec<&TaskInstance> {
        let id = self.dag_run(run_id).id;
        self.instances.values().filter(|t| t.dag_run_id == id).collect()
    }

    pub(crate) fn rows_total(&self) -> usize {
        self.instances.len()
    }

    /// `run state | task state …`, from the stored rows; the try is shown from the second on.
    pub(crate) fn show(&self) -> String {
        self.show_run(&self.current_run.clone())
    }

    pub(crate) fn show_run(&self, run_id: &str) -> String {
        let mut text = format!("{} |", self.dag_run(run_id).state);
        for row in self.rows(run_id) {
            let index = if row.map_index >= 0 { format!("[{}]", row.map_index) } else { String::new() };
            let tries = if row.try_number > 1 { format!("#{}", row.try_number) } else { String::new() };
            let state = row.state.map_or("-", |s| s.as_str());
            text.push_str(&format!(" {}{index}{tries}:{state}", row.task_id));
        }
        text
    }

    pub(crate) fn why(&self, task: &str) -> String {
        let subject = Subject::TaskInstance {
            dag_id: "d".into(),
            run_id: self.current_run.as_str().into(),
            task_id: task.into(),
            map_index: -1,
        };
        let blockers = self.world.explain(&subject, self.now).blockers;
        blockers.into_iter().map(|b| format!("{}: {}", b.kind.as_str(), b.message)).collect::<Vec<_>>().join("\n")
    }

    fn store(&mut self, write: &Write) {
        let rows = &mut self.store;
        match write {
            Write::Dag(row) => put(&mut rows.dags, (**row).clone(), |d| d.dag_id.clone()),
            Write::DagVersion(row) => put(&mut rows.versions, (**row).clone(), |v| v.id),
            Write::DagRun(row) => put(&mut rows.runs, (**row).clone(), |r| r.id),
            Write::TaskInstance(row) => {
                let key = (row.dag_run_id, row.task_id.clone(), row.map_index);
                if let Some(old) = self.instances.insert(key.clone(), (**row).clone()) {
                    self.ids.remove(&old.id);
                }
                assert!(self.ids.insert(row.id, key).is_none(), "id {} is used twice", row.id);
            }
            Write::DeleteTaskInstance { dag_run_id, task_id, map_index } => {
                if let Some(old) = self.instances.remove(&(*dag_run_id, task_id.clone(), *map_index)) {
                    self.ids.remove(&old.id);
                }
            }
            Write::Pool(pool) => put(&mut rows.pools, pool.clone(), |p| p.name.clone()),
            Write::DeletePool { name } => rows.pools.retain(|p| p.name != *name),
            Write::ArchiveTaskInstance { id } => {
                let row = self.ids.get(id).map(|key| &self.instances[key]).expect("what is archived has a row");
                // As the table has it: one row for each try.
                let same = |old: &TaskInstance| {
                    (old.dag_run_id, &old.task_id, old.map_index, old.try_number)
                        == (row.dag_run_id, &row.task_id, row.map_index, row.try_number)
                };
                if !self.archive.iter().any(same) {
                    self.archive.push(row.clone());
                }
            }
            Write::TaskInstanceNote { task_id, map_index, note, .. } => {
                let key = (task_id.clone(), *map_index);
                match note {
                    Some(note) => drop(self.notes.insert(key, note.clone())),
                    None => drop(self.notes.remove(&key)),
                }
            }
            Write::DeleteDagRun { id, .. } => {
                rows.runs.retain(|run| run.id != *id);
                self.instances.retain(|key, _| key.0 != *id);
                self.ids.retain(|_, key| key.0 != *id);
            }
            Write::DeleteDag { dag_id } => {
                rows.dags.retain(|dag| dag.dag_id != *dag_id);
                rows.versions.retain(|version| version.dag_id != *dag_id);
                rows.runs.retain(|run| run.dag_id != *dag_id);
                self.instances.retain(|_, row| row.dag_id != *dag_id);
                let known = &self.instances;
                self.ids.retain(|_, key| known.contains_key(key));
            }
            Write::ImportError { .. }
            | Write::AttemptHost { .. }
            | Write::RenderedMapIndex { .. }
            | Write::ClearXCom { .. }
            | Write::Callback(_)
            | Write::DeleteCallback { .. }
            | Write::Audit { .. } => {}
        }
    }
}

fn put<T, K: PartialEq>(rows: &mut Vec<T>, row: T, key: impl Fn(&T) -> K) {
    match rows.iter_mut().find(|r| key(r) == key(&row)) {
        Some(slot) => *slot = row,
        None => rows.push(row),
    }
}

pub(crate) fn draw(dag_id: &str, text: &str) -> Dag {
    let mut dag = Dag::new(DagId::from(dag_id));
    for statement in text.split([';', '\n']).map(str::trim).filter(|s| !s.is_empty()) {
        if let Some(rest) = statement.strip_prefix("group ") {
            draw_group(&mut dag, rest);
        } else if let Some((name, attributes)) = statement.split_once(':') {
            attributes.split(',').map(str::trim).for_each(|a| attribute(&mut dag, name.trim(), a));
        } else {
            let ranks: Vec<Vec<&str>> = statement.split("->").map(|r| r.split(',').map(str::trim).collect()).collect();
            for task in ranks.iter().flatten() {
                task_mut(&mut dag, task);
            }
            for pair in ranks.windows(2) {
                for up in &pair[0] {
                    let downs = pair[1].iter().map(|d| TaskId::from(*d));
                    task_mut(&mut dag, up).downstream_task_ids.extend(downs);
                }
            }
        }
    }
    dag
}

fn task_mut<'a>(dag: &'a mut Dag, name: &str) -> &'a mut Task {
    if !dag.tasks.iter().any(|t| t.task_id.as_str() == name) {
        dag.tasks.push(Task::new(name.into(), "PythonOperator"));
        dag.task_group.children.push(GroupChild::Task(name.into()));
    }
    dag.tasks.iter_mut().find(|t| t.task_id.as_str() == name).unwrap()
}

fn input(over: &str) -> MapInput {
    match over.parse() {
        Ok(len) => MapInput::Literal { len },
        Err(_) => MapInput::XCom(XComArg::Output { task_id: over.into(), key: "return_value".into() }),
    }
}

fn draw_group(dag: &mut Dag, text: &str) {
    let (head, members) = text.split_once(':').expect("group NAME over INPUT: members");
    let (name, over) = head.split_once(" over ").expect("group NAME over INPUT: members");
    let mut group = TaskGroup { group_id: Some(name.trim().into()), ..TaskGroup::default() };
    group.expand_input = Some(ExpandInput::DictOfLists(vec![("x".into(), input(over.trim()))]));
    for member in members.split(',').map(str::trim) {
        task_mut(dag, member);
        dag.task_group.children.retain(|c| *c != GroupChild::Task(member.into()));
        group.children.push(GroupChild::Task(member.into()));
    }
    dag.task_group.children.push(GroupChild::Group(group));
}

fn attribute(dag: &mut Dag, name: &str, text: &str) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let number = || value.parse::<u32>().expect("a number");
    match (name, key) {
        ("dag", "fail_fast") => dag.fail_fast = true,
        ("dag", "max_active_tasks") => dag.max_active_tasks = number(),
        ("dag", "max_active_runs") => dag.max_active_runs = number(),
        ("dag", "timeout") => dag.dagrun_timeout = Some(TimeSpan::from_secs(number().into())),
        ("dag", "max_failed") => dag.max_consecutive_failed_dag_runs = number(),
        ("dag", "catchup") => dag.catchup = true,
        _ => {
            let task = task_mut(dag, name);
            match key {
                "retries" => task.retries = number(),
                "pool" => task.pool = value.into(),
                "slots" => task.pool_slots = number(),
                "weight" => task.priority_weight = value.parse().unwrap(),
                "limit" => task.max_active_tis_per_dag = Some(number()),
                "run_limit" => task.max_active_tis_per_dagrun = Some(number()),
                "map" => {
                    let inputs = value.split('*').map(|v| (v.to_owned(), input(v))).collect();
                    task.expand_input = Some(ExpandInput::DictOfLists(inputs));
                }
                "empty" => task.is_empty = true,
                "branch" => task.can_skip_downstream = true,
                "setup" => task.is_setup = true,
                "teardown" => {
                    task.is_teardown = true;
                    task.trigger_rule = tw_model::TriggerRule::AllDoneSetupSuccess;
                }
                "fails_run" => task.on_failure_fail_dagrun = true,
                "depends_on_past" => task.depends_on_past = true,
                "wait_for_downstream" => task.wait_for_downstream = true,
                rule => task.trigger_rule = rule.parse().expect("an attribute or a trigger rule"),
            }
        }
    }
}
