"""The charts of the report, drawn without a screen."""

from __future__ import annotations

import calendar
from pathlib import Path
from typing import Any

Rows = list[tuple[Any, ...]]  # label, flights, delayed, cancelled

INK, MUTED, LATE, GONE = "#1f2933", "#9aa5b1", "#2f6fb0", "#c4572e"


def draw(target: Path, by_month: Rows, by_carrier: Rows | None = None, by_hour: Rows | None = None) -> None:
    """Writes the chart: the year alone, or with carriers and hours below it when those are given."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams |= {"font.size": 9, "text.color": INK, "axes.edgecolor": MUTED, "axes.spines.top": False}
    mpl.rcParams |= {"axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": 10}
    if by_carrier and by_hour:
        figure, axes = plt.subplot_mosaic([["year", "year"], ["hours", "carriers"]], figsize=(10, 7.5), dpi=110)
        _by_hour(axes["hours"], by_hour)
        _by_carrier(axes["carriers"], by_carrier)
        _by_month(axes["year"], by_month)
    else:
        figure, axis = plt.subplots(figsize=(10, 4), dpi=110)
        _by_month(axis, by_month)
    total = sum(row[1] for row in by_month)
    figure.suptitle(f"{total:,} flights from New York, 2013", x=0.01, ha="left", fontsize=13, fontweight="bold")
    figure.tight_layout()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part.png")
    figure.savefig(part)
    plt.close(figure)
    part.replace(target)


def _by_month(axis: Any, rows: Rows) -> None:
    months = [row[0] for row in rows]
    axis.bar(months, [100 * row[2] / row[1] for row in rows], color=LATE, width=0.65)
    axis.plot(months, [100 * row[3] / row[1] for row in rows], color=GONE, marker="o", markersize=4)
    axis.set_xticks(months, [calendar.month_abbr[month] for month in months])
    axis.set_title("Flights that left more than 15 minutes late (bars) or not at all (line), %")


def _by_hour(axis: Any, rows: Rows) -> None:
    flown = [row for row in rows if row[1] > row[3]]
    axis.plot([row[0] for row in flown], [100 * row[2] / row[1] for row in flown], color=LATE, marker="o", markersize=4)
    axis.set_title("Late departures by scheduled hour, %")
    axis.set_xticks(range(6, 24, 3), [f"{hour}:00" for hour in range(6, 24, 3)])
    axis.set_ylim(bottom=0)


def _by_carrier(axis: Any, rows: Rows) -> None:
    ranked = sorted(rows, key=lambda row: row[2] / row[1])
    places = range(len(ranked))
    axis.barh(places, [100 * row[2] / row[1] for row in ranked], color=LATE, height=0.65)
    axis.set_yticks(places, [row[0] for row in ranked])
    axis.set_title("Late departures by carrier, %")
