"""The main process: warms up, then forks children and templates until the Rust side goes away."""

import contextlib
import os
import socket
import sys
import traceback

from tradewind_bridge import kernel, pages, recording, versions, warm
from tradewind_bridge.channel import Channel
from tradewind_bridge.forker import Forker
from tradewind_bridge.templates import Templates


class Bridge(Forker):
    """Forks children, or has a template do it."""

    def __init__(self, control, signals, templates_max):
        super().__init__(control, signals, from_template=False)
        self._templates = Templates(self, templates_max)
        self._snapshot = recording.snapshot_of_bridge()

    def note(self, text):
        self.control.send({"type": "note", "text": text})

    def on_request(self, message):
        file = message["template"]
        if not recording.is_current(self._snapshot):
            # The Rust side starts another bridge; this one stays for its running children.
            self.control.send({"type": "outdated", "id": message["id"]})
        elif file is None or message["kind"] != "task":
            self.fork_child(message)
        else:
            self._templates.spawn(message, file)

    def on_foreign_exit(self, pid, status, usage):
        self._templates.on_exit(pid, status, usage)

    def private_descriptors(self):
        return [*super().private_descriptors(), *self._templates.private_descriptors()]

    def poll_timeout_ms(self):
        return self._templates.timeout_ms()

    def on_turn(self, quiet):
        self._templates.expire()


def main():
    templates_max = int(sys.argv.pop(1))
    control = _take_control_socket()
    try:
        notes = warm.warm_up()
        report = versions.report()
    except BaseException:
        # The Rust side shows the tail of stderr to the user.
        traceback.print_exc()
        os._exit(1)
    kernel.adopt_orphans()
    bridge = Bridge(control, kernel.Signals(), templates_max)
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        notes.append(f"{threads - 1} threads run after the imports; forks may hang")
    kernel.set_title("tradewind bridge")
    kernel.freeze()
    pages.use_large_pages()
    for note in notes:
        bridge.note(note)
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
    # What the server's own parent leaked must not reach user code.
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            with contextlib.suppress(OSError):
                os.close(int(name))
    control = Channel(socket.socket(fileno=os.dup(0)))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    return control
