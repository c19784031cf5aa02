//! The cells of finished runs, kept small: a wide grid shows tens of thousands of them at once.

use std::sync::Arc;

use tw_model::DagVersionId;
use tw_store::RunLine;

use super::cells::{Cell, forget_if_touched, run_key, tallies};
use super::names::TaskState;
use super::outline::Outline;
use super::shape::Counts;
use crate::error::ApiError;
use crate::state::ApiState;

/// Which tree the cells are in the order of.
pub(super) type TreeKey = (DagVersionId, String);

/// The cells of one run: a byte for each, and counts for a mapped task or a group.
#[derive(Debug)]
pub(super) struct RunCells {
    tree: TreeKey,
    kinds: Box<[Kind]>,
    /// For every [`Kind::Many`], in order.
    many: Box<[Counts]>,
}

/// A [`Cell`] without its counts.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Nothing,
    One(TaskState),
    Many,
}

impl RunCells {
    fn new(tree: TreeKey, cells: &[Cell]) -> Self {
        let mut many = Vec::new();
        let kind = |cell: &Cell| match cell {
            Cell::Nothing => Kind::Nothing,
            Cell::One(state) => Kind::One(*state),
            Cell::Many { counts } => {
                many.push(*counts);
                Kind::Many
            }
        };
        let kinds = cells.iter().map(kind).collect();
        Self { tree, kinds, many: many.into() }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut many = self.many.iter();
        let cell = |kind: &Kind| match kind {
            Kind::Nothing => Cell::Nothing,
            Kind::One(state) => Cell::One(*state),
            Kind::Many => many.next().map_or(Cell::Nothing, |counts| Cell::Many { counts: *counts }),
        };
        self.kinds.iter().map(cell).collect()
    }

    /// Bytes, nearly.
    fn weight(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.kinds) + size_of_val(&*self.many)
    }
}

/// The cells of these runs, in the order of a tree. Those of finished runs are kept until something
/// touches the run.
pub(super) async fn cells_of(
    state: &ApiState,
    runs: &[RunLine],
    tree: &TreeKey,
    outline: &Outline,
) -> Result<Vec<Vec<Cell>>, ApiError> {
    let version = state.changes().version();
    let kept = |run: &RunLine| {
        let cells = state.ui().cells.get(&run_key(run)).filter(|_| run.state.is_finished())?;
        (cells.tree == *tree).then(|| cells.cells())
    };
    let mut found: Vec<Option<Vec<Cell>>> = runs.iter().map(kept).collect();
    let wanted: Vec<RunLine> =
        runs.iter().zip(&found).filter(|(_, cells)| cells.is_none()).map(|(run, _)| run.clone()).collect();
    if !wanted.is_empty() {
        let tallies = tallies(state, &wanted).await?;
        for (run, place) in runs.iter().zip(&mut found).filter(|(_, place)| place.is_none()) {
            let cells = tallies.get(&run.id).map(|tally| tally.cells(outline));
            let cells = cells.unwrap_or_else(|| vec![Cell::Nothing; outline.tree.len()]);
            if run.state.is_finished() {
                let compact = RunCells::new(tree.clone(), &cells);
                let weight = compact.weight();
                state.ui().cells.put(run_key(run), Arc::new(compact), weight);
            }
            *place = Some(cells);
        }
        let put: Vec<_> = wanted.iter().map(run_key).collect();
        forget_if_touched(state, version, &put);
    }
    Ok(found.into_iter().map(Option::unwrap_or_default).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_store::STATES;

    #[test]
    fn cells_come_back_as_they_were() {
        let counts = |n| Counts([n; STATES.len()]);
        let mut cells: Vec<Cell> = STATES.iter().map(|state| Cell::One((*state).into())).collect();
        cells.extend([
            Cell::Nothing,
            Cell::Many { counts: counts(1) },
            Cell::Nothing,
            Cell::Many { counts: counts(2) },
        ]);
        let tree = (DagVersionId(uuid::Uuid::nil()), "hash".to_owned());
        let kept = RunCells::new(tree, &cells);
        assert_eq!(format!("{:?}", kept.cells()), format!("{cells:?}"));
        assert!(kept.weight() < 300, "{}", kept.weight());
    }
}
