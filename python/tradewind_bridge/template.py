"""A process that holds one parsed DAG file and forks attempts that skip the parse."""

import contextlib
import os
import random
import traceback

from tradewind_bridge import channel, child, kernel
from tradewind_bridge.forker import Forker
from tradewind_bridge.memo import Memo, numpy_is_seeded
from tradewind_bridge.recording import Recording
from tradewind_bridge.spares import Spares


class Template(Forker):
    """Forks until the bridge closes its end, then stays only for the children that still run."""

    def __init__(self, control, signals):
        super().__init__(control, signals, from_template=True)
        self._retired = False
        self._spares = Spares(self)

    def on_request(self, message):
        spare = self._spares.take()
        if spare is None:
            self.fork_child(message)
        else:
            self.give(spare, message["id"])

    def become_child(self, kind, ends, parent_pid, private_descriptors, prepare):
        child.take_over(kind, ends, parent_pid, private_descriptors, prepare)

    def on_turn(self, quiet):
        # SIGTERM has no meaning here, and the bridge's death kills this process.
        if self.stopping and not self._retired:
            self._retired = True
            self.unwatch(self.control.fileno())
            self._spares.drop()
        self.stopping = self._retired and not self.children
        if quiet and not self._retired:
            self._spares.on_quiet()

    def on_foreign_exit(self, pid, status, usage):
        self._spares.on_exit(pid)

    def poll_timeout_ms(self):
        return None if self._retired else self._spares.timeout_ms()

    def private_descriptors(self):
        return [*super().private_descriptors(), *self._spares.descriptors()]


class NoSupervisor:
    """Stands where the channel of an attempt would be: a parse that asks for something gets no template."""

    socket = None

    def __init__(self, recording):
        self._recording = recording

    def send(self, msg):
        reason = f"it asks the supervisor ({type(msg).__name__})"
        self._recording.refuse(reason)
        raise AskedSupervisor(reason)

    async def asend(self, msg):
        self.send(msg)


class AskedSupervisor(BaseException):
    """Ends the parse; not an Exception, so that code with a fallback does not go on for nothing."""


def become(control, file):
    """Turns this fork into a template for the file; never returns."""
    try:
        recording = Recording()
        memo = _parse(file, recording)
        _check(memo, recording)
        if recording.reasons:
            _give_up(control, recording)
        control.send({"type": "parsed", "snapshot": recording.snapshot()})
        child.memo = memo
        kernel.set_title(f"tradewind template -- {file['relative_fileloc']}")
        child.stop_before_start(lambda: Template(control, kernel.Signals()).run())
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _parse(file, recording):
    from airflow.sdk.execution_time import task_runner

    name, relative_fileloc = file["bundle_name"], file["relative_fileloc"]
    task_runner.SUPERVISOR_COMMS = NoSupervisor(recording)
    recording.begin()
    try:
        with _randomness_watched(recording):
            return _load(name, relative_fileloc)
    except AskedSupervisor:
        return None
    except BaseException as error:
        recording.refuse(f"it cannot be parsed ({type(error).__name__}: {error})")
        return None
    finally:
        recording.end()
        vars(task_runner).pop("SUPERVISOR_COMMS", None)


def _load(name, relative_fileloc):
    """Does what stock ``parse`` does before it looks for the DAG."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.sdk.execution_time import task_runner

    bundle = task_runner.DagBundlesManager().get_bundle(name=name, version=None)
    bundle.initialize()
    bag = BundleDagBag(
        dag_folder=os.path.join(bundle.path, relative_fileloc),
        safe_mode=False,
        load_op_links=False,
        bundle_path=bundle.path,
        bundle_name=name,
    )
    return Memo(name, relative_fileloc, bundle, bag)


@contextlib.contextmanager
def _randomness_watched(recording):
    """Refuses a file with a generator of its own: all forks would draw the same numbers.

    Python gives the generator behind the functions of ``random`` a new seed in each fork, which is
    right unless the file wants a seed of its own.
    """
    seed, initialize = random.seed, random.Random.__init__

    def watched_seed(*arguments, **options):
        recording.refuse("it seeds random")
        return seed(*arguments, **options)

    def watched_initialize(self, *arguments, **options):
        if not isinstance(self, random.SystemRandom):
            recording.refuse("it makes a generator of random numbers")
        initialize(self, *arguments, **options)

    random.seed, random.Random.__init__ = watched_seed, watched_initialize
    try:
        yield
    finally:
        random.seed, random.Random.__init__ = seed, initialize


def _check(memo, recording):
    if kernel.child_pids():
        recording.refuse("it left processes running")
    if not child.can_stop_before_start():
        recording.refuse("this SDK starts tasks in another way")
    if memo is not None and not memo.is_whole():
        recording.refuse("it does not import, or holds no DAG")
    if numpy_is_seeded():
        recording.refuse("it seeds numpy")


def _give_up(control, recording):
    control.send({"type": "unfit", "reason": recording.reasons[0], "snapshot": recording.snapshot()})
    kernel.end_descendants()
    os._exit(0)


def fork_template(file, private_descriptors):
    """Forks a template. Returns its pid and the bridge's end of its control socket."""
    ours, theirs = channel.pair()
    parent = os.getpid()
    try:
        pid = kernel.fork()
    except OSError:
        ours.close()
        theirs.close()
        raise
    if pid == 0:
        try:
            kernel.die_with(parent)
            kernel.forget_signals()
            kernel.release_signals()
            ours.close()
            for descriptor in private_descriptors:
                os.close(descriptor)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        become(theirs, file)
    theirs.close()
    return pid, ours
