"""Runs Airflow's example DAGs on stock Airflow and on Tradewind through the official REST client and compares.

    python conformance/run.py                          # both systems, then the comparison
    python conformance/run.py --against recorded       # Tradewind against recorded/stock-3.3.2.json: minutes less
    python conformance/run.py --record                 # stock only; rewrites the recording

Compared are what imports, from all DAG files with their plugins and from the folder that stock ships without any, and
for every DAG that `example_dags.toml` runs: the state of the run, the state and try number of each task instance, and
the variables that its callbacks left. Exits with 1 on any difference.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import airflow_client.client as airflow
from systems import STOCK_VERSION, System, absolute, postgres, stock, tradewind

HERE = Path(__file__).resolve().parent
RECORDING = HERE / "recorded" / f"stock-{STOCK_VERSION}.json"
RUN_ID = "conformance"
PAGE = 100  # the largest page that the REST API gives by default
POLL_SECS = 1.0
IMPORT_TIMEOUT_SECS = 300
SETTLED_SECS = 10  # nothing new imported for this long means that importing is over
PLUGINS = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(HERE / "plugins")}
FINISHED = {"success", "failed"}


@dataclass(frozen=True)
class Case:
    """One DAG of `example_dags.toml`: how to run it, or why it is not compared."""

    dag_id: str
    conf: dict[str, Any]
    logical_date: datetime
    variables: int
    scheduled: int
    pending: str | None
    skip: str | None


@dataclass(frozen=True)
class Difference:
    """One disagreement, ready to print."""

    where: str
    stock: str
    tradewind: str


def all_rows(call: Callable[..., Any], rows: str, *path: str, **query: Any) -> Iterator[Any]:
    """The rows of all pages of a list; `rows` is the list's name in the answer."""
    offset = 0
    while page := getattr(call(*path, limit=PAGE, offset=offset, **query), rows):
        yield from page
        offset += len(page)


class Client:
    """The few calls of the official client that a comparison needs."""

    def __init__(self, system: System) -> None:
        configuration = airflow.Configuration(host=system.url, access_token=system.token())
        api = airflow.ApiClient(configuration)
        self.dags, self.runs = airflow.DAGApi(api), airflow.DagRunApi(api)
        self.task_instances, self.errors = airflow.TaskInstanceApi(api), airflow.ImportErrorApi(api)
        self.variables = airflow.VariableApi(api)

    def dag_ids(self) -> set[str]:
        """All DAGs that are there now, page by page."""
        return {dag.dag_id for dag in all_rows(self.dags.get_dags, "dags", order_by=["dag_id"])}

    def import_errors(self, folder: Path) -> dict[str, str]:
        """The files that do not import, relative to the DAG folder, each with the last line of its trace."""
        page = self.errors.get_import_errors(limit=PAGE)
        found = {error.filename.removeprefix(f"{folder}/"): error.stack_trace for error in page.import_errors}
        return {file: found[file].strip().rpartition("\n")[2] for file in sorted(found)}

    def start(self, case: Case) -> None:
        """Unpauses the DAG and triggers the run that is compared, unless the schedule brings the runs."""
        self.dags.patch_dag(case.dag_id, airflow.DAGPatchBody(is_paused=False))
        if case.scheduled:
            return
        body = airflow.TriggerDAGRunPostBody(dag_run_id=RUN_ID, logical_date=case.logical_date, conf=case.conf)
        self.runs.trigger_dag_run(case.dag_id, body)

    def state(self, dag_id: str) -> str:
        """The state of the compared run."""
        return str(self.runs.get_dag_run(dag_id, RUN_ID).state.value)

    def has_ended(self, case: Case) -> bool:
        """Whether everything is there that is compared."""
        if case.scheduled:
            page = self.runs.get_dag_runs(case.dag_id, state=sorted(FINISHED))
            return bool(page.total_entries >= case.scheduled)
        return self.state(case.dag_id) in FINISHED and len(self.noted(case.dag_id)) >= case.variables

    def schedule_result(self, dag_id: str) -> dict[str, Any]:
        """What is compared of scheduled runs: state, dates and interval of each, and its task instances."""
        runs = list(all_rows(self.runs.get_dag_runs, "dag_runs", dag_id))
        states = {run.state.value for run in runs}
        found = {}
        for run in runs:
            dates = (run.logical_date, run.run_after, run.data_interval_start, run.data_interval_end)
            found[run.dag_run_id] = " ".join([run.state.value, run.run_type.value, *map(str, dates)])
        for row in all_rows(self.task_instances.get_task_instances, "task_instances", dag_id, "~"):
            found[f"{row.dag_run_id} {row.task_id}"] = (
                f"{row.state.value if row.state else 'none'}, try {row.try_number}"
            )
        return {"state": ", ".join(sorted(states)), "task_instances": dict(sorted(found.items()))}

    def result(self, dag_id: str) -> dict[str, Any]:
        """What is compared: the run, its task instances as `task_id[map_index]` to `state, try_number`, variables."""
        found: dict[str, str] = {}
        for row in all_rows(self.task_instances.get_task_instances, "task_instances", dag_id, RUN_ID):
            key = row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"
            found[key] = f"{row.state.value if row.state else 'none'}, try {row.try_number}"
        result = {"state": self.state(dag_id), "task_instances": dict(sorted(found.items()))}
        variables = self.noted(dag_id)
        return result | ({"variables": variables} if variables else {})

    def noted(self, dag_id: str) -> dict[str, str | None]:
        """The variables whose keys start with the DAG's id: what its callbacks left."""
        rows = all_rows(self.variables.get_variables, "variables", variable_key_pattern=f"{dag_id}.%")
        return {row.key: row.value for row in sorted(rows, key=lambda row: row.key)}

    def pause(self, dag_id: str) -> None:
        """Keeps a scheduled DAG from taking time from the others."""
        self.dags.patch_dag(dag_id, airflow.DAGPatchBody(is_paused=True))


