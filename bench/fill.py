"""Writes a history of runs into the database of a server that is not running.

    python bench/fill.py HOME/tradewind.db --wide 1000 --mapped 1 --ordinary 0

The DAGs of `history/` have to be known to that database. Rows are what the server itself would have left behind, with
one failure in some hundred runs and two lines of the audit log for each task instance; only columns that have no
default are written.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

DAY_US = 86_400_000_000
TASK_US = 2_000_000
FAILED_EVERY = 317  # runs
RUN = [
    "id",
    "dag_id",
    "run_id",
    "run_type",
    "triggered_by",
    "state",
    "run_after_us",
    "queued_at_us",
    "start_date_us",
    "end_date_us",
    "dag_version_id",
    "clear_number",
    "conf",
]
INSTANCE = [
    "id",
    "dag_run_id",
    "task_id",
    "map_index",
    "dag_id",
    "run_id",
    "dag_version_id",
    "state",
    "try_number",
    "max_tries",
    "dispatch",
    "queued_at_us",
    "start_date_us",
    "end_date_us",
    "reschedule_count",
    "pool",
    "pool_slots",
    "queue",
    "priority_weight",
    "operator",
    "hostname",
    "exit_status",
]
COPY_ROWS = 50_000
# The lines of the audit log that the server writes of runs and of task instances that had an attempt.
EVENTS = (
    """
    INSERT INTO audit_log (at_us, event, dag_id, run_id, detail)
    SELECT run_after_us, 'dag_run_created', dag_id, run_id, run_type FROM dag_run
    """,
    """
    INSERT INTO audit_log (at_us, event, dag_id, run_id, task_id, map_index, try_number)
    SELECT CASE nth WHEN 0 THEN start_date_us ELSE end_date_us END, CASE nth WHEN 0 THEN 'running' ELSE state END,
        dag_id, run_id, task_id, map_index, 1
    FROM task_instance CROSS JOIN (SELECT 0 AS nth UNION ALL SELECT 1) each_line
    """,
)

Row = tuple[Any, ...]


@dataclass
class History:
    """The runs of one DAG: how many, and the instances of each as (task, map index)."""

    dag_id: str
    version: bytes
    runs: int
    instances: list[tuple[str, int]]


def rows(history: History, now_us: int) -> Iterator[tuple[Row, Iterator[Row]]]:
    """Every run with its instances, oldest first, ending with the run of just now."""
    every = min(DAY_US // 24, 360 * DAY_US // max(1, history.runs))
    for i in range(history.runs):
        at = now_us - (history.runs - i) * every
        failed = i % FAILED_EVERY == FAILED_EVERY - 1
        run_id, key = f"manual__{i:06}", _id(at)
        end = at + 3 * TASK_US
        state = "failed" if failed else "success"
        run = (key, history.dag_id, run_id, "manual", "cli", state, at, at, at, end, history.version, 0, "{}")
        yield run, _instances(history, run_id, key, at, failed)


def _instances(history: History, run_id: str, run: bytes, at: int, failed: bool) -> Iterator[Row]:
    last = len(history.instances) - 1
    for i, (task_id, map_index) in enumerate(history.instances):
        state = "failed" if failed and i == last else "success"
        began = at + (i % 1000) * 1000
        yield (
            _id(at), run, task_id, map_index, history.dag_id, run_id, history.version, state, 1, 0, 1, began, began,
            began + TASK_US, 0, "default_pool", 1, "default", 1, "EmptyOperator", "worker", 0,
        )  # fmt: skip


_serial = count()


def _id(at_us: int) -> bytes:
    """Ids that grow with time, as the server's do."""
    return ((at_us // 1000) << 80 | 7 << 76 | next(_serial)).to_bytes(16, "big")


def histories(known: Callable[[str], bytes], runs: dict[str, int], mapped: int) -> list[History]:
    """The histories of the DAGs in `history/`; `known` finds the id of a DAG's version."""
    wide = [(f"group_{g:02}.t{t:02}", -1) for g in range(40) for t in range(50)]
    many = [("before", -1), *(("one", i) for i in range(mapped)), ("after", -1)]
    ordinary = [(f"t{layer}_{i}", -1) for layer in range(5) for i in range(5)]
    return [
        History("wide", known("wide"), runs["wide"], wide),
        History("mapped", known("mapped"), runs["mapped"], many),
        *(
            History(f"ordinary_{n:02}", known(f"ordinary_{n:02}"), runs["ordinary"], ordinary)
            for n in range(100)
        ),
    ]  # fmt: skip


def fill_sqlite(path: Path, runs: dict[str, int], mapped: int) -> int:
    """Fills an SQLite file; answers how many task instances it wrote."""
    base = sqlite3.connect(path)
    base.execute("PRAGMA synchronous = OFF")
    base.execute("PRAGMA cache_size = -1000000")

    def known(dag_id: str) -> bytes:
        return base.execute("SELECT latest_version_id FROM dag WHERE dag_id = ?", (dag_id,)).fetchone()[0]

    run_text, instance_text = _insert("dag_run", RUN), _insert("task_instance", INSTANCE)
    written = 0
    for history in histories(known, runs, mapped):
        with base:
            for run, instances in rows(history, time.time_ns() // 1000):
                base.execute(run_text, run)
                written += base.executemany(instance_text, instances).rowcount
    for text in EVENTS:
        with base:
            base.execute(text)
    base.execute("ANALYZE")
    base.close()
    return written


def _insert(table: str, columns: list[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})"


def fill_postgres(url: str, runs: dict[str, int], mapped: int) -> int:
    """Fills a PostgreSQL database through `psql`; answers how many task instances it wrote."""

    def psql(text: str) -> str:
        return subprocess.run(["psql", "-Atqc", text, url], check=True, capture_output=True, text=True).stdout.strip()

    def known(dag_id: str) -> bytes:
        return bytes.fromhex(psql(f"SELECT encode(latest_version_id, 'hex') FROM dag WHERE dag_id = '{dag_id}'"))

    written = 0
    for history in histories(known, runs, mapped):
        run_rows: list[Row] = []
        with _Copy(url, "task_instance", INSTANCE) as copy:
            for run, instances in rows(history, time.time_ns() // 1000):
                run_rows.append(run)
                written += copy.write(instances)
        with _Copy(url, "dag_run", RUN) as copy:
            copy.write(iter(run_rows))
    for text in EVENTS:
        psql(text)
    psql("VACUUM ANALYZE")
    return written


class _Copy:
    """`COPY … FROM STDIN` in PostgreSQL's text format."""

    def __init__(self, url: str, table: str, columns: list[str]) -> None:
        command = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        self.process = subprocess.Popen(["psql", "-qc", command, url], stdin=subprocess.PIPE, text=True)

    def __enter__(self) -> _Copy:
        return self

    def write(self, some: Iterator[Row]) -> int:
        """Writes rows; answers how many."""
        assert self.process.stdin is not None
        written, lines = 0, []
        for row in some:
            lines.append("\t".join(_text(value) for value in row))
            if len(lines) == COPY_ROWS:
                written += len(lines)
                self.process.stdin.write("\n".join(lines) + "\n")
                lines = []
        if lines:
            self.process.stdin.write("\n".join(lines) + "\n")
        return written + len(lines)

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise RuntimeError("psql could not copy")


def _text(value: Any) -> str:
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path, help="SQLite file")
    for dag, runs in (("wide", 1_000), ("mapped", 5), ("ordinary", 3_000)):
        parser.add_argument(f"--{dag}", type=int, default=runs, help="runs of it")
    parser.add_argument("--instances", type=int, default=100_000, help="of the mapped task in each run")
    options = parser.parse_args()
    runs = {"wide": options.wide, "mapped": options.mapped, "ordinary": options.ordinary}
    print(f"{fill_sqlite(options.database, runs, options.instances):,} task instances")


if __name__ == "__main__":
    main()
