"""What a fork does when it serves one attempt, one parse or one test of a connection."""

import gc
import os
import socket
import traceback

from tradewind_bridge import connection_test, kernel, warm

# The code that stock uses for an error before its own entry point runs.
EXIT_BEFORE_ENTRY = 124

# Children of these kinds lead a process group, so that what they started can be ended with them.
GROUP_LEADERS = ("task", "connection_test")

# The parsed file of this template process, see `memo.Memo`; None in the bridge.
memo = None
_parse_is_replaced = False
_stock_initialize = None
# See `_run_loop`.
_kept = None


class ReachedChild(BaseException):
    """Leads a fork of a template out of the template's loop, back into the stock runner."""


def serve(kind, ends, parent_pid, private_descriptors):
    """Becomes the child; never returns.

    :param ends: the child's sockets for requests, stdout, stderr and logs.
    :param private_descriptors: what belongs to the forking process and must not stay open here.
    """
    try:
        _detach(kind, parent_pid, private_descriptors)
        from airflow.sdk.execution_time import supervisor

        requests, stdout, stderr, logs = ends
        supervisor._fork_main(requests, stdout, stderr, logs.detach(), _TARGETS[kind])
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(EXIT_BEFORE_ENTRY)


def take_over(kind, ends, parent_pid, private_descriptors, prepare):
    """Becomes a child in a process that stopped before the start; goes on where that stopped.

    :param prepare: called when this process no longer depends on its parent; may be None.
    """
    try:
        _detach(kind, parent_pid, private_descriptors)
        if prepare is not None:
            prepare()
        for end, descriptor in zip(ends, (0, 1, 2, warm.log_descriptor), strict=True):
            os.dup2(end.fileno(), descriptor, inheritable=descriptor != warm.log_descriptor)
            end.close()
    except BaseException:
        traceback.print_exc()
        os._exit(EXIT_BEFORE_ENTRY)
    raise ReachedChild


def stop_before_start(loop):
    """Runs the stock runner as far as it needs no start-up message, and there calls `loop`.

    Forks that `loop` makes and that raise `ReachedChild` need not run that part. Never returns.
    """
    from airflow.sdk.execution_time import supervisor, task_runner

    placeholder, _peer = socket.socketpair()
    errors = os.fdopen(os.dup(2), "wb")

    def initialize(**options):
        task_runner.stats.initialize = _stock_initialize
        _stock_initialize(**options)
        placeholder.close()
        _peer.close()
        errors.close()
        kernel.freeze()
        _run_loop(loop, task_runner.SUPERVISOR_COMMS.socket)

    task_runner.stats.initialize = initialize
    # The log descriptor is closed at the end, and only there, so it must be the final one.
    supervisor._fork_main(placeholder, errors, errors, warm.log_descriptor, task_runner.main)


def _run_loop(loop, requests):
    """Returns in a child, when it was told to start."""
    global _kept
    try:
        loop()
        os._exit(0)
    except ReachedChild as reached:
        # Its frames hold objects whose descriptors are closed: their ends must not close them again.
        _kept = reached
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    # The first log line of an attempt must not be older than its request.
    if not requests.recv(1, socket.MSG_PEEK):
        # Whoever could have sent one is gone.
        os._exit(0)


def can_stop_before_start():
    """Whether `stop_before_start` knows this SDK."""
    return _parse_is_replaced and _stock_initialize is not None and warm.log_descriptor is not None


def _detach(kind, parent_pid, private_descriptors):
    if kind in GROUP_LEADERS:
        # The parent does the same, so that the group exists whoever runs first.
        os.setpgid(0, 0)
    kernel.die_with(parent_pid)
    kernel.forget_signals()
    kernel.release_signals()
    for descriptor in private_descriptors:
        os.close(descriptor)


def _run_task():
    from airflow.sdk.execution_time import task_runner

    if not _parse_is_replaced:
        gc.enable()
    task_runner.main()


def _run_parse():
    from airflow.dag_processing import processor

    gc.enable()
    processor._parse_file_entrypoint()


def _run_connection_test():
    gc.enable()
    connection_test.run()


_TARGETS = {"task": _run_task, "parse": _run_parse, "connection_test": _run_connection_test}


def replace_parse():
    """Starts the collector where user code starts, and lets stock ``parse`` find what a template holds."""
    from airflow.sdk.execution_time import task_runner

    stock = task_runner.parse
    warm.require_parameters(stock, ("what", "log"))

    def parse(what, log):
        if memo is None or not memo.covers(what):
            gc.enable()
            return stock(what, log)
        with memo.in_place():
            instance = stock(what, log)
        gc.enable()
        return instance

    global _parse_is_replaced
    task_runner.parse = parse
    _parse_is_replaced = True


def split_start():
    """Finds the last step of the stock runner that needs no start-up message.

    What comes next is its first log line, and then the wait for that message.
    """
    from airflow.sdk.execution_time import task_runner

    global _stock_initialize
    warm.require_parameters(task_runner.stats.initialize, ("factory", "export_legacy_names"))
    _stock_initialize = task_runner.stats.initialize