def load_cases(path: Path) -> tuple[dict[str, Any], list[Case]]:
    """Reads the settings and the cases from the data file."""
    data = tomllib.loads(path.read_text())
    settings = data["settings"]
    cases = [
        Case(
            dag_id,
            entry.get("conf", {}),
            entry.get("logical_date", settings["logical_date"]),
            entry.get("variables", 0),
            entry.get("scheduled", 0),
            entry.get("pending"),
            entry.get("skip"),
        )
        for dag_id, entry in data["dags"].items()
    ]
    return settings, cases


def copy_dags(python: Path, everything: Path, plain: Path) -> None:
    """Makes two DAG folders out of what stock ships in the environment of `python`.

    `everything` gets all examples of stock, ours, and `dags/`; `plain` is the folder `example_dags` as it is.
    """
    code = "import importlib.util as u; print(u.find_spec('airflow').submodule_search_locations[0])"
    package = Path(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip())
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in (everything, plain):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(package / "example_dags", folder, ignore=ignored)
    shutil.copytree(package / "providers/standard/example_dags", everything / "standard", ignore=ignored)
    (everything / "tradewind").mkdir()
    for file in sorted((HERE.parent / "examples").glob("*.py")):
        if file.name != "flights_etl.py":  # needs packages that stock's environment does not hold
            shutil.copy(file, everything / "tradewind")
    shutil.copytree(HERE / "dags", everything / "conformance", ignore=ignored)
    (everything / ".airflowignore").write_text("plugins/\nlibs/\n")


def wait_for_imports(client: Client, expected: set[str]) -> set[str]:
    """Waits until the expected DAGs are there, or until nothing new has come for a while."""
    deadline = time.monotonic() + IMPORT_TIMEOUT_SECS
    seen: set[str] = set()
    changed_at = time.monotonic()
    while time.monotonic() < deadline:
        now = client.dag_ids()
        if now != seen:
            seen, changed_at = now, time.monotonic()
        if seen and time.monotonic() - changed_at > (SETTLED_SECS if expected <= seen else 6 * SETTLED_SECS):
            return seen
        time.sleep(POLL_SECS)
    return seen


