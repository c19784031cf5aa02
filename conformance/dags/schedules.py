"""Runs that come from a schedule, between two days that are past, so that their number is known."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, CronDataIntervalTimetable, CronTriggerTimetable, MultipleCronTriggerTimetable, task

FIRST, LAST = pendulum.datetime(2026, 3, 27, tz="UTC"), pendulum.datetime(2026, 3, 30, tz="UTC")
BERLIN = pendulum.timezone("Europe/Berlin")  # its clocks went forward on 29 March 2026
SCHEDULES = {
    "by_cron": "0 6 * * *",
    "by_delta": timedelta(hours=18),
    "by_preset": "@daily",
    "by_cron_intervals_in_berlin": CronDataIntervalTimetable("30 5 * * *", timezone=BERLIN),
    "by_cron_in_berlin": CronTriggerTimetable("30 5 * * *", timezone=BERLIN),
    "by_two_crons": MultipleCronTriggerTimetable("0 6 * * *", "0 18 * * 6", timezone="UTC"),
    "only_once": "@once",
}

for name, schedule in SCHEDULES.items():
    with DAG(
        f"scheduled_{name}",
        schedule=schedule,
        start_date=FIRST,
        end_date=LAST,
        catchup=True,
        max_active_runs=2,
        is_paused_upon_creation=True,
    ):

        @task(depends_on_past=True)
        def each() -> None:
            """One task for each run, in order."""

        each()
