"""The workloads of the side-by-side measurement: what is timed is the orchestrator, so no task does anything."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, chain, task

START = datetime(2025, 1, 1)
CHAIN, FAN, LAYERS, WIDTH = 20, 50, 10, 100


def noop() -> None:
    """Does nothing; runs in a process of its own."""


with DAG("bench_single", schedule=None, start_date=START):
    task(noop, task_id="t")()

with DAG("bench_chain", schedule=None, start_date=START):
    chain(*[task(noop, task_id=f"t{index:02}")() for index in range(CHAIN)])

with DAG("bench_fan", schedule=None, start_date=START, max_active_tasks=FAN):
    first, last = task(noop, task_id="first")(), task(noop, task_id="last")()
    first >> [task(noop, task_id=f"t{index:02}")() for index in range(FAN)] >> last

with DAG("bench_layers", schedule=None, start_date=START, max_active_tasks=LAYERS * WIDTH):
    above: list[EmptyOperator] = []
    for layer in range(LAYERS):
        row = [EmptyOperator(task_id=f"l{layer}_{index:02}") for index in range(WIDTH)]
        for index, upstream in enumerate(above):
            upstream >> [row[index], row[(index + 1) % WIDTH]]
        above = row
