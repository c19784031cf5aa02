//! Random DAGs, and random changes of them.

use tw_model::{
    Dag, DagId, ExpandInput, GroupChild, MapInput, Pool, Task, TaskGroup, TaskId, TimeSpan, TriggerRule, WeightRule,
    XComArg,
};

use crate::rng::Rng;

/// Tasks of a drawn DAG, at most; enough for every shape of neighbourhood, few enough to read.
const TASKS_MAX: u32 = 12;
/// Length of a literal or pushed list, at most.
pub const LEN_MAX: u32 = 3;
/// Pools besides `default_pool` that tasks name and steps create, change and delete.
pub const POOLS: [&str; 2] = ["p", "q"];

/// Operator class of a task that was mapped once.
const FORMERLY_MAPPED: &str = "BashOperator";

/// Which features drawn DAGs may have.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Mapped tasks and mapped groups.
    pub mapped: bool,
    /// Setups and teardowns.
    pub setups: bool,
    /// Tasks that look at the previous run.
    pub past: bool,
    /// Branches, and skips that tasks ask for.
    pub branches: bool,
    /// Pools, task limits, fail-fast, timeouts, few active runs.
    pub limits: bool,
}

impl Shape {
    /// Everything.
    pub const ALL: Shape = Shape { mapped: true, setups: true, past: true, branches: true, limits: true };
    /// Tasks, edges, trigger rules and retries alone.
    pub const PLAIN: Shape = Shape { mapped: false, setups: false, past: false, branches: false, limits: false };

    /// Each feature with even odds.
    pub fn draw(rng: &mut Rng) -> Self {
        let mut flip = || rng.chance(50);
        Self { mapped: flip(), setups: flip(), past: flip(), branches: flip(), limits: flip() }
    }
}

/// Draws a DAG.
pub fn draw(rng: &mut Rng, dag_id: &str, shape: Shape) -> Dag {
    let mut dag = Dag::new(DagId::from(dag_id));
    let count = rng.between(1, TASKS_MAX);
    let density = rng.between(5, 50);
    dag.tasks = (0..count).map(|n| draw_task(rng, n, shape)).collect();
    for up in 0..dag.tasks.len() {
        for down in up + 1..dag.tasks.len() {
            if rng.chance(density) {
                connect(&mut dag, up, down);
            }
        }
    }
    dag.task_group.children = dag.tasks.iter().map(|t| GroupChild::Task(t.task_id.clone())).collect();
    if shape.mapped {
        draw_mapping(rng, &mut dag);
    }
    if shape.setups && dag.tasks.len() > 1 && rng.chance(60) {
        draw_setup(rng, &mut dag);
    }
    if shape.limits {
        draw_limits(rng, &mut dag);
    }
    // The order of definition is not the order of the graph.
    rng.shuffle(&mut dag.tasks);
    dag
}

fn draw_task(rng: &mut Rng, number: u32, shape: Shape) -> Task {
    let mut task = Task::new(TaskId::from(format!("t{number}")), "PythonOperator");
    task.trigger_rule = draw_rule(rng);
    task.retries = [0, 0, 1, 2][rng.below(4)];
    task.retry_delay = TimeSpan::from_secs(i64::from(rng.between(0, 90)));
    task.retry_exponential_backoff = [0.0, 0.0, 2.0][rng.below(3)];
    task.priority_weight = rng.between(1, 4) as i32;
    task.weight_rule = WeightRule::ALL[rng.below(WeightRule::ALL.len())];
    task.is_empty = rng.chance(15);
    task.callbacks.on_failure = rng.chance(20);
    task.callbacks.on_retry = rng.chance(20);
    task.reschedule = rng.chance(20);
    task.can_skip_downstream = shape.branches && rng.chance(25);
    if shape.past && rng.chance(20) {
        task.depends_on_past = true;
        task.wait_for_downstream = rng.chance(30);
        task.ignore_first_depends_on_past = rng.chance(50);
    }
    if shape.limits {
        limit_task(rng, &mut task);
    }
    task
}

fn limit_task(rng: &mut Rng, task: &mut Task) {
    if rng.chance(50) {
        task.pool = POOLS[rng.below(POOLS.len())].to_owned();
        task.pool_slots = rng.between(1, 3);
    }
    task.max_active_tis_per_dag = rng.chance(25).then(|| rng.between(1, 2));
    task.max_active_tis_per_dagrun = rng.chance(15).then(|| rng.between(1, 2));
}

