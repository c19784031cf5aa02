//! The parameters of a run: a DAG's defaults overlaid with the configuration of a trigger, each
//! checked against its JSON Schema.
//!
//! The check covers what DAG authors write: `type`, `enum`, `const`, the bounds of numbers, texts
//! and lists, `pattern`, `format` (dates and times), `items`, `properties`, `required`,
//! `additionalProperties`, `anyOf`, `oneOf`, `allOf` and `not`. A keyword beyond these is not looked
//! at: the SDK checks all of it again before user code runs, so nothing invalid gets through, it is
//! only told later.

use regex::Regex;
use serde_json::{Map, Value};
use tw_model::Param;

/// Nested schemas at most, so that a hostile one cannot exhaust the stack.
const DEPTH_MAX: usize = 32;
/// Size of a compiled pattern at most, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Checks a configuration against the parameters of a DAG.
///
/// # Errors
/// What is wrong, for people: a parameter without a value, or a value that does not fit.
pub(crate) fn check_conf(params: &[Param], conf: &Map<String, Value>) -> Result<(), String> {
    for param in params {
        let name = &param.name;
        let Some(value) = conf.get(name).or(param.default.as_ref()) else {
            return Err(format!("Invalid input for param {name}: no value was given"));
        };
        check(&param.schema, value, 0).map_err(|problem| format!("Invalid input for param {name}: {problem}"))?;
    }
    Ok(())
}

fn check(schema: &Value, value: &Value, depth: usize) -> Result<(), String> {
    let rules = match schema {
        Value::Object(rules) => rules,
        Value::Bool(false) => return Err("no value is allowed".to_owned()),
        _ => return Ok(()),
    };
    if depth > DEPTH_MAX {
        return Err(format!("its schema is nested deeper than {DEPTH_MAX} levels"));
    }
    check_type(rules, value)?;
    check_choice(rules, value)?;
    match value {
        Value::Number(_) => check_number(rules, value)?,
        Value::String(text) => check_text(rules, text)?,
        Value::Array(items) => check_items(rules, items, depth)?,
        Value::Object(members) => check_members(rules, members, depth)?,
        Value::Null | Value::Bool(_) => {}
    }
    check_combined(rules, value, depth)
}

fn check_type(rules: &Map<String, Value>, value: &Value) -> Result<(), String> {
    let Some(wanted) = rules.get("type") else { return Ok(()) };
    let names: Vec<&str> = match wanted {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let fits = |name: &&str| match *name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match names.iter().any(fits) {
        true => Ok(()),
        false => Err(format!("{value} is not of type {}", names.join(" or "))),
    }
}

fn check_choice(rules: &Map<String, Value>, value: &Value) -> Result<(), String> {
    let equal = |other: &Value| other == value || (other.is_number() && other.as_f64() == value.as_f64());
    if let Some(Value::Array(choices)) = rules.get("enum")
        && !choices.iter().any(equal)
    {
        return Err(format!("{value} is not one of {}", Value::Array(choices.clone())));
    }
    match rules.get("const") {
        Some(only) if !equal(only) => Err(format!("{value} is not {only}")),
        _ => Ok(()),
    }
}

fn check_number(rules: &Map<String, Value>, value: &Value) -> Result<(), String> {
    let number = value.as_f64().unwrap_or(f64::NAN);
    let bound = |name: &str| rules.get(name).and_then(Value::as_f64);
    let problems = [
        (bound("minimum").is_some_and(|least| number < least), "less than the minimum"),
        (bound("exclusiveMinimum").is_some_and(|least| number <= least), "not more than the minimum"),
        (bound("maximum").is_some_and(|most| number > most), "more than the maximum"),
        (bound("exclusiveMaximum").is_some_and(|most| number >= most), "not less than the maximum"),
        (bound("multipleOf").is_some_and(|step| step > 0.0 && !is_whole(number / step)), "not a multiple of the step"),
    ];
    first(problems, value)
}

/// Whether the number is whole, but for what binary fractions cannot say exactly.
fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() <= 1e-9 * number.abs().max(1.0)
}

