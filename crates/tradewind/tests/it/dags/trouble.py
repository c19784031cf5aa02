"""Tasks that behave badly. Each may hurt itself and nothing else."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time
from datetime import timedelta

from airflow.sdk import Variable, dag, task


def note(word):
    with (pathlib.Path(os.environ["IT_OUT"]) / "notes").open("a") as file:
        print(word, os.getpid(), file=file)


def alone(function, timeout=None, **arguments):
    """A DAG named like the function, with it as its only task."""

    def body():
        task(**arguments)(function)()

    dag(dag_id=function.__name__, schedule=None, dagrun_timeout=timeout)(body)()


def too_long():
    time.sleep(600)


def deaf_and_too_long():
    """The exception of the timeout is caught, again and again."""
    while True:
        try:
            time.sleep(600)
        except BaseException:
            note("deaf")


def deaf():
    signal.signal(signal.SIGTERM, lambda *_: note("ignored"))
    note("deaf_pid")
    while True:
        time.sleep(600)


def leaves_a_child():
    print("left behind:", subprocess.Popen(["sleep", "600"]).pid, flush=True)


def exits():
    os._exit(0)


def out_of_memory():
    os.kill(os.getpid(), signal.SIGKILL)


def crashes():
    os.abort()


def huge_result():
    return "x" * (8 << 20)


def huge_lines():
    print("y" * (8 << 20))
    for number in range(20_000):
        print("line", number)
    print("the end", flush=True)


def unprintable():
    sys.stdout.flush()
    os.write(1, bytes(range(256)) * 64 + b"\n")
    os.write(2, b"\xff\xfe no text\n")
    return float("inf")


def garbage():
    """Junk where the supervisor expects messages: a frame of an impossible length."""
    os.write(0, b"\xff\xff\xff\xff" + b"junk" * 100)
    time.sleep(600)


def nonsense():
    """A frame of a possible length that holds no message."""
    os.write(0, b"\x00\x00\x00\x08" + b"nonsense")
    Variable.get("any")
    Variable.get("any")


def harmless():
    return "fine"


alone(too_long, execution_timeout=timedelta(seconds=1))
alone(deaf_and_too_long, execution_timeout=timedelta(seconds=1))
alone(deaf, timeout=timedelta(seconds=3))
for function in (leaves_a_child, exits, out_of_memory, crashes, huge_result, huge_lines, unprintable):
    alone(function)
for function in (garbage, nonsense, harmless):
    alone(function)
