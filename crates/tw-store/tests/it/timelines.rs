//! What the time line of a run is drawn from.

use tw_engine::Write;
use tw_model::{DagRun, TaskInstance, TaskInstanceState as S, TimeSpan};
use tw_store::{Epoch, ProfileLine, STATES, Store};

use crate::fixtures::*;
use crate::on_both;

const SECOND_US: i64 = 1_000_000;

async fn start(store: &Store) -> (Epoch, DagRun) {
    let epoch = store.acquire_epoch("t", at(0)).await.unwrap();
    let (writes, run, _) = small_world("d", &["plain"]);
    store.commit(epoch, &writes, &[]).await.unwrap();
    (epoch, run)
}

/// A try from second to second, queued a second before.
fn ran(run: &DagRun, task: &str, map_index: i32, id: u128, state: S, dates: (i64, Option<i64>)) -> TaskInstance {
    TaskInstance {
        state: Some(state),
        queued_at: Some(at(dates.0 - 1)),
        start_date: Some(at(dates.0)),
        end_date: dates.1.map(at),
        ..instance(run, task, map_index, id)
    }
}

/// A try that failed and its row afterwards: the state that is archived, and what the row is now.
fn tried_again(failed: TaskInstance, now: impl FnOnce(TaskInstance) -> TaskInstance) -> [Write; 3] {
    let archive = Write::ArchiveTaskInstance { id: failed.id };
    let id = attempt_id(failed.id.0.as_u128() % 1_000 + 500);
    [write_instance(&failed), archive, write_instance(&now(TaskInstance { id, ..failed.clone() }))]
}

fn text(line: &ProfileLine) -> String {
    let seconds = |span: TimeSpan| span.as_micros() / SECOND_US;
    format!(
        "{} {}+{}s #{}: turns {} lost {} begun {} again {} failed {} waits {} queued {} ran {} max {}",
        line.task_id,
        line.from.since(at(0)).as_micros() / SECOND_US,
        line.to.since(line.from).as_micros() / SECOND_US,
        line.bucket,
        line.turns,
        line.lost.as_micros(),
        line.begun,
        line.again,
        line.failed,
        line.waits,
        seconds(line.queued),
        seconds(line.ran),
        seconds(line.ran_max),
    )
}

on_both! {
    async fn mapped_instances_are_counted_by_stretches(test: TestStore) {
        let (epoch, run) = start(&test.store).await;
        let mut writes = vec![
            write_instance(&ran(&run, "load", 0, 20, S::Success, (10, Some(30)))),
            // Waits again after it was cleared, with dates of the try before.
            write_instance(&TaskInstance { state: Some(S::Queued), ..ran(&run, "load", 3, 23, S::Success, (10, Some(90))) }),
            // Runs since then; the end is left over.
            write_instance(&ran(&run, "single", 0, 24, S::Running, (12, Some(11)))),
            write_instance(&TaskInstance { state: Some(S::Skipped), start_date: None, ..ran(&run, "none", 0, 25, S::Skipped, (9, None)) }),
            // Has begun after the instant that is asked about.
            write_instance(&ran(&run, "single", 1, 26, S::Running, (99, None))),
        ];
        writes.extend(tried_again(ran(&run, "load", 1, 21, S::Failed, (10, Some(20))), |row| {
            TaskInstance { try_number: 2, ..ran(&run, "load", 1, row.id.0.as_u128() % 1_000, S::Running, (40, None)) }
        }));
        writes.extend(tried_again(ran(&run, "load", 2, 22, S::Failed, (10, Some(45))), |row| {
            TaskInstance { state: Some(S::UpForRetry), ..row }
        }));
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let profiles = test.store.mapped_profiles(run.id, at(50), 4).await.unwrap();
        // From 10 to 50 in four: a microsecond more than ten seconds each.
        assert_eq!(
            profiles.iter().map(text).collect::<Vec<_>>(),
            [
                "load 10+40s #0: turns 2 lost -10000000 begun 3 again 0 failed 1 waits 1 queued 3 ran 10 max 10",
                "load 10+40s #1: turns -1 lost -9999999 begun 0 again 0 failed 0 waits 0 queued 0 ran 20 max 20",
                "load 10+40s #2: turns 1 lost 9999998 begun 1 again 1 failed 0 waits -1 queued 1 ran 0 max 0",
                "load 10+40s #3: turns -1 lost -4999997 begun 0 again 0 failed 1 waits 1 queued 0 ran 35 max 35",
                "single 12+38s #0: turns 1 lost 0 begun 1 again 0 failed 0 waits 0 queued 1 ran 0 max 0",
            ]
        );
        assert_eq!(profiles[0].width, TimeSpan::from_micros(10 * SECOND_US + 1));
        assert_eq!(test.store.mapped_profiles(run_key(9), at(50), 4).await.unwrap(), []);
    }

    async fn mapped_and_plain_tasks_are_told_apart(test: TestStore) {
        let (epoch, run) = start(&test.store).await;
        let mut writes = vec![
            write_instance(&ran(&run, "load", 0, 20, S::Success, (10, Some(30)))),
            write_instance(&ran(&run, "load", 1, 21, S::Success, (11, Some(33)))),
        ];
        writes.extend(tried_again(ran(&run, "plain", -1, 22, S::Failed, (10, Some(20))), |row| {
            TaskInstance { try_number: 2, ..ran(&run, "plain", -1, row.id.0.as_u128() % 1_000, S::Running, (40, None)) }
        }));
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let tries = test.store.plain_tries(run.id).await.unwrap();
        let text = |one: &tw_store::TryLine| (one.task_id.to_string(), one.state, one.try_number, one.start_date, one.end_date);
        assert_eq!(
            tries.earlier.iter().map(text).collect::<Vec<_>>(),
            [("plain".to_owned(), Some(S::Failed), 1, Some(at(10)), Some(at(20)))]
        );
        assert_eq!(
            tries.current.iter().map(text).collect::<Vec<_>>(),
            [("plain".to_owned(), Some(S::Running), 2, Some(at(40)), None)]
        );
        let tallies = test.store.mapped_tallies(run.id).await.unwrap();
        let all = test.store.task_tallies(&[run.id]).await.unwrap();
        assert_eq!((tallies.len(), &tallies[0]), (1, &all[0]), "{all:?}");
        assert_eq!((tallies[0].start, tallies[0].end), (Some(at(10)), Some(at(33))));
        assert_eq!(tallies[0].counts.iter().sum::<u32>(), 2);
        assert_eq!(STATES[13], Some(S::Success));
        assert_eq!(tallies[0].counts[13], 2);
    }
}
