//! XComs: what tasks leave for other tasks (S-11.30 to S-11.37). Values are kept as given.

use serde_json::Value as Json;
use tw_model::Timestamp;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

/// Values of one slice at most: as many as instances of a mapped task are ordinary.
pub const XCOM_SLICE_MAX: u32 = 100_000;

/// `$1` to `$4`: DAG, run, task, key.
macro_rules! rows_of_key {
    () => {
        "FROM xcom x JOIN dag_run r ON r.id = x.dag_run_id \
         WHERE r.dag_id = $1 AND r.run_id = $2 AND x.task_id = $3 AND x.key = $4"
    };
}

queries! {
    GET = concat!("SELECT x.value ", rows_of_key!(), " AND x.map_index = $5");
    /// The run itself and the runs with an earlier logical date, newest first.
    GET_PRIOR = "SELECT x.value FROM dag_run r JOIN xcom x ON x.dag_run_id = r.id AND x.task_id = $3 AND x.key = $4 \
        AND x.map_index = $5 WHERE r.dag_id = $1 AND (r.run_id = $2 OR r.logical_date_us < \
        (SELECT o.logical_date_us FROM dag_run o WHERE o.dag_id = $1 AND o.run_id = $2)) \
        ORDER BY r.logical_date_us DESC LIMIT 1";
    PRIOR_RUN = "SELECT r.run_id FROM dag_run r WHERE r.dag_id = $1 AND (r.run_id = $2 OR r.logical_date_us < \
        (SELECT o.logical_date_us FROM dag_run o WHERE o.dag_id = $1 AND o.run_id = $2)) AND EXISTS \
        (SELECT 1 FROM xcom x WHERE x.dag_run_id = r.id AND x.task_id = $3 AND x.key = $4) \
        ORDER BY r.logical_date_us DESC LIMIT 1";
    COUNT = concat!("SELECT count(*) ", rows_of_key!());
    RANGE = concat!("SELECT x.value ", rows_of_key!(), " ORDER BY x.map_index LIMIT $5 OFFSET $6");
    FROM_END = concat!("SELECT x.value ", rows_of_key!(), " ORDER BY x.map_index DESC LIMIT 1 OFFSET $5");
    SET = "INSERT INTO xcom (dag_run_id, task_id, map_index, key, at_us, value) \
        SELECT r.id, CAST($3 AS TEXT), CAST($5 AS BIGINT), CAST($4 AS TEXT), CAST($6 AS BIGINT), CAST($7 AS TEXT) \
        FROM dag_run r WHERE r.dag_id = $1 AND r.run_id = $2 \
        ON CONFLICT (dag_run_id, task_id, map_index, key) DO UPDATE SET at_us = excluded.at_us, value = excluded.value";
    DELETE = "DELETE FROM xcom WHERE task_id = $3 AND key = $4 AND map_index = $5 AND dag_run_id = \
        (SELECT r.id FROM dag_run r WHERE r.dag_id = $1 AND r.run_id = $2)";
}

/// Names an XCom up to its map index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct XComKey<'a> {
    /// DAG.
    pub dag_id: &'a str,
    /// Run.
    pub run_id: &'a str,
    /// Task.
    pub task_id: &'a str,
    /// Key; may contain anything.
    pub key: &'a str,
}

/// A Python slice: every part may be absent or negative. A step of 0 means 1 (S-11.35).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slice {
    /// First index.
    pub start: Option<i64>,
    /// Index after the last.
    pub stop: Option<i64>,
    /// Distance.
    pub step: Option<i64>,
}

impl XComKey<'_> {
    fn values(&self) -> Vec<Value> {
        vec![self.dag_id.into(), self.run_id.into(), self.task_id.into(), self.key.into()]
    }

    fn values_and(&self, more: impl IntoIterator<Item = Value>) -> Vec<Value> {
        let mut values = self.values();
        values.extend(more);
        values
    }
}