fn check_text(rules: &Map<String, Value>, text: &str) -> Result<(), String> {
    let length = text.chars().count() as u64;
    let bound = |name: &str| rules.get(name).and_then(Value::as_u64);
    let pattern = rules.get("pattern").and_then(Value::as_str);
    // A pattern that only Python understands is left to Python.
    let compiled = pattern.and_then(|p| regex::RegexBuilder::new(p).size_limit(PATTERN_BYTES_MAX).build().ok());
    let problems = [
        (bound("minLength").is_some_and(|least| length < least), "too short"),
        (bound("maxLength").is_some_and(|most| length > most), "too long"),
        (compiled.is_some_and(|pattern: Regex| !pattern.is_match(text)), "not of the required pattern"),
        (!has_format(rules.get("format").and_then(Value::as_str), text), "not of the required format"),
    ];
    first(problems, &Value::String(text.to_owned()))
}

/// The formats that Airflow's checker knows without further packages, as it reads them: a time has no
/// offset, and `date-time` is any text.
fn has_format(format: Option<&str>, text: &str) -> bool {
    match format {
        Some("date") => text.len() == 10 && format!("{text}T00:00:00Z").parse::<tw_model::Timestamp>().is_ok(),
        Some("time") => is_time_of_day(text),
        _ => true,
    }
}

/// Whether the text is hours, minutes and seconds of one or two digits each, on a day without leap seconds.
fn is_time_of_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let below = |part: &str, limit: u8| {
        matches!(part.len(), 1 | 2)
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|number| number < limit)
    };
    matches!(parts[..], [hours, minutes, seconds] if below(hours, 24) && below(minutes, 60) && below(seconds, 60))
}

fn check_items(rules: &Map<String, Value>, items: &[Value], depth: usize) -> Result<(), String> {
    let bound = |name: &str| rules.get(name).and_then(Value::as_u64);
    let unique = rules.get("uniqueItems").and_then(Value::as_bool).unwrap_or(false);
    let count = items.len() as u64;
    let repeats = unique && items.iter().enumerate().any(|(at, item)| items[..at].contains(item));
    let problems = [
        (bound("minItems").is_some_and(|least| count < least), "has too few items"),
        (bound("maxItems").is_some_and(|most| count > most), "has too many items"),
        (repeats, "has an item twice"),
    ];
    if let Some((_, problem)) = problems.into_iter().find(|(bad, _)| *bad) {
        return Err(format!("the list {problem}"));
    }
    match rules.get("items") {
        Some(schema) => items.iter().try_for_each(|item| check(schema, item, depth + 1)),
        None => Ok(()),
    }
}

fn check_members(rules: &Map<String, Value>, members: &Map<String, Value>, depth: usize) -> Result<(), String> {
    let required = rules.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if let Some(missing) = required.iter().filter_map(Value::as_str).find(|name| !members.contains_key(*name)) {
        return Err(format!("{missing:?} is required"));
    }
    let properties = rules.get("properties").and_then(Value::as_object);
    let has_patterns = rules.contains_key("patternProperties");
    for (name, member) in members {
        match (properties.and_then(|known| known.get(name)), rules.get("additionalProperties")) {
            (Some(schema), _) => check(schema, member, depth + 1)?,
            (None, Some(schema)) if !has_patterns => {
                check(schema, member, depth + 1).map_err(|problem| format!("{name:?}: {problem}"))?;
            }
            (None, _) => {}
        }
    }
    Ok(())
}

fn check_combined(rules: &Map<String, Value>, value: &Value, depth: usize) -> Result<(), String> {
    let list = |name: &str| rules.get(name).and_then(Value::as_array);
    let fits = |schema: &&Value| check(schema, value, depth + 1).is_ok();
    if let Some(all) = list("allOf") {
        all.iter().try_for_each(|schema| check(schema, value, depth + 1))?;
    }
    if let Some(any) = list("anyOf")
        && !any.iter().any(|schema| fits(&schema))
    {
        return Err(format!("{value} fits none of the alternatives"));
    }
    if let Some(one) = list("oneOf")
        && one.iter().filter(fits).count() != 1
    {
        return Err(format!("{value} does not fit exactly one of the alternatives"));
    }
    match rules.get("not") {
        Some(schema) if fits(&schema) => Err(format!("{value} is what is not allowed")),
        _ => Ok(()),
    }
}

