"""Runs that somebody has to do something about."""

from __future__ import annotations

import os
import pathlib
import time

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

OUT = pathlib.Path(os.environ["IT_OUT"])


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dag(schedule=None)
def mending():
    """Fails until its cause is gone."""

    @task
    def before():
        pass

    @task
    def breaks():
        if not (OUT / "cause_gone").exists():
            raise ValueError("the cause is there")
        print("mended", flush=True)

    @task
    def then():
        pass

    before() >> breaks() >> then()


@dag(schedule=None)
def holding():
    """Waits for a gate, and is slow to leave. Says which of the processes before it still run."""

    @task
    def holds(ti):
        marks = OUT / "holds"
        earlier = [int(line.split()[3]) for line in marks.read_text().splitlines()] if marks.exists() else []
        still = sum(map(runs, earlier))
        with marks.open("a") as file:
            file.write(f"{ti.run_id} {ti.try_number} {still} {os.getpid()}\n")
        try:
            while not (OUT / "gate").exists():
                time.sleep(0.05)
        finally:
            time.sleep(0.5)

    @task
    def after():
        pass

    holds() >> after()


@dag(schedule=None)
def resetting():
    """Has the same run of another DAG run again and again."""
    TriggerDagRunOperator(task_id="triggers", trigger_dag_id="mending", trigger_run_id="fixed", reset_dag_run=True)


mending()
holding()
resetting()
