//! Tells the screens what the scheduler committed.

use tw_api::{Change, Changes};
use tw_engine::Write;
use tw_scheduler::CommitObserver;

pub(crate) struct Screens(pub(crate) Changes);

impl CommitObserver for Screens {
    fn committed(&self, writes: &[Write]) {
        self.0.push(change(writes));
    }

    fn unknown(&self) {
        self.0.reset();
    }
}

/// What these writes change, as far as a screen shows it.
fn change(writes: &[Write]) -> Change {
    let mut change = Change::default();
    // A commit often has many task instances of one run in a row.
    let mut last = None;
    for write in writes {
        match write {
            Write::DagRun(run) => change.run(&run.dag_id, &run.run_id, Some(run.state)),
            Write::TaskInstance(instance) => {
                if last != Some((&instance.dag_id, &instance.run_id)) {
                    change.task_run(&instance.dag_id, &instance.run_id);
                    last = Some((&instance.dag_id, &instance.run_id));
                }
            }
            Write::TaskInstanceNote { dag_id, run_id, .. } => change.task_run(dag_id, run_id),
            Write::DeleteDagRun { dag_id, run_id, .. } => change.run(dag_id, run_id, None),
            Write::Dag(row) => change.dag(&row.dag_id),
            Write::DeleteDag { dag_id } => change.dag(dag_id),
            Write::DagVersion(row) => change.dag(&row.dag_id),
            Write::ImportError { .. } => change.import_errors(),
            Write::Pool(_) | Write::DeletePool { .. } => change.pools(),
            // These follow a write of their task instance, or no screen shows them.
            Write::DeleteTaskInstance { .. }
            | Write::ArchiveTaskInstance { .. }
            | Write::AttemptHost { .. }
            | Write::RenderedMapIndex { .. }
            | Write::ClearXCom { .. }
            | Write::Callback(_)
            | Write::DeleteCallback { .. }
            | Write::Audit { .. } => {}
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_engine::ImportError;
    use tw_model::{DagRunId, Pool, Timestamp};

    #[test]
    fn only_what_a_screen_shows_is_a_change() {
        let error = ImportError { at: Timestamp::from_micros(0), message: String::new() };
        let file = ("b".to_owned(), "f.py".to_owned());
        let (bundle_name, relative_fileloc) = file;
        let pool = Pool { name: "p".into(), slots: 1, description: None, include_deferred: false };
        let shown = [Write::ImportError { bundle_name, relative_fileloc, error: Some(error) }, Write::Pool(pool)];
        let mut expected = Change::default();
        expected.import_errors();
        expected.pools();
        assert_eq!(change(&shown), expected);
        let (dag_id, run_id) = ("etl".into(), "r".into());
        let mut expected = Change::default();
        expected.task_run(&dag_id, &run_id);
        let id: DagRunId = serde_json::from_value("018f0000-0000-7000-8000-000000000001".into()).unwrap();
        let (task_id, note) = ("t".into(), Some("look".to_owned()));
        let note = Write::TaskInstanceNote { dag_run_id: id, dag_id, run_id, task_id, map_index: -1, note };
        assert_eq!(change(&[note]), expected, "a note is told although no row of its task instance follows");
        assert_eq!(change(&[Write::DeleteCallback { id: 1 }]), Change::default());
    }
}
