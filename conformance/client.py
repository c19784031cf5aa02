"""Asks Tradewind for everything through the official REST client and checks the answers.

    python conformance/client.py --stock-python …/bin/python                    # Tradewind
    python conformance/client.py --stock-python …/bin/python --system stock     # the checks themselves, against stock

The client refuses an answer that lacks a field or has one of another type, so each call is a check of its own; on top
of that come the values. Exits with 1 on any mismatch.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import airflow_client.client as airflow
from pydantic import ValidationError
from systems import System, absolute, postgres, stock, tradewind

HERE = Path(__file__).resolve().parent
WAIT_SECS = 120  # for imports and for each run; stock needs most of it on two busy cores
POLL_SECS = 0.5
DAG_IDS = ["failing", "mapping", "retries_and_callbacks"]
BROKEN = 'from airflow.sdk import dag\n\nraise RuntimeError("broken on purpose")\n'
DATE = datetime(2026, 2, 4, tzinfo=UTC)
RUN = "client"
# What the client raises, and what a check raises that meets nothing where something should be.
UNREADABLE = (airflow.ApiException, ValidationError, ValueError, LookupError, AttributeError, TypeError, TimeoutError)


class Checks:
    """Counts what was checked and keeps what did not hold."""

    def __init__(self) -> None:
        self.count, self.mismatches = 0, []

    def equal(self, what: str, actual: Any, expected: Any) -> None:
        """One comparison."""
        self.count += 1
        if actual != expected:
            self.mismatches.append(f"{what}: got {actual!r}, expected {expected!r}")

    def refused(self, what: str, status: int, call: Callable[[], Any]) -> None:
        """One request that has to be answered with an error."""
        try:
            self.equal(what, f"accepted: {call()}", status)
        except airflow.ApiException as error:
            self.equal(what, error.status, status)
            self.equal(f"{what}: the body has a detail", "detail" in json.loads(error.body or "{}"), True)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """A group of calls; an answer that the client cannot read is a mismatch and ends the group."""
        before = self.count
        try:
            yield
        except UNREADABLE as error:
            self.mismatches.append(f"{name}: {type(error).__name__}: {str(error)[:600]}")
        print(f"  {name}: {self.count - before} checks", flush=True)


def wait_for(what: str, call: Callable[[], Any]) -> Any:
    """Calls until the answer is truthy."""
    deadline = time.monotonic() + WAIT_SECS
    while time.monotonic() < deadline:
        if found := call():
            return found
        time.sleep(POLL_SECS)
    raise TimeoutError(f"no {what} after {WAIT_SECS} s")


def check_system(api: airflow.ApiClient, checks: Checks) -> None:
    """Health and version."""
    health = airflow.MonitorApi(api).get_health()
    checks.equal("health of the database", health.metadatabase.status, "healthy")
    checks.equal("health of the scheduler", health.scheduler.status, "healthy")
    checks.equal("version", airflow.VersionApi(api).get_version().version != "", True)


def check_dags(api: airflow.ApiClient, checks: Checks) -> None:
    """Lists, one, details, patches."""
    dags = airflow.DAGApi(api)
    page = dags.get_dags(order_by=["dag_id"])
    checks.equal("all DAGs", ([dag.dag_id for dag in page.dags], page.total_entries), (DAG_IDS, 3))
    page = dags.get_dags(limit=1, offset=1, order_by=["-dag_id"])
    checks.equal("second page of DAGs", ([dag.dag_id for dag in page.dags], page.total_entries), (["mapping"], 3))
    checks.equal("DAGs with a tag", [dag.dag_id for dag in dags.get_dags(tags=["retries"]).dags], DAG_IDS[2:])
    checks.equal("DAGs like", [dag.dag_id for dag in dags.get_dags(dag_id_pattern="%pp%").dags], ["mapping"])
    checks.equal("paused DAGs", dags.get_dags(paused=True).total_entries, 3)
    dag = dags.get_dag("mapping")
    checks.equal("a DAG", (dag.is_paused, dag.is_stale, dag.owners), (True, False, ["linguistics"]))
    checks.equal("tags", sorted(tag.name for tag in dag.tags), ["example", "mapping"])
    checks.equal("file", dag.relative_fileloc, "mapping.py")
    details = dags.get_dag_details("retries_and_callbacks")
    checks.equal("params", details.params["failures"]["value"], 2)
    checks.equal("limits", (details.max_active_runs, details.max_active_tasks, details.catchup), (16, 16, False))
    checks.equal("documentation", (details.doc_md or "").strip().startswith("### Retries"), True)
    checks.equal("start date", details.start_date, datetime(2025, 1, 1, tzinfo=UTC))
    checks.equal("latest version", details.latest_dag_version.version_number, 1)
    patched = dags.patch_dag("mapping", airflow.DAGPatchBody(is_paused=False), update_mask=["is_paused"])
    checks.equal("unpaused", patched.is_paused, False)
    many = dags.patch_dags(airflow.DAGPatchBody(is_paused=False), dag_id_pattern="%")
    checks.equal("all unpaused", sorted(dag.dag_id for dag in many.dags if not dag.is_paused), DAG_IDS)
    checks.equal("no paused DAG", dags.get_dags(paused=True).total_entries, 0)
    checks.refused("an unknown DAG", 404, lambda: dags.get_dag("nothing"))
    checks.refused("details of an unknown DAG", 404, lambda: dags.get_dag_details("nothing"))
    pause = airflow.DAGPatchBody(is_paused=True)
    checks.refused("patch of an unknown DAG", 404, lambda: dags.patch_dag("nothing", pause))


def check_tasks(api: airflow.ApiClient, checks: Checks) -> None:
    """The tasks of a DAG."""
    tasks = airflow.TaskApi(api)
    found = {task.task_id: task for task in tasks.get_tasks("failing").tasks}
    checks.equal("tasks", sorted(found), ["clean_up", "pack", "ship", "weigh"])
    weigh = tasks.get_task("failing", "weigh")
    checks.equal("retries", (weigh.retries, weigh.retry_delay.seconds), (1, 2))
    checks.equal("what follows", sorted(weigh.downstream_task_ids), ["clean_up", "ship"])
    checks.equal("a mapped task", tasks.get_task("mapping", "word_count").is_mapped, True)
    checks.equal("a trigger rule", found["clean_up"].trigger_rule, "all_done")
    checks.refused("an unknown task", 404, lambda: tasks.get_task("mapping", "nothing"))


def check_runs(api: airflow.ApiClient, checks: Checks) -> None:
    """Triggers one run of each DAG, waits for all and reads them."""
    runs = airflow.DagRunApi(api)
    confs = {"mapping": {}, "failing": {}, "retries_and_callbacks": {"failures": 1}}
    for dag_id, conf in confs.items():
        body = airflow.TriggerDAGRunPostBody(dag_run_id=RUN, logical_date=DATE, conf=conf, note="by the client")
        run = runs.trigger_dag_run(dag_id, body)
        got = (run.dag_id, run.dag_run_id, run.logical_date, run.run_type.value, run.conf, run.note)
        checks.equal(f"triggered {dag_id}", got, (dag_id, RUN, DATE, "manual", conf, "by the client"))
        who = (run.triggered_by.value, run.triggering_user_name)
        checks.equal(f"who triggered {dag_id}", who, ("rest_api", "admin"))
    again = airflow.TriggerDAGRunPostBody(dag_run_id=RUN, logical_date=None)
    checks.refused("a run id twice", 409, lambda: runs.trigger_dag_run("mapping", again))
    wrong = airflow.TriggerDAGRunPostBody(logical_date=None, conf={"failures": "many"})
    checks.refused("a conf that does not fit", 400, lambda: runs.trigger_dag_run("retries_and_callbacks", wrong))
    checks.refused("a run of an unknown DAG", 404, lambda: runs.trigger_dag_run("nothing", again))
    for dag_id, state in (("mapping", "success"), ("failing", "failed"), ("retries_and_callbacks", "success")):
        ended = wait_for(f"end of {dag_id}", lambda dag_id=dag_id: ended_run(runs, dag_id))
        checks.equal(f"end of {dag_id}", ended.state.value, state)
        checks.equal(f"times of {dag_id}", ended.queued_at <= ended.start_date <= ended.end_date, True)
        checks.equal(f"duration of {dag_id}", ended.duration > 0, True)
        checks.equal(f"version of {dag_id}", [version.version_number for version in ended.dag_versions], [1])
    checks.equal("all runs", runs.get_dag_runs("~").total_entries, 3)
    checks.equal("failed runs", [run.dag_id for run in runs.get_dag_runs("~", state=["failed"]).dag_runs], ["failing"])
    checks.equal("scheduled runs", runs.get_dag_runs("~", run_type=["scheduled"]).total_entries, 0)
    checks.equal("runs by date", runs.get_dag_runs("mapping", logical_date_gte=DATE).total_entries, 1)
    checks.equal("runs before", runs.get_dag_runs("mapping", logical_date_lt=DATE).total_entries, 0)
    two = airflow.DAGRunsBatchBody(dag_ids=["mapping", "failing"], order_by="dag_id")
    batch = runs.get_list_dag_runs_batch("~", two)
    checks.equal("runs in a batch", [run.dag_id for run in batch.dag_runs], ["failing", "mapping"])
    checks.refused("an unknown run", 404, lambda: runs.get_dag_run("mapping", "nothing"))


def ended_run(runs: airflow.DagRunApi, dag_id: str) -> Any:
    """The run once it has ended."""
    run = runs.get_dag_run(dag_id, RUN)
    return run if run.state.value in ("success", "failed") else None


def check_task_instances(api: airflow.ApiClient, checks: Checks) -> None:
    """Lists, one, mapped ones and their tries."""
    instances = airflow.TaskInstanceApi(api)
    page = instances.get_task_instances("failing", RUN)
    found = {row.task_id: (row.state.value, row.try_number) for row in page.task_instances}
    states = {"pack": ("success", 1), "weigh": ("failed", 2), "clean_up": ("success", 1)}
    checks.equal("task instances", found, states | {"ship": ("upstream_failed", 0)})
    checks.equal("failed ones", instances.get_task_instances("~", "~", state=["failed"]).total_entries, 1)
    checks.equal("all of the mapped DAG", instances.get_task_instances("mapping", RUN).total_entries, 15)
    pack = instances.get_task_instance("failing", RUN, "pack")
    checks.equal("one", (pack.map_index, pack.pool, pack.pool_slots, pack.max_tries), (-1, "default_pool", 1, 0))
    checks.equal("times", pack.queued_when <= pack.start_date <= pack.end_date and pack.duration > 0, True)
    checks.equal("operator", pack.operator, "_PythonDecoratedOperator")
    mapped = instances.get_mapped_task_instances("mapping", RUN, "word_count", order_by=["map_index"])
    names = [(row.map_index, row.rendered_map_index, row.state.value) for row in mapped.task_instances]
    checks.equal("mapped", names, [(0, "the", "success"), (1, "pack", "success"), (2, "how", "success")])
    one = instances.get_mapped_task_instance("mapping", RUN, "survey.grade", 2)
    checks.equal("one mapped", (one.task_id, one.map_index, one.state.value), ("survey.grade", 2, "success"))
    tries = instances.get_task_instance_tries("failing", RUN, "weigh").task_instances
    checks.equal("tries", [(t.try_number, t.state.value) for t in tries], [(1, "failed"), (2, "failed")])
    second = instances.get_task_instance_try_details("failing", RUN, "weigh", 2)
    checks.equal("one try", (second.try_number, second.state.value), (2, "failed"))
    checks.equal("mapped tries", instances.get_mapped_task_instance_tries("mapping", RUN, "scale", 1).total_entries, 1)
    body = airflow.TaskInstancesBatchBody(dag_ids=["failing"], task_ids=["pack", "ship"])
    batch = instances.get_task_instances_batch("~", "~", body)
    checks.equal("in a batch", sorted(row.task_id for row in batch.task_instances), ["pack", "ship"])
    checks.refused("an unknown one", 404, lambda: instances.get_task_instance("failing", RUN, "nothing"))
    checks.refused("an unknown index", 404, lambda: instances.get_mapped_task_instance("mapping", RUN, "scale", 9))


def check_logs(api: airflow.ApiClient, checks: Checks) -> None:
    """The log of each try, also of a mapped task instance."""
    instances = airflow.TaskInstanceApi(api)

    def events(*path: Any, **query: Any) -> list[str]:
        lines = instances.get_log(*path, full_content=True, **query).content.actual_instance
        return [line.event if isinstance(line, airflow.StructuredLogMessage) else line for line in lines]

    def has(text: str, *path: Any, **query: Any) -> None:
        found = any(text in event for event in events(*path, **query))
        checks.equal(f"log of {path} has {text!r}", found, True)

    has("retry: retries_and_callbacks.unsteady try 1", "retries_and_callbacks", RUN, "unsteady", 1)
    has("success: retries_and_callbacks.unsteady try 2", "retries_and_callbacks", RUN, "unsteady", 2)
    has("attempt 2 succeeded", "retries_and_callbacks", RUN, "report", 1)
    has("Task failed with exception", "failing", RUN, "weigh", 2)
    has("Done. Returned value was: 80", "mapping", RUN, "scale", 1, map_index=1)
    checks.refused("log of an unknown task", 404, lambda: events("failing", RUN, "nothing", 1))


def check_xcoms(api: airflow.ApiClient, checks: Checks) -> None:
    """What tasks returned."""
    xcoms = airflow.XComApi(api)
    page = xcoms.get_xcom_entries("failing", RUN, "pack")
    checks.equal("entries", [(row.key, row.map_index) for row in page.xcom_entries], [("return_value", -1)])

    def value(dag_id: str, task_id: str, **query: Any) -> Any:
        return xcoms.get_xcom_entry(dag_id, task_id, RUN, "return_value", **query).actual_instance.value

    checks.equal("a list", value("failing", "pack"), [2.5, -1.0, 4.2])
    checks.equal("as text", json.loads(value("failing", "pack", stringify=True)), [2.5, -1.0, 4.2])
    checks.equal("mapped", [value("mapping", "word_count", map_index=index) for index in range(3)], [9, 8, 6])
    grades = [f"{letter}: in 3 of 3 texts" for letter in "xqm"]
    checks.equal("collected", value("mapping", "summary"), {"scaled": [9, 80, 600], "grades": grades})
    missing = ("failing", "pack", RUN, "nothing")
    checks.refused("an unknown key", 404, lambda: xcoms.get_xcom_entry(*missing))


def check_import_errors(api: airflow.ApiClient, checks: Checks) -> None:
    """The file that does not import."""
    errors = airflow.ImportErrorApi(api)
    page = errors.get_import_errors()
    checks.equal("how many", page.total_entries, 1)
    one = errors.get_import_error(page.import_errors[0].import_error_id)
    checks.equal("file", Path(one.filename).name, "broken.py")
    checks.equal("trace", "RuntimeError: broken on purpose" in one.stack_trace, True)
    checks.refused("an unknown one", 404, lambda: errors.get_import_error(999_999))


def check_variables(api: airflow.ApiClient, checks: Checks) -> None:
    """Create, read, change, delete."""
    variables = airflow.VariableApi(api)
    made = variables.post_variable(airflow.VariableBody(key="a/b", value="1", description="first"))
    checks.equal("made", (made.key, made.value, made.description), ("a/b", "1", "first"))
    variables.post_variable(airflow.VariableBody(key="settings", value={"deep": [1]}))
    checks.equal("from JSON", json.loads(variables.get_variable("settings").value), {"deep": [1]})
    variables.post_variable(airflow.VariableBody(key="api_password", value="hidden"))
    checks.equal("a secret is masked", variables.get_variable("api_password").value, "***")
    body = airflow.VariableBody(key="a/b", value="2", description="ignored by the mask")
    patched = variables.patch_variable("a/b", body, update_mask=["value"])
    checks.equal("patched", (patched.value, patched.description), ("2", "first"))
    page = variables.get_variables(order_by=["key"], limit=2)
    checks.equal("listed", ([row.key for row in page.variables], page.total_entries), (["a/b", "api_password"], 3))
    checks.equal("like", variables.get_variables(variable_key_pattern="set%").total_entries, 1)
    checks.refused("twice", 409, lambda: variables.post_variable(body))
    for key in ("a/b", "settings", "api_password"):
        variables.delete_variable(key)
    checks.equal("all gone", variables.get_variables().total_entries, 0)
    checks.refused("gone", 404, lambda: variables.get_variable("a/b"))
    checks.refused("gone twice", 404, lambda: variables.delete_variable("a/b"))


def check_connections(api: airflow.ApiClient, checks: Checks) -> None:
    """Create, read, change, delete."""
    connections = airflow.ConnectionApi(api)
    extra = json.dumps({"timeout": 3, "token": "hidden"})
    body = airflow.ConnectionBody(
        connection_id="warehouse",
        conn_type="postgres",
        host="db.example.com",
        login="reader",
        password="hidden",
        port=5432,
        var_schema="facts",
        extra=extra,
    )
    made = connections.post_connection(body)
    checks.equal("made", (made.host, made.port, made.var_schema), ("db.example.com", 5432, "facts"))
    checks.equal("the password is masked", made.password, "***")
    checks.equal("so is the extra's secret", json.loads(made.extra), {"timeout": 3, "token": "***"})
    changed = airflow.ConnectionBody(connection_id="warehouse", conn_type="postgres", host="other.example.com")
    patched = connections.patch_connection("warehouse", changed, update_mask=["host"])
    checks.equal("patched", (patched.host, patched.login, patched.port), ("other.example.com", "reader", 5432))
    checks.equal("one", connections.get_connection("warehouse").login, "reader")
    checks.equal("listed", [row.connection_id for row in connections.get_connections().connections], ["warehouse"])
    checks.refused("twice", 409, lambda: connections.post_connection(body))
    connections.delete_connection("warehouse")
    checks.refused("gone", 404, lambda: connections.get_connection("warehouse"))


def check_pools(api: airflow.ApiClient, checks: Checks) -> None:
    """Create, read, change, delete; the default pool stays."""
    pools = airflow.PoolApi(api)
    default = pools.get_pool("default_pool")
    checks.equal("default", (default.slots, default.occupied_slots, default.open_slots), (128, 0, 128))
    made = pools.post_pool(airflow.PoolBody(name="narrow", slots=2, description="two at a time", include_deferred=True))
    checks.equal("made", (made.name, made.slots, made.open_slots, made.include_deferred), ("narrow", 2, 2, True))
    # Stock wants all fields even with a mask.
    body = airflow.PoolPatchBody(pool="narrow", slots=3, description="not this", include_deferred=True)
    patched = pools.patch_pool("narrow", body, update_mask=["slots"])
    checks.equal("patched", (patched.slots, patched.description), (3, "two at a time"))
    listed = pools.get_pools(order_by=["name"])
    checks.equal("listed", [pool.name for pool in listed.pools], ["default_pool", "narrow"])
    checks.refused("twice", 409, lambda: pools.post_pool(airflow.PoolBody(name="narrow", slots=1)))
    pools.delete_pool("narrow")
    checks.refused("gone", 404, lambda: pools.get_pool("narrow"))
    checks.refused("the default pool goes not", 400, lambda: pools.delete_pool("default_pool"))


def check_acts(api: airflow.ApiClient, checks: Checks) -> None:
    """Note, clear, mark and delete what ran before."""
    runs, instances = airflow.DagRunApi(api), airflow.TaskInstanceApi(api)

    def names(page: Any) -> list[tuple[str, int]]:
        return sorted((row.task_id, row.map_index) for row in page.task_instances)

    def clear(dag_id: str, *task_ids: Any, **fields: Any) -> Any:
        inner = [airflow.ClearTaskInstancesBodyTaskIdsInner(task_id) for task_id in task_ids]
        body = airflow.ClearTaskInstancesBody(dag_run_id=RUN, task_ids=inner, **fields)
        return instances.post_clear_task_instances(dag_id, body)

    noted = runs.patch_dag_run("failing", RUN, airflow.DAGRunPatchBody(note="seen"), update_mask=["note"])
    checks.equal("a note", (noted.note, noted.state.value), ("seen", "failed"))
    broken = [("ship", -1), ("weigh", -1)]
    checks.equal("a dry run", names(clear("failing", "weigh", include_downstream=True)), broken)
    checks.equal("one index", names(clear("mapping", ["scale", 1], only_failed=False)), [("scale", 1)])
    checks.equal("nothing to clear", names(clear("mapping", "scale")), [])
    skip = airflow.PatchTaskInstanceBody(new_state="skipped", note="not today")
    would = instances.patch_task_instance_dry_run("failing", RUN, "weigh", skip)
    checks.equal("a dry mark", names(would), [("weigh", -1)])
    scale = instances.patch_task_instance_dry_run_by_map_index("mapping", RUN, "scale", 2, skip)
    checks.equal("a dry mark of an index", names(scale), [("scale", 2)])
    checks.equal("nothing has changed", runs.get_dag_run("failing", RUN).state.value, "failed")

    marked = instances.patch_task_instance("failing", RUN, "weigh", skip).task_instances[0]
    checks.equal("marked", (marked.state.value, marked.try_number, marked.note), ("skipped", 2, "not today"))
    ended = wait_for("end of failing", lambda: ended_run(runs, "failing"))
    checks.equal("what failed below goes on", ended.state.value, "success")
    checks.equal("and is skipped", instances.get_task_instance("failing", RUN, "ship").state.value, "skipped")
    patch = instances.patch_task_instance
    checks.refused("marked twice", 409, lambda: patch("failing", RUN, "weigh", skip))
    cleared = clear("failing", "weigh", only_failed=False, include_downstream=True, dry_run=False, note="once more")
    states = sorted((row.task_id, row.state) for row in cleared.task_instances)
    checks.equal("cleared", states, [("clean_up", None), ("ship", None), ("weigh", None)])
    ended = wait_for("end of failing", lambda: ended_run(runs, "failing"))
    checks.equal("it fails again", (ended.state.value, ended.note), ("failed", "seen"))
    weigh = instances.get_task_instance("failing", RUN, "weigh")
    checks.equal("its tries", (weigh.try_number, weigh.max_tries, weigh.state.value), (4, 3, "failed"))
    notes = {row.note for row in instances.get_task_instances("failing", RUN).task_instances}
    checks.equal("notes", notes, {None, "once more"})  # the task that was not cleared has none
    tries = instances.get_task_instance_tries("failing", RUN, "weigh").task_instances
    checks.equal("all tries", [t.try_number for t in tries], [1, 2, 3, 4])

    # The client finds a task instance in this answer ambiguous, stock's too, so it is read as JSON.
    whole = runs.clear_dag_run_without_preload_content("mapping", RUN, airflow.DAGRunClearBody())
    checks.equal("a whole run, dry", json.loads(whole.data)["total_entries"], 15)
    fresh = runs.clear_dag_run("mapping", RUN, airflow.DAGRunClearBody(only_new=True)).actual_instance
    checks.equal("new tasks", fresh.total_entries, 0)
    again = runs.clear_dag_run("mapping", RUN, airflow.DAGRunClearBody(dry_run=False)).actual_instance
    checks.equal("a whole run", (again.state.value, again.end_date), ("queued", None))
    ended = wait_for("end of mapping", lambda: ended_run(runs, "mapping"))
    checks.equal("it succeeds again", ended.state.value, "success")
    checks.equal("with new tries", instances.get_mapped_task_instance("mapping", RUN, "scale", 1).try_number, 2)
    failed = runs.patch_dag_run("mapping", RUN, airflow.DAGRunPatchBody(state="failed"))
    checks.equal("a marked run", (failed.state.value, failed.end_date), ("failed", ended.end_date))
    update = {"action": "update", "entities": [{"dag_run_id": RUN, "state": "success", "note": "in bulk"}]}
    bulk = airflow.BulkBodyBulkDAGRunBody.from_dict({"actions": [update]})
    outcome = runs.bulk_dag_runs("mapping", bulk).update
    checks.equal("in bulk", (outcome.success, outcome.errors), ([f"mapping.{RUN}"], []))
    checks.equal("the bulk's note", runs.get_dag_run("mapping", RUN).note, "in bulk")

    checks.refused("clear in an unknown run", 404, lambda: runs.clear_dag_run("mapping", "nothing", {}))
    body = airflow.DAGRunPatchBody(state="failed")
    checks.refused("mark an unknown run", 404, lambda: runs.patch_dag_run("mapping", "nothing", body))
    checks.refused("mark an unknown task", 404, lambda: patch("mapping", RUN, "nothing", skip))
    checks.refused("clear an unknown DAG", 404, lambda: clear("nothing", "scale"))
    checks.refused("both filters", 422, lambda: clear("mapping", "scale", only_failed=True, only_running=True))
    checks.refused("no task", 422, lambda: clear("mapping"))
    runs.delete_dag_run("retries_and_callbacks", RUN)
    checks.refused("a deleted run", 404, lambda: runs.get_dag_run("retries_and_callbacks", RUN))
    checks.refused("deleted twice", 404, lambda: runs.delete_dag_run("retries_and_callbacks", RUN))
    checks.refused("delete an unknown DAG", 404, lambda: airflow.DAGApi(api).delete_dag("nothing"))
    checks.equal("delete a DAG", airflow.DAGApi(api).delete_dag("retries_and_callbacks"), None)


def check_event_logs(api: airflow.ApiClient, checks: Checks) -> None:
    """What was done before is told."""
    events = airflow.EventLogApi(api)
    page = events.get_event_logs(dag_id="failing", order_by=["-when"], limit=5)
    checks.equal("of a DAG", {line.dag_id for line in page.event_logs}, {"failing"})
    checks.equal("newest first", page.event_logs[0].when >= page.event_logs[-1].when, True)
    one = events.get_event_log(page.event_logs[0].event_log_id)
    checks.equal("one line", (one.event, one.when), (page.event_logs[0].event, page.event_logs[0].when))
    by_admin = events.get_event_logs(owner="admin", limit=100).event_logs
    checks.equal("of a person", {line.owner for line in by_admin}, {"admin"})
    checks.equal("before the acts", events.get_event_logs(before=DATE - timedelta(days=3650)).total_entries, 0)
    checks.refused("an unknown line", 404, lambda: events.get_event_log(999_999_999))


SECTIONS = {
    "system": check_system,
    "import errors": check_import_errors,
    "dags": check_dags,
    "tasks": check_tasks,
    "dag runs": check_runs,
    "task instances": check_task_instances,
    "logs": check_logs,
    "xcoms": check_xcoms,
    "variables": check_variables,
    "connections": check_connections,
    "pools": check_pools,
    "acts": check_acts,
    "event logs": check_event_logs,
}


def make_dags(folder: Path) -> None:
    """Three of our examples, and a file that does not import."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for dag_id in DAG_IDS:
        shutil.copy(HERE.parent / "examples" / f"{dag_id}.py", folder)
    (folder / "broken.py").write_text(BROKEN)


