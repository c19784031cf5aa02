"""A task that holds memory and burns CPU time until a file is there."""

from __future__ import annotations

import os
import pathlib

from airflow.sdk import dag, task


@dag(schedule=None)
def hungry():
    @task
    def eats():
        held = bytearray(os.urandom(1024)) * 60_000
        while not (pathlib.Path(os.environ["IT_OUT"]) / "gate").exists():
            pass
        return len(held)

    eats()


hungry()
