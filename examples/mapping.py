"""
### Dynamic task mapping

The number of task instances is known only when the run is under way:

* `word_count` is mapped over the texts that `list_texts` returns,
* `scale` is mapped over keyword sets (`expand_kwargs`),
* `survey` is a task group mapped as a whole: each letter has its own `find` and `grade`, and a `grade` waits only for
  the `find` of its own letter,
* `summary` collects all of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.sdk import dag, get_current_context, task, task_group

TEXTS = (
    "the quick brown fox jumps over the lazy dog",
    "pack my box with five dozen liquor jugs",
    "how vexingly quick daft zebras jump",
)


@task
def list_texts() -> list[str]:
    """Returns what to map over."""
    return list(TEXTS)


@task(map_index_template="{{ first_word }}")
def word_count(text: str) -> int:
    """Counts the words of one text; the first word names the instance."""
    get_current_context()["first_word"] = text.split()[0]
    return len(text.split())


@task
def scale_arguments(counts: list[int]) -> list[dict[str, int]]:
    """Turns the counts into one set of arguments for each instance of `scale`."""
    return [{"count": count, "factor": 10**index} for index, count in enumerate(counts)]


@task
def scale(count: int, factor: int) -> int:
    """Multiplies."""
    return count * factor


@task_group
def survey(letter: str) -> Any:
    """Looks for one letter in all texts."""

    @task
    def find(letter: str) -> list[str]:
        return [text for text in TEXTS if letter in text]

    @task
    def grade(letter: str, found: list[str]) -> str:
        return f"{letter}: in {len(found)} of {len(TEXTS)} texts"

    return grade(letter, find(letter))


@task
def summary(scaled: list[int], grades: list[str]) -> dict[str, Any]:
    """Collects the results of all instances, in the order of their map index."""
    return {"scaled": list(scaled), "grades": list(grades)}


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1),
    default_args={"owner": "linguistics"},
    tags=["example", "mapping"],
    doc_md=__doc__,
)
def mapping() -> None:
    """Tasks and a task group mapped over data."""
    counts = word_count.expand(text=list_texts())
    scaled = scale.expand_kwargs(scale_arguments(counts))
    grades = survey.expand(letter=["x", "q", "m"])
    summary(scaled, grades)


mapping()