def run_sections(system: System) -> Checks:
    """All sections against a server that has just started."""
    system.wait_until_healthy()
    checks = Checks()
    without_token = airflow.DAGApi(airflow.ApiClient(airflow.Configuration(host=system.url)))
    with checks.section("authentication"):
        checks.refused("no token", 401, without_token.get_dags)
    api = airflow.ApiClient(airflow.Configuration(host=system.url, access_token=system.token()))
    with checks.section("imports"):
        wait_for("DAGs", lambda: airflow.DAGApi(api).get_dags().total_entries == len(DAG_IDS))
        wait_for("import error", lambda: airflow.ImportErrorApi(api).get_import_errors().total_entries)
    for name, section in SECTIONS.items():
        with checks.section(name):
            section(api, checks)
    return checks


def main() -> int:
    """Starts the system, runs all sections and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--system", choices=("tradewind", "stock"), default="tradewind", help="what is asked")
    parser.add_argument("--stock-python", type=absolute, required=True, help="interpreter with apache-airflow")
    parser.add_argument(
        "--tradewind", type=absolute, default=HERE.parent / "target/release/tradewind", help="the binary"
    )
    parser.add_argument("--postgresql", action="store_true", help="let Tradewind run on a temporary PostgreSQL server")
    parser.add_argument("--out", type=absolute, default=HERE / "out", help="where homes go")
    args = parser.parse_args()
    home = args.out / f"client-{args.system}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    folder = home / "dags"
    make_dags(folder)
    with ExitStack() as stack:
        if args.system == "stock":
            started = stock(home, folder, args.stock_python)
        else:
            database = f"postgresql://{stack.enter_context(postgres())}/tradewind" if args.postgresql else None
            started = tradewind(home, folder, args.tradewind, args.stock_python, database=database)
        checks = run_sections(stack.enter_context(started))
    for mismatch in checks.mismatches:
        print(f"MISMATCH {mismatch}")
    print(f"{args.system}: {checks.count} checks, {len(checks.mismatches)} mismatches")
    return 1 if checks.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
