//! The list of timetables: which rule answers for which kind.

use tw_model::{Interval, RunImmediately, Step, Timestamp, Timetable};

use crate::cron::{self, CronError, Schedule};
use crate::data_interval::DataIntervals;
use crate::delta::{self, Delta};
use crate::due::{Due, Restriction};
use crate::events::Events;
use crate::points::Points;
use crate::simple;
use crate::trigger::Trigger;
use crate::zone::{self, ZoneError};

/// A timetable that can never work.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimetableError {
    /// A cron expression cannot be read, or names no date.
    #[error("invalid cron expression {expression:?}")]
    Cron {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        source: CronError,
    },
    /// A cron timetable without expression.
    #[error("a cron timetable needs an expression")]
    NoExpression,
    /// The zone in which cron expressions are read does not exist.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// A delta does not lead into the future.
    #[error("a schedule's delta must be positive, not {delta}")]
    Delta {
        /// The delta as Python prints it.
        delta: String,
    },
}

/// A timetable whose expressions and zone were checked. Made once per DAG version.
#[derive(Clone, Debug)]
pub struct Compiled {
    rule: Rule,
    summary: String,
    description: String,
}

#[derive(Clone, Debug)]
enum Rule {
    Never,
    Once,
    Continuous,
    Trigger(Trigger),
    DataIntervals(DataIntervals),
    Events(Events),
}

impl Compiled {
    /// Checks and prepares `timetable`.
    ///
    /// # Errors
    /// A cron expression or zone that cannot be read, an expression that never matches, or a
    /// delta that leads nowhere.
    pub fn new(timetable: &Timetable) -> Result<Self, TimetableError> {
        let (rule, summary, description) = match timetable {
            Timetable::Null => (Rule::Never, "None".to_owned(), "Never, external triggers only"),
            Timetable::Once => (Rule::Once, "@once".to_owned(), "Once, as soon as possible"),
            Timetable::Continuous => {
                (Rule::Continuous, "@continuous".to_owned(), "As frequently as possible, but only one run at a time.")
            }
            Timetable::CronTrigger { expressions, timezone, interval, run_immediately } => {
                let points = cron_points(expressions, timezone)?;
                let rule = Trigger { points, interval: *interval, run_immediately: *run_immediately };
                let summary: Vec<&str> = expressions.iter().map(|text| cron::expand_preset(text)).collect();
                (Rule::Trigger(rule), summary.join(", "), "")
            }
            Timetable::DeltaTrigger { delta, interval } => {
                // The newest point is always now (S-2.19), so this is also its first run.
                let run_immediately = RunImmediately::Always;
                let rule = Trigger { points: vec![delta_points(delta)?], interval: *interval, run_immediately };
                (Rule::Trigger(rule), delta::python_text(delta), "")
            }
            Timetable::CronDataInterval { expression, timezone } => {
                let points = Points::Cron(schedule(expression, timezone)?);
                let summary = cron::expand_preset(expression).to_owned();
                (Rule::DataIntervals(DataIntervals { points }), summary, "")
            }
            Timetable::DeltaDataInterval { delta } => {
                let points = delta_points(delta)?;
                (Rule::DataIntervals(DataIntervals { points }), delta::python_text(delta), "")
            }
            Timetable::Events { event_dates, restrict_to_events, description } => {
                let events = Events::new(event_dates, *restrict_to_events);
                let (summary, description) = events.texts(description.as_deref());
                return Ok(Self { rule: Rule::Events(events), summary, description });
            }
            Timetable::Asset { .. } => (Rule::Never, "Asset".to_owned(), "Triggered by assets"),
            Timetable::AssetOrTime { timetable, .. } => {
                let Self { rule, summary, description } = Self::new(timetable)?;
                let description = format!("Triggered by assets or {description}");
                return Ok(Self { rule, summary: format!("Asset or {summary}"), description });
            }
            Timetable::Unknown { class, .. } => {
                let name = class.rsplit('.').next().unwrap_or(class);
                (Rule::Never, name.to_owned(), "")
            }
        };
        Ok(Self { rule, summary, description: description.to_owned() })
    }

    /// The next automatic run, if there is one.
    ///
    /// `last` is the data interval of the automated run with the greatest logical date (S-2.12).
    /// Several timetables answer relative to `now`: a caller keeps an answer until the run was
    /// created or `last`, the restriction or the timetable changed, and does not ask again at
    /// `run_after` to see whether it is due.
    pub fn next_run(&self, last: Option<Interval>, restriction: &Restriction, now: Timestamp) -> Option<Due> {
        match &self.rule {
            Rule::Never => None,
            Rule::Once => simple::once(last, restriction, now),
            Rule::Continuous => simple::continuous(last, restriction, now),
            Rule::Trigger(trigger) => trigger.next_run(last, restriction, now),
            Rule::DataIntervals(intervals) => intervals.next_run(last, restriction, now),
            Rule::Events(events) => events.next_run(last, restriction, now),
        }
    }

    /// The data interval of a run that somebody asks for.
    pub fn manual_interval(&self, run_after: Timestamp) -> Interval {
        match &self.rule {
            Rule::Never | Rule::Once | Rule::Continuous => Interval::exact(run_after),
            Rule::Trigger(trigger) => trigger.manual_interval(run_after),
            Rule::DataIntervals(intervals) => intervals.manual_interval(run_after),
            Rule::Events(events) => events.manual_interval(run_after),
        }
    }

    /// Whether runs ever become due by themselves.
    pub fn is_automatic(&self) -> bool {
        match &self.rule {
            Rule::Never => false,
            Rule::Events(events) => !events.is_empty(),
            Rule::Once | Rule::Continuous | Rule::Trigger(_) | Rule::DataIntervals(_) => true,
        }
    }

