"""
### A sensor that gives its slot back

`order_placed` writes an order that is to be ready some seconds later. `order_ready` looks every ten seconds. Its mode
is `reschedule`: between two looks it is `up_for_reschedule` and holds neither a process nor a pool slot. All its looks
belong to one attempt. When the order is not ready in two minutes, the sensor fails.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, PokeReturnValue, dag, task

log = logging.getLogger(__name__)


@task
def order_placed(params: dict[str, Any]) -> str:
    """Returns the instant at which the order will be ready."""
    ready_at = datetime.now(tz=UTC) + timedelta(seconds=params["seconds"])
    return ready_at.isoformat()


@task.sensor(mode="reschedule", poke_interval=10, timeout=120)
def order_ready(ready_at: str) -> PokeReturnValue:
    """Looks whether the order is ready and hands on when that was."""
    now = datetime.now(tz=UTC)
    log.info("the order is due at %s, now it is %s", ready_at, now.isoformat())
    return PokeReturnValue(is_done=now >= datetime.fromisoformat(ready_at), xcom_value=now.isoformat())


@task
def deliver(seen_at: str) -> None:
    """Runs once the order is ready."""
    log.info("delivering what was ready at %s", seen_at)


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1),
    params={"seconds": Param(15, type="integer", minimum=0, maximum=100, description="How long the order takes.")},
    default_args={"owner": "kitchen"},
    tags=["example", "sensor"],
    doc_md=__doc__,
)
def reschedule_sensor() -> None:
    """Place, wait, deliver."""
    deliver(order_ready(order_placed()))


reschedule_sensor()
