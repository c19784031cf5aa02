//! A DAG as its author wrote it, whichever front it came from.
//!
//! The serialized form of [`Dag`] is what the store keeps per version; adding a field needs a
//! `#[serde(default)]` so that older rows still load.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{DagId, TaskId};
use crate::mapping::ExpandInput;
use crate::schedule::Timetable;
use crate::state::{RunType, named_enum};
use crate::time::{Span, Timestamp};

/// One version of a DAG.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dag {
    /// The author's id.
    pub dag_id: DagId,
    /// Name for people, if it differs from the id.
    pub display_name: Option<String>,
    /// One line for people.
    pub description: Option<String>,
    /// Longer text, Markdown.
    pub doc_md: Option<String>,
    /// Sorted labels.
    pub tags: Vec<String>,
    /// Absolute path of the file it came from.
    pub fileloc: String,
    /// The same below its bundle.
    pub relative_fileloc: String,
    /// Zone for display and for naive dates: an IANA name or `+HH:MM`.
    pub timezone: String,
    /// When runs are due.
    pub timetable: Timetable,
    /// No automatic run before this.
    pub start_date: Option<Timestamp>,
    /// No automatic run after this.
    pub end_date: Option<Timestamp>,
    /// Whether missed runs are created one by one (S-2.11).
    pub catchup: bool,
    /// Automatic runs unfinished at the same time (S-2.41).
    pub max_active_runs: u32,
    /// Queued and running task instances of one run (S-5.10).
    pub max_active_tasks: u32,
    /// Pause after this many failed runs in a row; 0 = never (S-2.50).
    pub max_consecutive_failed_dag_runs: u32,
    /// A run fails when it takes longer (S-6.58).
    pub dagrun_timeout: Option<Span>,
    /// The first failed task ends the run (S-3.60).
    pub fail_fast: bool,
    /// Run types that may be created; `None` = all (S-2.36).
    pub allowed_run_types: Option<Vec<RunType>>,
    /// Whether it starts paused; matters at first insertion only (S-2.48).
    pub is_paused_upon_creation: Option<bool>,
    /// The file defines a success callback for runs.
    pub has_on_success_callback: bool,
    /// The file defines a failure callback for runs.
    pub has_on_failure_callback: bool,
    /// Templates render to Python objects instead of text.
    pub render_template_as_native_obj: bool,
    /// Parameters in form order.
    pub params: Vec<Param>,
    /// The tasks, in definition order.
    pub tasks: Vec<Task>,
    /// The root task group.
    pub task_group: TaskGroup,
    /// Serialized keys nobody here interprets (edge labels, owner links, deadlines, access control …).
    pub extra: Map<String, Value>,
}

impl Dag {
    /// A DAG without tasks or schedule, with Airflow's defaults.
    pub fn new(dag_id: DagId) -> Self {
        Self {
            dag_id,
            display_name: None,
            description: None,
            doc_md: None,
            tags: Vec::new(),
            fileloc: String::new(),
            relative_fileloc: String::new(),
            timezone: "UTC".to_owned(),
            timetable: Timetable::Null,
            start_date: None,
            end_date: None,
            catchup: false,
            max_active_runs: 16,
            max_active_tasks: 16,
            max_consecutive_failed_dag_runs: 0,
            dagrun_timeout: None,
            fail_fast: false,
            allowed_run_types: None,
            is_paused_upon_creation: None,
            has_on_success_callback: false,
            has_on_failure_callback: false,
            render_template_as_native_obj: false,
            params: Vec::new(),
            tasks: Vec::new(),
            task_group: TaskGroup::default(),
            extra: Map::new(),
        }
    }

    /// The task of this id.
    pub fn task(&self, task_id: &str) -> Option<&Task> {
        self.tasks.iter().find(|t| t.task_id.as_str() == task_id)
    }

