"""Runs of every common shape: chains, fans, mapping, branches, retries, sensors, pools."""

from __future__ import annotations

import os
import pathlib
from datetime import timedelta

from airflow.sdk import PokeReturnValue, dag, task, task_group


def out(name: str) -> pathlib.Path:
    return pathlib.Path(os.environ["IT_OUT"]) / name


@dag(schedule=None)
def graph():
    """A chain, a fan-out, a mapped task and a mapped group, and what collects them."""

    @task
    def numbers():
        return [1, 2, 3]

    @task
    def double(number):
        return 2 * number

    @task
    def total(values):
        return sum(values)

    @task_group
    def check(number):
        @task
        def low(number):
            return number < 3

        @task
        def told(is_low):
            return f"low: {is_low}"

        told(low(number))

    @task
    def last():
        return "done"

    found = numbers()
    sides = [task(task_id=f"side_{n}")(lambda: None)() for n in range(4)]
    summed = total(double.expand(number=found))
    checked = check.expand(number=found)
    found >> sides
    [summed, checked, *sides] >> last()


@dag(schedule=None)
def branching():
    """One of two ways; what joins them runs because one of them did."""

    @task.branch
    def choose():
        return "left"

    @task
    def left():
        return "went left"

    @task
    def right():
        raise AssertionError("nobody goes here")

    @task(trigger_rule="none_failed_min_one_success")
    def join():
        return "met"

    choose() >> [left(), right()] >> join()


@dag(schedule=None)
def trying():
    """Fails once, then succeeds; a sensor that looks three times in one try."""

    @task(retries=2, retry_delay=timedelta(milliseconds=200))
    def unsteady(ti):
        if ti.try_number == 1:
            raise ConnectionError("not yet")
        return ti.try_number

    @task.sensor(mode="reschedule", poke_interval=0.2, timeout=60)
    def looking():
        with out("looks").open("a") as file:
            print(os.getpid(), file=file)
        looks = out("looks").read_text().split()
        return PokeReturnValue(is_done=len(looks) >= 3, xcom_value=len(set(looks)))

    unsteady()
    looking()


@dag(schedule=None)
def narrow():
    """Four tasks through a pool with one slot: none may meet another."""

    @task(pool="narrow")
    def pass_through():
        place = out("inside")
        place.touch(exist_ok=False)
        place.unlink()

    for _ in range(4):
        pass_through()


graph()
branching()
trying()
narrow()
