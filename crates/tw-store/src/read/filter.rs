//! The filters that lists share, and how a page and its count are fetched.

use tw_model::Timestamp;

use crate::error::StoreError;
use crate::query::Select;
use crate::read::{PAGE_LIMIT_MAX, Page};
use crate::store::Store;
use crate::value::{Columns, Value};

/// Rows counted at most for the total of a list. Enough for a run with 100,000 mapped instances
/// to be counted exactly; walking that many index entries stays in the tens of milliseconds
/// whatever the size of the table.
pub const COUNT_MAX: u32 = 200_000;

/// A page with the size of the list it is from.
#[derive(Clone, PartialEq, Debug)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Rows in the whole list; [`COUNT_MAX`] stands for that many or more.
    pub total: u32,
}

impl<T> Listed<T> {
    /// The bound of the count, if the total has reached it: the list may be longer.
    pub fn cap(&self) -> Option<u32> {
        (self.total >= COUNT_MAX).then_some(COUNT_MAX)
    }
}

/// Bounds; absent ones do not bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range<T> {
    /// At least.
    pub gte: Option<T>,
    /// More than.
    pub gt: Option<T>,
    /// At most.
    pub lte: Option<T>,
    /// Less than.
    pub lt: Option<T>,
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self { gte: None, gt: None, lte: None, lt: None }
    }
}

impl<T: Copy> Range<T> {
    /// Whether nothing is bounded.
    pub fn is_empty(&self) -> bool {
        self.bounds().all(|(_, bound)| bound.is_none())
    }

    fn bounds(&self) -> impl Iterator<Item = (&'static str, Option<T>)> {
        [(">=", self.gte), (">", self.gt), ("<=", self.lte), ("<", self.lt)].into_iter()
    }
}

/// A search in a text column.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextMatch {
    /// Found anywhere, whatever the case; `%` and `_` are wildcards; `|` separates alternatives;
    /// `~` finds everything.
    pub pattern: Option<String>,
    /// How the text begins, case included; `|` separates alternatives; `~` finds everything.
    pub prefix: Option<String>,
}

impl TextMatch {
    /// Whether nothing is searched for; `~` is a search.
    pub fn is_empty(&self) -> bool {
        self.pattern.is_none() && self.prefix.is_none()
    }
}

/// Alternatives of one search at most, which bounds the query text.
const ALTERNATIVES_MAX: usize = 32;

fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    let text = if text == "~" { "" } else { text };
    let parts = text.split('|').map(str::trim).filter(|part| !part.is_empty());
    parts.take(ALTERNATIVES_MAX)
}

/// Adds the filters to a query. `column` is always a fixed piece of text.
pub(crate) trait Filters: Sized {
    fn matching(self, column: &str, text: &TextMatch) -> Self;
    fn within<T: Copy + Into<Value>>(self, column: &str, range: &Range<T>) -> Self;
    /// As `within`, for an end that is still open: it counts as `now` against upper bounds and
    /// passes lower ones, as in Airflow.
    fn within_or_open(self, column: &str, range: &Range<Timestamp>, now: Timestamp) -> Self;
}

impl Filters for Select {
    fn matching(mut self, column: &str, text: &TextMatch) -> Self {
        let patterns: Vec<String> = text
            .pattern
            .iter()
            .flat_map(|text| alternatives(text))
            .map(|part| format!("%{}%", part.replace('!', "!!")))
            .collect();
        if !patterns.is_empty() {
            let one = format!("lower({column}) LIKE lower($) ESCAPE '!'");
            self = self.filter(&vec![one; patterns.len()].join(" OR "), patterns);
        }
        let prefixes: Vec<String> = text
            .prefix
            .iter()
            .flat_map(|text| alternatives(text))
            // Texts sort by code point in both databases, so a prefix is a range.
            .flat_map(|part| [part.to_owned(), format!("{part}\u{10FFFF}")])
            .collect();
        if !prefixes.is_empty() {
            let one = format!("({column} >= $ AND {column} < $)");
            self = self.filter(&vec![one; prefixes.len() / 2].join(" OR "), prefixes);
        }
        self
    }

    fn within<T: Copy + Into<Value>>(self, column: &str, range: &Range<T>) -> Self {
        range.bounds().fold(self, |query, (sign, bound)| query.filter_some(&format!("{column} {sign} $"), bound))
    }