    /// The distinct owners of the tasks, sorted.
    pub fn owners(&self) -> Vec<&str> {
        let mut owners: Vec<&str> = self.tasks.iter().map(|t| t.owner.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

/// A parameter of a DAG or task, with its JSON schema.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Default value; `None` = must be given when a run is triggered.
    pub default: Option<Value>,
    /// Text for people.
    pub description: Option<String>,
    /// JSON Schema of the value.
    pub schema: Value,
    /// `dag` or `task`.
    pub source: Option<String>,
}

/// One task, mapped or not. Durations that are absent mean "no limit".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Unique within the DAG, group prefix included.
    pub task_id: TaskId,
    /// Name for people, if it differs.
    pub display_name: Option<String>,
    /// Class name of the operator.
    pub task_type: String,
    /// Module of the class.
    pub task_module: String,
    /// Name for people when it differs from the class, such as `@task`.
    pub operator_name: Option<String>,
    /// Who is responsible.
    pub owner: String,
    /// Direct downstream tasks, sorted.
    pub downstream_task_ids: Vec<TaskId>,
    /// When its upstreams let it run (S-3.24).
    pub trigger_rule: TriggerRule,
    /// Waits for its own instance in the previous run (S-3.8).
    pub depends_on_past: bool,
    /// Also waits for the direct downstreams of that instance.
    pub wait_for_downstream: bool,
    /// Whether a previous run without this task lets it pass (S-3.8 row 5).
    pub ignore_first_depends_on_past: bool,
    /// Documented intent of S-3.5.
    pub wait_for_past_depends_before_skipping: bool,
    /// No instance in runs before this logical date (S-2.30).
    pub start_date: Option<Timestamp>,
    /// No instance in runs after this logical date.
    pub end_date: Option<Timestamp>,
    /// Further tries after a failed one.
    pub retries: u32,
    /// Pause before a further try.
    pub retry_delay: Span,
    /// Upper bound of the pause.
    pub max_retry_delay: Option<Span>,
    /// Factor by which the pause grows; 0 or 1 = it does not (S-6.5).
    pub retry_exponential_backoff: f64,
    /// Pool whose slots it takes.
    pub pool: String,
    /// How many slots.
    pub pool_slots: u32,
    /// Own weight.
    pub priority_weight: i32,
    /// How weights add up along the graph (S-5.1).
    pub weight_rule: WeightRule,
    /// Label for executors.
    pub queue: String,
    /// Executor name; `None` = the default one.
    pub executor: Option<String>,
    /// Instances active over all runs (S-5.17).
    pub max_active_tis_per_dag: Option<u32>,
    /// Instances active in one run (S-5.17).
    pub max_active_tis_per_dagrun: Option<u32>,
    /// Limit for one attempt, enforced in the child.
    pub execution_timeout: Option<Span>,
    /// Prepares something for the tasks after it (S-3.31).
    pub is_setup: bool,
    /// Cleans up after its setups (S-3.32).
    pub is_teardown: bool,
    /// Its failure as a teardown fails the run (S-7.1).
    pub on_failure_fail_dagrun: bool,
    /// An operator that does nothing; may succeed without a worker (S-3.2).
    pub is_empty: bool,
    /// A branch or short circuit; its recorded skips are honoured (S-3.12).
    pub can_skip_downstream: bool,
    /// A sensor that gives its slot back between pokes.
    pub reschedule: bool,
    /// Which callbacks the file defines.
    pub callbacks: TaskCallbacks,
    /// Whether failure and retry mails are configured (recipient and flags are the worker's).
    pub email: Option<Value>,
    /// Assets read; as serialized.
    pub inlets: Vec<Value>,
    /// Assets written; as serialized.
    pub outlets: Vec<Value>,
    /// What it is mapped over, if it is a mapped operator.
    pub expand_input: Option<ExpandInput>,
    /// Keyword mapping of a `@task` (`op_kwargs_expand_input`).
    pub params: Vec<Param>,
    /// Names of templated fields, in order.
    pub template_fields: Vec<String>,
    /// Label template for mapped instances.
    pub map_index_template: Option<String>,
    /// Whether it can start deferred without a worker (S-6.44).
    pub start_from_trigger: bool,
    /// Text for people, Markdown.
    pub doc_md: Option<String>,
    /// Background colour in the graph.
    pub ui_color: Option<String>,
    /// Text colour in the graph.
    pub ui_fgcolor: Option<String>,
    /// Serialized keys nobody here interprets, template field values among them.
    pub extra: Map<String, Value>,
}

impl Task {
    /// A task with Airflow's defaults (protocol 4.4), of the given operator class.
    pub fn new(task_id: TaskId, task_type: &str) -> Self {
        Self {
            task_id,
            display_name: None,
            task_type: task_type.to_owned(),
            task_module: String::new(),
            operator_name: None,
            owner: "airflow".to_owned(),
            downstream_task_ids: Vec::new(),
            trigger_rule: TriggerRule::AllSuccess,
            depends_on_past: false,
            wait_for_downstream: false,
            ignore_first_depends_on_past: false,
            wait_for_past_depends_before_skipping: false,
            start_date: None,
            end_date: None,
            retries: 0,
            retry_delay: Span::from_secs(300),
            max_retry_delay: None,
            retry_exponential_backoff: 0.0,
            pool: crate::record::Pool::DEFAULT.to_owned(),
            pool_slots: 1,
            priority_weight: 1,
            weight_rule: WeightRule::Downstream,
            queue: "default".to_owned(),
            executor: None,
            max_active_tis_per_dag: None,
            max_active_tis_per_dagrun: None,
            execution_timeout: None,
            is_setup: false,
            is_teardown: false,
            on_failure_fail_dagrun: false,
            is_empty: false,
            can_skip_downstream: false,
            reschedule: false,
            callbacks: TaskCallbacks::default(),
            email: None,
            inlets: Vec::new(),
            outlets: Vec::new(),
            expand_input: None,
            params: Vec::new(),
            template_fields: Vec::new(),
            map_index_template: None,
            start_from_trigger: false,
            doc_md: None,
            ui_color: None,
            ui_fgcolor: None,
            extra: Map::new(),
        }
    }

