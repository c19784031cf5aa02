//! The chain of tasks that decided when a run ended.

use tw_model::TaskInstanceState;

use super::cells::Tally;
use super::outline::{Outline, TreeNode};

/// The ids of that chain, from first to last; `placed` has the instances of the run by place in the tree.
pub(super) fn critical_tasks(outline: &Outline, placed: &[Option<Tally>]) -> Vec<String> {
    outline.ids(&critical_path(&ends(outline, placed), |place| outline.upstream(place)))
}

/// When each task that ran ended; groups did not run.
fn ends(outline: &Outline, placed: &[Option<Tally>]) -> Vec<Option<i64>> {
    let ran =
        |tally: &Tally| tally.counts.of(TaskInstanceState::Success) + tally.counts.of(TaskInstanceState::Failed) > 0;
    let end = |(node, tally): (&TreeNode, &Option<Tally>)| {
        let tally = tally.as_ref().filter(|tally| !node.is_group() && ran(tally));
        tally.and_then(|tally| tally.end).map(|end| end.as_micros())
    };
    outline.tree.iter().zip(placed).map(end).collect()
}

/// Walks back from the task that ended last through, each time, the upstream task that ended last.
/// Answers from first to last, as places.
///
/// `ends` has the end of each task that ran, by place; `upstream` names the direct upstream tasks of
/// a place.
fn critical_path<'a>(ends: &[Option<i64>], upstream: impl Fn(usize) -> &'a [usize]) -> Vec<usize> {
    let end = |place: usize| ends.get(place).copied().flatten().map(|end| (end, place));
    let mut path = Vec::new();
    let mut next = (0..ends.len()).filter_map(end).max();
    while let Some((_, place)) = next
        // A DAG has no circles; should one ever be stored, the path ends.
        && path.len() < ends.len()
    {
        path.push(place);
        next = upstream(place).iter().copied().filter_map(end).max();
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges from lower to higher places.
    fn path(ends: &[Option<i64>], edges: &[(usize, usize)]) -> Vec<usize> {
        let upstream: Vec<Vec<usize>> = (0..ends.len())
            .map(|place| edges.iter().filter(|(_, to)| *to == place).map(|(from, _)| *from).collect())
            .collect();
        critical_path(ends, |place| upstream[place].as_slice())
    }

    #[test]
    fn goes_back_through_whoever_ended_last() {
        let diamond = [(0, 1), (0, 2), (1, 3), (2, 3)];
        assert_eq!(path(&[Some(1), Some(9), Some(5), Some(12)], &diamond), [0, 1, 3]);
        assert_eq!(path(&[Some(1), Some(5), Some(9), Some(12)], &diamond), [0, 2, 3]);
        assert_eq!(path(&[Some(1), Some(5), None, None], &diamond), [0, 1], "a run that goes on");
        assert_eq!(path(&[Some(1), None, Some(9), Some(12)], &diamond), [0, 2, 3], "a task that never ran");
        assert_eq!(path(&[None, None], &[(0, 1)]), [0usize; 0]);
        assert_eq!(path(&[Some(7), Some(7)], &[(0, 1)]), [0, 1], "ended in the same instant");
        assert_eq!(path(&[Some(1), Some(2)], &[(0, 1), (1, 0)]).len(), 2, "a circle ends");
    }
}
