//! The cells of finished runs, kept small: a wide grid shows tens of thousands of them at once.

use std::sync::Arc;

use tw_model::DagVersionId;
use tw_store::{RunLine, STATES};

use super::cells::{Cell, forget_if_touched, run_key, tallies};
use super::outline::Outline;
use super::shape::{Counts, state_name};
use crate::error::ApiError;
use crate::state::ApiState;

/// Which tree the cells are in the order of.
pub(super) type TreeKey = (DagVersionId, String);

/// The cells of one run: a byte for a plain one, counts for a mapped task or a group.
#[derive(Debug)]
pub(super) struct RunCells {
    tree: TreeKey,
    codes: Box<[u8]>,
    /// For every [`MANY`], in order.
    many: Box<[Counts]>,
}

/// The task did not exist. Codes after it are places in [`STATES`], counted from 1.
const NOTHING: u8 = 0;
const MANY: u8 = u8::MAX;

impl RunCells {
    fn new(tree: TreeKey, cells: &[Cell]) -> Self {
        let mut many = Vec::new();
        let code = |cell: &Cell| match cell {
            Cell::Nothing => NOTHING,
            Cell::One(name) => STATES.iter().position(|state| state_name(*state) == *name).map_or(NOTHING, place_code),
            Cell::Many { counts } => {
                many.push(*counts);
                MANY
            }
        };
        let codes = cells.iter().map(code).collect();
        Self { tree, codes, many: many.into() }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut many = self.many.iter();
        let cell = |code: &u8| match *code {
            MANY => many.next().map_or(Cell::Nothing, |counts| Cell::Many { counts: *counts }),
            code => match usize::from(code).checked_sub(1).and_then(|place| STATES.get(place)) {
                Some(state) => Cell::One(state_name(*state)),
                None => Cell::Nothing,
            },
        };
        self.codes.iter().map(cell).collect()
    }

    /// Bytes, nearly.
    fn weight(&self) -> usize {
        size_of::<Self>() + self.codes.len() + size_of_val(&*self.many)
    }
}

fn place_code(place: usize) -> u8 {
    u8::try_from(place + 1).unwrap_or(NOTHING)
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

    #[test]
    fn cells_come_back_as_they_were() {
        let counts = |n| Counts([n; STATES.len()]);
        let mut cells: Vec<Cell> = STATES.iter().map(|state| Cell::One(state_name(*state))).collect();
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
