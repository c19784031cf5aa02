"""DAGs for acts on runs and tasks: each waits for a file of its own name beside this one, or fails without it."""

import logging
import time
from pathlib import Path

from airflow.sdk import DAG, task

log = logging.getLogger(__name__)


def there(name: str) -> bool:
    return Path(__file__).with_name(name).exists()


with DAG("mends", schedule=None, tags=["acts"]):

    @task
    def early():
        pass

    @task
    def mend():
        if not there("mended"):
            raise ValueError("not mended yet")
        # What is printed comes by another way and may stand among the lines of a folded group.
        log.info("mended at last")

    @task
    def late():
        pass

    early() >> mend() >> late()

with DAG("holds", schedule=None, tags=["acts"]):

    @task
    def hold():
        while not there("held"):
            time.sleep(0.02)

    @task
    def release():
        pass

    hold() >> release()

with DAG("quick", schedule=None, tags=["acts"]):

    @task
    def only():
        pass

    only()
