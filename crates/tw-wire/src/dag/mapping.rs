//! Expand inputs and XCom references (protocol 4.5). Only lengths are kept.

use serde_json::Value;
use tw_model::{ExpandInput, MapInput, TaskId, XComArg};

use super::DagDecodeError;
use super::encoding::{each, list, object, text, typed};
use super::fields::Fields;

/// Decodes `{type, value}`.
pub(super) fn expand_input(value: &Value) -> Result<ExpandInput, DagDecodeError> {
    let mut fields = Fields::new(object(value)?);
    match fields.required("type", text)?.as_str() {
        "dict-of-lists" => fields.required("value", dict_of_lists),
        "list-of-dicts" => fields.required("value", map_input).map(ExpandInput::ListOfDicts),
        other => Err(DagDecodeError::new(format!("{other:?} is no kind of expand input")).below("type")),
    }
}

fn dict_of_lists(value: &Value) -> Result<ExpandInput, DagDecodeError> {
    let inputs = object(value)?.iter();
    let inputs = inputs.map(|(name, input)| Ok((name.clone(), map_input(input).map_err(|e| e.below(name))?)));
    inputs.collect::<Result<_, _>>().map(ExpandInput::DictOfLists)
}

/// A literal collection or a reference to output.
fn map_input(value: &Value) -> Result<MapInput, DagDecodeError> {
    let len = match typed(value) {
        Some(("xcomref", inner)) => return xcom_arg(inner).map(MapInput::XCom),
        Some(("dict", inner)) => object(inner)?.len(),
        _ => list(value)?.len(),
    };
    Ok(MapInput::Literal { len: u32::try_from(len).unwrap_or(u32::MAX) })
}

/// A reference; inside another reference the wrapper is left out.
fn xcom_arg(value: &Value) -> Result<XComArg, DagDecodeError> {
    let inner = match typed(value) {
        Some(("xcomref", inner)) => inner,
        _ => value,
    };
    let mut fields = Fields::new(object(inner)?);
    match fields.text("type")?.as_deref() {
        None => Ok(XComArg::Output {
            task_id: TaskId::from(fields.required("task_id", text)?),
            key: fields.or("key", text, "return_value".to_owned())?,
        }),
        Some("map") => fields.required("arg", xcom_arg).map(|arg| XComArg::Map(Box::new(arg))),
        // A fill value of null is a fill value, so it is the key that counts.
        Some("zip") => {
            Ok(XComArg::Zip { args: fields.required("args", args)?, fill: inner.get("fillvalue").is_some() })
        }
        Some("concat") => fields.required("args", args).map(XComArg::Concat),
        Some(other) => Err(DagDecodeError::new(format!("{other:?} is no kind of reference to output")).below("type")),
    }
}

fn args(value: &Value) -> Result<Vec<XComArg>, DagDecodeError> {
    each(value, xcom_arg)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_null_fill_value_makes_zip_take_the_longest() {
        let arg = |fill: Value| {
            let mut zip = json!({"type": "zip", "args": [{"task_id": "a", "key": "return_value"}, {"task_id": "b"}]});
            zip.as_object_mut().unwrap().extend(fill.as_object().unwrap().clone());
            xcom_arg(&zip).unwrap()
        };
        let len = |task: &TaskId| Some(if task.as_str() == "a" { 2 } else { 5 });
        assert_eq!(arg(json!({})).len(&len), Some(2));
        assert_eq!(arg(json!({"fillvalue": null})).len(&len), Some(5));
    }

    #[test]
    fn errors_name_the_argument() {
        let input = json!({"type": "dict-of-lists", "value": {"__type": "dict", "__var": {"x": 7}}});
        assert_eq!(expand_input(&input).unwrap_err().to_string(), "value.x: expected a list, got 7");
    }
}
