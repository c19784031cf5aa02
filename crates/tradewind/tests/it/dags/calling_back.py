"""Callbacks of tasks and of DAGs. Each writes a line."""

from __future__ import annotations

import os
import pathlib
import signal
from datetime import timedelta

from airflow.sdk import dag, task


def note(event):
    def callback(context):
        who = context["dag_run"].dag_id if event.startswith("dag_") else context["ti"].task_id
        with (pathlib.Path(os.environ["IT_OUT"]) / "called").open("a") as file:
            print(event, who, file=file)

    return callback


calls = {
    "on_execute_callback": note("execute"),
    "on_retry_callback": note("retry"),
    "on_success_callback": note("success"),
    "on_failure_callback": note("failure"),
}


@dag(schedule=None, on_success_callback=note("dag_success"), on_failure_callback=note("dag_failure"))
def calling_back_good():
    @task(retries=1, retry_delay=timedelta(0), **calls)
    def second_time(ti):
        assert ti.try_number == 2

    second_time()


@dag(schedule=None, on_success_callback=note("dag_success"), on_failure_callback=note("dag_failure"))
def calling_back_bad():
    @task(**calls)
    def fails():
        raise ValueError("no")

    @task(retries=1, retry_delay=timedelta(0), **calls)
    def dies():
        os.kill(os.getpid(), signal.SIGKILL)

    fails()
    dies()


calling_back_good()
calling_back_bad()
