"""Children that a template forks ahead of their request, which takes the fork off an attempt's path.

A spare has done all that needs no start-up message, and has copied the pages that an attempt will
write. It has no identity until it is given to an attempt, so nobody misses one that ends unused.
"""

import os
import time
import traceback
from array import array

from tradewind_bridge import kernel, pages, rehearsal

# One is used while the next is made. Each holds about 10 MB of its own.
SPARES_MAX = 2
# A template is busy while its last two requests are not older than this.
BUSY_SECONDS_MAX = 10.0
# When the cores are taken, whether they still are is looked at this often.
LOOK_AGAIN_MS = 20


class Spares:
    """The spares of one template."""

    def __init__(self, forker):
        self._forker = forker
        self._cores = len(os.sched_getaffinity(0))
        self._newborns = []
        # Of the last request and of the one before.
        self._asked_at = (-BUSY_SECONDS_MAX, -BUSY_SECONDS_MAX)
        # What an attempt writes; None until it is looked up.
        self._hot_pages = None
        # Where that comes from while it is looked up.
        self._reader = None

    def take(self):
        """Returns a spare for a request, if there is one."""
        self._asked_at = (time.monotonic(), self._asked_at[0])
        while self._newborns:
            newborn = self._newborns.pop()
            if _is_alive(newborn.pid):
                return newborn
            newborn.close()
        return None

    def descriptors(self):
        found = [descriptor for newborn in self._newborns for descriptor in newborn.descriptors()]
        return found if self._reader is None else [*found, self._reader]

    def timeout_ms(self):
        """How long until something here is due."""
        if self._is_wanted():
            return LOOK_AGAIN_MS if self._is_saturated() else 0
        if not self._newborns:
            return None
        return max(0, round((self._busy_until() - time.monotonic()) * 1000)) + 1

    def on_quiet(self):
        """Nobody waits for a fork now."""
        if self._is_wanted():
            if not self._is_saturated():
                self._make()
        elif time.monotonic() > self._busy_until():
            self.drop()

    def drop(self):
        """Ends all spares. The kernel keeps their ends for the next `reap`."""
        for newborn in self._newborns:
            kernel.kill_group_or_process(newborn.pid)
            newborn.close()
        self._newborns.clear()

    def on_exit(self, pid):
        """A process ended that serves no request: perhaps a spare that was killed from outside."""
        for newborn in [newborn for newborn in self._newborns if newborn.pid == pid]:
            newborn.close()
            self._newborns.remove(newborn)

    def _busy_until(self):
        return self._asked_at[1] + BUSY_SECONDS_MAX

    def _is_wanted(self):
        return (
            len(self._newborns) < SPARES_MAX
            and len(self._forker.children) < self._cores
            and time.monotonic() < self._busy_until()
        )

    def _is_saturated(self):
        """On a machine whose cores are taken a spare would only be in the way."""
        with open("/proc/loadavg") as load:
            runnable = load.read().split()[3].partition("/")[0]
        return int(runnable) > 2 * self._cores

    def _make(self):
        if self._hot_pages is None:
            self._find_hot_pages()
        hot_pages = self._hot_pages
        try:
            self._newborns.append(self._forker.fork("task", lambda: pages.copy(hot_pages)))
        except OSError:
            # The next request will be told.
            self._asked_at = (-BUSY_SECONDS_MAX, -BUSY_SECONDS_MAX)

    def _find_hot_pages(self):
        """Has a fork run a private no-op attempt and say which pages that wrote."""
        self._hot_pages = array("Q")
        regions = list(pages.writable_regions())
        parent = os.getpid()
        reader, writer = os.pipe()
        try:
            pid = kernel.fork()
        except OSError:
            os.close(reader)
            os.close(writer)
            return
        if pid == 0:
            os.close(reader)
            _rehearse(regions, writer, parent, self._forker.private_descriptors())
        os.close(writer)
        self._reader = reader
        self._forker.watch(reader, self._read_hot_pages)

    def _read_hot_pages(self):
        data = os.read(self._reader, 1 << 16)
        if data:
            self._hot_pages.frombytes(data)
        else:
            self._forker.unwatch(self._reader)
            os.close(self._reader)
            self._reader = None


def _is_alive(pid):
    """Whether a child did not end, be its end reported by a signal already or not."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _rehearse(regions, writer, parent, private_descriptors):
    try:
        kernel.die_with(parent)
        kernel.forget_signals()
        kernel.release_signals()
        for descriptor in private_descriptors:
            os.close(descriptor)
        rehearsal.rehearse()
        with open(writer, "wb") as answer:
            answer.write(pages.copied_since_fork(regions))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
