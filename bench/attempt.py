"""Measures one attempt by itself: from the request for a fork to the report that its process was reaped.

Talks to `python/tradewind_bridge` as the server does and answers each request of the task at once, so neither the
server nor its database take part. Run with an interpreter that holds the Task SDK; prints one number of milliseconds
for each attempt.
"""

from __future__ import annotations

import array
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec  # comes with the SDK

BRIDGE = Path(__file__).resolve().parent.parent / "python/tradewind_bridge"
ATTEMPTS, UNCOUNTED = 60, 5
PAUSE_SECS = 0.1  # attempts come one by one, as in a DAG of short tasks
MESSAGE_BYTES_MAX = 1 << 17
TEMPLATES_MAX = "8"
DAG_FILE = """
from airflow.sdk import DAG, task

with DAG("one", schedule=None):
    task(task_id="t")(lambda: None)()
"""
NOW = "2025-01-01T00:00:00Z"
RUN = {"dag_id": "one", "run_id": "r", "run_type": "manual", "state": "running", "consumed_asset_events": []}
RUN |= {"logical_date": NOW, "data_interval_start": NOW, "data_interval_end": NOW, "run_after": NOW, "start_date": NOW}
STARTUP = {
    "type": "StartupDetails",
    "ti": {
        "id": "01900000-0000-7000-8000-000000000001",
        "dag_id": "one",
        "run_id": "r",
        "task_id": "t",
        "try_number": 1,
        "map_index": -1,
        "dag_version_id": "01900000-0000-7000-8000-000000000002",
    },
    "dag_rel_path": "one.py",
    "bundle_info": {"name": "bench", "version": None},
    "start_date": NOW,
    "ti_context": {
        "dag_run": RUN | {"end_date": None, "partition_key": None},
        "max_tries": 0,
        "should_retry": False,
        "xcom_keys_to_clear": [],
        "variables": [],
        "connections": [],
    },
    "sentry_integration": "",
}


def start_bridge(folder: Path) -> socket.socket:
    """Starts the bridge on a folder of DAG files, and returns its control socket when it has imported Airflow."""
    bundle = {"name": "bench", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle"}
    env = os.environ | {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle | {"kwargs": {"path": str(folder)}}]),
        "_AIRFLOW_PROCESS_CONTEXT": "client",
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, str(BRIDGE), TEMPLATES_MAX]
    subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    theirs.close()
    receive(ours, "ready")
    return ours


def receive(control: socket.socket, wanted: str) -> tuple[dict[str, Any], list[socket.socket]]:
    """The next message of one type, with the sockets that came with it."""
    while True:
        data, attached, _, _ = control.recvmsg(MESSAGE_BYTES_MAX, socket.CMSG_SPACE(16))
        if not data:
            raise RuntimeError("the bridge ended")
        descriptors = array.array("i")
        for _, _, numbers in attached:
            descriptors.frombytes(numbers)
        message = json.loads(data)
        if message["type"] == wanted:
            return message, [socket.socket(fileno=number) for number in descriptors]


def frame(content: list[Any]) -> bytes:
    """A message of the task channel."""
    body = msgspec.msgpack.encode(content)
    return len(body).to_bytes(4, "big") + body


def run_attempt(control: socket.socket, folder: Path, number: int) -> float:
    """Runs one attempt and returns its seconds."""
    template = {"bundle_name": "bench", "bundle_path": str(folder), "relative_fileloc": "one.py"}
    started = time.perf_counter()
    control.send(json.dumps({"type": "spawn", "id": number, "kind": "task", "template": template}).encode())
    _, channels = receive(control, "spawned")
    requests = channels[0].makefile("rwb", buffering=0)
    requests.write(frame([0, STARTUP, None]))
    said = []
    while size := requests.read(4):
        identity, body, *_ = msgspec.msgpack.decode(requests.read(int.from_bytes(size, "big")))
        said.append(body["type"])
        requests.write(frame([identity, None, None]))
    message, _ = receive(control, "exited")
    elapsed = time.perf_counter() - started
    if message["status"] != 0 or said[-1] != "SucceedTask":
        raise RuntimeError(f"the attempt did not succeed: {message}, it said {said}")
    for end in channels:
        end.close()
    return elapsed


def main() -> None:
    """Prints the milliseconds of each attempt."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "one.py").write_text(DAG_FILE)
        control = start_bridge(folder)
        for number in range(UNCOUNTED + ATTEMPTS):
            time.sleep(PAUSE_SECS)
            elapsed = run_attempt(control, folder, number)
            if number >= UNCOUNTED:
                print(f"{elapsed * 1000:.2f}")


if __name__ == "__main__":
    main()
