"""Times the endpoints of the UI's screens over a long history and writes SCREENS.md.

    python bench/screens.py                          # ten million finished task instances, SQLite and PostgreSQL
    python bench/screens.py --scale 0.01 --only sqlite

Needs an interpreter with the Task SDK (`--python`), as the server does, to know the DAGs of `history/`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import random
import shutil
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote, urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

from fill import fill_postgres, fill_sqlite  # noqa: E402
from systems import System, absolute, postgres, tradewind  # noqa: E402

BOUND_MS = 50
FULL = {"wide": 1_000, "mapped": 5, "ordinary": 3_000}  # runs: 2.0, 0.5 and 7.5 million task instances
MAPPED = 100_000
WARM, ASKED = 20, 300
LOGGED = [f"ordinary_{n:02}/manual__000000/t0_0" for n in range(100)]  # these task instances have a log
LOG_LINES = 5_000
VIEWS = ("view=failing", "q=tag%3Atag-3", "q=state%3Afailed", "q=ordinary_4", "view=paused")
DAGS_WAIT_SECS = 120


class Ui:
    """A kept-alive connection to the server."""

    def __init__(self, system: System) -> None:
        parts = urlsplit(system.url)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
        self.headers = {"Authorization": f"Bearer {system.token()}"}

    def get(self, path: str) -> bytes:
        """The body of an answer that has to be good."""
        return self._send("GET", path, None)

    def put(self, path: str, body: object) -> None:
        """Stores something."""
        self._send("PUT", path, json.dumps(body))

    def _send(self, method: str, path: str, body: str | None) -> bytes:
        headers = self.headers if body is None else {**self.headers, "Content-Type": "application/json"}
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return text


def endpoints(runs: dict[str, int], mapped: int, chance: random.Random) -> dict[str, list[str]]:
    """Every endpoint with the addresses to be asked, drawn over the whole history."""

    def run(dag: str) -> str:
        return quote(f"manual__{chance.randrange(runs[dag]):06}")

    def ordinary() -> str:
        return f"ordinary_{chance.randrange(100):02}"

    def events_of(dag: str, run_id: str) -> str:
        return f"/ui/audit-log?dag_id={dag}&run_id={run_id}&limit=100"

    def drawn(make: object) -> list[str]:
        return [make() for _ in range(WARM + ASKED)]  # type: ignore[operator]

    return {
        "home": drawn(lambda: "/ui/home?hours=24"),
        "home, 7 days": drawn(lambda: "/ui/home?hours=168"),
        "nav": drawn(lambda: "/ui/nav"),
        "DAG list": drawn(lambda: "/ui/dags"),
        "DAG list, searched": drawn(lambda: f"/ui/dags?q=ordinary_{chance.randrange(10)}"),
        "DAG list, failing": drawn(lambda: "/ui/dags?view=failing"),
        "DAG": drawn(lambda: f"/ui/dags/{ordinary()}"),
        "grid": drawn(lambda: f"/ui/dags/{ordinary()}/grid?runs=36"),
        "grid, 2,000 tasks": drawn(lambda: "/ui/dags/wide/grid?runs=36"),
        "grid, mapped": drawn(lambda: "/ui/dags/mapped/grid?runs=36"),
        "graph": drawn(lambda: f"/ui/dags/{ordinary()}/graph?run_id={run('ordinary')}"),
        "graph, 2,000 tasks": drawn(lambda: f"/ui/dags/wide/graph?run_id={run('wide')}"),
        "versions": drawn(lambda: f"/ui/dags/{ordinary()}/versions"),
        "runs": drawn(lambda: "/ui/runs?limit=100"),
        "runs, failed": drawn(lambda: "/ui/runs?state=failed&limit=100"),
        "runs of a DAG": drawn(lambda: f"/ui/runs?dag_id={ordinary()}&limit=100"),
        "timeline": drawn(lambda: f"/ui/runs/{ordinary()}/{run('ordinary')}/timeline"),
        "timeline, 2,000 tasks": drawn(lambda: f"/ui/runs/wide/{run('wide')}/timeline"),
        "timeline, mapped": drawn(lambda: f"/ui/runs/mapped/{run('mapped')}/timeline"),
        "profile, mapped": drawn(lambda: f"/ui/runs/mapped/{run('mapped')}/profile"),
        "audit log": drawn(lambda: "/ui/audit-log?limit=100"),
        "audit log, by event": drawn(lambda: "/ui/audit-log?event=fail&limit=100"),
        "audit log, by person": drawn(lambda: "/ui/audit-log?owner=adm&limit=100"),
        "audit log, by DAG": drawn(lambda: f"/ui/audit-log?dag=ordinary_{chance.randrange(10)}&limit=100"),
        "events of a run": drawn(lambda: events_of(ordinary(), run("ordinary"))),
        "events of a run, 200,000": drawn(lambda: events_of("mapped", run("mapped"))),
        "task instance": drawn(lambda: f"/ui/task-instances/{ordinary()}/{run('ordinary')}/t{chance.randrange(5)}_0"),
        "task instance, mapped": drawn(lambda: f"/ui/task-instances/mapped/{run('mapped')}/one"),
        "one mapped instance": drawn(
            lambda: f"/ui/task-instances/mapped/{run('mapped')}/one?map_index={chance.randrange(mapped)}"
        ),
        "mapped instances": drawn(
            lambda: f"/ui/task-instances/mapped/{run('mapped')}/one/mapped?limit=100&offset={chance.randrange(mapped)}"
        ),
        "events of a task instance": drawn(
            lambda: f"/ui/task-instances/mapped/{run('mapped')}/one/events?map_index={chance.randrange(mapped)}"
        ),
        "log": drawn(lambda: f"/ui/logs/{chance.choice(LOGGED)}/1?from=-500"),
        "log, searched": drawn(lambda: f"/ui/logs/{chance.choice(LOGGED)}/1/search?q=needle"),
        "explain": drawn(lambda: f"/ui/explain/{ordinary()}/{run('ordinary')}/t1_0/-1"),
        "versions, one": drawn(lambda: f"/ui/dags/{ordinary()}/versions/1"),
        "used by": drawn(lambda: f"/ui/used-by?connection={chance.choice(['history', 't3', 'ordinary'])}"),
        "saved views": drawn(lambda: "/ui/views"),
        "session": drawn(lambda: "/ui/session"),
        "first start": drawn(lambda: "/ui/start"),
        "import errors": drawn(lambda: "/ui/import-errors"),
        "trigger form": drawn(lambda: f"/ui/dags/{ordinary()}/trigger-form"),
        "search": drawn(lambda: f"/ui/search?q={chance.choice(['ordinary_4', 't3_2', 'manual__0012', 'wide'])}"),
    }


def times(ui: Ui, paths: list[str]) -> tuple[float, float, float]:
    """Median, p99 and maximum in milliseconds, warm-up left out."""
    taken = []
    for path in paths:
        began = time.perf_counter()
        ui.get(path)
        taken.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(taken[WARM:], n=100)
    return cuts[49], cuts[98], max(taken[WARM:])


def write_logs(home: Path) -> None:
    """A log of the usual length for each of `LOGGED`, with one line that a search finds."""
    for name in LOGGED:
        dag, run, task = name.split("/")
        log = home / f"logs/dag_id={dag}/run_id={run}/task_id={task}/attempt=1.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as file:
            for n in range(LOG_LINES):
                event = "here is the needle" if n == 777 else f"line {n} of many, as long as lines of a log usually are"
                file.write(json.dumps({"timestamp": "2026-01-01T00:00:00Z", "level": "info", "event": event}) + "\n")


def wait_for_dags(ui: Ui) -> None:
    """Waits until the history's DAGs are known."""
    deadline = time.monotonic() + DAGS_WAIT_SECS
    while json.loads(ui.get("/ui/dags?limit=1"))["total"] < 102:
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not offer the DAGs of history/")
        time.sleep(0.2)