    /// Whether the engine may succeed it without a worker (S-3.2).
    pub fn needs_no_worker(&self) -> bool {
        self.is_empty
            && !self.callbacks.on_execute
            && !self.callbacks.on_success
            && self.inlets.is_empty()
            && self.outlets.is_empty()
    }

    /// The operator's name for people.
    pub fn operator(&self) -> &str {
        self.operator_name.as_deref().unwrap_or(&self.task_type)
    }
}

/// Which callbacks a task's file defines. The server only asks for those it must run itself (S-10.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TaskCallbacks {
    /// Before execute.
    pub on_execute: bool,
    /// After success.
    pub on_success: bool,
    /// After the last failed try.
    pub on_failure: bool,
    /// After a failed try that is followed by another.
    pub on_retry: bool,
    /// After a skip raised by the task.
    pub on_skipped: bool,
}

/// A task group: naming, and possibly mapping, of tasks.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TaskGroup {
    /// Full id with prefixes; `None` = the root.
    pub group_id: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// Text for people.
    pub tooltip: String,
    /// What the group is mapped over, if it is.
    pub expand_input: Option<ExpandInput>,
    /// Members in definition order.
    pub children: Vec<GroupChild>,
    /// Serialized keys nobody here interprets (colours, group edges).
    pub extra: Map<String, Value>,
}

/// A member of a task group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupChild {
    /// A task of the DAG.
    Task(TaskId),
    /// A nested group.
    Group(TaskGroup),
}

named_enum! {
    /// When a task's upstreams let it run (S-3.24).
    TriggerRule("trigger rule") {
        /// All upstreams succeeded.
        AllSuccess = "all_success",
        /// All upstreams failed.
        AllFailed = "all_failed",
        /// All upstreams are done.
        AllDone = "all_done",
        /// All are done, none was skipped, one succeeded.
        AllDoneMinOneSuccess = "all_done_min_one_success",
        /// All are done and a setup succeeded; the rule of teardowns.
        AllDoneSetupSuccess = "all_done_setup_success",
        /// One succeeded; does not wait for the others.
        OneSuccess = "one_success",
        /// One failed; does not wait for the others.
        OneFailed = "one_failed",
        /// One succeeded or failed; does not wait for the others.
        OneDone = "one_done",
        /// None failed.
        NoneFailed = "none_failed",
        /// None failed and one succeeded.
        NoneFailedMinOneSuccess = "none_failed_min_one_success",
        /// None was skipped.
        NoneSkipped = "none_skipped",
        /// All were skipped.
        AllSkipped = "all_skipped",
        /// Whatever they did, at once.
        Always = "always",
    }
}

named_enum! {
    /// How a task's effective weight follows from its own and its relatives' (S-5.1).
    WeightRule("weight rule") {
        /// Own plus all distinct downstream tasks.
        Downstream = "downstream",
        /// Own plus all distinct upstream tasks.
        Upstream = "upstream",
        /// Own.
        Absolute = "absolute",
    }
}
