"""Callbacks of tasks and of runs; each leaves a variable, whose key starts with the id of the DAG, for `run.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from airflow.sdk import DAG, Context, Variable, task
from airflow.sdk.exceptions import AirflowSkipException


def of_task(event: str) -> Callable[[Context], None]:
    """A callback that notes the task, the event and the try."""

    def note(context: Context) -> None:
        ti = context["ti"]
        Variable.set(f"{ti.dag_id}.{ti.task_id}.{event}.{ti.try_number}", str(context.get("exception")))

    return note


def of_run(event: str) -> Callable[[Context], None]:
    """A callback that notes the event of a run."""

    def note(context: Context) -> None:
        Variable.set(f"{context['dag'].dag_id}.run.{event}", f"{context['run_id']}: {context['reason']}")

    return note


ALL = {f"on_{event}_callback": of_task(event) for event in ("execute", "success", "retry", "failure", "skipped")}

for dag_id, fails in (("callbacks_of_a_success", False), ("callbacks_of_a_failure", True)):
    with DAG(
        dag_id,
        start_date=datetime(2025, 1, 1),
        schedule=None,
        on_success_callback=of_run("success"),
        on_failure_callback=[of_run("failure"), of_run("failure_again")],
        default_args=ALL,
    ):

        @task(retries=1, retry_delay=timedelta(seconds=1))
        def unsteady(fails: bool, ti: object = None) -> None:
            """Fails at its first try, and at its second when asked to."""
            if fails or ti.try_number == 1:
                raise ValueError(f"try {ti.try_number}")

        @task
        def skips() -> None:
            """Skips itself."""
            raise AirflowSkipException("nothing to do")

        @task(trigger_rule="all_done")
        def follows() -> None:
            """Runs at the end, whatever became of the others."""

        skips() >> follows()
        unsteady(fails)
