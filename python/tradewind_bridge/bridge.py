"""The main process: warms up, then forks children and templates until the Rust side goes away."""

import os
import socket
import traceback

from tradewind_bridge import kernel, versions, warm
from tradewind_bridge.channel import Channel
from tradewind_bridge.forker import Forker


class Bridge(Forker):
    """Forks children, or has a template do it."""

    def __init__(self, control, signals):
        super().__init__(control, signals, from_template=False)


def main():
    control = _take_control_socket()
    try:
        notes = warm.warm_up()
        report = versions.report()
    except BaseException:
        # The Rust side shows the tail of stderr to the user.
        traceback.print_exc()
        os._exit(1)
    kernel.adopt_orphans()
    bridge = Bridge(control, kernel.Signals())
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        notes.append(f"{threads - 1} threads run after the imports; forks may hang")
    warm.freeze()
    for note in notes:
        control.send({"type": "note", "text": note})
    control.send({"type": "ready", "versions": report})
    try:
        bridge.run()
    except (BrokenPipeError, ConnectionError):
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        kernel.end_descendants()
        os._exit(0)


def _take_control_socket():
    """Moves the control socket away from fd 0, which every child uses for its requests."""
    control = Channel(socket.socket(fileno=os.dup(0)))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    return control
