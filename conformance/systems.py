"""The two systems under comparison, each as a process tree with a REST endpoint.

`stock` starts Apache Airflow's own components in a home of their own; `tradewind` starts `tradewind standalone`.
Both answer the same `/api/v2`, so everything after the start is written once, against `System`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STOCK_VERSION = "3.3.2"
START_TIMEOUT_SECS = 300  # stock's first start migrates its database and has taken two minutes on two cores
STOP_TIMEOUT_SECS = 30
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def absolute(text: str) -> Path:
    """A path of the command line, which the servers' own folders must not change."""
    return Path(text).absolute()


@dataclass
class System:
    """A server under test: where it answers, how to log in, and its processes, whose output goes to `log_dir`."""

    name: str
    url: str
    password: str
    log_dir: Path
    env: dict[str, str]
    commands: dict[str, list[str]] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started_at: float = 0.0

    def start(self) -> None:
        """Starts all processes of this system."""
        for label, command in self.commands.items():
            self._spawn(label, command)

    def _spawn(self, label: str, command: list[str]) -> None:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with open(self.log_dir / f"{label}.log", "ab") as log:
            self.processes[label] = subprocess.Popen(
                command,
                env=self.env,
                cwd=self.log_dir,  # a folder in which no name of a program means a file
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def restart(self) -> float:
        """Ends everything, starts it again and returns the seconds from that start until it serves."""
        self.stop()
        self.started_at = time.monotonic()
        self.start()
        return self.wait_until_healthy()

    def wait_until_healthy(self) -> float:
        """Waits for the health endpoint to answer and returns the seconds since the start."""
        deadline = self.started_at + START_TIMEOUT_SECS
        while time.monotonic() < deadline:
            for label, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{self.name} {label} ended with {process.returncode}, see {self.log_dir}")
            try:
                with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - self.started_at
            except (OSError, urllib.error.URLError):
                time.sleep(0.02)
        raise TimeoutError(f"{self.name} did not answer within {START_TIMEOUT_SECS} s, see {self.log_dir}")

    def token(self) -> str:
        """Logs in as admin and returns a bearer token."""
        body = json.dumps({"username": "admin", "password": self.password}).encode()
        request = urllib.request.Request(
            f"{self.url}/auth/token", data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["access_token"])

    def pids(self) -> list[int]:
        """The ids of all processes of this system, children included."""
        return process_tree([process.pid for process in self.processes.values()])

    def stop(self) -> None:
        """Ends the whole tree: asks first, then kills what is left."""
        everyone = self.pids()
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_SECS
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in everyone:
            if _parent(pid) is not None:
                os.kill(pid, signal.SIGKILL)


def process_tree(roots: list[int]) -> list[int]:
    """The given processes and all their living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(int(entry.name))) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid for pid in roots if _parent(pid) is not None]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _parent(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without anything that would configure either system, plus `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TRADEWIND", "PYTHON", "VIRTUAL_ENV"))}
    return kept | extra


def stock_environment(
    home: Path, dags: Path, python: Path, port: int, database: str, extra_env: dict[str, str]
) -> dict[str, str]:
    """The settings under which stock Airflow runs here: its defaults, LocalExecutor, its own ports and folders."""
    settings = {
        "core__dags_folder": str(dags),
        "core__load_examples": "False",
        "core__executor": "LocalExecutor",
        "core__execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
        "core__simple_auth_manager_passwords_file": str(home / "passwords.json"),
        "database__sql_alchemy_conn": database,
        "api__host": "127.0.0.1",
        "api__port": str(port),
        "api__base_url": f"http://127.0.0.1:{port}",
        "api__secret_key": secrets.token_hex(16),
        "api_auth__jwt_secret": secrets.token_hex(32),
        "logging__worker_log_server_port": str(free_port()),
        "logging__trigger_log_server_port": str(free_port()),
    }
    variables = {f"AIRFLOW__{key.upper()}": value for key, value in settings.items()}
    path = f"{python.parent}:{os.environ['PATH']}"
    return clean_environment(AIRFLOW_HOME=str(home), PATH=path, **variables, **extra_env)


@contextmanager
def stock(home: Path, dags: Path, python: Path, extra_env: dict[str, str] | None = None) -> Iterator[System]:
    """Runs stock Airflow from the virtual environment of `python`, on a PostgreSQL server of its own.

    SQLite is no choice for it: with its components busy at once, its REST API answers "database is locked".
    """
    with postgres() as address:
        yield from _stock_on(f"postgresql+psycopg2://{address}/stock", home, dags, python, extra_env or {})


def _stock_on(database: str, home: Path, dags: Path, python: Path, extra_env: dict[str, str]) -> Iterator[System]:
    port, password = free_port(), secrets.token_urlsafe(16)
    home.mkdir(parents=True, exist_ok=True)
    (home / "passwords.json").write_text(json.dumps({"admin": password}))
    env = stock_environment(home, dags, python, port, database, extra_env)
    system = System("stock", f"http://127.0.0.1:{port}", password, home / "server-logs", env)
    airflow = str(python.parent / "airflow")
    system.started_at = time.monotonic()
    system.log_dir.mkdir(parents=True, exist_ok=True)
    with open(system.log_dir / "migrate.log", "wb") as log:
        subprocess.run([airflow, "db", "migrate"], env=env, stdout=log, stderr=subprocess.STDOUT, check=True)
    try:
        system.commands = {component: [airflow, component] for component in COMPONENTS}
        system.start()
        yield system
    finally:
        system.stop()


@contextmanager
def tradewind(
    home: Path,
    dags: Path,
    binary: Path,
    python: Path | None,
    database: str | None = None,
    extra_env: dict[str, str] | None = None,
) -> Iterator[System]:
    """Runs `tradewind standalone`; without `python` it makes its own environment."""
    port, password = free_port(), secrets.token_urlsafe(16)
    home.mkdir(parents=True, exist_ok=True)
    env = clean_environment(TRADEWIND_HOME=str(home), TRADEWIND_ADMIN_PASSWORD=password, AIRFLOW_HOME=str(home))
    env |= extra_env or {}
    system = System("tradewind", f"http://127.0.0.1:{port}", password, home / "server-logs", env)
    command = [str(binary), "standalone", "--home", str(home), "--dags", str(dags)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--python", str(python)] if python else []
    command += ["--database", database] if database else []
    system.started_at = time.monotonic()
    try:
        system.commands = {"standalone": command}
        system.start()
        yield system
    finally:
        system.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """A temporary PostgreSQL server; yields `user:password@host:port`, to be completed with a scheme and a database."""
    bin_dir = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    password, port = secrets.token_hex(8), free_port()
    (folder / "password").write_text(password)
    if as_postgres:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(folder / "password", "postgres", "postgres")
    initdb = [*as_postgres, str(bin_dir / "initdb"), "-D", str(folder / "data"), "-U", "bench", "-A", "scram-sha-256"]
    subprocess.run([*initdb, f"--pwfile={folder / 'password'}"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    options = ["-D", str(folder / "data"), "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(folder)]
    server = subprocess.Popen(
        [*as_postgres, str(bin_dir / "postgres"), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,  # an interrupt from the keyboard must reach its clients first
    )
    try:
        ready = [str(bin_dir / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        deadline = time.monotonic() + STOP_TIMEOUT_SECS
        while subprocess.run(ready, check=False).returncode != 0:
            if time.monotonic() > deadline or server.poll() is not None:
                raise RuntimeError("the temporary PostgreSQL server did not start")
            time.sleep(0.05)
        address = f"bench:{password}@127.0.0.1:{port}"
        for database in ("stock", "tradewind"):
            create = [str(bin_dir / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "bench", database]
            subprocess.run(create, check=True, env=clean_environment(PGPASSWORD=password))
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: connections are cut
        server.wait(STOP_TIMEOUT_SECS)
        shutil.rmtree(folder, ignore_errors=True)
