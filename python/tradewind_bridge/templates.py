"""The bridge's table of templates: which file has one, may have one, and when it is given up."""

import contextlib
import math
import os
import signal
import time
from collections import deque

from tradewind_bridge import recording
from tradewind_bridge.template import fork_template

# Attempts wait this long for a file that is slow to parse, then parse by themselves.
WAIT_SECONDS_MAX = 5.0
# Stock gives an import 30 s by default; this much later the template hangs in C code.
PARSE_SECONDS_MAX = 60.0
# Module-level state grows old, for instance a date taken at parse.
AGE_SECONDS_MAX = 600.0
# An idle template costs 10 MB and more; making it again costs one parse.
IDLE_SECONDS_MAX = 120.0
# A file that got no template is tried again after this even if nothing seems to have changed.
REFUSAL_SECONDS = 300.0
# One entry for each DAG file that got no template.
REFUSALS_MAX = 1000


class Entry:
    """One template process, from its fork to its end."""

    def __init__(self, key, pid, channel, now):
        self.key = key
        self.pid = pid
        self.channel = channel
        self.ready = False
        self.snapshot = []
        self.made_at = now
        self.used_at = now
        # Requests that wait for the parse.
        self.waiting = deque()
        # Ids of requests that were handed over and not answered yet.
        self.asked = set()
        # pid -> id of the spawn request
        self.children = {}

    def is_stale(self, now):
        return self.ready and (now - self.made_at > AGE_SECONDS_MAX or not recording.is_current(self.snapshot))

    def is_busy(self):
        return bool(not self.ready or self.waiting or self.asked or self.children)


class Templates:
    """All templates of one bridge."""

    def __init__(self, bridge, maximum):
        self._bridge = bridge
        self._maximum = maximum
        # key -> entry that takes requests, least recently used first
        self._current = {}
        # Entries that only wait for their children.
        self._retired = []
        # key -> (until, snapshot)
        self._refusals = {}

    def spawn(self, message, file):
        """Has a template fork, or the bridge itself when the file has none."""
        now = time.monotonic()
        key = (file["bundle_name"], file["bundle_path"], file["relative_fileloc"])
        entry = self._current.get(key)
        if entry is not None and entry.is_stale(now):
            self._retire(entry)
            entry = None
        if entry is None:
            entry = self._make(key, file, now)
        if entry is None:
            self._bridge.fork_child(message)
            return
        entry.used_at = now
        self._current[key] = self._current.pop(key)
        if entry.ready:
            self._hand_over(entry, message)
        elif now - entry.made_at < WAIT_SECONDS_MAX:
            entry.waiting.append(message)
        else:
            self._bridge.fork_child(message)

    def private_descriptors(self):
        for entry in self._all():
            yield entry.channel.fileno()

    def timeout_ms(self):
        """How long until something here is due."""
        due = min(map(_due_at, self._current.values()), default=math.inf)
        if due == math.inf:
            return None
        return max(0, round((due - time.monotonic()) * 1000)) + 1

    def expire(self):
        """Gives up what took too long or was not used for long."""
        now = time.monotonic()
        for entry in list(self._current.values()):
            if entry.ready:
                if not entry.is_busy() and now - entry.used_at > IDLE_SECONDS_MAX:
                    self._retire(entry)
            elif now - entry.made_at > PARSE_SECONDS_MAX:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(entry.pid, signal.SIGKILL)
            elif now - entry.made_at > WAIT_SECONDS_MAX:
                self._fork_waiting(entry)

    def on_exit(self, pid, status, usage):
        """A process ended that the bridge did not fork for a request: perhaps one of ours."""
        for entry in self._all():
            if pid == entry.pid:
                self._read_all(entry)
                return
            if pid in entry.children:
                # Its template died first, so it came to the bridge.
                self._bridge.report_exit(entry.children.pop(pid), pid, status, usage)
                return

    def _all(self):
        return [*self._current.values(), *self._retired]

    def _make(self, key, file, now):
        """Forks a template, if the file may have one."""
        until, snapshot = self._refusals.get(key, (0.0, []))
        if now < until and recording.is_current(snapshot):
            return None
        self._refusals.pop(key, None)
        if len(self._current) >= self._maximum:
            ready = next((entry for entry in self._current.values() if entry.ready), None)
            if ready is None:
                return None
            self._retire(ready)
        try:
            pid, channel = fork_template(file, list(self._bridge.private_descriptors()))
        except OSError as error:
            self._bridge.note(f"no template for {key[2]}: fork failed: {error}")
            return None
        entry = self._current[key] = Entry(key, pid, channel, now)
        self._bridge.watch(channel.fileno(), lambda: self._read_all(entry))
        return entry

    def _hand_over(self, entry, message):
        try:
            entry.channel.send_now(message)
        except OSError:
            # It is behind or gone; the attempt need not wait for either.
            self._bridge.fork_child(message)
            return
        entry.asked.add(message["id"])

    def _fork_waiting(self, entry):
        while entry.waiting:
            self._bridge.fork_child(entry.waiting.popleft())

    def _retire(self, entry):
        """Takes no more requests; the process ends with its last child."""
        del self._current[entry.key]
        self._retired.append(entry)
        entry.channel.end_requests()

    def _read_all(self, entry):
        """Reads what the template says; may be called again after its end."""
        while entry in self._retired or self._current.get(entry.key) is entry:
            try:
                message, descriptors = entry.channel.receive(wait=False)
            except BlockingIOError:
                return
            if message is None:
                self._lost(entry)
            else:
                self._on_message(entry, message, descriptors)

    def _on_message(self, entry, message, descriptors):
        kind = message["type"]
        if kind == "parsed":
            entry.ready, entry.snapshot = True, message["snapshot"]
            while entry.waiting:
                self._hand_over(entry, entry.waiting.popleft())
            return
        if kind == "unfit":
            self._refuse(entry, message["reason"], message["snapshot"])
            self._fork_waiting(entry)
            return
        if kind == "exited":
            entry.children.pop(message["pid"], None)
            entry.used_at = time.monotonic()
        else:
            entry.asked.discard(message["id"])
            if kind == "spawned":
                entry.children[message["pid"]] = message["id"]
        self._bridge.control.send(message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def _refuse(self, entry, reason, snapshot):
        if len(self._refusals) >= REFUSALS_MAX:
            del self._refusals[next(iter(self._refusals))]
        if entry.key not in self._refusals:
            self._bridge.note(f"no template for {entry.key[2]}: {reason}; each attempt parses the file")
        self._refusals[entry.key] = (time.monotonic() + REFUSAL_SECONDS, snapshot)

    def _lost(self, entry):
        """The process ended: as it should, or by a crash."""
        if self._current.get(entry.key) is entry:
            del self._current[entry.key]
            if not entry.ready and entry.key not in self._refusals:
                path = os.path.join(entry.key[1], entry.key[2])
                self._refuse(entry, "the process that parsed it ended", [(path, recording.fingerprint(path))])
        else:
            self._retired.remove(entry)
        self._bridge.unwatch(entry.channel.fileno())
        entry.channel.close()
        self._fork_waiting(entry)
        for identity in entry.asked:
            self._bridge.refuse(identity, "the template ended before it forked")
        # The kernel kills them with their template; the bridge inherits and reaps them.
        self._bridge.children.update(entry.children)


def _due_at(entry):
    if entry.ready:
        return math.inf if entry.is_busy() else entry.used_at + IDLE_SECONDS_MAX
    if entry.waiting:
        return entry.made_at + WAIT_SECONDS_MAX
    return entry.made_at + PARSE_SECONDS_MAX
