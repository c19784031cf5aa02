"""Processes and signals: what Python does not offer directly."""

import ctypes
import errno
import gc
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# SIGKILL works at once; more time than this means a process stuck in the kernel.
KILL_SECONDS_MAX = 5.0
# Handled by the loops through the wake-up descriptor; a fork must not run their handlers.
LOOP_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _call_prctl(option, value):
    if _libc is not None and _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def adopt_orphans():
    """Makes this process the parent of descendants whose own parent ends."""
    _call_prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent_pid):
    """Has the kernel kill this process when its parent ends, also if that happened already."""
    _call_prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


class Signals:
    """Turns SIGCHLD and SIGTERM into bytes on a descriptor that a loop can poll."""

    def __init__(self):
        self.reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        # A Ctrl-C at the terminal is for the Rust side, which decides what becomes of the children.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def descriptors(self):
        return (self.reader, self._writer)

    def take(self):
        """Returns the signal numbers that arrived since the last call."""
        try:
            return set(os.read(self.reader, 4096))
        except BlockingIOError:
            return set()


def forget_signals():
    """Undoes `Signals` in a fork."""
    signal.set_wakeup_fd(-1)
    for number in LOOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def fork():
    """Forks with the loop's signals held back.

    The child must call `forget_signals` and then `release_signals`; only so a SIGTERM that comes
    between is neither lost nor handled by the parent's handler.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, LOOP_SIGNALS)
    try:
        pid = os.fork()
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        raise
    if pid != 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    return pid


def release_signals():
    """Lets the held signals through in a fork."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, LOOP_SIGNALS)


def reap():
    """Yields ``(pid, wait status, rusage)`` of each child that ended."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status, usage


def child_pids():
    """Returns the pids of this process's children, adopted ones included."""
    found = []
    for thread in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{thread}/children") as listing:
                found.extend(int(pid) for pid in listing.read().split())
        except FileNotFoundError:
            continue
    return found


def kill_group_or_process(pid):
    """Kills the process group that the pid leads, and the process."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except OSError as error:
            # EPERM: a task that runs as another user through sudo.
            if error.errno not in (errno.ESRCH, errno.EPERM):
                raise


def end_descendants():
    """Kills all descendants. Orphans come to this process, so a few rounds find all of them."""
    deadline = time.monotonic() + KILL_SECONDS_MAX
    while time.monotonic() < deadline:
        pids = child_pids()
        for pid in pids:
            kill_group_or_process(pid)
        for _ in reap():
            pass
        if not child_pids():
            return
        time.sleep(0.001)


def set_title(title):
    """Names the process for people who list processes."""
    try:
        from setproctitle import setproctitle
    except ImportError:
        return
    setproctitle(title)


def freeze():
    """Moves all objects out of the collector's sight, so that a fork's collections copy no pages."""
    gc.collect()
    gc.freeze()
