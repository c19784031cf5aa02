"""What a fork does when it serves one attempt or one parse."""

import gc
import os
import socket

from tradewind_bridge import kernel

# The code that stock uses for an error before its own entry point runs.
EXIT_BEFORE_ENTRY = 124

# The parsed file of this template process, see `template.Memo`; None in the bridge.
memo = None
_parse_is_replaced = False


def serve(kind, descriptors, parent_pid, private_descriptors):
    """Becomes the child; never returns.

    :param descriptors: the child's ends of requests, stdout, stderr and logs.
    :param private_descriptors: what belongs to the forking process and must not stay open here.
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
        from airflow.sdk.execution_time import supervisor

        requests, stdout, stderr = (socket.socket(fileno=number) for number in descriptors[:3])
        target = _run_task if kind == "task" else _run_parse
        supervisor._fork_main(requests, stdout, stderr, descriptors[3], target)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(EXIT_BEFORE_ENTRY)


def _run_task():
    from airflow.sdk.execution_time import task_runner

    if not _parse_is_replaced:
        gc.enable()
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