    fn within_or_open(self, column: &str, range: &Range<Timestamp>, now: Timestamp) -> Self {
        let query = [(">=", range.gte), (">", range.gt)].into_iter().fold(self, |query, (sign, bound)| {
            query.filter_some(&format!("{column} {sign} $ OR {column} IS NULL"), bound)
        });
        [("<=", range.lte, now.as_micros()), ("<", range.lt, now.as_micros().saturating_add(1))].into_iter().fold(
            query,
            |query, (sign, bound, open_until)| match bound {
                Some(bound) if bound.as_micros() >= open_until => {
                    query.filter(&format!("{column} {sign} $ OR {column} IS NULL"), [bound])
                }
                bound => query.filter_some(&format!("{column} {sign} $"), bound),
            },
        )
    }
}

/// An `ORDER BY` of columns, each with whether it descends; `last` makes the order total.
///
/// Nulls come last ascending and first descending, as PostgreSQL has it, so that its indexes serve.
pub(crate) fn order_by<'a>(columns: impl IntoIterator<Item = (&'a str, bool)>, last: &str) -> String {
    let columns: Vec<(&str, bool)> = columns.into_iter().collect();
    let descending = columns.first().is_some_and(|(_, descending)| *descending);
    let terms = columns.into_iter().map(|(column, descending)| match descending {
        true => format!("{column} DESC NULLS FIRST"),
        false => format!("{column} ASC NULLS LAST"),
    });
    let last = format!("{last} {}", if descending { "DESC" } else { "ASC" });
    terms.chain([last]).collect::<Vec<_>>().join(", ")
}

/// Starts the query that counts what `from` holds; see [`Store::listed`].
pub(crate) fn counted(from: &str) -> Select {
    Select::new(&format!("SELECT count(*) FROM (SELECT 1 {from}"))
}

impl Store {
    /// The rows of a page, and the size of its list. `counting` is made by
    /// [`counted`] with the same filters; it is asked only when the page does not already tell.
    pub(crate) async fn listed<T>(
        &self,
        rows: Select,
        counting: Select,
        page: Page,
        read: impl Fn(&mut Columns) -> Result<T, StoreError>,
    ) -> Result<Listed<T>, StoreError> {
        let limit = page.limit.min(PAGE_LIMIT_MAX);
        let rows = self.select(rows.page(limit, page.offset), read).await?;
        let total = self.total(rows.len(), counting, page).await?;
        Ok(Listed { rows, total })
    }

    /// The size of a list of which a page had `found` rows.
    pub(crate) async fn total(&self, found: usize, counting: Select, page: Page) -> Result<u32, StoreError> {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        let is_last = found < page.limit.min(PAGE_LIMIT_MAX) && (found > 0 || page.offset == 0);
        if is_last { Ok(page.offset.saturating_add(found)) } else { self.count(counting).await }
    }

    /// The size of a list whose query was started by [`counted`].
    pub(crate) async fn count(&self, counting: Select) -> Result<u32, StoreError> {
        self.query_one(counting.with("LIMIT $) AS counted", [COUNT_MAX])).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select() -> Select {
        Select::new("SELECT 1 FROM t")
    }

    #[test]
    fn searches_become_likes_and_ranges() {
        let text = TextMatch { pattern: Some("a% | B!".into()), prefix: Some("x".into()) };
        let (text, values) = select().matching("c", &text).into_parts();
        assert_eq!(
            text,
            "SELECT 1 FROM t WHERE (lower(c) LIKE lower($1) ESCAPE '!' OR lower(c) LIKE lower($2) ESCAPE '!') \
             AND ((c >= $3 AND c < $4))"
        );
        assert_eq!(values[0], Value::from("%a%%"));
        assert_eq!(values[1], Value::from("%B!!%"));
        assert_eq!(values[3], Value::from("x\u{10FFFF}"));
    }

    #[test]
    fn a_tilde_finds_everything() {
        let all = TextMatch { pattern: Some("~".into()), prefix: Some("~".into()) };
        assert_eq!(select().matching("c", &all).text(), "SELECT 1 FROM t");
    }

    #[test]
    fn an_open_end_counts_as_now() {
        let now = Timestamp::from_micros(100);
        let bound = |micros| Range { lte: Some(Timestamp::from_micros(micros)), ..Range::default() };
        assert_eq!(select().within_or_open("c", &bound(99), now).text(), "SELECT 1 FROM t WHERE (c <= $1)");
        assert_eq!(
            select().within_or_open("c", &bound(100), now).text(),
            "SELECT 1 FROM t WHERE (c <= $1 OR c IS NULL)"
        );
    }

    #[test]
    fn orders_are_total() {
        assert_eq!(order_by([("a", true)], "id"), "a DESC NULLS FIRST, id DESC");
        assert_eq!(order_by([], "id"), "id ASC");
    }
}
