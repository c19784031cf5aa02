"""The warehouse: a SQLite file, or PostgreSQL. One SQL text serves both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flights import tables

LATE = f"SUM(CASE WHEN dep_delay > {tables.DELAYED_MINUTES} THEN 1 ELSE 0 END)"
BY_MONTH = f"SELECT month, COUNT(*), {LATE}, SUM(cancelled) FROM flights GROUP BY month ORDER BY month"
BY_CARRIER = f"""SELECT a.name, COUNT(*), {LATE}, SUM(f.cancelled) FROM flights f
    JOIN airlines a ON a.carrier = f.carrier GROUP BY a.name ORDER BY a.name"""
BY_HOUR = f"SELECT hour, COUNT(*), {LATE}, SUM(cancelled) FROM flights GROUP BY hour ORDER BY hour"


@dataclass(frozen=True)
class Warehouse:
    """Where the warehouse is: a file path, or the URI of a PostgreSQL database."""

    location: str

    @property
    def is_postgres(self) -> bool:
        """Whether the location is a PostgreSQL URI."""
        return self.location.startswith(("postgres://", "postgresql://"))

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor whose changes are kept together or not at all."""
        if self.is_postgres:
            import psycopg

            with psycopg.connect(self.location) as connection, connection.cursor() as cursor:
                yield cursor
        else:
            Path(self.location).parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.location, timeout=60)) as connection, connection:
                yield connection.cursor()

    def load_flights(self, files: list[str]) -> int:
        """Inserts or updates the flights of cleaned files and returns how many flights the warehouse then holds."""
        types = {name: "TEXT" if name in tables.TEXTS else "INTEGER" for name in tables.COLUMNS}
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        names, marks = ", ".join(tables.COLUMNS), self._marks(len(tables.COLUMNS))
        key = ", ".join(tables.KEY)
        changes = ", ".join(f"{name} = excluded.{name}" for name in tables.COLUMNS if name not in tables.KEY)
        upsert = f"ON CONFLICT ({key}) DO UPDATE SET {changes}"
        with self.transaction() as cursor:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS flights ({columns}, PRIMARY KEY ({key}))")
            if self.is_postgres:
                cursor.execute("CREATE TEMPORARY TABLE staged (LIKE flights) ON COMMIT DROP")
                for file in files:
                    with cursor.copy(f"COPY staged ({names}) FROM STDIN (FORMAT csv, HEADER)") as copy:
                        copy.write(Path(file).read_bytes())
                cursor.execute(f"INSERT INTO flights ({names}) SELECT {names} FROM staged {upsert}")
            else:
                for file in files:
                    insert = f"INSERT INTO flights ({names}) VALUES ({marks}) {upsert}"
                    cursor.executemany(insert, tables.typed_rows(Path(file)))
            cursor.execute("SELECT COUNT(*) FROM flights")
            return int(cursor.fetchone()[0])

    def load_dimension(self, name: str, path: Path) -> int:
        """Replaces one small table, all of text, by the rows of a CSV file and returns their number."""
        rows = [tuple(row.values()) for row in tables.rows_of(path)]
        columns = list(next(tables.rows_of(path)))
        with self.transaction() as cursor:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(f'{column} TEXT' for column in columns)})")
            cursor.execute(f"DELETE FROM {name}")
            cursor.executemany(f"INSERT INTO {name} VALUES ({self._marks(len(columns))})", rows)
        return len(rows)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.transaction() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def _marks(self, count: int) -> str:
        return ", ".join(["%s" if self.is_postgres else "?"] * count)
