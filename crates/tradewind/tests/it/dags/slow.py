"""A task that waits for a file, and one that fails."""

from __future__ import annotations

import os
import pathlib
import time
from datetime import timedelta

from airflow.sdk import dag, task


@dag(schedule=None, tags=["it"], description="Waits for a file")
def slow():
    @task
    def waits():
        print("waiting for the gate", flush=True)
        while not (pathlib.Path(os.environ["IT_OUT"]) / "gate").exists():
            time.sleep(0.05)

    @task
    def after():
        print("the gate is open")

    waits() >> after()


@dag(schedule=None)
def failing():
    @task(retries=1, retry_delay=timedelta(0))
    def fails():
        raise ValueError("on purpose")

    fails()


@dag(schedule="0 5 * * *", start_date=None, catchup=False)
def daily():
    @task
    def nothing():
        pass

    nothing()


slow()
failing()
daily()
