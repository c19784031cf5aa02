//! Params (protocol 4.7): pairs of name and declaration, in form order.

use serde_json::Value;
use tw_model::Param;

use super::DagDecodeError;
use super::encoding::{each, object, plain, text, typed};
use super::fields::Fields;

pub(super) fn params(value: &Value) -> Result<Vec<Param>, DagDecodeError> {
    each(value, param)
}

fn param(value: &Value) -> Result<Param, DagDecodeError> {
    let Some([Value::String(name), declared]) = value.as_array().map(Vec::as_slice) else {
        return Err(DagDecodeError::new("expected a pair of name and param"));
    };
    let declared = object(declared).map_err(|e| e.below(name))?;
    let mut fields = Fields::new(declared);
    let read = |fields: &mut Fields| {
        Ok(Param {
            name: name.clone(),
            // Null is a default; `arg_not_set` is none.
            default: declared.get("default").filter(|d| typed(d).is_none_or(|(t, _)| t != "arg_not_set")).map(plain),
            description: fields.text("description")?,
            schema: fields.or("schema", |schema| Ok(plain(schema)), Value::Object(Default::default()))?,
            source: fields.optional("source", text)?,
        })
    };
    read(&mut fields).map_err(|e: DagDecodeError| e.below(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_a_missing_default_from_a_null_one() {
        let list = json!([
            ["required", {"default": {"__type": "arg_not_set", "__var": null}}],
            ["nullable", {"default": null, "schema": {"__type": "dict", "__var": {"type": ["null", "string"]}}}],
            ["object", {"default": {"__type": "dict", "__var": {"a": 1}}}],
        ]);
        let params = params(&list).unwrap();
        assert_eq!(params[0].default, None);
        assert_eq!(params[1].default, Some(Value::Null));
        assert_eq!(params[1].schema, json!({"type": ["null", "string"]}));
        assert_eq!(params[2].default, Some(json!({"a": 1})));
    }
}
