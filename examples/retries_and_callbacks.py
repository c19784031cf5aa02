"""
### Retries and callbacks

`unsteady` fails as often as the parameter `failures` says and then succeeds; the wait between its attempts doubles
from two seconds. Each attempt has its own log. Callbacks write one line for each retry, failure and success.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Context, Param, dag, task

log = logging.getLogger(__name__)


def note(event: str, context: Context) -> None:
    """Writes one line about a task instance; a real callback would send a message."""
    instance = context["ti"]
    log.warning("%s: %s.%s try %s", event, instance.dag_id, instance.task_id, instance.try_number)


def on_retry(context: Context) -> None:
    """Called when an attempt failed and another will come."""
    note("retry", context)


def on_failure(context: Context) -> None:
    """Called when the last attempt failed."""
    note("failure", context)


def on_success(context: Context) -> None:
    """Called after the attempt that succeeded."""
    note("success", context)


@task(
    retries=3,
    retry_delay=timedelta(seconds=2),
    retry_exponential_backoff=True,
    max_retry_delay=timedelta(seconds=10),
    on_retry_callback=on_retry,
    on_failure_callback=on_failure,
    on_success_callback=on_success,
)
def unsteady(params: dict[str, Any], ti: Any) -> int:
    """Succeeds once it has failed often enough; returns the number of the attempt that did."""
    if ti.try_number <= params["failures"]:
        raise ConnectionError(f"attempt {ti.try_number} of {ti.max_tries + 1} got no answer")
    return ti.try_number


@task
def report(attempt: int) -> None:
    """Says which attempt succeeded."""
    log.info("attempt %d succeeded", attempt)


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1),
    params={"failures": Param(2, type="integer", minimum=0, maximum=9, description="Above 3 the run fails.")},
    default_args={"owner": "operations"},
    tags=["example", "retries"],
    doc_md=__doc__,
)
def retries_and_callbacks() -> None:
    """One unsteady task and what follows it."""
    report(unsteady())


retries_and_callbacks()
