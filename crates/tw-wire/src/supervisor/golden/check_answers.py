"""Reads answers as JSON on stdin and validates each with the stock Task SDK's own decoder types."""

import json
import sys

from airflow.sdk.execution_time import comms
from pydantic import TypeAdapter

adapter = TypeAdapter(comms.ToTask)
for name, body in json.load(sys.stdin).items():
    model = type(adapter.validate_python(body))
    if model.__name__ != body["type"]:
        sys.exit(f"{name}: read as {model.__name__}")
    declared = {field.alias or key for key, field in model.model_fields.items()}
    unknown, missing = body.keys() - declared, declared - body.keys()
    if unknown or missing:
        sys.exit(f"{name}: unknown {sorted(unknown)}, missing {sorted(missing)}")
