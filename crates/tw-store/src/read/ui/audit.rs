//! The audit log as people page through it: newest first, of everything or of one run.

use tw_model::{DagId, RunId, Timestamp};

use super::ListTotal;
use crate::error::StoreError;
use crate::query::Select;
use crate::read::event_logs::{EventLogView, LINES, TOLD, event_log, joins, line_columns};
use crate::read::filter::{Filters, TextMatch};
use crate::store::Store;
use crate::value::{Columns, Value};

/// Which lines to list. What is absent or empty does not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// Of this run.
    pub run: Option<(DagId, RunId)>,
    /// Search in the event.
    pub event: TextMatch,
    /// Search in the DAG's id.
    pub dag: TextMatch,
    /// Search in the name of who asked for it.
    pub owner: TextMatch,
}

/// Where a page of lines, newest first, ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditPlace {
    /// Time of the last line.
    pub at: Timestamp,
    /// Its number.
    pub id: i64,
}

/// What an index finds, newest first.
enum Way<'a> {
    /// The lines of a run.
    Run(&'a (DagId, RunId)),
    /// What people asked for: few among many.
    People,
    /// Lines of these events.
    Events(Vec<String>),
    /// All of them.
    Time,
}

/// Lines that are counted for a total, and that are looked at where a filter has no index: read in some 15 ms.
const LINES_MAX: u32 = 10_000;
/// Events whose lines are merged; a search that finds more is made among the newest lines.
const EVENTS_MAX: usize = 30;
const ORDER: &str = "a.at_us DESC, a.id DESC";

/// Every event that occurs, each by one step in the index.
const EVENT_NAMES: &str = "WITH RECURSIVE names(event) AS (SELECT min(event) FROM audit_log UNION ALL \
    SELECT (SELECT min(a.event) FROM audit_log a WHERE a.event > names.event) FROM names WHERE names.event IS NOT NULL) \
    SELECT n.event FROM names n";

impl Store {
    /// A page of the audit log, newest first, and where the next one begins. Where the filter has no index the page may
    /// be short although more follow: only so many lines are looked at.
    ///
    /// Cost: the page, or a search in [`LINES_MAX`] lines.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn audit_page(
        &self,
        filter: &AuditFilter,
        after: Option<AuditPlace>,
        limit: u32,
    ) -> Result<(Vec<EventLogView>, Option<AuditPlace>), StoreError> {
        let way = self.way(filter).await?;
        // One more than is shown tells whether there is another page.
        let wanted = limit.saturating_add(1);
        let width = if filter.is_found_by(&way) { wanted } else { LINES_MAX };
        let lines = filter.rest(&way, all_of(examined(&way, after, width)));
        let lines = lines.order(ORDER).with("LIMIT $", [wanted]);
        let mut rows = self.select(Select::new(TOLD).nested(lines).then(joins!()).order(ORDER), event_log).await?;
        let is_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = if is_more {
            rows.last().map(|line| AuditPlace { at: line.at, id: line.id })
        } else if filter.is_found_by(&way) {
            None
        } else {
            self.end_of_lines(&way, after).await?
        };
        Ok((rows, next))
    }

    /// How many lines there are, counted up to [`LINES_MAX`], and where the filter has no index among the newest ones.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn audit_total(&self, filter: &AuditFilter) -> Result<ListTotal, StoreError> {
        let way = self.way(filter).await?;
        let counting = Select::new("SELECT count(*) FROM").nested(examined(&way, None, LINES_MAX)).then("a");
        let count = self.query_one(filter.rest(&way, counting)).await?;
        let or_more = match filter.is_found_by(&way) {
            true => count >= LINES_MAX,
            false => self.end_of_lines(&way, None).await?.is_some(),
        };
        Ok(ListTotal { count, or_more })
    }

    /// The last line that was looked at, if there may be more behind it.
    async fn end_of_lines(&self, way: &Way<'_>, after: Option<AuditPlace>) -> Result<Option<AuditPlace>, StoreError> {
        let select = all_of(examined(way, after, LINES_MAX)).order(ORDER).page(1, LINES_MAX - 1);
        Ok(self.select(select, place).await?.into_iter().next())
    }

    async fn way<'a>(&self, filter: &'a AuditFilter) -> Result<Way<'a>, StoreError> {
        if let Some(run) = &filter.run {
            return Ok(Way::Run(run));
        }
        if !filter.owner.is_empty() {
            return Ok(Way::People);
        }
        if filter.event.is_empty() || !filter.dag.is_empty() {
            return Ok(Way::Time);
        }
        let names = Select::new(EVENT_NAMES).filter("n.event IS NOT NULL", [] as [Value; 0]);
        let names = names.matching("n.event", &filter.event).with("LIMIT $", [EVENTS_MAX as u32 + 1]);
        let names: Vec<String> = self.select(names, Columns::take).await?;
        Ok(if names.len() > EVENTS_MAX { Way::Time } else { Way::Events(names) })
    }
}

impl AuditFilter {
    /// Whether an index has exactly the lines that pass, in order.
    fn is_found_by(&self, way: &Way<'_>) -> bool {
        self.owner.is_empty() && self.dag.is_empty() && (self.event.is_empty() || matches!(way, Way::Events(_)))
    }

    /// What the index did not decide.
    fn rest(&self, way: &Way<'_>, select: Select) -> Select {
        let select = match way {
            Way::Events(_) => select,
            Way::Run(_) | Way::People | Way::Time => select.matching("a.event", &self.event),
        };
        select.matching("a.dag_id", &self.dag).matching("a.owner", &self.owner)
    }
}

/// The newest lines behind a place that an index finds.
fn examined(way: &Way<'_>, after: Option<AuditPlace>, width: u32) -> Select {
    let newest = |lines: Select| {
        let lines = match after {
            Some(AuditPlace { at, id }) => {
                lines.filter("a.at_us <= $ AND (a.at_us < $ OR a.id < $)", [at.into(), at.into(), Value::from(id)])
            }
            None => lines,
        };
        lines.order(ORDER).with("LIMIT $", [width])
    };
    let lines = Select::new(LINES);
    match way {
        Way::Run((dag_id, run_id)) => newest(lines.filter("a.dag_id = $", [dag_id]).filter("a.run_id = $", [run_id])),
        Way::People => newest(lines.filter("a.owner IS NOT NULL", [] as [Value; 0])),
        Way::Time => newest(lines),
        Way::Events(names) if names.is_empty() => lines.filter("1 = 0", [] as [Value; 0]),
        Way::Events(names) => {
            let each = names.iter().map(|name| newest(Select::new(LINES).filter("a.event = $", [name.as_str()])));
            let mut union = Select::new("");
            for (at, of_event) in each.enumerate() {
                union = union.then(if at == 0 { "SELECT * FROM" } else { "UNION ALL SELECT * FROM" });
                union = union.nested(of_event).then("a");
            }
            all_of(union).order(ORDER).with("LIMIT $", [width])
        }
    }
}

fn all_of(lines: Select) -> Select {
    Select::new(concat!("SELECT ", line_columns!(), " FROM")).nested(lines).then("a")
}

fn place(c: &mut Columns) -> Result<AuditPlace, StoreError> {
    let id = c.take()?;
    Ok(AuditPlace { at: c.take()?, id })
}
