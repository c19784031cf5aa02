"""What is measured of a running system: times over REST, memory and processor time of its process tree."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from systems import System

POLL_SECS = 0.1  # how often a run is looked at; the same for every system
RUN_TIMEOUT_SECS = 600
IMPORT_TIMEOUT_SECS = 300
IDLE_SETTLE_SECS = 20
IDLE_SECS = 30
TICKS_PER_SEC = os.sysconf("SC_CLK_TCK")


class Rest:
    """A kept-alive connection to `/api/v2`."""

    def __init__(self, system: System) -> None:
        parts = urlsplit(system.url)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {system.token()}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Sends a request and returns the status and the decoded answer."""
        text = None if body is None else json.dumps(body)
        try:
            self.connection.request(method, f"/api/v2{path}", text, self.headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError):  # the server had closed the idle connection
            self.connection.close()
            self.connection.request(method, f"/api/v2{path}", text, self.headers)
            answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def get(self, path: str) -> Any:
        """The answer to a GET that has to succeed."""
        status, answer = self.call("GET", path)
        if status != http.client.OK:
            raise RuntimeError(f"GET {path}: {status} {answer}")
        return answer


@dataclass(frozen=True)
class Run:
    """The times of one run, in seconds."""

    makespan: float  # the run's own start to its end
    wall: float  # the trigger request to the first look that saw the end
    attempts: list[float]  # each task instance's own start to its end


def wait_for_dag(rest: Rest, dag_id: str) -> None:
    """Waits until the DAG is there, and unpauses it."""
    deadline = time.monotonic() + IMPORT_TIMEOUT_SECS
    while rest.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})[0] != http.client.OK:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{dag_id} was not imported within {IMPORT_TIMEOUT_SECS} s")
        time.sleep(POLL_SECS)


def run_once(rest: Rest, dag_id: str) -> Run:
    """Triggers a run, waits for its end and returns its times."""
    started = time.monotonic()
    status, run = rest.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None})
    if status != http.client.OK:
        raise RuntimeError(f"{dag_id} was not triggered: {status} {run}")
    path = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
    while run["state"] not in ("success", "failed"):
        if time.monotonic() - started > RUN_TIMEOUT_SECS:
            raise TimeoutError(f"{dag_id} did not end within {RUN_TIMEOUT_SECS} s")
        time.sleep(POLL_SECS)
        run = rest.get(path)
    wall = time.monotonic() - started
    if run["state"] != "success":
        raise RuntimeError(f"{dag_id} failed")
    rows = rest.get(f"{path}/taskInstances?limit=100")["task_instances"]
    attempts = [_seconds(row["start_date"], row["end_date"]) for row in rows if row["start_date"] and row["end_date"]]
    return Run(_seconds(run["start_date"], run["end_date"]), wall, attempts)


def attempt_seconds(rest: Rest, dag_id: str, runs: int) -> list[float]:
    """Runs a DAG of one task again and again, and returns the seconds from queued to reaped of each attempt."""
    wait_for_dag(rest, dag_id)
    found = []
    for _ in range(runs):
        run_once(rest, dag_id)
        (row,) = rest.get(f"/dags/{dag_id}/dagRuns/~/taskInstances?order_by=-start_date&limit=1")["task_instances"]
        path = f"/dags/{dag_id}/dagRuns/{row['dag_run_id']}/taskInstances/{row['task_id']}/logs/1"
        ends = [line for line in rest.get(path)["content"] if line["event"].startswith("Process ended")]
        found.append(_seconds(row["queued_when"], ends[-1]["timestamp"]))
    return found


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def command_seconds(command: list[str], env: dict[str, str], repetitions: int) -> list[float]:
    """The wall time of a command that has to succeed, several times."""
    times = []
    for _ in range(repetitions):
        started = time.monotonic()
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.monotonic() - started)
    return times


def pss_mib(pids: list[int]) -> float:
    """The memory of processes in MiB; what several share is divided among them."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended since it was listed
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu_seconds(pids: list[int]) -> dict[int, float]:
    """The processor time that each process has used, with that of its ended children."""
    times = {}
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        times[pid] = sum(int(value) for value in fields[11:15]) / TICKS_PER_SEC
    return times


def idle(system: System) -> dict[str, list[float]]:
    """Memory after a quiet while, then the share of one processor used over another."""
    time.sleep(IDLE_SETTLE_SECS)
    root = [process.pid for process in system.processes.values()]
    memory = {"idle_pss_mib": [pss_mib(system.pids())], "idle_root_pss_mib": [pss_mib(root)]}
    before, started = cpu_seconds(system.pids()), time.monotonic()
    time.sleep(IDLE_SECS)
    after, elapsed = cpu_seconds(system.pids()), time.monotonic() - started
    used = sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
    return memory | {"idle_cpu_percent": [100 * used / elapsed]}


def summary(values: list[float]) -> dict[str, Any]:
    """Median, extremes and all values of a measure."""
    return {"median": median(values), "min": min(values), "max": max(values), "values": values}
