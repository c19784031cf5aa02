//! Timetables (protocol 4.10).

use serde_json::Value;
use tw_model::schedule::RelativeDelta;
use tw_model::{RunImmediately, Step, TimeSpan, Timetable};

use super::DagDecodeError;
use super::encoding::{each, int, list, number, object, span, text, texts, timestamp, timezone, typed};
use super::fields::Fields;

/// Decodes a timetable. A class that is not built in becomes [`Timetable::Unknown`].
pub(super) fn timetable(value: &Value) -> Result<Timetable, DagDecodeError> {
    let Some((class, data)) = typed(value) else {
        return Err(DagDecodeError::new("expected a timetable with __type and __var"));
    };
    let Some(built_in) = class.strip_prefix("airflow.timetables.") else {
        return Ok(unknown(class, data));
    };
    let mut fields = Fields::new(object(data).map_err(|e| e.below("__var"))?);
    decode_built_in(built_in, &mut fields)
        .map(|known| known.unwrap_or_else(|| unknown(class, data)))
        .map_err(|e| e.below("__var"))
}

fn unknown(class: &str, data: &Value) -> Timetable {
    Timetable::Unknown { class: class.to_owned(), data: data.clone() }
}

/// The timetable of this class below `airflow.timetables.`; none for classes that the server
/// does not evaluate (partitioned ones, and those of later releases).
fn decode_built_in(class: &str, fields: &mut Fields) -> Result<Option<Timetable>, DagDecodeError> {
    Ok(Some(match class {
        "simple.NullTimetable" => Timetable::Null,
        "simple.OnceTimetable" => Timetable::Once,
        "simple.ContinuousTimetable" => Timetable::Continuous,
        "trigger.CronTriggerTimetable" => {
            let expressions = vec![fields.required("expression", text)?];
            cron_trigger(expressions, fields)?
        }
        "trigger.MultipleCronTriggerTimetable" => {
            let expressions = fields.required("expressions", texts)?;
            cron_trigger(expressions, fields)?
        }
        "trigger.DeltaTriggerTimetable" => Timetable::DeltaTrigger {
            delta: fields.required("delta", step)?,
            interval: fields.or("interval", step, Step::Fixed(TimeSpan::ZERO))?,
        },
        "interval.CronDataIntervalTimetable" => Timetable::CronDataInterval {
            expression: fields.required("expression", text)?,
            timezone: fields.or("timezone", timezone, "UTC".to_owned())?,
        },
        "interval.DeltaDataIntervalTimetable" => {
            Timetable::DeltaDataInterval { delta: fields.required("delta", step)? }
        }
        "events.EventsTimetable" => events(fields)?,
        "simple.AssetTriggeredTimetable" => Timetable::Asset { condition: fields.required("asset_condition", kept)? },
        "assets.AssetOrTimeSchedule" => Timetable::AssetOrTime {
            condition: fields.required("asset_condition", kept)?,
            timetable: Box::new(fields.required("timetable", timetable)?),
        },
        _ => return Ok(None),
    }))
}

fn cron_trigger(expressions: Vec<String>, fields: &mut Fields) -> Result<Timetable, DagDecodeError> {
    if expressions.is_empty() {
        return Err(DagDecodeError::new("has no cron expression"));
    }
    Ok(Timetable::CronTrigger {
        expressions,
        timezone: fields.or("timezone", timezone, "UTC".to_owned())?,
        interval: fields.or("interval", step, Step::Fixed(TimeSpan::ZERO))?,
        run_immediately: fields.or("run_immediately", run_immediately, RunImmediately::WithinBuffer)?,
    })
}

/// `_summary` is not read: the SDK of this release does not write it (protocol 4.10, sharp edge).
fn events(fields: &mut Fields) -> Result<Timetable, DagDecodeError> {
    let mut event_dates = fields.required("event_dates", |value| each(value, timestamp))?;
    event_dates.sort_unstable();
    Ok(Timetable::Events {
        event_dates,
        restrict_to_events: fields.flag("restrict_to_events")?,
        description: fields.text("description")?,
    })
}

fn kept(value: &Value) -> Result<Value, DagDecodeError> {
    Ok(value.clone())
}

fn run_immediately(value: &Value) -> Result<RunImmediately, DagDecodeError> {
    Ok(match value.as_bool() {
        Some(true) => RunImmediately::Always,
        Some(false) => RunImmediately::WithinBuffer,
        None => RunImmediately::Within(span(value)?),
    })
}

/// Seconds or a wrapped `timedelta`, else the fields of a `relativedelta`, bare or wrapped.
fn step(value: &Value) -> Result<Step, DagDecodeError> {
    match (typed(value), value) {
        (Some(("relativedelta", inner)), _) => relative_delta(inner).map(Step::Calendar),
        (None, Value::Object(_)) => relative_delta(value).map(Step::Calendar),
        _ => span(value).map(Step::Fixed),
    }
}

