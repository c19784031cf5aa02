"""DAGs whose history `fill.py` writes: one of 2,000 tasks, one mapped 100,000 times, and a hundred ordinary ones."""

from __future__ import annotations

import itertools
from datetime import datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task

GROUPS, TASKS_PER_GROUP = 40, 50
ORDINARY_DAGS, LAYERS, WIDTH = 100, 5, 5
START = datetime(2025, 1, 1)

with DAG("wide", schedule=None, start_date=START, tags=["history"]):
    for g in range(GROUPS):
        with TaskGroup(f"group_{g:02}"):
            first = EmptyOperator(task_id="t00")
            first >> [EmptyOperator(task_id=f"t{t:02}") for t in range(1, TASKS_PER_GROUP)]

with DAG("mapped", schedule=None, start_date=START, tags=["history"]):

    @task
    def one(item: int) -> int:
        """Does nothing to one item."""
        return item

    EmptyOperator(task_id="before") >> one.expand(item=[1, 2, 3]) >> EmptyOperator(task_id="after")

for n in range(ORDINARY_DAGS):
    with DAG(f"ordinary_{n:02}", schedule=None, start_date=START, tags=["history", f"tag-{n % 7}"]):
        layers = [[EmptyOperator(task_id=f"t{layer}_{i}") for i in range(WIDTH)] for layer in range(LAYERS)]
        for upper, lower in itertools.pairwise(layers):
            for up in upper:
                up >> lower
