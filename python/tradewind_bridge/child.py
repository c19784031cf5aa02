"""What a fork does when it serves one attempt or one parse."""

import gc
import os
import select

from tradewind_bridge import kernel

# The code that stock uses for an error before its own entry point runs.
EXIT_BEFORE_ENTRY = 124

# The parsed file of this template process, see `memo.Memo`; None in the bridge.
memo = None
_parse_is_replaced = False
_stock_initialize = None


def serve(kind, ends, parent_pid, private_descriptors, prepare=None):
    """Becomes the child; never returns.

    :param ends: the child's sockets for requests, stdout, stderr and logs.
    :param private_descriptors: what belongs to the forking process and must not stay open here.
    :param prepare: called first of what is not needed for order between the processes.
    """
    try:
        if kind == "task":
            # The parent does the same, so that the group exists whoever runs first.
            os.setpgid(0, 0)
        kernel.die_with(parent_pid)
        kernel.forget_signals()
        kernel.release_signals()
        for descriptor in private_descriptors:
            os.close(descriptor)
        if prepare is not None:
            prepare()
        from airflow.sdk.execution_time import supervisor

        requests, stdout, stderr, logs = ends
        target = _run_task if kind == "task" else _run_parse
        supervisor._fork_main(requests, stdout, stderr, logs.detach(), target)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(EXIT_BEFORE_ENTRY)


def _run_task():
    from airflow.sdk.execution_time import task_runner

    if not _parse_is_replaced:
        gc.enable()
    if _stock_initialize is not None:
        task_runner.stats.initialize = _initialize
    task_runner.main()


def _run_parse():
    from airflow.dag_processing import processor

    gc.enable()
    processor._parse_file_entrypoint()


def replace_parse():
    """Starts the collector where user code starts, and lets stock ``parse`` find what a template holds."""
    from airflow.sdk.execution_time import task_runner

    from tradewind_bridge import warm

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
    """Has a task's child do all that needs no start-up message, and then wait for that.

    The stock runner would wait only after its first log line, whose time would be that of the fork.
    """
    from airflow.sdk.execution_time import task_runner

    from tradewind_bridge import warm

    global _stock_initialize
    warm.require_parameters(task_runner.stats.initialize, ("factory", "export_legacy_names"))
    _stock_initialize = task_runner.stats.initialize


def _initialize(**options):
    """Stands where the stock runner's last step before that log line is, once."""
    from airflow.sdk.execution_time import task_runner

    task_runner.stats.initialize = _stock_initialize
    _stock_initialize(**options)
    poller = select.poll()
    poller.register(0, select.POLLIN)
    poller.poll()
