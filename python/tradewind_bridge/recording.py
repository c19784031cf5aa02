"""What a DAG file touched while it was parsed.

Says which files a parsed state depends on, and why it must not be shared by forks.
"""

import importlib.util
import os
import site
import sys
import sysconfig

# More than this is no DAG file but an application; its snapshot would not fit a control message.
FILES_MAX = 500

NETWORK_EVENTS = frozenset(
    {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)
PROCESS_EVENTS = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
)
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
IMPORT_MACHINERY = "<frozen importlib._bootstrap_external>"
# Not files in the sense of something that an author edits.
KERNEL_FOLDERS = ("/dev/", "/proc/", "/sys/")

# Set by the replaced `get_parsing_context`: the file may build only the DAG that it is asked for.
parsing_context_asked = False


def fingerprint(path):
    """Returns what changes when the file changes; None when there is none."""
    while True:
        try:
            found = os.stat(path)
            return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns]
        except NotADirectoryError:
            # A module inside an archive: the archive is the file.
            path = os.path.dirname(path)
        except (OSError, ValueError):
            return None


def is_current(snapshot):
    """Whether all files are still as they were."""
    return all(fingerprint(path) == found for path, found in snapshot)


def module_files():
    """The files of all imported modules."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            yield path


def snapshot_of_bridge():
    """What the bridge itself read and a user may edit: plugins, local settings, Airflow's own file."""
    from airflow.configuration import AIRFLOW_CONFIG

    installed = _installed_folders()
    paths = {AIRFLOW_CONFIG, *module_files()}
    return [(path, fingerprint(path)) for path in paths if not path.startswith(installed)]


def watch_parsing_context():
    """Notices calls of ``get_parsing_context``. Done before plugins can copy the stock function."""
    import airflow.sdk
    from airflow.sdk.definitions import context

    from tradewind_bridge import warm

    stock = context.get_parsing_context
    warm.require_parameters(stock, ())

    def get_parsing_context():
        global parsing_context_asked
        parsing_context_asked = True
        return stock()

    context.get_parsing_context = get_parsing_context
    # The package keeps names that were asked for once.
    vars(airflow.sdk).pop("get_parsing_context", None)


class Recording:
    """Watches this process while it parses one file."""

    def __init__(self):
        self.reasons = []
        self._active = False
        self._files = {}
        self._descriptors = set()
        self._installed_folders = _installed_folders()

    def begin(self):
        global parsing_context_asked
        parsing_context_asked = False
        # A hook cannot be removed; outside the parse it returns at once.
        sys.addaudithook(self._on_event)
        self._descriptors = set(_open_descriptors())
        self._active = True

    def end(self):
        """Stops watching and looks at what is left behind."""
        self._active = False
        if parsing_context_asked:
            self.refuse("it asks for the parsing context")
        threads = len(os.listdir("/proc/self/task"))
        if threads > 1:
            self.refuse(f"it left {threads - 1} threads running")
        for descriptor in sorted(set(_open_descriptors()) - self._descriptors):
            self.refuse(f"it left {os.readlink(f'/proc/self/fd/{descriptor}')} open")
        for path in module_files():
            self._note_file(path)
        if len(self._files) > FILES_MAX:
            self.refuse(f"it depends on {len(self._files)} files")

    def refuse(self, reason):
        self.reasons.append(reason)

    def snapshot(self):
        return list(self._files.items())[:FILES_MAX]

    def _on_event(self, event, arguments):
        if not self._active:
            return
        if event == "open":
            self._on_open(*arguments)
        elif event in ("os.listdir", "os.scandir"):
            if sys._getframe(1).f_code.co_filename != IMPORT_MACHINERY:
                self._note_file(arguments[0])
        elif event in NETWORK_EVENTS:
            self.refuse(f"it uses the network ({event})")
        elif event in PROCESS_EVENTS:
            self.refuse(f"it starts a process ({event})")
        elif event == "sqlite3.connect":
            self.refuse("it opens a database")

    def _on_open(self, path, _mode, flags):
        if isinstance(path, int):
            return
        path = os.fsdecode(path)
        writes = isinstance(flags, int) and flags & WRITE_FLAGS
        if sys._getframe(2).f_code.co_filename == IMPORT_MACHINERY:
            # Noted before the content is read, so that a later change is never missed.
            if not writes:
                self._note_file(_source_of(path))
        elif writes and not path.startswith("/dev/"):
            self.refuse(f"it writes {path}")
        else:
            self._note_file(path)

    def _note_file(self, path):
        if path is None:
            path = "."
        if isinstance(path, int):
            return
        path = os.path.abspath(os.fsdecode(path))
        if path in self._files or path.startswith(self._installed_folders) or path.startswith(KERNEL_FOLDERS):
            return
        self._files[path] = fingerprint(path)


def _installed_folders():
    """Folders whose content changes only with the environment, which needs a new bridge anyway."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.add(site.getusersitepackages())
    folders.add(os.path.dirname(os.path.abspath(__file__)))
    return tuple(os.path.join(folder, "") for folder in folders)


def _source_of(path):
    """The file that an author edits, for a file that the import machinery reads."""
    if not path.endswith(".pyc"):
        return path
    try:
        return importlib.util.source_from_cache(path)
    except ValueError:
        return path


def _open_descriptors():
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:
            # The listing itself.
            continue
        yield int(name)