def run_cases(client: Client, cases: list[Case], settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Runs the cases, a few at a time, and returns what became of each."""
    waiting, results = list(cases), {}
    by_id = {case.dag_id: case for case in cases}
    running: dict[str, float] = {}
    while waiting or running:
        while waiting and len(running) < settings["concurrency"]:
            case = waiting.pop(0)
            try:
                client.start(case)
                running[case.dag_id] = time.monotonic() + settings["timeout_secs"]
            except airflow.ApiException as error:
                results[case.dag_id] = {"state": f"not started: {error.status} {error.reason}", "task_instances": {}}
        time.sleep(POLL_SECS)
        for dag_id, deadline in list(running.items()):
            case = by_id[dag_id]
            if client.has_ended(case) or time.monotonic() > deadline:
                results[dag_id] = client.schedule_result(dag_id) if case.scheduled else client.result(dag_id)
                client.pause(dag_id)
                del running[dag_id]
                print(f"  {len(results):3}/{len(cases)} {dag_id}: {results[dag_id]['state']}", flush=True)
    return dict(sorted(results.items()))


def observe(system: AbstractContextManager[System], folder: Path, cases: list[Case], settings: Any) -> dict[str, Any]:
    """Starts a system, runs the cases on it and returns everything that is compared."""
    with system as running:
        print(f"{running.name}: serving after {running.wait_until_healthy():.1f} s", flush=True)
        client = Client(running)
        dag_ids = wait_for_imports(client, {case.dag_id for case in cases})
        errors = client.import_errors(folder)
        print(f"{running.name}: {len(dag_ids)} DAGs, {len(errors)} import errors", flush=True)
        present = [case for case in cases if case.dag_id in dag_ids]
        return {
            "system": running.name,
            "observed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dag_ids": sorted(dag_ids),
            "import_errors": errors,
            "runs": run_cases(client, present, settings),
        }


def observe_imports(system: AbstractContextManager[System], folder: Path, expected: set[str]) -> dict[str, Any]:
    """Starts a system and returns what imports; runs nothing."""
    with system as running:
        running.wait_until_healthy()
        client = Client(running)
        dag_ids, errors = wait_for_imports(client, expected), client.import_errors(folder)
        print(f"{running.name}, without plugins: {len(dag_ids)} DAGs, {len(errors)} import errors", flush=True)
        return {"dag_ids": sorted(dag_ids), "import_errors": errors}


def compare_imports(label: str, expected: dict[str, Any], actual: dict[str, Any]) -> list[Difference]:
    """The DAGs and the import errors that only one side has, or that say something else."""
    left, right = (dict.fromkeys(side["dag_ids"], "imported") for side in (expected, actual))
    pairs = [(f"{label} dag {dag_id}", left.get(dag_id), right.get(dag_id)) for dag_id in sorted(left | right)]
    left, right = (side["import_errors"] for side in (expected, actual))
    pairs += [(f"{label} import of {file}", left.get(file), right.get(file)) for file in sorted(left | right)]
    return [Difference(where, a or "nothing", b or "nothing") for where, a, b in pairs if a != b]


def compare_runs(expected: dict[str, Any], actual: dict[str, Any], cases: list[Case]) -> list[Difference]:
    """All disagreements over the compared cases."""
    found = []
    for case in cases:
        nothing = {"state": "no run", "task_instances": {}}
        left, right = (side["runs"].get(case.dag_id, nothing) for side in (expected, actual))
        if left["state"] != right["state"]:
            found.append(Difference(case.dag_id, left["state"], right["state"]))
        for key in sorted(left["task_instances"] | right["task_instances"]):
            states = [side["task_instances"].get(key, "no such task instance") for side in (left, right)]
            if states[0] != states[1]:
                found.append(Difference(f"{case.dag_id}.{key}", states[0], states[1]))
        variables = [side.get("variables", {}) for side in (left, right)]
        for key in sorted(variables[0] | variables[1]):
            values = [side.get(key, "no such variable") for side in variables]
            if values[0] != values[1]:
                found.append(Difference(key, values[0], values[1]))
    return found


def print_table(cases: list[Case], differences: list[Difference]) -> None:
    """One line per case, then one line per difference."""
    differing = {difference.where.partition(".")[0] for difference in differences}
    for case in cases:
        reason = case.skip or case.pending
        verdict = f"not compared: {reason}" if reason else "DIFFERS" if case.dag_id in differing else "same"
        print(f"{case.dag_id:<58} {verdict}")
    for difference in differences:
        print(f"\n{difference.where}\n  stock      {difference.stock}\n  tradewind  {difference.tradewind}")
    compared = sum(1 for case in cases if not (case.skip or case.pending))
    same = compared - len(differing & {case.dag_id for case in cases})
    print(f"\n{same} of {compared} compared DAGs are the same; {len(differences)} differences in all")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", choices=("live", "recorded"), default="live", help="what Tradewind is held to")
    parser.add_argument("--record", action="store_true", help="run stock alone and rewrite the recording")
    parser.add_argument(
        "--stock-python", type=absolute, required=True, help=f"interpreter with apache-airflow=={STOCK_VERSION}"
    )
    parser.add_argument("--tradewind-python", type=absolute, help="interpreter for Tradewind; default: that of stock")
    parser.add_argument(
        "--tradewind", type=absolute, default=HERE.parent / "target/release/tradewind", help="the binary"
    )
    parser.add_argument("--postgresql", action="store_true", help="let Tradewind run on a temporary PostgreSQL server")
    parser.add_argument("--out", type=absolute, default=HERE / "out", help="where homes and results go")
    parser.add_argument("--only", nargs="*", metavar="DAG_ID", help="run these DAGs only")
    return parser.parse_args()


def observe_stock(args: argparse.Namespace, cases: list[Case], settings: dict[str, Any]) -> dict[str, Any]:
    """Everything that is compared, from stock; kept in `out/stock.json`."""
    everything, plain, recorded = args.out / "dags", args.out / "plain", json.loads(RECORDING.read_text())
    home = args.out / f"stock-{args.stamp}"
    found = observe(stock(home, everything, args.stock_python, extra_env=PLUGINS), everything, cases, settings)
    bare = stock(home.with_name(f"{home.name}-plain"), plain, args.stock_python)
    found["plain"] = observe_imports(bare, plain, set(recorded.get("plain", recorded)["dag_ids"]))
    (args.out / "stock.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def observe_tradewind(
    args: argparse.Namespace, cases: list[Case], settings: dict[str, Any], expected: dict[str, Any]
) -> dict[str, Any]:
    """The same from Tradewind; kept in `out/tradewind.json`."""
    everything, plain = args.out / "dags", args.out / "plain"
    home = args.out / f"tradewind-{args.stamp}"
    python = args.tradewind_python or args.stock_python
    with ExitStack() as stack:
        database = f"postgresql://{stack.enter_context(postgres())}/tradewind" if args.postgresql else None
        system = tradewind(home, everything, args.tradewind, python, database=database, extra_env=PLUGINS)
        found = observe(system, everything, cases, settings)
    bare = tradewind(home.with_name(f"{home.name}-plain"), plain, args.tradewind, python)
    found["plain"] = observe_imports(bare, plain, set(expected["plain"]["dag_ids"]))
    (args.out / "tradewind.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def main() -> int:
    """Runs what was asked for and returns the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    args = arguments()
    args.stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    settings, cases = load_cases(HERE / "example_dags.toml")
    if args.only:
        cases = [case for case in cases if case.dag_id in args.only]
    runnable = [case for case in cases if not case.skip]
    compared = [case for case in runnable if not case.pending]
    copy_dags(args.stock_python, args.out / "dags", args.out / "plain")

    live = args.record or args.against == "live"
    expected = observe_stock(args, runnable, settings) if live else json.loads(RECORDING.read_text())
    if args.record:
        if args.only:
            expected["runs"] = json.loads(RECORDING.read_text())["runs"] | expected["runs"]
        RECORDING.write_text(json.dumps(expected, indent=1) + "\n")
        return 0

    actual = observe_tradewind(args, compared, settings, expected)
    differences = compare_imports("with plugins", expected, actual)
    differences += compare_imports("without plugins", expected["plain"], actual["plain"])
    differences += compare_runs(expected, actual, compared)
    print_table(cases, differences)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
