"""Forks children on request and reports their ends; the part that bridge and templates share."""

import os
import select
import signal
import socket

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
            ready = self._poller.poll(self.poll_timeout_ms())
            for descriptor, _ in ready:
                handler = self._handlers.get(descriptor)
                if handler is not None:
                    handler()
            self.on_turn(quiet=not ready)

    def poll_timeout_ms(self):
        """How long to wait for a message at most; None is for ever."""
        return None

    def on_turn(self, quiet):
        """Called after each round of messages; it is quiet when there was none."""

    def on_request(self, message):
        self.fork_child(message)

    def on_foreign_exit(self, pid, status, usage):
        """A process ended that this forker did not fork for a request."""

    def private_descriptors(self):
        """What a fork must close: everything of this loop."""
        return [self.control.fileno(), *self.signals.descriptors()]

    def become_child(self, kind, ends, parent_pid, private_descriptors, prepare):
        """Called in a fork; does not return."""
        child.serve(kind, ends, parent_pid, private_descriptors)

    def fork_child(self, message):
        """Forks for one request and answers it."""
        try:
            newborn = self.fork(message["kind"])
        except OSError as error:
            self.refuse(message["id"], f"fork failed: {error}")
            return
        self.give(newborn, message["id"])

    def fork(self, kind, prepare=None):
        """Forks a child that waits for its first frame.

        :param prepare: called in the child before it waits; a bridge has no use for it.
        :raises OSError: no process, or no descriptors, are left.
        """
        ours, theirs = _channels()
        parent = os.getpid()
        try:
            pid = kernel.fork()
        except OSError:
            _close_all(ours, theirs)
            raise
        if pid == 0:
            private = [*self.private_descriptors(), *(end.fileno() for end in ours)]
            self.become_child(kind, theirs, parent, private, prepare)
        _close_all(theirs)
        if kind in child.GROUP_LEADERS:
            _lead_group(pid)
        return Newborn(pid, ours)

    def give(self, newborn, identity):
        """Hands a child to the supervisor that asked for one."""
        self.children[newborn.pid] = identity
        answer = {"type": "spawned", "id": identity, "pid": newborn.pid, "from_template": self.from_template}
        self.control.send(answer, newborn.descriptors())
        newborn.close()

    def refuse(self, identity, error):
        self.control.send({"type": "refused", "id": identity, "error": error})

    def _on_control(self):
        message, _ = self.control.receive()
        if message is None:
            self.stopping = True
        else:
            self.on_request(message)

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


class Newborn:
    """A forked child that nobody spoke to yet."""

    def __init__(self, pid, ends):
        self.pid = pid
        self._ends = ends

    def descriptors(self):
        """The supervisor's ends of requests, stdout, stderr and logs."""
        return [end.fileno() for end in self._ends]

    def close(self):
        _close_all(self._ends)


def _channels():
    """The two sides of requests, stdout, stderr and logs."""
    ours, theirs = [], []
    try:
        for _ in range(4):
            one, other = socket.socketpair()
            ours.append(one)
            theirs.append(other)
    except OSError:
        _close_all(ours, theirs)
        raise
    return ours, theirs


def _close_all(*sides):
    for side in sides:
        for end in side:
            end.close()


def _lead_group(pid):
    try:
        os.setpgid(pid, pid)
    except OSError:
        # The child was faster, and has even executed another program or ended.
        pass