fn draw_rule(rng: &mut Rng) -> TriggerRule {
    if rng.chance(45) { TriggerRule::AllSuccess } else { TriggerRule::ALL[rng.below(TriggerRule::ALL.len())] }
}

fn connect(dag: &mut Dag, up: usize, down: usize) {
    let id = dag.tasks[down].task_id.clone();
    let ids = &mut dag.tasks[up].downstream_task_ids;
    if !ids.contains(&id) {
        ids.push(id);
        ids.sort();
    }
}

/// An input for the task or group at position `at`, over a literal or an earlier task.
fn draw_input(rng: &mut Rng, dag: &Dag, at: usize) -> (ExpandInput, Option<usize>) {
    let literal = MapInput::Literal { len: rng.between(0, LEN_MAX) };
    if at == 0 || rng.chance(50) {
        return (ExpandInput::DictOfLists(vec![("x".into(), literal)]), None);
    }
    let over = rng.below(at);
    let task_id = dag.tasks[over].task_id.clone();
    let output = MapInput::XCom(XComArg::Output { task_id, key: "return_value".into() });
    let input = match rng.below(3) {
        0 => ExpandInput::ListOfDicts(output),
        1 => ExpandInput::DictOfLists(vec![("x".into(), output)]),
        _ => ExpandInput::DictOfLists(vec![("x".into(), output), ("y".into(), literal)]),
    };
    (input, Some(over))
}

fn draw_mapping(rng: &mut Rng, dag: &mut Dag) {
    let grouped = if dag.tasks.len() > 2 && rng.chance(50) { draw_group(rng, dag) } else { 0..0 };
    for at in 0..dag.tasks.len() {
        if !grouped.contains(&at) && rng.chance(25) {
            let (input, over) = draw_input(rng, dag, at);
            dag.tasks[at].expand_input = Some(input);
            dag.tasks[at].is_empty = false;
            over.into_iter().for_each(|over| connect(dag, over, at));
        }
    }
}

/// Puts neighbouring tasks into a mapped group; what it is mapped over comes before its roots.
fn draw_group(rng: &mut Rng, dag: &mut Dag) -> std::ops::Range<usize> {
    let first = rng.below(dag.tasks.len() - 1);
    let members = first..(first + 1 + rng.below(4)).min(dag.tasks.len());
    let (input, over) = draw_input(rng, dag, first);
    let ids: Vec<TaskId> = dag.tasks[members.clone()].iter().map(|t| t.task_id.clone()).collect();
    for at in members.clone() {
        let is_root = !dag.tasks[members.clone()].iter().any(|t| t.downstream_task_ids.contains(&ids[at - first]));
        if let Some(over) = over.filter(|_| is_root) {
            connect(dag, over, at);
        }
    }
    dag.task_group.children.retain(|child| !matches!(child, GroupChild::Task(id) if ids.contains(id)));
    let children = ids.into_iter().map(GroupChild::Task).collect();
    let group = TaskGroup { group_id: Some("g".into()), expand_input: Some(input), children, ..TaskGroup::default() };
    dag.task_group.children.push(GroupChild::Group(group));
    members
}

fn draw_setup(rng: &mut Rng, dag: &mut Dag) {
    let setup = rng.below(dag.tasks.len() - 1);
    dag.tasks[setup].is_setup = true;
    if rng.chance(70) {
        let teardown = setup + 1 + rng.below(dag.tasks.len() - setup - 1);
        let task = &mut dag.tasks[teardown];
        task.is_teardown = true;
        task.is_setup = false;
        task.trigger_rule = TriggerRule::AllDoneSetupSuccess;
        task.on_failure_fail_dagrun = rng.chance(30);
        connect(dag, setup, teardown);
    }
}

fn draw_limits(rng: &mut Rng, dag: &mut Dag) {
    dag.max_active_tasks = rng.between(1, 5);
    dag.max_active_runs = rng.between(1, 3);
    dag.fail_fast = rng.chance(10);
    dag.dagrun_timeout = rng.chance(15).then(|| TimeSpan::from_secs(i64::from(rng.between(20, 600))));
    dag.max_consecutive_failed_dag_runs = if rng.chance(15) { 2 } else { 0 };
    dag.has_on_success_callback = rng.chance(20);
    dag.has_on_failure_callback = rng.chance(20);
    dag.catchup = rng.chance(30);
}

