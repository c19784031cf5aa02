"""Thirty short tasks in six lanes. Each writes a line when its user code begins and when it ends."""

from __future__ import annotations

import os
import pathlib
import time
from datetime import timedelta

from airflow.sdk import dag, task


def mark(word, ti):
    line = f"{word} {ti.run_id} {ti.task_id} {ti.try_number} {os.getpid()}\n"
    with (pathlib.Path(os.environ["IT_OUT"]) / "marks").open("a") as file:
        file.write(line)


def lanes(**arguments):
    @task(**arguments)
    def step(ti):
        mark("begin", ti)
        time.sleep(0.3)
        mark("end", ti)

    for lane in range(6):
        before = None
        for number in range(5):
            after = step.override(task_id=f"lane_{lane}_step_{number}")()
            if before is not None:
                before >> after
            before = after


@dag(schedule=None, max_active_tasks=30)
def load():
    """No retries: whatever is tried again here is tried for nothing."""
    lanes()


@dag(schedule=None, max_active_tasks=30)
def load_with_retries():
    """A process that dies by itself costs a retry."""
    lanes(retries=9, retry_delay=timedelta(milliseconds=100))


load()
load_with_retries()
