"""Runs a private no-op attempt once before the first fork.

What the first run of that code allocates and caches for good, every fork then shares instead of
making it anew. Nothing of the user's is called: no DAG file, no listener, no policy.
"""

import contextlib
import contextvars
import functools
import gc
import os
import signal
import types
from datetime import UTC, datetime

from tradewind_bridge import child
from tradewind_bridge.memo import Memo

DAG_ID = "tradewind_rehearsal"
TASK_ID = "nothing"
SIGNALS_TOUCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGUSR2)


def rehearse():
    """Runs the attempt and restores everything that it changed in this process."""
    # In a context of its own, so that the log context of the attempt does not stay.
    contextvars.copy_context().run(_rehearse)


def _rehearse():
    import structlog
    from airflow.sdk.execution_time import comms, task_runner

    memo = _memo()
    log = structlog.get_logger(logger_name="task")
    with _restored(task_runner), _quiet():
        child.memo = memo
        line = Loopback()
        task_runner.SUPERVISOR_COMMS = comms.CommsDecoder(log=log, socket=line)
        line.answer([0, _startup_details(), None])
        details = task_runner.SUPERVISOR_COMMS._get_response()
        instance, context, log = task_runner.startup(details)
        state, _, error = task_runner.run(instance, context, log)
        if error is not None:
            raise error
        task_runner.finalize(instance, state, context, log, error)


class Loopback:
    """A socket that answers each request with an empty response."""

    def __init__(self):
        self._unread = bytearray()

    def answer(self, frame):
        import msgspec

        body = msgspec.msgpack.encode(frame)
        self._unread += len(body).to_bytes(4, "big") + body

    def sendall(self, data):
        import msgspec

        identity = msgspec.msgpack.decode(memoryview(data)[4:])[0]
        self.answer([identity, None, None])

    def recv(self, size):
        data = bytes(self._unread[:size])
        del self._unread[:size]
        return data

    def recv_into(self, view):
        data = self.recv(len(view))
        view[: len(data)] = data
        return len(data)

    def setblocking(self, _flag):
        pass


@functools.cache
def _memo():
    from airflow.dag_processing.bundles.local import LocalDagBundle

    dag = _noop_dag()
    folder = os.path.dirname(os.path.abspath(__file__))
    bundle = LocalDagBundle(name=DAG_ID, path=folder)
    bag = types.SimpleNamespace(dags={DAG_ID: dag}, import_errors={})
    return Memo(DAG_ID, "rehearsal.py", bundle, bag)


def _noop_dag():
    from airflow.sdk import DAG, task

    def nothing():
        return None

    with DAG(DAG_ID, schedule=None) as dag:
        task(task_id=TASK_ID)(nothing)()
    return dag


@contextlib.contextmanager
def _restored(task_runner):
    """Undoes what an attempt does to its process, and keeps the user's listeners out."""
    from airflow.sdk._shared.listeners.listener import ListenerManager
    from airflow.sdk._shared.listeners.spec import lifecycle, taskinstance

    listeners = ListenerManager()
    listeners.add_hookspecs(lifecycle)
    listeners.add_hookspecs(taskinstance)
    environment = dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in SIGNALS_TOUCHED}
    stock_listeners = task_runner.get_listener_manager
    task_runner.get_listener_manager = lambda: listeners
    try:
        yield
    finally:
        task_runner.get_listener_manager = stock_listeners
        vars(task_runner).pop("SUPERVISOR_COMMS", None)
        child.memo = None
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        gc.disable()


@contextlib.contextmanager
def _quiet():
    """Sends the attempt's log lines nowhere."""
    from tradewind_bridge import warm

    if warm.log_descriptor is None:
        yield
        return
    kept = os.dup(warm.log_descriptor)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), warm.log_descriptor, inheritable=False)
    try:
        yield
    finally:
        os.dup2(kept, warm.log_descriptor, inheritable=False)
        os.close(kept)


def _startup_details():
    now = datetime.now(UTC)
    run_id = "rehearsal"
    dag_run = {
        "dag_id": DAG_ID,
        "run_id": run_id,
        "logical_date": now,
        "data_interval_start": now,
        "data_interval_end": now,
        "run_after": now,
        "start_date": now,
        "end_date": None,
        "run_type": "manual",
        "state": "running",
        "consumed_asset_events": [],
        "partition_key": None,
    }
    instance = {
        "id": "00000000-0000-7000-8000-000000000001",
        "task_id": TASK_ID,
        "dag_id": DAG_ID,
        "run_id": run_id,
        "try_number": 1,
        "dag_version_id": "00000000-0000-7000-8000-000000000002",
        "map_index": -1,
    }
    return {
        "type": "StartupDetails",
        "ti": instance,
        "dag_rel_path": "rehearsal.py",
        "bundle_info": {"name": DAG_ID, "version": None},
        "start_date": now,
        "ti_context": {"dag_run": dag_run, "max_tries": 0, "should_retry": False, "xcom_keys_to_clear": []},
        "sentry_integration": "",
    }
