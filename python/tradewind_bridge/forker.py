"""Forks children on request and reports their ends; the part that bridge and templates share."""

import os
import select
import signal

from tradewind_bridge import child, kernel


class Forker:
    """A loop over control messages and ended children.

    Single-threaded: a process with threads must not fork.
    """

    def __init__(self, control, signals, from_template):
        self.control = control
        self.signals = signals
        self.from_template = from_template
        # pid -> id of the spawn request
        self.children = {}
        self.stopping = False
        self._poller = select.poll()
        # descriptor -> function to call when it is readable
        self._handlers = {}
        self.watch(control.fileno(), self._on_control)
        self.watch(signals.reader, self._on_signals)

    def watch(self, descriptor, handler):
        self._handlers[descriptor] = handler
        self._poller.register(descriptor, select.POLLIN)

    def unwatch(self, descriptor):
        del self._handlers[descriptor]
        self._poller.unregister(descriptor)

    def run(self):
        """Serves until the control channel ends or SIGTERM comes."""
        while not self.stopping:
            for descriptor, _ in self._poller.poll(self.poll_timeout_ms()):
                handler = self._handlers.get(descriptor)
                if handler is not None:
                    handler()
            self.on_turn()

    def poll_timeout_ms(self):
        """How long to wait for a message at most; None is for ever."""
        return None

    def on_turn(self):
        """Called after each round of messages."""

    def on_request(self, message, descriptors):
        self.fork_child(message, descriptors)

    def on_foreign_exit(self, pid, status, usage):
        """A process ended that this forker did not fork for a request."""

    def private_descriptors(self):
        """What a fork must close: everything of this loop."""
        return [self.control.fileno(), *self.signals.descriptors()]

    def fork_child(self, message, descriptors):
        """Forks for one request, answers it and closes the descriptors here."""
        identity, kind = message["id"], message["kind"]
        parent = os.getpid()
        try:
            pid = kernel.fork()
        except OSError as error:
            self.refuse(identity, descriptors, f"fork failed: {error}")
            return
        if pid == 0:
            child.serve(kind, descriptors, parent, self.private_descriptors())
        if kind == "task":
            _lead_group(pid)
        self.children[pid] = identity
        close_all(descriptors)
        self.control.send({"type": "spawned", "id": identity, "pid": pid, "from_template": self.from_template})

    def refuse(self, identity, descriptors, error):
        close_all(descriptors)
        self.control.send({"type": "refused", "id": identity, "error": error})

    def _on_control(self):
        message, descriptors = self.control.receive()
        if message is None:
            self.stopping = True
        else:
            self.on_request(message, descriptors)

    def _on_signals(self):
        numbers = self.signals.take()
        if signal.SIGTERM in numbers:
            self.stopping = True
        for pid, status, usage in kernel.reap():
            identity = self.children.pop(pid, None)
            if identity is None:
                self.on_foreign_exit(pid, status, usage)
            else:
                self.report_exit(identity, pid, status, usage)

    def report_exit(self, identity, pid, status, usage):
        self.control.send(
            {
                "type": "exited",
                "id": identity,
                "pid": pid,
                "status": os.waitstatus_to_exitcode(status),
                "user_us": round(usage.ru_utime * 1e6),
                "system_us": round(usage.ru_stime * 1e6),
                "max_rss_bytes": usage.ru_maxrss * 1024,
            }
        )


def close_all(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


def _lead_group(pid):
    try:
        os.setpgid(pid, pid)
    except OSError:
        # The child was faster, and has even executed another program or ended.
        pass
