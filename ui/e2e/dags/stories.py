"""DAGs for tests in a browser."""

import time
from pathlib import Path

from airflow.sdk import DAG, Param, task

GATE = Path(__file__).with_name("gate")

with DAG(
    "greets",
    schedule=None,
    params={
        "name": Param("world", type="string", description="Whom to greet"),
        "times": Param(1, type="integer", minimum=1, maximum=3),
    },
):

    @task
    def greet(**context):
        params = context["params"]
        for _ in range(params["times"]):
            print(f"hello {params['name']}")

    greet()

with DAG("waits", schedule=None, tags=["e2e"]):

    @task
    def first():
        while not GATE.exists():
            time.sleep(0.02)

    @task
    def second():
        pass

    first() >> second()

with DAG("fails", schedule=None, tags=["e2e"]):

    @task
    def good():
        return 1

    @task
    def bad(value):
        for line in range(200):
            print(f"line {line}")
        raise ValueError("the needle")

    @task
    def after(value):
        pass

    after(bad(good()))
