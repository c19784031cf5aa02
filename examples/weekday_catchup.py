"""
### A cron schedule that catches up

Runs at 06:00 in Zurich on every working day of the first half of January 2026. All of it lies in the past, so when the
DAG is unpaused, its nine runs are created at once and run two at a time, oldest first. Every run knows the day that it
stands for, however late it runs: `total` waits for the same task of the day before and adds to its result.
"""

from __future__ import annotations

import logging
import random

import pendulum
from airflow.sdk import dag, task

log = logging.getLogger(__name__)


@task
def count_visitors(logical_date: pendulum.DateTime) -> int:
    """Returns the visitors of the day: a made-up number, the same at every run for that day."""
    visitors = random.Random(logical_date.date().isoformat()).randint(200, 900)
    log.info("%d visitors on %s", visitors, logical_date.format("dddd, D MMMM"))
    return visitors


@task(depends_on_past=True)
def total(visitors: int, ti=None) -> int:  # noqa: ANN001
    """Adds the visitors to the total of the day before."""
    before = ti.xcom_pull(task_ids="total", map_indexes=-1, include_prior_dates=True) or 0
    log.info("%d visitors so far", before + visitors)
    return before + visitors


@dag(
    schedule="0 6 * * MON-FRI",
    start_date=pendulum.datetime(2026, 1, 5, tz="Europe/Zurich"),
    end_date=pendulum.datetime(2026, 1, 15, 12, tz="Europe/Zurich"),
    catchup=True,
    max_active_runs=2,
    default_args={"owner": "museum"},
    tags=["example", "schedule"],
    doc_md=__doc__,
)
def weekday_catchup() -> None:
    """Count and add up."""
    total(count_visitors())


weekday_catchup()