def measure(database: str, options: argparse.Namespace) -> tuple[int, dict[str, tuple[float, float, float]]]:
    """Fills a database and times every endpoint over it."""
    runs = {name: max(2, int(number * options.scale)) for name, number in FULL.items()}
    mapped = max(10, int(MAPPED * min(1, options.scale * 10)))
    home = options.out / f"screens-{database}"
    shutil.rmtree(home, ignore_errors=True)
    with ExitStack() as stack:
        url = f"postgresql://{stack.enter_context(postgres())}/tradewind" if database == "postgres" else None
        system = stack.enter_context(tradewind(home, HERE / "history", options.binary, options.python, url))
        system.wait_until_healthy()
        wait_for_dags(Ui(system))
        system.stop()
        began = time.monotonic()
        written = (
            fill_postgres(url, runs, mapped) if url else fill_sqlite(home / "tradewind.db", runs, mapped)
        )  # fmt: skip
        print(f"{database}: {written:,} task instances in {time.monotonic() - began:.0f} s", flush=True)
        write_logs(home)
        system.restart()
        ui = Ui(system)
        for n, query in enumerate(VIEWS):
            ui.put(f"/ui/views/view-{n}", {"query": query})
        found = {}
        for name, paths in endpoints(runs, mapped, random.Random(7)).items():
            found[name] = times(ui, paths)
            print(f"{database}: {name}: " + ", ".join(f"{value:.1f}" for value in found[name]), flush=True)
    if not options.keep:
        shutil.rmtree(home, ignore_errors=True)
    return written, found


def report(results: dict[str, tuple[int, dict[str, tuple[float, float, float]]]]) -> str:
    """The table as Markdown."""
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    lines = ["# Endpoints of the screens over a long history", ""]
    sizes = " and ".join(f"{written:,} in {database}" for database, (written, _) in results.items())
    lines += [f"Finished task instances: {sizes}. {ASKED} requests each, one after the other, over one connection; ms."]
    lines += [f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({cpu.partition(': ')[2]}), {platform.system()}."]
    lines += [f"Bound: p99 at most {BOUND_MS} ms.", ""]
    names = list(results)
    lines += ["| endpoint | " + " | ".join(f"{name} p50 | p99 | max" for name in names) + " |"]
    lines += ["| --- |" + " ---: | ---: | ---: |" * len(names)]
    for endpoint in next(iter(results.values()))[1]:
        cells = [f"{value:.1f}" for name in names for value in results[name][1][endpoint]]
        lines += [f"| {endpoint} | " + " | ".join(cells) + " |"]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=absolute, default=HERE.parent / "target/release/tradewind")
    parser.add_argument("--python", type=absolute, help="interpreter with the Task SDK; else the server makes one")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the ten million")
    parser.add_argument("--out", type=absolute, default=HERE / "out")
    parser.add_argument("--keep", action="store_true", help="keep the homes, for a look at them")
    options = parser.parse_args()
    databases = [options.only] if options.only else ["sqlite", "postgres"]
    results = {database: measure(database, options) for database in databases}
    text = report(results)
    print(text)
    if options.scale == 1 and not options.only:
        (HERE / "SCREENS.md").write_text(text)
    late = [f"{d}: {e}" for d, (_, found) in results.items() for e, (_, p99, _) in found.items() if p99 > BOUND_MS]
    if late:
        print("over the bound: " + "; ".join(late))
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
