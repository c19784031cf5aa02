"""Writes one frame of every message a child may send, made by the stock Task SDK itself.

Run with an interpreter that has the Task SDK: python make_requests.py > requests.json
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import get_args

from airflow.dag_processing.processor import DagFileParsingResult
from airflow.sdk.execution_time import comms
from airflow.sdk.serde import serialize

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
UUID = "0190a5b0-0000-7000-8000-000000000001"
XCOM = {"key": "a/b", "dag_id": "d", "run_id": "r", "task_id": "t"}
STATES = {
    "dag_id": "d",
    "map_index": 1,
    "task_ids": ["t"],
    "task_group_id": "g",
    "logical_dates": [AT],
    "run_ids": ["r"],
}
QUESTION = {"ti_id": UUID, "options": ["yes"], "subject": "s", "assigned_users": [{"id": "1", "name": "u"}]}
EVENTS = {"after": AT, "before": AT, "limit": 5, "ascending": False}

FIELDS = {
    "GetXCom": XCOM | {"map_index": 2, "include_prior_dates": True},
    "GetXComCount": XCOM,
    "GetXComSequenceItem": XCOM | {"offset": -1},
    "GetXComSequenceSlice": XCOM | {"start": None, "stop": 5, "step": -1},
    "SetXCom": XCOM | {"value": serialize({"n": [1, 2.5, None], "at": AT}), "mapped_length": 2},
    "DeleteXCom": XCOM,
    "GetConnection": {"conn_id": "c"},
    "GetVariable": {"key": "k"},
    "GetVariableKeys": {"prefix": "p"},
    "PutVariable": {"key": "k", "value": "v", "description": None},
    "DeleteVariable": {"key": "k"},
    "MaskSecret": {"value": {"password": "hunter22"}, "name": "n"},
    "SetRenderedFields": {"rendered_fields": {"bash_command": "echo 1"}},
    "SetRenderedMapIndex": {"rendered_map_index": "label"},
    "ValidateInletsAndOutlets": {"ti_id": UUID},
    "GetAssetByName": {"name": "n"},
    "GetAssetByUri": {"uri": "u"},
    "GetAssetsByAlias": {"alias_name": "n"},
    "GetAssetEventByAsset": EVENTS | {"name": "n", "uri": None},
    "GetAssetEventByAssetAlias": EVENTS | {"alias_name": "n"},
    "GetTaskStateStore": {"ti_id": UUID, "key": "k"},
    "SetTaskStateStore": {"ti_id": UUID, "key": "k", "value": [1], "expires_at": AT},
    "DeleteTaskStateStore": {"ti_id": UUID, "key": "k"},
    "ClearTaskStateStore": {"ti_id": UUID},
    "GetAssetStateStoreByName": {"name": "n", "key": "k"},
    "GetAssetStateStoreByUri": {"uri": "u", "key": "k"},
    "SetAssetStateStoreByName": {"name": "n", "key": "k", "value": 1},
    "SetAssetStateStoreByUri": {"uri": "u", "key": "k", "value": 1},
    "DeleteAssetStateStoreByName": {"name": "n", "key": "k"},
    "DeleteAssetStateStoreByUri": {"uri": "u", "key": "k"},
    "ClearAssetStateStoreByName": {"name": "n"},
    "ClearAssetStateStoreByUri": {"uri": "u"},
    "GetDag": {"dag_id": "d"},
    "GetDagRun": {"dag_id": "d", "run_id": "r"},
    "GetDagRunState": {"dag_id": "d", "run_id": "r"},
    "GetPreviousDagRun": {"dag_id": "d", "logical_date": AT, "state": "success"},
    "GetPrevSuccessfulDagRun": {"ti_id": UUID},
    "GetPreviousTI": {"dag_id": "d", "task_id": "t", "logical_date": AT},
    "GetTaskRescheduleStartDate": {"ti_id": UUID, "try_number": 2},
    "GetTICount": STATES | {"states": ["success", "null"]},
    "GetTaskStates": STATES,
    "GetTaskBreadcrumbs": {"dag_id": "d", "run_id": "r"},
    "GetDRCount": {"dag_id": "d", "states": ["success"]},
    "TriggerDagRun": {"dag_id": "d", "run_id": "r", "logical_date": AT, "conf": {"a": 1}, "reset_dag_run": True},
    "CreateHITLDetailPayload": QUESTION,
    "GetHITLDetailResponse": {"ti_id": UUID},
    "UpdateHITLDetail": {"ti_id": UUID, "chosen_options": ["yes"], "params_input": {"a": 1}},
    "ResendLoggingFD": {},
    "SkipDownstreamTasks": {"tasks": ["a", ("b", 3)]},
    "SucceedTask": {"end_date": AT, "task_outlets": [{"name": "n", "uri": "u", "type": "Asset"}], "outlet_events": []},
    "RetryTask": {"end_date": AT, "retry_delay_seconds": 1.5, "retry_reason": "why"},
    "TaskState": {"state": "failed", "end_date": AT},
    "DeferTask": {
        "classpath": "a.B",
        "trigger_kwargs": {"x": 1},
        "trigger_timeout": timedelta(seconds=90),
        "next_method": "go",
    },
    "RescheduleTask": {"reschedule_date": AT, "end_date": AT},
    "AwaitInputTask": {"next_method": "go"},
}


def payload(message) -> str:
    frame = comms._RequestFrame(id=3, body=message.model_dump(), context_carrier=None)
    return bytes(frame.as_bytes())[4:].hex()


def main() -> None:
    models = {model.__name__: model for model in get_args(get_args(comms.ToSupervisor)[0])}
    missing = models.keys() ^ FIELDS.keys()
    if missing:
        sys.exit(f"the SDK and this table differ in: {sorted(missing)}")
    frames = {name: payload(models[name](**fields)) for name, fields in FIELDS.items()}
    result = DagFileParsingResult(fileloc="/f.py", serialized_dags=[], warnings=[], import_errors={"f.py": "bad"})
    frames["DagFileParsingResult"] = payload(result)
    print(json.dumps(frames, indent=1))


main()
