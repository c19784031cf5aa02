"""What a task reads besides its arguments, and what it must not show."""

from __future__ import annotations

import logging

from airflow.sdk import BaseHook, Variable, dag, task

log = logging.getLogger(__name__)


@dag(schedule=None)
def context():
    @task
    def variables():
        Variable.set("written", "by a task")
        return [Variable.get("stored"), Variable.get("from_env"), Variable.get("absent", default="nothing")]

    @task
    def connections():
        stored, given = BaseHook.get_connection("stored"), BaseHook.get_connection("given")
        print("printed", stored.password)
        log.warning("logged %s", given.password)
        log.info("variable %s", Variable.get("my_api_key"))
        return [stored.host, stored.port, stored.extra_dejson["mode"], given.host, given.login]

    @task
    def configured(dag_run, params):
        return [dag_run.conf["size"], params["size"]]

    @task
    def templated(text):
        return text

    variables()
    connections()
    configured()
    templated("{{ dag.dag_id }} {{ ti.task_id }} {{ ti.try_number }}")


context()
