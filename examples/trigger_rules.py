"""
### Branching and trigger rules

`pick_carrier` follows one of three branches; the other two are skipped. What comes after shows how a trigger rule
reads its upstreams:

| task | trigger rule | outcome |
| --- | --- | --- |
| `only_if_all` | `all_success`, the default | skipped, because branches were skipped |
| `join` | `none_failed_min_one_success` | runs |
| `audit` | `all_done` | runs, whatever happened |
| `alarm` | `one_failed` | skipped, because nothing failed |
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Label, Param, TriggerRule, dag, task

CARRIERS = ("rail", "road", "sea")


@task.branch
def pick_carrier(params: dict[str, Any]) -> str:
    """Returns the task to follow."""
    tonnes = params["tonnes"]
    carrier = "road" if tonnes <= 25 else "rail" if tonnes <= 2_000 else "sea"
    return f"book_{carrier}"


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1),
    params={"tonnes": Param(400, type="integer", minimum=1, description="Weight of the shipment.")},
    default_args={"owner": "logistics"},
    tags=["example", "branching"],
    doc_md=__doc__,
)
def trigger_rules() -> None:
    """One branch runs, four rules look at it."""
    choice = pick_carrier()
    bookings = [EmptyOperator(task_id=f"book_{carrier}") for carrier in CARRIERS]
    limits = ("up to 2,000 t", "up to 25 t", "more")
    for booking, limit in zip(bookings, limits, strict=True):
        choice >> Label(limit) >> booking
    join = EmptyOperator(task_id="join", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    bookings >> EmptyOperator(task_id="only_if_all")
    bookings >> join
    join >> EmptyOperator(task_id="audit", trigger_rule=TriggerRule.ALL_DONE)
    join >> EmptyOperator(task_id="alarm", trigger_rule=TriggerRule.ONE_FAILED)


trigger_rules()
