"""Measures stock Airflow and Tradewind on the same workloads and writes RESULTS.md.

    python bench/run.py                                  # both, one after the other
    python bench/run.py --only tradewind                 # Tradewind; stock's numbers from the last run of it
    python bench/run.py --only stock --repetitions 5

Needs nothing but Python 3.11 and a PostgreSQL installation. Stock's environment is made in bench/out/stock-venv unless
`--stock-python` names one that holds ../conformance/stock-requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

from measure import Rest, attempt_seconds, command_seconds, idle, run_once, summary, wait_for_dag  # noqa: E402
from systems import STOCK_VERSION, System, absolute, postgres, stock, tradewind  # noqa: E402

DAGS = HERE / "dags"
WORKLOADS = {"chain": "bench_chain", "fan": "bench_fan", "layers": "bench_layers"}
SINGLE, SINGLE_RUNS = "bench_single", 30
ROWS = {  # measure: what it is, its unit, and the factor from seconds (or what else was measured) to that unit
    "chain": ("chain of 20 no-op Python tasks, makespan", "s", 1),
    "chain_wall": ("the same, trigger request to seen finished", "s", 1),
    "fan": ("1 → 50 → 1 no-op Python tasks, makespan", "s", 1),
    "fan_wall": ("the same, trigger request to seen finished", "s", 1),
    "layers": ("1,000 EmptyOperators in 10 layers, makespan", "s", 1),
    "layers_wall": ("the same, trigger request to seen finished", "s", 1),
    "chain_attempt": ("one no-op attempt, start to end as REST reports them (chain)", "ms", 1000),
    "attempt": ("one no-op attempt, fork requested to reaped", "ms", 1),
    "attempt_served": ("one no-op attempt alone, queued to reaped", "ms", 1000),
    "first_start": ("first start to serving, database made", "s", 1),
    "start": ("later start to serving", "s", 1),
    "dags_list": ("CLI `dags list`", "ms", 1000),
    "idle_pss_mib": ("idle memory of all processes (PSS)", "MiB", 1),
    "idle_root_pss_mib": ("idle memory of the server processes without their children (PSS)", "MiB", 1),
    "idle_cpu_percent": ("idle processor time, of one core", "%", 1),
}


def measure(system: AbstractContextManager[System], command: list[str], repetitions: int) -> dict[str, list[float]]:
    """Starts a system and takes all its measures."""
    with system as running:
        found = {"first_start": [running.wait_until_healthy()]}
        print(f"{running.name}: serving after {found['first_start'][0]:.2f} s", flush=True)
        rest = Rest(running)
        for dag_id in WORKLOADS.values():
            wait_for_dag(rest, dag_id)
            run_once(rest, dag_id)  # warm-up, not counted
        for name, dag_id in WORKLOADS.items():
            runs = [run_once(rest, dag_id) for _ in range(repetitions)]
            found[name] = [run.makespan for run in runs]
            found[f"{name}_wall"] = [run.wall for run in runs]
            found[f"{name}_attempt"] = [attempt for run in runs for attempt in run.attempts]
            print(f"{running.name}: {name} {summary(found[name])['median']:.3f} s", flush=True)
        if running.name == "tradewind":
            found["attempt_served"] = attempt_seconds(rest, SINGLE, SINGLE_RUNS)
        found["dags_list"] = command_seconds(command, running.env, repetitions)
        found |= idle(running)
        found["start"] = [running.restart() for _ in range(repetitions)]
    return found


def machine() -> dict[str, Any]:
    """Where and of what the measures were taken."""
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True
    )
    return {
        "machine": f"{os.cpu_count()} cores ({cpu.partition(':')[2].strip()}), {memory:.0f} GiB, {platform.system()}",
        "commit": commit.stdout.strip(),
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "load": round(os.getloadavg()[0], 1),
    }


def stock_python(out: Path) -> Path:
    """Makes the environment of stock Airflow, once."""
    folder = out / "stock-venv"
    python = folder / "bin/python"
    requirements = HERE.parent / "conformance/stock-requirements.txt"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
        (folder / "complete").touch()
    return python


def render(results: dict[str, dict[str, Any]]) -> str:
    """The text of RESULTS.md."""
    lines = ["# Tradewind and stock Airflow, side by side", ""]
    for name, result in results.items():
        about = result["about"]
        what = f"Airflow {STOCK_VERSION}, PostgreSQL, LocalExecutor" if name == "stock" else f"commit {about['commit']}"
        lines.append(
            f"- {name}: {what}; {about['date']}; {about['machine']}; load average {about['load']} at the start"
        )
    lines += ["", "Medians, with the extremes in brackets. The ratio is stock's median by Tradewind's.", ""]
    lines += ["| measure | stock | Tradewind | ratio |", "| --- | ---: | ---: | ---: |"]
    for measure_name, (text, unit, factor) in ROWS.items():
        found = [result["measures"].get(measure_name) for result in results.values()]
        if any(found):
            ratio = f"{found[0]['median'] / found[1]['median']:,.1f}" if all(found) and found[1]["median"] else "–"
            lines.append(f"| {text} | {' | '.join(_cell(value, unit, factor) for value in found)} | {ratio} |")
    return "\n".join([*lines, ""])


def _cell(value: dict[str, Any] | None, unit: str, factor: float) -> str:
    if value is None:
        return "–"
    middle, low, high = (
        f"{value[key] * factor:,.3g}" if value[key] * factor < 100 else f"{value[key] * factor:,.0f}"
        for key in ("median", "min", "max")
    )
    return f"{middle} {unit}" if len(value["values"]) == 1 else f"{middle} {unit} ({low} – {high})"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("tradewind", "stock", "both"), default="both")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--tradewind", type=absolute, default=HERE.parent / "target/release/tradewind", help="the binary"
    )
    parser.add_argument(
        "--tradewind-python", type=absolute, help="its interpreter; default: it makes its own environment"
    )
    parser.add_argument("--tradewind-postgres", action="store_true", help="run Tradewind on PostgreSQL, not SQLite")
    parser.add_argument("--stock-python", type=absolute, help="interpreter of an environment with stock Airflow")
    parser.add_argument("--out", type=absolute, default=HERE / "out")
    return parser.parse_args()


def measure_stock(args: argparse.Namespace, home: Path) -> dict[str, list[float]]:
    """Measures stock Airflow."""
    python = args.stock_python or stock_python(args.out)
    return measure(stock(home, DAGS, python), [str(python.parent / "airflow"), "dags", "list"], args.repetitions)


def measure_tradewind(args: argparse.Namespace, home: Path) -> dict[str, list[float]]:
    """Measures Tradewind."""
    with ExitStack() as stack:
        database = f"postgresql://{stack.enter_context(postgres())}/tradewind" if args.tradewind_postgres else None
        system = tradewind(home, DAGS, args.tradewind, args.tradewind_python, database)
        found = measure(system, [str(args.tradewind), "dags", "list"], args.repetitions)
    python = args.tradewind_python or next((home / "python").glob("*/bin/python"))
    printed = subprocess.run([python, HERE / "attempt.py"], check=True, capture_output=True, text=True).stdout
    return found | {"attempt": [float(line) for line in printed.split()]}


def main() -> None:
    """Measures what was asked for; writes RESULTS.md when there are numbers of both systems."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, take in (("stock", measure_stock), ("tradewind", measure_tradewind)):
        if args.only in (name, "both"):
            home = args.out / f"{name}-home"
            shutil.rmtree(home, ignore_errors=True)
            about = machine()
            measures = {key: summary(values) for key, values in take(args, home).items()}
            (args.out / f"{name}.json").write_text(json.dumps({"about": about, "measures": measures}, indent=1) + "\n")
    files = {name: args.out / f"{name}.json" for name in ("stock", "tradewind")}
    if args.only != "stock" and all(file.exists() for file in files.values()):
        results = {name: json.loads(file.read_text()) for name, file in files.items()}
        (HERE / "RESULTS.md").write_text(render(results))


if __name__ == "__main__":
    main()
