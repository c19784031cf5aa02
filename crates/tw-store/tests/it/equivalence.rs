//! Grouping and coalescing must not show: a list of writes in one commit does what the same writes
//! do in a commit each.

use tw_engine::Write;
use tw_model::{TaskInstance, TaskInstanceState};

use crate::fixtures::*;
use crate::{TestStore, on_both};

/// Rounds of the comparison, each with another list.
const ROUNDS: u64 = 40;
/// Writes per list: enough that every pair of kinds meets on the same rows.
const WRITES: usize = 40;

/// A small generator of numbers that are the same on every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// Three instances that change, try again, are deleted and come back, in an order that an engine
/// could produce.
fn random_writes(numbers: &mut Numbers, first_id: u128) -> Vec<Write> {
    let run = run("etl", 1);
    let mut next_id = first_id;
    let mut fresh = || {
        next_id += 1;
        attempt_id(next_id)
    };
    let mut live: Vec<TaskInstance> = (0..3).map(|i| instance(&run, "a", i, 0)).collect();
    for instance in &mut live {
        instance.id = fresh();
    }
    let mut writes: Vec<Write> = vec![write_run(&run)];
    writes.extend(live.iter().map(write_instance));
    for _ in 0..WRITES {
        let one = &mut live[usize::try_from(numbers.below(3)).unwrap()];
        match numbers.below(9) {
            0..=2 => {
                one.state = Some(numbers.pick(TaskInstanceState::ALL));
                writes.push(write_instance(one));
            }
            3 => {
                writes.push(Write::ArchiveTaskInstance { id: one.id });
                one.id = fresh();
                one.try_number += 1;
                writes.push(write_instance(one));
            }
            4 => {
                // Finish, archive, go on: the row is written on both sides of the archive.
                one.state = Some(TaskInstanceState::Failed);
                writes.push(write_instance(one));
                writes.push(Write::ArchiveTaskInstance { id: one.id });
                one.id = fresh();
                one.state = None;
                writes.push(write_instance(one));
            }
            5 => writes.push(Write::AttemptHost {
                id: one.id,
                hostname: format!("host-{}", numbers.below(100)),
                unixname: "jo".to_owned(),
                pid: 1,
            }),
            7 => writes.push(Write::TaskInstanceNote {
                dag_run_id: one.dag_run_id,
                dag_id: one.dag_id.clone(),
                run_id: one.run_id.clone(),
                task_id: one.task_id.clone(),
                map_index: one.map_index,
                note: Some(numbers.below(100).to_string()).filter(|note| note.len() > 1),
            }),
            6 => writes.push(Write::RenderedMapIndex { id: one.id, label: numbers.below(100).to_string() }),
            _ => {
                let (dag_run_id, task_id, map_index) = (one.dag_run_id, one.task_id.clone(), one.map_index);
                writes.push(Write::DeleteTaskInstance { dag_run_id, task_id, map_index });
                one.id = fresh();
                writes.push(write_instance(one));
            }
        }
    }
    writes
}

async fn state(test: &TestStore) -> String {
    let columns = "map_index, try_number, id, state, hostname, unixname, pid, rendered_map_index, note";
    let live = test.dump(&format!("SELECT {columns} FROM task_instance ORDER BY map_index")).await;
    let history = "SELECT map_index, try_number, id, state, hostname, rendered_map_index FROM task_instance_history";
    let history = test.dump(&format!("{history} ORDER BY map_index, try_number")).await;
    format!("{live}\n--\n{history}")
}

/// Empties what a round has written.
async fn forget(test: &TestStore) {
    for table in ["task_instance", "task_instance_history"] {
        test.dump(&format!("DELETE FROM {table}")).await;
    }
}

on_both! {
    async fn one_commit_does_what_many_do(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        for round in 0..ROUNDS {
            let writes = random_writes(&mut numbers, u128::from(round) * 1_000);
            for write in &writes {
                test.store.commit(epoch, std::slice::from_ref(write), &[]).await.unwrap();
            }
            let singly = state(&test).await;
            forget(&test).await;
            test.store.commit(epoch, &writes, &[]).await.unwrap();
            assert_eq!(state(&test).await, singly, "round {round}: {writes:#?}");
            forget(&test).await;
        }
    }
}