impl Store {
    /// The value of one map index (-1 = not mapped). With `include_prior_dates`, that of the newest
    /// run, up to this one by logical date, that has it.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn xcom_get(
        &self,
        key: XComKey<'_>,
        map_index: i32,
        include_prior_dates: bool,
    ) -> Result<Option<Json>, StoreError> {
        let text = if include_prior_dates { GET_PRIOR } else { GET };
        self.find(text, key.values_and([map_index.into()]), |c| c.json()).await
    }

    /// The newest run, up to this one by logical date, that has any value of the key.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn xcom_newest_run(&self, key: XComKey<'_>) -> Result<Option<String>, StoreError> {
        self.find(PRIOR_RUN, key.values(), |c| c.take()).await
    }

    /// Number of values over all map indexes (S-11.33).
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn xcom_count(&self, key: XComKey<'_>) -> Result<u64, StoreError> {
        Ok(self.find(COUNT, key.values(), |c| c.take()).await?.unwrap_or(0))
    }

    /// The n-th value in map-index order; negative counts from the end (S-11.34).
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn xcom_item(&self, key: XComKey<'_>, offset: i64) -> Result<Option<Json>, StoreError> {
        if offset >= 0 {
            self.find(RANGE, key.values_and([1i64.into(), offset.into()]), |c| c.json()).await
        } else {
            // -1 is the last one: none to skip.
            self.find(FROM_END, key.values_and([(-1 - offset).into()]), |c| c.json()).await
        }
    }

    /// The values that a Python slice of all values in map-index order has (S-11.35). With
    /// `include_prior_dates`, of the newest run that has any.
    ///
    /// # Errors
    /// `Other` if it has more than [`XCOM_SLICE_MAX`] values; `Unavailable`, `Corrupt`.
    pub async fn xcom_slice(
        &self,
        key: XComKey<'_>,
        slice: Slice,
        include_prior_dates: bool,
    ) -> Result<Vec<Json>, StoreError> {
        let prior: Option<String> = if include_prior_dates { self.xcom_newest_run(key).await? } else { None };
        let key = XComKey { run_id: prior.as_deref().unwrap_or(key.run_id), ..key };
        let count = self.xcom_count(key).await?;
        let wanted = Wanted::new(slice, i64::try_from(count).unwrap_or(i64::MAX));
        if wanted.length == 0 {
            return Ok(Vec::new());
        }
        if wanted.length > i64::from(XCOM_SLICE_MAX) {
            return Err(StoreError::other(format!("a slice of more than {XCOM_SLICE_MAX} XComs was asked for")));
        }
        let values = key.values_and([wanted.length.into(), wanted.lowest.into()]);
        let mut all: Vec<Json> = self.list(RANGE, values, |c| c.json()).await?;
        if wanted.step < 0 {
            all.reverse();
        }
        let distance = usize::try_from(wanted.step.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(all.into_iter().step_by(distance).collect())
    }

    /// Stores a value, replacing an earlier one.
    ///
    /// # Errors
    /// `NotFound` if the run does not exist; `Unavailable`.
    pub async fn xcom_set(
        &self,
        key: XComKey<'_>,
        map_index: i32,
        value: &Json,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = key.values_and([map_index.into(), now.into(), value.to_string().into()]);
        let miss = Miss::NotFound(format!("run {:?} of DAG {:?}", key.run_id, key.dag_id));
        self.transact(vec![Step::new(SET, values).or_else(miss)]).await.map(drop)
    }

    /// Deletes a value; nothing to delete is fine (S-11.32).
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn xcom_delete(&self, key: XComKey<'_>, map_index: i32) -> Result<(), StoreError> {
        self.transact(vec![Step::new(DELETE, key.values_and([map_index.into()]))]).await.map(drop)
    }
}

/// The rows that contain a slice, ascending and without gaps: `length` rows from `lowest` on, of
/// which every `step`-th counts, from the end if it is negative.
#[derive(PartialEq, Debug)]
struct Wanted {
    lowest: i64,
    length: i64,
    step: i64,
}

impl Wanted {
    fn new(slice: Slice, count: i64) -> Self {
        let step = slice.step.filter(|step| *step != 0).unwrap_or(1);
        // Python's PySlice_AdjustIndices: bounds for a negative step lie one lower.
        let (low, high) = if step > 0 { (0, count) } else { (-1, count - 1) };
        let bound = |index: Option<i64>, default: i64| match index {
            None => default,
            Some(i) if i < 0 => i.saturating_add(count).max(low),
            Some(i) => i.min(high),
        };
        if step > 0 {
            let (start, stop) = (bound(slice.start, low), bound(slice.stop, high));
            Self { lowest: start, length: (stop - start).max(0), step }
        } else {
            let (start, stop) = (bound(slice.start, high), bound(slice.stop, low));
            Self { lowest: stop + 1, length: (start - stop).max(0), step }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slice of 0..count by the definition: walk from start by step.
    fn walk(slice: Slice, count: i64) -> Vec<i64> {
        let wanted = Wanted::new(slice, count);
        let mut rows: Vec<i64> = (wanted.lowest..wanted.lowest + wanted.length).collect();
        if wanted.step < 0 {
            rows.reverse();
        }
        assert!(rows.iter().all(|i| (0..count).contains(i)), "{slice:?} of {count}: {rows:?}");
        rows.into_iter().step_by(wanted.step.unsigned_abs() as usize).collect()
    }

    #[test]
    fn slices_as_python_does() {
        let s = |start, stop, step| Slice { start, stop, step };
        // Each line was printed by Python: list(range(count))[start:stop:step].
        assert_eq!(walk(s(None, None, None), 3), [0, 1, 2]);
        assert_eq!(walk(s(None, None, Some(-1)), 3), [2, 1, 0]);
        assert_eq!(walk(s(Some(-2), None, None), 3), [1, 2]);
        assert_eq!(walk(s(Some(-9), Some(9), Some(2)), 4), [0, 2]);
        assert_eq!(walk(s(Some(3), Some(0), Some(-2)), 5), [3, 1]);
        assert_eq!(walk(s(Some(9), Some(-9), Some(-3)), 5), [4, 1]);
        assert_eq!(walk(s(None, Some(-2), Some(-1)), 5), [4]);
        assert_eq!(walk(s(Some(2), Some(1), None), 5), [0i64; 0]);
        assert_eq!(walk(s(Some(5), None, None), 5), [0i64; 0]);
        assert_eq!(walk(s(None, None, None), 0), [0i64; 0]);
        assert_eq!(walk(s(None, None, Some(-1)), 0), [0i64; 0]);
        assert_eq!(walk(s(Some(i64::MIN), Some(i64::MAX), Some(i64::MIN)), 2), [0i64; 0]);
    }
}
