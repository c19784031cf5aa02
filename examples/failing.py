"""
### A run that fails

`weigh` fails at each of its two attempts, so `ship` never runs (`upstream_failed`). `clean_up` runs all the same: its
trigger rule is `all_done`. The run fails, because `ship` is a leaf that did not succeed; clear `weigh` to try again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from airflow.sdk import TriggerRule, dag, task

log = logging.getLogger(__name__)


@task
def pack() -> list[float]:
    """Returns the weights of three parcels, of which one is wrong."""
    return [2.5, -1.0, 4.2]


@task(retries=1, retry_delay=timedelta(seconds=2))
def weigh(weights: list[float]) -> float:
    """Adds up the weights; refuses impossible ones."""
    if wrong := [weight for weight in weights if weight <= 0]:
        raise ValueError(f"a parcel can't weigh {wrong[0]} kg")
    return sum(weights)


@task
def ship(weight: float) -> None:
    """Would send the parcels."""
    log.info("sending %.1f kg", weight)


@task(trigger_rule=TriggerRule.ALL_DONE)
def clean_up() -> None:
    """Runs whatever happened before."""
    log.info("the table is clean")


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1),
    default_args={"owner": "warehouse"},
    tags=["example", "failure"],
    doc_md=__doc__,
)
def failing() -> None:
    """Pack, weigh, ship, clean up."""
    weight = weigh(pack())
    ship(weight)
    weight >> clean_up()


failing()
