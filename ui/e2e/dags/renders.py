"""A DAG whose task has templates and fails."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("renders", schedule=None, tags=["e2e"]):
    say = BashOperator(
        task_id="say",
        bash_command="echo {{ dag.dag_id }}; exit 1",
        env={"API_TOKEN": "abc", "CITY": "{{ ti.task_id }}"},
    )

    @task
    def after():
        pass

    say >> after()