/// Changes a DAG as its author might: drops or adds a task, or changes what a task needs.
pub fn change(rng: &mut Rng, dag: &mut Dag, shape: Shape, fresh: u32) {
    match rng.below(4) {
        0 if dag.tasks.len() > 1 => drop_task(rng, dag),
        1 => add_task(rng, dag, shape, fresh),
        2 if shape.mapped => toggle_mapping(rng, dag),
        _ => {
            let at = rng.below(dag.tasks.len());
            let task = &mut dag.tasks[at];
            task.priority_weight = rng.between(1, 9) as i32;
            task.retries = rng.between(0, 2);
            if shape.limits {
                limit_task(rng, task);
                dag.max_active_tasks = rng.between(1, 5);
            }
        }
    }
}

fn drop_task(rng: &mut Rng, dag: &mut Dag) {
    let needed = |dag: &Dag, id: &TaskId| {
        let mut needed = false;
        let mut look = |input: &ExpandInput| input.for_each_task(&mut |over| needed |= over == id);
        dag.tasks.iter().filter_map(|t| t.expand_input.as_ref()).for_each(&mut look);
        for child in &dag.task_group.children {
            if let GroupChild::Group(TaskGroup { expand_input: Some(input), .. }) = child {
                look(input);
            }
        }
        needed
    };
    let id = dag.tasks[rng.below(dag.tasks.len())].task_id.clone();
    if needed(dag, &id) {
        return;
    }
    dag.tasks.retain(|t| t.task_id != id);
    dag.tasks.iter_mut().for_each(|t| t.downstream_task_ids.retain(|down| *down != id));
    let is_it = |child: &GroupChild| matches!(child, GroupChild::Task(task) if *task == id);
    for child in &mut dag.task_group.children {
        if let GroupChild::Group(group) = child {
            group.children.retain(|child| !is_it(child));
        }
    }
    dag.task_group.children.retain(|child| !is_it(child));
}

/// Adds a task, sometimes one that was there before, below or above another one. It does not look
/// at the previous run: the engine asks for finished runs when a run is created, so a version that
/// begins to look back sees only those that happen to be in memory until the next restart.
fn add_task(rng: &mut Rng, dag: &mut Dag, shape: Shape, fresh: u32) {
    let gone = (0..TASKS_MAX).find(|n| dag.task(&format!("t{n}")).is_none());
    let again = gone.filter(|_| rng.chance(60));
    // Two changes of one batch are drawn with the same number.
    let unused = (TASKS_MAX + fresh..).find(|n| dag.task(&format!("t{n}")).is_none());
    let mut task = draw_task(rng, again.or(unused).unwrap_or_default(), shape);
    task.is_empty = false;
    (task.depends_on_past, task.wait_for_downstream) = (false, false);
    if again.is_some() {
        task.task_type = FORMERLY_MAPPED.to_owned();
    } else if shape.mapped && rng.chance(30) {
        let input = MapInput::Literal { len: rng.between(0, LEN_MAX) };
        task.expand_input = Some(ExpandInput::ListOfDicts(input));
    }
    let other = rng.below(dag.tasks.len());
    if rng.chance(50) {
        task.downstream_task_ids.push(dag.tasks[other].task_id.clone());
    } else {
        dag.tasks[other].downstream_task_ids.push(task.task_id.clone());
    }
    dag.task_group.children.push(GroupChild::Task(task.task_id.clone()));
    dag.tasks.push(task);
}

/// Makes a plain task mapped, or a mapped one plain. Once plain again it stays so: rows that such
/// a task left behind under several versions cannot be told apart by anybody.
fn toggle_mapping(rng: &mut Rng, dag: &mut Dag) {
    let at = rng.below(dag.tasks.len());
    let in_root = dag.task_group.children.contains(&GroupChild::Task(dag.tasks[at].task_id.clone()));
    let task = &mut dag.tasks[at];
    if task.expand_input.take().is_some() {
        task.task_type = FORMERLY_MAPPED.to_owned();
    } else if in_root && !task.is_setup && !task.is_teardown && task.task_type != FORMERLY_MAPPED {
        let input = MapInput::Literal { len: rng.between(0, LEN_MAX) };
        task.expand_input = Some(ExpandInput::ListOfDicts(input));
        task.is_empty = false;
    }
}

/// A pool with a random number of slots, sometimes without limit.
pub fn draw_pool(rng: &mut Rng) -> Pool {
    let name = [Pool::DEFAULT, POOLS[0], POOLS[1]][rng.below(3)].to_owned();
    Pool { name, slots: [-1, 0, 1, 2, 3, 4, 6][rng.below(7)], description: None, include_deferred: false }
}