fn relative_delta(value: &Value) -> Result<RelativeDelta, DagDecodeError> {
    let mut delta = RelativeDelta::default();
    for (key, value) in object(value)? {
        set_relative(&mut delta, key, value).map_err(|e| e.below(key))?;
    }
    Ok(delta)
}

fn set_relative(delta: &mut RelativeDelta, key: &str, value: &Value) -> Result<(), DagDecodeError> {
    match key {
        "years" => delta.years = int(value)?,
        "months" => delta.months = int(value)?,
        "days" => delta.days = int(value)?,
        "hours" => delta.hours = int(value)?,
        "minutes" => delta.minutes = int(value)?,
        "seconds" => delta.seconds = int(value)?,
        "microseconds" => delta.microseconds = int(value)?,
        "year" => delta.year = Some(int(value)?),
        "month" => delta.month = Some(int(value)?),
        "day" => delta.day = Some(int(value)?),
        "hour" => delta.hour = Some(int(value)?),
        "minute" => delta.minute = Some(int(value)?),
        "second" => delta.second = Some(int(value)?),
        "microsecond" => delta.microsecond = Some(int(value)?),
        "weekday" => delta.weekday = Some(weekday(value)?),
        // dateutil writes this field even when it does nothing.
        "leapdays" if number(value)? == 0.0 => {}
        _ => return Err(DagDecodeError::new("is not a field of a relativedelta that schedules can use")),
    }
    Ok(())
}

/// `[day]` or `[day, n]`, day 0 = Monday; without `n` it is the next one or the same day.
fn weekday(value: &Value) -> Result<(i8, i8), DagDecodeError> {
    let (day, nth) = match list(value)?.as_slice() {
        [day] => (int(day)?, 1),
        [day, nth] if nth.is_null() => (int(day)?, 1),
        [day, nth] => (int(day)?, int(nth)?),
        _ => return Err(DagDecodeError::new("expected [day] or [day, n]")),
    };
    if !(0..=6).contains(&day) || nth == 0 {
        return Err(DagDecodeError::new(format!("[{day}, {nth}] is no weekday")));
    }
    Ok((day, nth))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(class: &str, data: Value) -> Result<Timetable, DagDecodeError> {
        timetable(&json!({"__type": class, "__var": data}))
    }

    #[test]
    fn first_run_rule_has_three_forms() {
        for (written, meant) in [
            (json!(true), RunImmediately::Always),
            (json!(false), RunImmediately::WithinBuffer),
            (json!(null), RunImmediately::WithinBuffer),
            (json!(7200.0), RunImmediately::Within(TimeSpan::from_secs(7200))),
        ] {
            let data =
                json!({"expression": "0 6 * * *", "timezone": 3600, "interval": 0.0, "run_immediately": written});
            let Timetable::CronTrigger { run_immediately, timezone, .. } =
                decode("airflow.timetables.trigger.CronTriggerTimetable", data).unwrap()
            else {
                panic!("not a cron trigger");
            };
            assert_eq!(run_immediately, meant);
            assert_eq!(timezone, "+01:00");
        }
    }

    #[test]
    fn events_are_sorted_and_need_no_summary() {
        let data = json!({"event_dates": ["2024-05-01T00:00:00+00:00", "2024-03-01T12:00:00+01:00"], "restrict_to_events": true});
        let Timetable::Events { event_dates, restrict_to_events, description } =
            decode("airflow.timetables.events.EventsTimetable", data).unwrap()
        else {
            panic!("not events");
        };
        assert_eq!(event_dates[0].to_string(), "2024-03-01T11:00:00Z");
        assert!(restrict_to_events && description.is_none());
    }

    #[test]
    fn classes_nobody_evaluates_are_kept_whole() {
        for class in ["my.plugin.Timetable", "airflow.timetables.trigger.CronPartitionTimetable"] {
            let data = json!({"expression": "x"});
            assert_eq!(decode(class, data.clone()).unwrap(), Timetable::Unknown { class: class.into(), data });
        }
    }

    #[test]
    fn calendar_steps_name_their_bad_field() {
        let error =
            decode("airflow.timetables.trigger.DeltaTriggerTimetable", json!({"delta": {"moons": 1}})).unwrap_err();
        assert_eq!(error.to_string(), "__var.delta.moons: is not a field of a relativedelta that schedules can use");
        let good = json!({"delta": {"months": 1, "weekday": [4, -1], "leapdays": 0}});
        assert!(decode("airflow.timetables.trigger.DeltaTriggerTimetable", good).is_ok());
    }
}