fn first<const N: usize>(problems: [(bool, &str); N], value: &Value) -> Result<(), String> {
    match problems.into_iter().find(|(bad, _)| *bad) {
        Some((_, problem)) => Err(format!("{value} is {problem}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fits(schema: Value, value: Value) -> bool {
        check(&schema, &value, 0).is_ok()
    }

    #[test]
    fn each_keyword_takes_and_refuses() {
        let table = [
            (json!({"type": ["null", "string"]}), json!(null), json!(1)),
            (json!({"type": "integer"}), json!(2.0), json!(2.5)),
            (json!({"type": "number"}), json!(2.5), json!("2.5")),
            (json!({"type": "boolean"}), json!(true), json!(1)),
            (json!({"enum": [1, "a"]}), json!(1.0), json!("b")),
            (json!({"const": "a"}), json!("a"), json!("b")),
            (json!({"minimum": 3, "maximum": 5}), json!(5), json!(6)),
            (json!({"exclusiveMinimum": 3}), json!(4), json!(3)),
            (json!({"exclusiveMaximum": 3}), json!(2), json!(3)),
            (json!({"multipleOf": 0.1}), json!(0.3), json!(0.35)),
            (json!({"minLength": 2, "maxLength": 3}), json!("äöü"), json!("a")),
            (json!({"pattern": "^a+$"}), json!("aa"), json!("ab")),
            (json!({"pattern": "(?=look)"}), json!("anything"), json!(null)),
            (json!({"type": "string", "format": "date"}), json!("2026-02-28"), json!("2026-02-30")),
            (json!({"type": "string", "format": "date-time"}), json!("2026-02-28T01:02:03"), json!(1)),
            (json!({"type": "string", "format": "time"}), json!("1:02:03"), json!("01:02:03Z")),
            (json!({"type": "string", "format": "time"}), json!("23:59:59"), json!("24:00:00")),
            (json!({"items": {"type": "integer"}, "minItems": 1}), json!([1]), json!(["1"])),
            (json!({"uniqueItems": true}), json!([1, 2]), json!([1, 1])),
            (json!({"required": ["a"]}), json!({"a": 1}), json!({})),
            (
                json!({"properties": {"a": {"type": "null"}}, "additionalProperties": false}),
                json!({"a": null}),
                json!({"b": 1}),
            ),
            (json!({"anyOf": [{"type": "null"}, {"minimum": 3}]}), json!(3), json!(2)),
            (json!({"oneOf": [{"minimum": 3}, {"maximum": 3}]}), json!(2), json!(3)),
            (json!({"allOf": [{"minimum": 3}, {"maximum": 3}]}), json!(3), json!(2)),
            (json!({"not": {"type": "null"}}), json!(1), json!(null)),
            (json!(true), json!(1), json!(null)),
        ];
        for (schema, good, bad) in table {
            assert!(fits(schema.clone(), good.clone()), "{schema} takes {good}");
            let takes_all = schema == json!(true) || schema.get("pattern") == Some(&json!("(?=look)"));
            assert_eq!(fits(schema.clone(), bad.clone()), takes_all, "{schema} and {bad}");
        }
    }

    #[test]
    fn conf_overlays_the_defaults() {
        let param = |name: &str, default| Param {
            name: name.into(),
            default,
            description: None,
            schema: json!({"type": "integer"}),
            source: None,
        };
        let params = [param("given", None), param("set", Some(json!(1)))];
        let conf = |value: Value| value.as_object().cloned().unwrap();
        assert_eq!(check_conf(&params, &conf(json!({"given": 1, "free": "text"}))), Ok(()));
        assert_eq!(
            check_conf(&params, &conf(json!({}))).unwrap_err(),
            "Invalid input for param given: no value was given"
        );
        assert_eq!(
            check_conf(&params, &conf(json!({"given": 1, "set": "x"}))).unwrap_err(),
            "Invalid input for param set: \"x\" is not of type integer"
        );
    }

    #[test]
    fn a_deep_schema_is_refused_not_followed() {
        let mut schema = json!({"type": "integer"});
        for _ in 0..100 {
            schema = json!({"allOf": [schema]});
        }
        assert!(!fits(schema, json!(1)));
    }
}
