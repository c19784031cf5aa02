"""A mapped task whose instances wait for a file beside this one; one of them fails at first."""

import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, get_current_context, task

OPEN = Path(__file__).with_name("open")

with DAG("maps", schedule=None, tags=["e2e"]):

    @task
    def before():
        return [1, 2, 3]

    @task(retries=1, retry_delay=timedelta(milliseconds=100))
    def load(number):
        while not OPEN.exists():
            time.sleep(0.02)
        if number == 2 and get_current_context()["ti"].try_number == 1:
            raise ValueError("not yet")

    @task(pool="default_pool")
    def after():
        pass

    load.expand(number=before()) >> after()