    /// What Airflow shows as `timetable_summary`: the cron expression, `@once`, `None`, ...
    pub fn summary(&self) -> String {
        self.summary.clone()
    }

    /// What Airflow shows as `timetable_description`. Empty for cron: the plain English text that
    /// Airflow adds is not made here.
    pub fn description(&self) -> String {
        self.description.clone()
    }
}

fn cron_points(expressions: &[String], timezone: &str) -> Result<Vec<Points>, TimetableError> {
    if expressions.is_empty() {
        return Err(TimetableError::NoExpression);
    }
    expressions.iter().map(|expression| schedule(expression, timezone).map(Points::Cron)).collect()
}

fn schedule(expression: &str, timezone: &str) -> Result<Schedule, TimetableError> {
    let zone = zone::parse(timezone)?;
    match expression.parse() {
        Ok(parsed) => Ok(Schedule::new(parsed, zone)),
        Err(source) => Err(TimetableError::Cron { expression: expression.to_owned(), source }),
    }
}

fn delta_points(step: &Step) -> Result<Points, TimetableError> {
    match Delta::new(*step) {
        Some(delta) => Ok(Points::Delta(delta)),
        None => Err(TimetableError::Delta { delta: delta::python_text(step) }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tw_model::TimeSpan;

    use super::*;

    fn cron(expressions: &[&str], timezone: &str) -> Timetable {
        Timetable::CronTrigger {
            expressions: expressions.iter().map(ToString::to_string).collect(),
            timezone: timezone.to_owned(),
            interval: Step::Fixed(TimeSpan::ZERO),
            run_immediately: RunImmediately::WithinBuffer,
        }
    }

    fn hours(hours: i64) -> Step {
        Step::Fixed(TimeSpan::from_secs(hours * 3600))
    }

    fn assets(timetable: Option<Timetable>) -> Timetable {
        let condition = Value::Null;
        match timetable {
            None => Timetable::Asset { condition },
            Some(timetable) => Timetable::AssetOrTime { condition, timetable: Box::new(timetable) },
        }
    }

    #[test]
    fn shows_what_airflow_shows() {
        let data_interval =
            |text: &str| Timetable::CronDataInterval { expression: text.into(), timezone: "UTC".into() };
        let unknown = Timetable::Unknown { class: "my_company.timetables.Lunar".into(), data: Value::Null };
        for (timetable, automatic, summary, description) in [
            (Timetable::Null, false, "None", "Never, external triggers only"),
            (Timetable::Once, true, "@once", "Once, as soon as possible"),
            (Timetable::Continuous, true, "@continuous", "As frequently as possible, but only one run at a time."),
            (cron(&["@daily"], "UTC"), true, "0 0 * * *", ""),
            (cron(&["0 1 * * *", "0 2 * * 1"], "UTC"), true, "0 1 * * *, 0 2 * * 1", ""),
            (data_interval("@quarterly"), true, "0 0 1 */3 *", ""),
            (Timetable::DeltaTrigger { delta: hours(25), interval: hours(0) }, true, "1 day, 1:00:00", ""),
            (Timetable::DeltaDataInterval { delta: hours(1) }, true, "1:00:00", ""),
            (assets(None), false, "Asset", "Triggered by assets"),
            (assets(Some(Timetable::Once)), true, "Asset or @once", "Triggered by assets or Once, as soon as possible"),
            (
                assets(Some(Timetable::Null)),
                false,
                "Asset or None",
                "Triggered by assets or Never, external triggers only",
            ),
            (unknown, false, "Lunar", ""),
        ] {
            let compiled = Compiled::new(&timetable).unwrap();
            assert_eq!(compiled.summary(), summary);
            assert_eq!(compiled.description(), description);
            assert_eq!(compiled.is_automatic(), automatic, "{summary}");
            let now = "2024-05-10T12:00:00Z".parse().unwrap();
            let from = Restriction { earliest: Some(now), ..Restriction::default() };
            assert_eq!(compiled.next_run(None, &from, now).is_some(), automatic, "{summary}");
        }
    }

    #[test]
    fn refuses_what_can_never_work() {
        let error = |timetable: &Timetable| Compiled::new(timetable).unwrap_err().to_string();
        assert_eq!(error(&cron(&["0 0 30 2 *"], "UTC")), "invalid cron expression \"0 0 30 2 *\"");
        assert_eq!(error(&cron(&[], "UTC")), "a cron timetable needs an expression");
        assert!(error(&cron(&["@daily"], "Nowhere")).starts_with("unknown time zone \"Nowhere\""));
        let zero = Timetable::DeltaTrigger { delta: hours(0), interval: hours(0) };
        assert_eq!(error(&zero), "a schedule's delta must be positive, not 0:00:00");
        assert!(Compiled::new(&assets(Some(cron(&["nonsense"], "UTC")))).is_err());
    }

    #[test]
    fn kinds_without_a_rule_run_manually_at_the_given_instant() {
        let at = "2024-05-10T12:00:00Z".parse().unwrap();
        for timetable in [Timetable::Null, Timetable::Once, Timetable::Continuous, assets(None)] {
            assert_eq!(Compiled::new(&timetable).unwrap().manual_interval(at), Interval::exact(at));
        }
        let either = assets(Some(Timetable::DeltaDataInterval { delta: hours(1) }));
        let interval = Compiled::new(&either).unwrap().manual_interval(at);
        assert_eq!(interval, Interval { start: "2024-05-10T11:00:00Z".parse().unwrap(), end: at });
    }
}
