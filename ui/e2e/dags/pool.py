"""Three tasks for one slot: each holds it until its gate is there."""

import time
from pathlib import Path

from airflow.sdk import DAG, task

HERE = Path(__file__).parent


def hold(name):
    @task(task_id=name, pool="narrow", priority_weight={"first": 3, "second": 2, "third": 1}[name])
    def held():
        while not (HERE / f"{name}.gate").exists():
            time.sleep(0.02)

    held()


with DAG("shares", schedule=None, tags=["e2e"]):
    for name in ("first", "second", "third"):
        hold(name)
