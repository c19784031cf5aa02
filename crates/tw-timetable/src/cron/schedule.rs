//! A cron expression in a time zone: the instants at which it fires.
//!
//! # The problem
//! A wall clock skips hours and repeats them. Airflow derives each fire from the one before, so
//! its answer near a change of the clock depends on the instant it is asked at, and can even go
//! backwards. Here the fires are one fixed set of instants (S-2.28, S-2.29):
//!
//! - Between two changes of the clock, every matching reading of it fires.
//! - A repeated reading fires both times if the expression covers every hour, else only the
//!   second time.
//! - Of the matching readings a change skips, the first one fires, with the old offset, which is
//!   as much later on the new clock. The others would only follow it as echoes.
//!
//! `next` and `prev` pick from that set, so `prev(t) < t < next(t)` holds by construction.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp as Instant};
use tw_model::Timestamp;

use super::Expression;

/// How far from the given instant a fire is looked for: croniter's 50 years, rounded up.
const SEARCH_MAX: SignedDuration = SignedDuration::from_hours(51 * 366 * 24);

const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);
const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MICROS_PER_SEC: i64 = 1_000_000;

/// The instants at which a cron expression fires in a zone. Ordered, finite in any span.
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: Expression,
    zone: TimeZone,
}

/// A stretch of time with one offset.
#[derive(Debug)]
struct Stretch {
    offset: Offset,
    /// Where it begins, and the offset before.
    begin: Option<(Instant, Offset)>,
    /// Where it ends, and the offset after.
    end: Option<(Instant, Offset)>,
}

impl Schedule {
    /// The schedule of `expression` read in `zone`.
    pub fn new(expression: Expression, zone: TimeZone) -> Self {
        Self { expression, zone }
    }

    /// The first fire after `at`, if there is one within 50 years.
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let at = at.to_jiff();
        let limit = at.saturating_add(SEARCH_MAX).unwrap_or(Instant::MAX);
        let mut stretch = self.stretch_at(at);
        loop {
            if let Some(found) = self.first_after(&stretch, at, limit) {
                return Some(found.into());
            }
            let (end, _) = stretch.end.filter(|&(end, _)| end < limit)?;
            stretch = self.stretch_at(end);
        }
    }

    /// The last fire before `at`, if there is one within 50 years.
    pub fn prev(&self, at: Timestamp) -> Option<Timestamp> {
        let at = at.to_jiff();
        let limit = at.saturating_sub(SEARCH_MAX).unwrap_or(Instant::MIN);
        let mut stretch = self.stretch_at(at.checked_sub(NANOSECOND).ok()?);
        loop {
            if let Some(found) = self.last_before(&stretch, at, limit) {
                return Some(found.into());
            }
            let (begin, _) = stretch.begin.filter(|&(begin, _)| begin > limit)?;
            stretch = self.stretch_at(begin.checked_sub(NANOSECOND).ok()?);
        }
    }

    /// `at` if it fires, else the next fire.
    pub fn align_next(&self, at: Timestamp) -> Option<Timestamp> {
        self.next(Timestamp::from_micros(at.as_micros().saturating_sub(1)))
    }

    /// `at` if it fires, else the fire before.
    pub fn align_prev(&self, at: Timestamp) -> Option<Timestamp> {
        self.prev(Timestamp::from_micros(at.as_micros().saturating_add(1)))
    }

    /// The stretch of constant offset that contains `at`.
    fn stretch_at(&self, at: Instant) -> Stretch {
        let just_after = at.checked_add(NANOSECOND).unwrap_or(at);
        let begin = self.zone.preceding(just_after).next().and_then(|change| {
            let before = change.timestamp().checked_sub(NANOSECOND).ok()?;
            Some((change.timestamp(), self.zone.to_offset(before)))
        });
        let end = self.zone.following(at).next().map(|change| (change.timestamp(), change.offset()));
        Stretch { offset: self.zone.to_offset(at), begin, end }
    }

    /// The first fire of `stretch` after `at`.
    fn first_after(&self, stretch: &Stretch, at: Instant, limit: Instant) -> Option<Instant> {
        let from = floor_second(at).checked_add(SECOND).ok()?;
        let from = stretch.begin.map_or(from, |(begin, _)| from.max(begin));
        let before = self.end_of_readings(stretch).min(stretch.offset.to_datetime(limit));
        let regular = self.expression.first_at_or_after(stretch.offset.to_datetime(from), before);
        let regular = regular.and_then(|reading| stretch.offset.to_timestamp(reading).ok());
        let skipped = self.skipped_fire(stretch).filter(|&fire| fire > at);
        [regular, skipped].into_iter().flatten().min()
    }

    /// The last fire of `stretch` before `at`.
    fn last_before(&self, stretch: &Stretch, at: Instant, limit: Instant) -> Option<Instant> {
        let from = stretch.begin.map_or(limit, |(begin, _)| begin.max(limit));
        let before = self.end_of_readings(stretch).min(stretch.offset.to_datetime(ceil_second(at)));
        let regular = self.expression.last_before(before, stretch.offset.to_datetime(from));
        let regular = regular.and_then(|reading| stretch.offset.to_timestamp(reading).ok());
        let skipped = self.skipped_fire(stretch).filter(|&fire| fire < at);
        [regular, skipped].into_iter().flatten().max()
    }

    /// The reading of the clock at which this stretch stops firing: its end, or where its last
    /// readings begin that come again and fire only then.
    fn end_of_readings(&self, stretch: &Stretch) -> DateTime {
        let Some((end, after)) = stretch.end else { return DateTime::MAX };
        let offset = if self.expression.is_every_hour() { stretch.offset } else { stretch.offset.min(after) };
        offset.to_datetime(end)
    }

    /// The fire for the readings that were skipped when the stretch began.
    fn skipped_fire(&self, stretch: &Stretch) -> Option<Instant> {
        let (begin, before) = stretch.begin.filter(|&(_, before)| before < stretch.offset)?;
        let first = self.expression.first_at_or_after(before.to_datetime(begin), stretch.offset.to_datetime(begin))?;
        before.to_timestamp(first).ok()
    }
}

fn floor_second(at: Instant) -> Instant {
    Instant::from_second(at.as_microsecond().div_euclid(MICROS_PER_SEC)).unwrap_or(Instant::MIN)
}

fn ceil_second(at: Instant) -> Instant {
    let micros = at.as_microsecond();
    let secs = micros.div_euclid(MICROS_PER_SEC) + i64::from(micros.rem_euclid(MICROS_PER_SEC) != 0);
    Instant::from_second(secs).unwrap_or(Instant::MAX)
}
