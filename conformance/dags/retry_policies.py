"""Retry policies, which decide at the failure whether and when to try again."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryRule, task

POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=ConnectionError, action=RetryAction.RETRY, retry_delay=timedelta(seconds=1)),
        RetryRule(exception="builtins.PermissionError", action=RetryAction.FAIL, reason="no use to try again"),
    ],
)
HOUR = timedelta(hours=1)  # longer than a comparison lasts: only the policy can have shortened it
SECOND = timedelta(seconds=1)

with DAG("retry_policies", start_date=datetime(2025, 1, 1), schedule=None):

    @task(retries=3, retry_delay=HOUR, retry_policy=POLICY)
    def sooner(ti: object = None) -> None:
        """The policy shortens the delay; the third try succeeds."""
        if ti.try_number < 3:
            raise ConnectionError(f"try {ti.try_number}")

    @task(retries=3, retry_delay=SECOND, retry_policy=POLICY)
    def never() -> None:
        """The policy fails it at its first try."""
        raise PermissionError("forbidden")

    @task(retries=1, retry_delay=SECOND, retry_policy=POLICY)
    def as_usual(ti: object = None) -> None:
        """No rule fits, so that the task's own delay counts."""
        if ti.try_number == 1:
            raise KeyError("no rule")

    @task(retries=1, retry_delay=HOUR, retry_policy=POLICY)
    def exhausted() -> None:
        """The policy says retry, but there are no retries left after the second try."""
        raise ConnectionError("always")

    sooner()
    never()
    as_usual()
    exhausted()
